// The connection and the controls. A page that nobody sees holds no connection and does no work.
(() => {
  const FIRST_WAIT_MS = 500;
  const LONGEST_WAIT_MS = 10000;
  const SILENCE_MS = 7000;
  const TICK_MS = 250;
  const ANSWER_MS = 8000;
  const at = (id) => document.getElementById(id);
  const body = document.body;

  const announce = (text) => {
    at("announced").textContent = text;
  };

  // The token comes behind the hash, which no server sees, and leaves the address bar at once.
  const given = /^#token=([\w-]+)$/.exec(location.hash);
  let token = given ? given[1] : "";
  try {
    if (given) sessionStorage.setItem("fetchrace-token", token);
    else token = sessionStorage.getItem("fetchrace-token") ?? "";
  } catch {
    // Without storage the token lasts until the page is loaded again.
  }
  if (given) history.replaceState(null, "", location.pathname);
  at("control").disabled = token === "";
  at("read-only").hidden = token !== "";

  let source = null;
  let timer = 0;
  let failures = 0;
  let heardAt = 0;
  let lostAt = 0;
  let retryAt = 0;
  let goodbye = "";
  let stepped = 0;

  const link = (state) => {
    if (body.dataset.link === state) return;
    if (state === "live" && body.dataset.link === "lost") announce("Connected again.");
    if (state === "lost") announce("The connection is lost; prices may be out of date.");
    body.dataset.link = state;
  };

  const said = () => {
    const moment = performance.now();
    if (body.dataset.link === "live") return "live";
    if (body.dataset.link === "waiting") return "connecting: nobody knows yet whether these prices are current";
    const ago = market.ageText(1000 * (moment - lostAt));
    const wait = source ? 0 : Math.ceil((retryAt - moment) / 1000);
    const next = `trying again ${wait > 0 ? `in ${wait} s` : "now"}`;
    return `${goodbye || "connection lost"} ${ago} ago; ${next}. Prices may be out of date.`;
  };

  const lose = (wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures) * (0.75 + Math.random() / 2)) => {
    source?.close();
    source = null;
    failures += 1;
    const moment = performance.now();
    if (body.dataset.link !== "lost") lostAt = moment;
    retryAt = moment + wait;
    link("lost");
  };

  const heard = (told) => {
    heardAt = performance.now();
    failures = 0;
    goodbye = "";
    if (Number.isFinite(told.now_us)) market.hear(told.now_us);
  };

  const redraw = async () => {
    source?.close();
    source = null;
    try {
      const answer = await fetch("/fragment");
      if (!answer.ok) throw new Error(String(answer.status));
      market.swap(await answer.text());
      connect();
    } catch {
      lose();
    }
  };

  const patch = (told) => {
    heard(told);
    if (told.shape && told.shape !== market.shape()) {
      redraw();
      return;
    }
    const alert = told.cells.find(([id]) => id === "a-0-said");
    if (alert && alert[1] && alert[1] !== at("a-0-said").textContent) announce(`Alert: ${alert[1]}`);
    market.apply(told.cells);
    for (const [id, text = ""] of told.cells) follow(id, text);
    link("live");
  };

  const connect = () => {
    market.forget();
    heardAt = performance.now();
    const mine = new EventSource(`/events?shape=${encodeURIComponent(market.shape())}`);
    source = mine;
    const on = (name, act) =>
      mine.addEventListener(name, (event) => {
        if (source === mine) act(JSON.parse(event.data || "{}"));
      });
    on("cells", patch);
    on("beat", heard);
    on("shape", redraw);
    on("race", waterfall.hear);
    on("bye", () => {
      goodbye = "the program ended";
      lose(2000);
    });
    mine.addEventListener("error", () => {
      if (source === mine) lose();
    });
  };

  const tick = () => {
    const moment = performance.now();
    // The clock that ages are counted by may stand still while the machine sleeps; the wall clock does not.
    const wall = Date.now() - moment;
    const slept = Math.abs(wall - stepped) > 5000;
    stepped = wall;
    if (slept && source) lose(0);
    else if (source && moment - heardAt > SILENCE_MS) lose();
    else if (!source && body.dataset.link === "lost" && moment >= retryAt) connect();
    market.tick();
    const text = said();
    if (at("link-said").textContent !== text) at("link-said").textContent = text;
  };

  const wake = () => {
    if (timer) return;
    stepped = Date.now() - performance.now();
    body.dataset.link = "waiting";
    connect();
    timer = setInterval(tick, TICK_MS);
    tick();
  };
  const rest = () => {
    source?.close();
    source = null;
    clearInterval(timer);
    timer = 0;
    waterfall.rest();
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : wake()));
  window.addEventListener("pagehide", rest);
  window.addEventListener("pageshow", (event) => event.persisted && !document.hidden && wake());

  // Controls follow what is in force, unless somebody is typing in them.
  const FIELDS = {
    "c-strategy": "strategy-name",
    "c-latency": "latency-text",
    "c-faults": "faults-text",
    "l-bps": "threshold-text",
  };
  const offer = (names) => {
    const list = at("strategy-name");
    if (!list || [...list.options].map((option) => option.value).join("\n") === names) return;
    const chosen = list.value;
    list.replaceChildren(...names.split("\n").map((name) => new Option(name, name)));
    list.value = chosen;
  };
  const follow = (id, text) => {
    if (id === "c-strategies") offer(text);
    const field = FIELDS[id] && at(FIELDS[id]);
    if (field && field !== document.activeElement) field.value = text;
  };

  let fading = 0;
  const send = async (path, wish, done) => {
    clearTimeout(fading);
    at("answer").textContent = "asked …";
    at("answer").dataset.mood = "";
    let text = done;
    try {
      const answer = await fetch(path, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-Fetchrace-Token": token },
        body: JSON.stringify(wish),
      });
      const told = await answer.json().catch(() => ({ error: `the server answered with status ${answer.status}` }));
      if (told.error) at("answer").dataset.mood = "bad";
      text = told.error ?? told.sentence ?? done;
    } catch {
      at("answer").dataset.mood = "bad";
      text = "the server does not answer";
    }
    at("answer").textContent = text;
    // Good news need not stay; a mistake stays until it is mended.
    if (!at("answer").dataset.mood) fading = setTimeout(() => (at("answer").textContent = ""), ANSWER_MS);
  };
  const on = (id, event, act) => {
    at(id)?.addEventListener(event, (happened) => {
      happened.preventDefault();
      act();
    });
  };
  on("strategy", "submit", () => {
    const name = at("strategy-name").value;
    return send("/strategy", { name }, `switched to ${name}`);
  });
  on("latency", "submit", () => send("/mock", { latency: at("latency-text").value }, "the mock's latency is set"));
  on("faults", "submit", () => send("/mock", { faults: at("faults-text").value }, "the mock's faults are set"));
  on("threshold", "submit", () => send("/alerts", { at_bps: at("threshold-text").value }, "the threshold is set"));
  on("refresh", "click", () => send("/refresh", {}, "asked all exchanges that may be asked now"));
  on("race-all", "click", () => send("/race", {}, ""));
  on("race-again", "click", waterfall.play);
  on("race-close", "click", () => {
    waterfall.rest();
    at("race").hidden = true;
    at("race-all").focus();
  });

  if (!document.hidden) wake();
})();
