// @ts-check
// The page as a whole: head, links, keys, view.

function head() {
  const { base, head: now, counts } = data;
  const short = (/** @type {string} */ commit) =>
    commit ? [" ", el("code", { title: commit }, commit.slice(0, 10))] : [];
  fill(
    byId("commits"),
    el("span", {}, base.name, short(base.commit)),
    el("span", { class: "arrow", "aria-label": "to" }, " → "),
    el(
      "span",
      {},
      now.name || "working tree",
      short(now.commit),
      now.dirty ? el("span", { class: "note" }, "+ not committed") : null
    )
  );
  const changing = known.filter((one) => one.state !== "same").length;
  fill(
    byId("title"),
    changing
      ? `${count(changing, "application")} of ${data.applications.length} ${changing === 1 ? "changes" : "change"}`
      : "Nothing changes in any cluster"
  );
  const tiles = ["changed", "added", "removed", "moved"]
    .filter((kind) => counts.objects[kind])
    .map((kind) => el("li", { class: kind }, el("b", {}, counts.objects[kind].toLocaleString("en")), ` ${kind}`));
  if (!tiles.length) tiles.push(el("li", {}, el("b", {}, "0"), " objects change"));
  for (const severity of ["error", "warning"]) {
    const number = counts.severities[severity];
    if (number)
      tiles.push(el("li", { class: severity }, el("b", {}, number), ` ${severity}${number === 1 ? "" : "s"}`));
  }
  if (counts.quiet)
    tiles.push(
      el(
        "li",
        { class: "quiet" },
        el("b", {}, counts.quiet.toLocaleString("en")),
        " with other checksums or chart labels alone"
      )
    );
  tiles.push(
    el(
      "li",
      { class: "quiet" },
      el("b", {}, data.files.toLocaleString("en")),
      ` ${data.files === 1 ? "file differs" : "files differ"} in git`
    )
  );
  fill(byId("counts"), tiles);
}

function follow() {
  let id = "";
  try {
    id = location.hash.slice(1).split("/").map(decodeURIComponent).join("/");
  } catch {
    return;
  }
  if (!id) return;
  // As for `presync explain`, a field may follow the name, and the longest name is meant.
  let near = -1;
  data.resources.forEach((one, at) => {
    if (id !== one.id && !id.startsWith(`${one.id}.`) && !id.startsWith(`${one.id}[`)) return;
    if (near < 0 || one.id.length > data.resources[near].id.length) near = at;
  });
  if (near >= 0) {
    if (data.resources[near].quiet && !byId("noise").checked) {
      byId("noise").checked = true;
      filter();
    }
    if (!order.includes(near)) reset();
    folded.delete(near);
    show(near, true);
    const fields = [...byId(`fields-${near}`).querySelectorAll(".field")];
    const field = fields.find((one) => one.dataset.at === id);
    if (field) settle(field);
    return;
  }
  const application = data.applications.findIndex((one) => one.name === id);
  if (application >= 0) showApplication(application);
}

/** @param {number} direction @param {boolean} [dangerous] */
function move(direction, dangerous) {
  let at = order.indexOf(current);
  if (at < 0) at = direction > 0 ? -1 : order.length;
  do at += direction;
  while (dangerous && at < order.length && !findingsOf(data.resources[order[at]], true).length);
  if (at < 0 || at >= order.length) return;
  show(order[at], true);
  try {
    history.replaceState(null, "", link(data.resources[order[at]].id));
  } catch {
    // Some browsers refuse it for files; the link beside the name still works.
  }
}

/** @param {boolean} wanted */
function view(wanted) {
  split = wanted;
  remembered("view", split ? "split" : "unified");
  byId("unified").setAttribute("aria-pressed", String(!split));
  byId("split").setAttribute("aria-pressed", String(split));
  document.documentElement.classList.toggle("wide", split);
}

/** @param {boolean} wanted */
function changeView(wanted) {
  if (wanted === split) return;
  const focused = document.activeElement?.id ? `#${document.activeElement.id}` : "";
  view(wanted);
  tree();
  if (current >= 0) show(current, false);
  if (focused) /** @type {any} */ (document.querySelector(focused))?.focus({ preventScroll: true });
}

/** @param {string} wanted */
function paint(wanted) {
  theme = wanted;
  remembered("theme", theme);
  document.documentElement.dataset.theme = theme;
  fill(byId("theme"), { auto: "Theme: system", light: "Theme: light", dark: "Theme: dark" }[theme] || "Theme");
}

function nextTheme() {
  paint({ auto: "light", light: "dark", dark: "auto" }[theme] || "auto");
}

/** @type {Record<string, () => void>} */
const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  d: () => move(1, true),
  o: () => foldAll(openResources.size === 0),
  u: () => changeView(!split),
  t: nextTheme,
  "/": () => byId("text").focus(),
  "?": () => byId("keys").showModal(),
};

/** @param {KeyboardEvent} event */
function key(event) {
  const target = /** @type {any} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey || byId("keys").open) return;
  if (event.key === "Escape" && target.id === "text") {
    target.value = "";
    filter();
    target.blur();
    return;
  }
  if (["INPUT", "SELECT", "TEXTAREA"].includes(target.tagName) && target.type !== "checkbox") return;
  const action = KEYS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

function main() {
  paint(["auto", "light", "dark"].includes(theme) ? theme : "auto");
  view(split);
  head();
  dangers();
  put(byId("map"), [el("h2", { id: "map-title" }, "Platform map"), platformMap(data, known)]);
  findAlike();
  choices();
  start();
  byId("more").open = matchMedia("(min-width: 60rem)").matches;
  filter();
  let waiting = 0;
  byId("text").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 80);
  });
  for (const name of ["environment", "application", "kind", "change", "dangerous", "once", "noise"])
    byId(name).addEventListener("change", filter);
  byId("reset").addEventListener("click", () => {
    reset();
    byId("text").focus();
  });
  byId("open").addEventListener("click", () => foldAll(true));
  byId("close").addEventListener("click", () => foldAll(false));
  byId("unified").addEventListener("click", () => changeView(false));
  byId("split").addEventListener("click", () => changeView(true));
  byId("theme").addEventListener("click", nextTheme);
  byId("help").addEventListener("click", KEYS["?"]);
  document.addEventListener("keydown", key);
  addEventListener("hashchange", follow);
  addEventListener("beforeprint", () => foldAll(true));
  document.addEventListener("click", (event) => {
    // A second click on the same link changes no address, and yet somebody wants to go there.
    const anchor = /** @type {any} */ (event.target)?.closest?.("a[href^='#']");
    if (anchor && anchor.getAttribute("href") === location.hash) follow();
  });
  byId("page").hidden = false;
  follow();
  performance.mark("presync-ready");
}

main();
