// What pytest-html's page lacks for keyboards and screen readers. Nothing that is said
// needs it: where scripts are blocked, the report reads the same.
const number = (text) => {
  const found = text.trim().replace("\u2212", "-").match(/^(?:on )?([+-]?[\d.,]+)/);
  return found ? parseFloat(found[1].replaceAll(",", "")) : NaN;
};

// Sort a table of checks by any column, and show the rows that hold all words.
const serve = (table) => {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  const sort = (head, column) => {
    const sign = head.ariaSort === "ascending" ? -1 : 1;
    for (const other of heads) other.removeAttribute("aria-sort");
    head.ariaSort = sign > 0 ? "ascending" : "descending";
    const keys = new Map(rows.map((row) => [row, row.cells[column].textContent]));
    const compare = (a, b) => {
      const [one, two] = [keys.get(a), keys.get(b)];
      const apart = head.classList.contains("rm-n") ? number(one) - number(two) : NaN;
      return sign * (apart || one.localeCompare(two, undefined, { numeric: true }));
    };
    body.append(...[...rows].sort(compare));
  };
  heads.forEach((head, column) => {
    if (!rows.some((row) => row.cells[column].textContent)) return;
    const button = document.createElement("button");
    button.className = "rm-sort";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(head, column));
    head.append(button);
  });
  if (rows.length < 2) return;
  const search = document.createElement("input");
  search.type = "search";
  search.className = "rm-search";
  search.placeholder = "Label, metric or verdict";
  search.ariaLabel = "Show the checks that hold these words";
  search.addEventListener("input", () => {
    const words = search.value.toLowerCase().split(/\s+/);
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
  });
  table.parentElement.before(search);
};

document.addEventListener("DOMContentLoaded", () => {
  document.documentElement.lang = "en";
  for (const box of document.querySelectorAll("input.filter")) {
    box.setAttribute("aria-label", `Show tests: ${box.dataset.testResult}`);
  }
  for (const table of document.querySelectorAll(".rm-checks")) serve(table);
  const results = document.getElementById("results-table");
  if (!results) return;
  const reachable = "tr.collapsible, th.sortable";
  const mend = () => {
    for (const part of results.querySelectorAll(reachable)) part.tabIndex = 0;
  };
  new MutationObserver(mend).observe(results, { childList: true, subtree: true });
  mend();
  results.addEventListener("keydown", (event) => {
    const part = event.target;
    if (event.key !== "Enter" || !part.matches(reachable)) return;
    const id = part.dataset.id;
    (part.querySelector("td.col-result") ?? part).click();
    mend();
    if (id) results.querySelector(`tr[data-id="${id}"]`)?.focus();
  });
});
