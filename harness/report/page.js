"use strict";
(() => {
  const key = (row, column) => {
    const cell = row.children[column];
    const value = cell.dataset.v;
    if (value === undefined) return cell.textContent;
    return value === "" ? null : Number(value);
  };
  const compare = (a, b) => {
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    return typeof a === "number" ? a - b : a.localeCompare(b);
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    const headers = [...table.tHead.rows[0].cells];
    headers.forEach((header, column) => {
      header.firstElementChild.addEventListener("click", () => {
        const falling = header.getAttribute("aria-sort") === "ascending";
        const rows = [...table.tBodies[0].rows].map((row) => [key(row, column), row]);
        rows.sort(([a], [b]) => (a === null || b === null || !falling ? compare(a, b) : compare(b, a)));
        headers.forEach((other) => other.removeAttribute("aria-sort"));
        header.setAttribute("aria-sort", falling ? "descending" : "ascending");
        table.tBodies[0].append(...rows.map(([, row]) => row));
      });
    });
  }

  const copy = document.getElementById("copy");
  if (copy) {
    const command = document.getElementById("command");
    const said = document.getElementById("copied");
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(command.textContent);
        said.textContent = "copied";
      } catch {
        // Pages opened from a file may not reach the clipboard: leave the text selected instead.
        window.getSelection().selectAllChildren(command);
        said.textContent = "selected: press Ctrl+C";
      }
    });
  }
})();
