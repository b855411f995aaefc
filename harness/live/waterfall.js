// "Race all now": one lane for each strategy, its requests as bars, drawn as they happened in time that is scaled.
const waterfall = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const MODELS = ["sequential", "threads", "processes", "asyncio", "trio"];
  const WIDTH = 1000;
  const HEIGHT = 28;
  const SHOW_MS = 5000;
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  const at = (id) => document.getElementById(id);
  let lanes = [];
  let planned = [];
  let sentence = "";
  let frame = 0;

  const seconds = (s) => (s < 0.9995 ? `${(s * 1000).toPrecision(3)} ms` : `${s.toPrecision(3)} s`);
  const make = (tag, attributes) => {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };

  // Rows as many as requests were in flight at once: each request takes the first row that is free.
  const rowsOf = (spans) => {
    const ends = [];
    const placed = [...spans]
      .filter(([start, end]) => Number.isFinite(start) && Number.isFinite(end))
      .sort((a, b) => a[0] - b[0])
      .map(([start, end]) => {
        let row = ends.findIndex((free) => free <= start);
        if (row < 0) row = ends.push(0) - 1;
        ends[row] = end;
        return [start, end, row];
      });
    return { placed, rows: Math.max(1, ends.length) };
  };

  const draw = (lane, until) => {
    const { placed, rows } = rowsOf(lane.spans);
    const height = HEIGHT / rows;
    const bars = placed.map(([start, end, row]) => {
      const x = (WIDTH * start) / until;
      const width = Math.max(1, (WIDTH * (end - start)) / until - 1);
      const [left, top, wide, high] = [x, row * height, width, height * 0.86].map((number) => number.toFixed(2));
      return `M${left} ${top}h${wide}v${high}h-${wide}z`;
    });
    const model = MODELS.includes(lane.model) ? lane.model : "other";
    const outer = make("svg", {
      class: `lane ${model}`, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img",
      "aria-label": `${placed.length} requests, ${rows} at once at most, in ${seconds(lane.seconds)}`,
    });
    // An inner drawing hides what is beyond its width: the bars are drawn as far as time has come.
    lane.window = make("svg", { width: "0", height: String(HEIGHT) });
    lane.window.append(make("path", { d: bars.join("") }));
    outer.append(lane.window);
    lane.place.replaceChildren(outer);
  };

  const show = (lane, now, until) => {
    lane.window.setAttribute("width", String(Math.min(WIDTH, (WIDTH * now) / until)));
    if (now < Math.min(lane.seconds, until)) return false;
    lane.time.textContent = seconds(lane.seconds) + (lane.failed ? `, ${lane.failed} failed` : "");
    lane.times.textContent = lane.ratio;
    return true;
  };

  const row = (name) => {
    const line = document.createElement("tr");
    const head = document.createElement("th");
    head.setAttribute("scope", "row");
    const label = document.createElement("bdi");
    label.textContent = name;
    head.append(label);
    const [place, time, times] = ["wide-column", "number", "number"].map((kind) => {
      const cell = document.createElement("td");
      cell.className = kind;
      return cell;
    });
    place.textContent = "waits";
    line.append(head, place, time, times);
    return { line, name, place, time, times };
  };

  const end = (ran) => {
    const [first] = ran;
    const base = ran.find((lane) => lane.isBaseline);
    const than = base && base !== first ? `, ${first.ratio} as fast as ${base.name}` : "";
    at("race-end").textContent = `${first.name} ${seconds(first.seconds)}${than}; ${sentence}`;
  };

  const play = () => {
    cancelAnimationFrame(frame);
    const ran = lanes.filter((lane) => lane.spans);
    if (!ran.length) return;
    const middle = ran[Math.floor(ran.length / 2)].seconds;
    // One that takes very long would leave the others no width: it goes on beyond the edge.
    const until = Math.min(ran[ran.length - 1].seconds, 3 * middle);
    const scale = SHOW_MS / 1000 / until;
    const times = (scale < 1 ? 1 / scale : scale).toPrecision(2);
    const pace = times === "1.0" ? "as fast" : `${times} times as ${scale < 1 ? "fast" : "slow"}`;
    const cut = ran[ran.length - 1].seconds > until ? " What goes on beyond the right edge took longer." : "";
    at("race-said").textContent = `All ${ran.length} from one start, ${pace} as they ran.${cut}`;
    at("race-end").textContent = "";
    for (const lane of ran) {
      draw(lane, until);
      lane.time.textContent = "";
      lane.times.textContent = "";
    }
    const running = new Set(ran);
    let began = null;
    const step = (moment) => {
      began ??= moment;
      const now = still.matches ? until : Math.min(until, (moment - began) / 1000 / scale);
      for (const lane of running) if (show(lane, now, until)) running.delete(lane);
      if (running.size && now < until) frame = requestAnimationFrame(step);
      else end(ran);
    };
    frame = requestAnimationFrame(step);
  };

  const hear = (told) => {
    if (told.state === "began") {
      cancelAnimationFrame(frame);
      at("race").hidden = false;
      planned = told.strategies.map(String);
      sentence = String(told.sentence ?? "a demonstration: run measures");
      lanes = planned.map(row);
      at("lanes").replaceChildren(...lanes.map((lane) => lane.line));
      at("race-end").textContent = "";
      at("race-again").hidden = true;
      at("race-said").textContent =
        `${told.requests} requests each, one strategy after the other; all are drawn when the last has run.`;
    } else if (told.state === "lane") {
      const lane = lanes.find((one) => one.name === told.strategy);
      if (!lane) return;
      const ran = Array.isArray(told.spans) && told.seconds > 0;
      if (ran) for (const key of ["spans", "seconds", "model", "failed"]) lane[key] = told[key];
      lane.place.textContent = ran ? "ran" : String(told.error ?? "out");
      const next = planned[planned.indexOf(lane.name) + 1];
      if (next) at("race-said").textContent = `${planned.indexOf(next)} of ${planned.length} ran; now ${next}.`;
    } else if (told.state === "ended") {
      lanes.sort((a, b) => (a.seconds ?? Infinity) - (b.seconds ?? Infinity));
      const base = lanes.find((lane) => lane.name === told.baseline && lane.spans);
      for (const lane of lanes) {
        lane.isBaseline = lane === base;
        lane.ratio = base && lane.spans ? `${(base.seconds / lane.seconds).toPrecision(3)}×` : "";
      }
      at("race-as").textContent = base ? `as fast as ${base.name}` : "";
      at("lanes").replaceChildren(...lanes.map((lane) => lane.line));
      at("race-again").hidden = false;
      play();
    } else if (told.state === "failed") {
      at("race-end").textContent = String(told.error ?? told.sentence ?? "the race failed");
    }
  };

  return { hear, play, rest: () => cancelAnimationFrame(frame) };
})();
