// What pytest-html's page lacks for keyboards and screen readers. Nothing that is said
// needs it: where scripts are blocked, the report reads the same.
document.addEventListener("DOMContentLoaded", () => {
  document.documentElement.lang = "en";
  for (const box of document.querySelectorAll("input.filter")) {
    box.setAttribute("aria-label", `Show tests: ${box.dataset.testResult}`);
  }
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
