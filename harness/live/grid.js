// What is on the page, by the ids of its cells. Text is only ever put in as text, and attributes have names of ours.
const market = (() => {
  const WORDS = { stale: "stale", dead: "dead" };
  const cells = new Map();
  const ageing = new Map();
  let root = null;
  let ttl = 0;
  // The server's clock in microseconds, less ours. A message that was long under way makes it seem less than it is, so
  // the largest counts, of those that came over one connection.
  let ahead = 0;
  let isNew = true;

  const now = () => performance.now() * 1000 + ahead;
  const set = (element, name, value) => {
    if (value === "") element.removeAttribute(name);
    else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  };
  const write = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
  };

  // As harness.report.wording.age_text writes it.
  const ageText = (us) => {
    const age = Math.max(0, us);
    if (age < 99.5e3) return `${Math.round(age / 1e3)} ms`;
    if (age < 9.95e6) return `${(age / 1e6).toFixed(1)} s`;
    if (age < 99.5e6) return `${Math.round(age / 1e6)} s`;
    if (age < 99.5 * 60e6) return `${Math.round(age / 60e6)} min`;
    return `${Math.round(age / 3600e6)} h`;
  };

  const keep = (element) => {
    const square = element.closest(".square");
    ageing.set(element.id, {
      element,
      since: Number(element.dataset.since ?? 0),
      waits: element.classList.contains("wait"),
      square,
      mood: square ? square.dataset.mood : "",
      state: square ? square.querySelector(".state") : null,
      word: square ? square.querySelector(".state").textContent : "",
      holder: square ? null : element.closest("tr, dd"),
    });
  };

  const tick = () => {
    const moment = now();
    for (const one of ageing.values()) {
      const age = one.since ? moment - one.since : -Infinity;
      if (one.waits) {
        write(one.element, one.since ? (age < 0 ? `in ${ageText(-age)}` : "any moment") : "");
        continue;
      }
      write(one.element, one.since ? ageText(age) : "");
      const late = ttl > 0 && age > ttl;
      if (one.square) {
        // Nobody has to say so: a price that has outlived its time is not current, whatever it was when it came.
        const mood = late && age > 10 * ttl ? "dead" : late && one.mood === "fresh" ? "stale" : one.mood;
        set(one.square, "data-mood", mood);
        write(one.state, mood === one.mood ? one.word : WORDS[mood]);
      } else if (one.holder) {
        one.holder.toggleAttribute("data-late", late);
      }
    }
  };

  const apply = (rows) => {
    for (const [id, text = "", mood = "", title = "", points = "", since = 0] of rows) {
      const element = cells.get(id);
      if (!element) continue;
      const aged = ageing.get(id);
      if (aged) {
        aged.since = since;
      } else if (element.classList.contains("square")) {
        const of = ageing.get(`${id}-age`);
        if (of) of.mood = mood;
        set(element, "title", title);
      } else {
        set(element, "data-mood", mood);
        set(element, "title", title);
        if (element instanceof SVGElement) element.setAttribute("points", points);
        else if (element.classList.contains("state") && element.closest(".square")) {
          const of = ageing.get(id.replace(/-state$/, "-age"));
          if (of) of.word = text;
        } else if (!element.firstElementChild) write(element, text);
      }
    }
    tick();
  };

  const look = () => {
    root = document.getElementById("market");
    ttl = Number(root.dataset.ttl);
    cells.clear();
    ageing.clear();
    for (const element of document.querySelectorAll("[id]")) cells.set(element.id, element);
    for (const element of root.querySelectorAll(".age, .wait")) keep(element);
  };

  look();
  // performance.now() began when the page was asked for, and it was drawn after that.
  ahead = Number(root.dataset.now);

  return {
    apply,
    tick,
    ageText,
    look,
    shape: () => root.dataset.shape,
    // Until something is heard over the next connection, ages go on by what was known before.
    forget: () => (isNew = true),
    hear: (nowUs) => {
      const told = nowUs - performance.now() * 1000;
      ahead = isNew ? told : Math.max(ahead, told);
      isNew = false;
    },
    // A parsed document runs nothing; elements are moved out of it as they are.
    swap: (text) => {
      const fresh = new DOMParser().parseFromString(text, "text/html");
      const element = fresh.getElementById("market");
      if (!element) return;
      root.replaceWith(document.adoptNode(element));
      look();
    },
  };
})();
