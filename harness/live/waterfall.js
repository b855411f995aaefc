// "Race all now": one lane for each strategy, its requests as bars, drawn as they happened in time that is scaled.
// Each lane is drawn when its strategy has run, by a scale that all share and that grows; in the end all run once more,
// from one start.
const waterfall = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const MODELS = ["sequential", "threads", "processes", "asyncio", "trio"];
  const WIDTH = 1000;
  const HEIGHT = 28;
  const SHOW_MS = 5000;
  const LANE_MS = 900;
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  const at = (id) => document.getElementById(id);
  let lanes = [];
  let planned = [];
  let sentence = "";
  let baseline = "";
  let requests = "";
  let settle = () => {};

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
    line.setAttribute("role", "row");
    const head = document.createElement("th");
    head.setAttribute("scope", "row");
    head.setAttribute("role", "rowheader");
    const label = document.createElement("bdi");
    label.textContent = name;
    head.append(label);
    const [place, time, times] = ["wide-column", "number", "number"].map((kind) => {
      const cell = document.createElement("td");
      cell.className = kind;
      cell.setAttribute("role", "cell");
      return cell;
    });
    place.textContent = "waits";
    line.append(head, place, time, times);
    return { line, name, place, time, times };
  };

  const end = (ran) => {
    const [first] = ran;
    const base = ran.find((lane) => lane.name === baseline);
    const than = base && base !== first ? `, ${first.ratio} as fast as ${base.name}` : "";
    at("race-end").textContent = `${first.name} ${seconds(first.seconds)}${than}; ${sentence}`;
  };

  const finished = () => lanes.filter((lane) => lane.spans).sort((a, b) => a.seconds - b.seconds);

  // What all lanes have room for. One that takes very long would leave the others no width: it goes on beyond the edge.
  const room = (ran) => Math.min(ran[ran.length - 1].seconds, 3 * ran[Math.floor(ran.length / 2)].seconds);

  // So many milliseconds for the whole width, of these lanes; the others stand still. To settle is to be at the end.
  const move = (moving, until, ms, done) => {
    const running = new Set(moving);
    let began = null;
    let frame = 0;
    settle = () => {
      cancelAnimationFrame(frame);
      settle = () => {};
      for (const lane of running) show(lane, until, until);
      done();
    };
    const step = (moment) => {
      began ??= moment;
      const now = still.matches ? until : Math.min(until, ((moment - began) / ms) * until);
      for (const lane of running) if (show(lane, now, until)) running.delete(lane);
      if (running.size && now < until) frame = requestAnimationFrame(step);
      else settle();
    };
    frame = requestAnimationFrame(step);
  };

  const compare = (ran) => {
    const base = ran.find((lane) => lane.name === baseline);
    for (const lane of ran) lane.ratio = base ? `${(base.seconds / lane.seconds).toPrecision(3)}×` : "";
    at("race-as").textContent = base ? `as fast as ${base.name}` : "";
  };

  // One has run: its lane moves, the others take their places on the scale as it is now.
  const join = (lane) => {
    settle();
    const ran = finished();
    const until = room(ran);
    compare(ran);
    for (const one of ran) {
      draw(one, until);
      if (one !== lane) show(one, until, until);
    }
    move([lane], until, LANE_MS, () => {});
  };

  const play = () => {
    settle();
    const ran = finished();
    if (!ran.length) return;
    const until = room(ran);
    const scale = SHOW_MS / 1000 / until;
    const times = (scale < 1 ? 1 / scale : scale).toPrecision(2);
    const pace = times === "1.0" ? "as fast" : `${times} times as ${scale < 1 ? "fast" : "slow"}`;
    const cut = ran[ran.length - 1].seconds > until ? " What goes on beyond the right edge took longer." : "";
    at("race-said").textContent = still.matches
      ? `All ${ran.length}, from one start.${cut}`
      : `All ${ran.length} from one start, ${pace} as they ran.${cut}`;
    at("race-end").textContent = "";
    for (const lane of ran) {
      draw(lane, until);
      lane.time.textContent = "";
      lane.times.textContent = "";
    }
    move(ran, until, SHOW_MS, () => end(ran));
  };

  const progress = (done) => {
    const next = planned[done];
    at("race-said").textContent = `${requests}. ${done} of ${planned.length} have run${next ? `, now ${next} …` : "."}`;
    const lane = lanes.find((one) => one.name === next);
    if (lane) lane.place.textContent = "runs";
  };

  const hear = (told) => {
    if (told.state === "began") {
      settle();
      at("race").hidden = false;
      planned = told.strategies.map(String);
      sentence = String(told.sentence ?? "a demonstration: run measures");
      baseline = String(told.baseline ?? "");
      lanes = planned.map(row);
      at("lanes").replaceChildren(...lanes.map((lane) => lane.line));
      at("race-end").textContent = "";
      requests = `${told.requests} requests each, ${told.in_flight} in flight`;
      at("race-again").hidden = true;
      progress(0);
    } else if (told.state === "lane") {
      const lane = lanes.find((one) => one.name === told.strategy);
      if (!lane) return;
      if (Array.isArray(told.spans) && told.seconds > 0) {
        for (const key of ["spans", "seconds", "model", "failed"]) lane[key] = told[key];
        join(lane);
      } else {
        lane.place.textContent = String(told.error ?? "out");
      }
      progress(planned.indexOf(lane.name) + 1);
    } else if (told.state === "ended") {
      lanes = [...finished(), ...lanes.filter((lane) => !lane.spans)];
      compare(finished());
      at("lanes").replaceChildren(...lanes.map((lane) => lane.line));
      at("race-again").hidden = false;
      play();
    } else if (told.state === "failed") {
      at("race-end").textContent = String(told.error ?? told.sentence ?? "the race failed");
    }
  };

  return { hear, play, rest: () => settle() };
})();
