// @ts-check
// The page: what is open, what is filtered, and the keys.

/** @type {Document} */
const data = JSON.parse(byId("document").textContent);
const known = states(data);
const STEP = 200; // objects of one application that are made at once
const OPENED = 300; // objects that "open all" opens
const FEW = 60; // objects, up to which every application is open at the start
const SHORT = 600; // lines, up to which every object is

/** @type {Set<number>} */
const openApplications = new Set();
/** @type {Set<number>} */
const openResources = new Set();
/** @type {Set<number>} */
const folded = new Set(); // by hand
/** @type {Map<number, number>} */
const limits = new Map();
/** @type {number[]} */
let order = []; // of the objects that pass the filter, as they are shown
/** @type {Map<number, number[]>} */
let groups = new Map(); // the same by application
let current = -1;
let split = remembered("view") === "split";
let theme = remembered("theme") || "auto";

/** @param {Resource} resource @param {boolean} [dangers] */
const findingsOf = (resource, dangers) =>
  (resource.findings || []).map((at) => data.findings[at]).filter((one) => !dangers || isDanger(one));

/** @param {Finding} finding */
const isDanger = (finding) => finding.severity !== "info" || finding.undetermined;

// ---- head ---------------------------------------------------------------------------------------------------------

function head() {
  const { base, head: now, counts } = data;
  const short = (/** @type {string} */ commit) => (commit ? [" ", el("code", { title: commit }, commit.slice(0, 10))] : []);
  fill(
    byId("commits"),
    el("span", {}, base.name, short(base.commit)),
    el("span", { class: "arrow", "aria-label": "to" }, " → "),
    el("span", {}, now.name || "working tree", short(now.commit), now.dirty ? el("span", { class: "note" }, "+ not committed") : null)
  );
  const changing = known.filter((one) => one.state !== "same").length;
  fill(byId("title"), changing ? `${count(changing, "application")} of ${data.applications.length} ${changing === 1 ? "changes" : "change"}` : "Nothing changes in any cluster");
  const tiles = ["changed", "added", "removed", "moved"]
    .filter((kind) => counts.objects[kind])
    .map((kind) => el("li", { class: kind }, el("b", {}, counts.objects[kind].toLocaleString("en")), ` ${kind}`));
  if (!tiles.length) tiles.push(el("li", {}, el("b", {}, "0"), " objects change"));
  for (const severity of ["error", "warning"]) {
    const number = counts.severities[severity];
    if (number) tiles.push(el("li", { class: severity }, el("b", {}, number), ` ${severity}${number === 1 ? "" : "s"}`));
  }
  if (counts.quiet) tiles.push(el("li", { class: "quiet" }, el("b", {}, counts.quiet.toLocaleString("en")), " with other checksums or chart labels alone"));
  tiles.push(el("li", { class: "quiet" }, el("b", {}, data.files.toLocaleString("en")), ` ${data.files === 1 ? "file differs" : "files differ"} in git`));
  fill(byId("counts"), tiles);
}

// ---- dangers ------------------------------------------------------------------------------------------------------

const FIRST = 5; // places of one rule shown before the rest is asked for

function dangers() {
  const severe = data.findings.filter(isDanger);
  const notes = data.findings.filter((one) => !isDanger(one));
  put(byId("dangers"), [
    el("h2", { id: "dangers-title" }, "Dangers ", el("span", { class: "number" }, severe.length)),
    severe.length ? el("ul", { class: "findings" }, byRule(severe).map(ruleCard)) : el("p", { class: "fine" }, "Nothing dangerous was found."),
    notes.length
      ? el("details", { class: "notes" }, el("summary", {}, `${count(notes.length, "note")}, good to know`), el("ul", { class: "findings" }, byRule(notes).map(ruleCard)))
      : null,
  ]);
}

/** Findings of one rule and severity together, in the order of the worst. @param {Finding[]} findings */
function byRule(findings) {
  /** @type {Map<string, Finding[]>} */
  const rules = new Map();
  for (const one of findings) {
    const name = `${one.severity} ${one.undetermined} ${one.rule}`;
    rules.set(name, [...(rules.get(name) || []), one]);
  }
  return [...rules.values()];
}

/** @param {Finding[]} findings */
function ruleCard(findings) {
  const [first] = findings;
  const remedies = new Set(findings.map((one) => one.remedy));
  const remedy = remedies.size === 1 ? first.remedy : "";
  const one = (/** @type {Finding} */ finding) => findingItem(finding, !remedy);
  const list = el("ul", { class: "places" }, findings.slice(0, FIRST).map(one));
  const rest = findings.slice(FIRST);
  const more = (/** @type {any} */ event) => {
    put(list, rest.map(one));
    list.children[FIRST].querySelector("a, summary")?.focus();
    event.target.remove();
  };
  return el(
    "li",
    { class: first.severity },
    el("p", { class: "line" }, badge(first.severity, first.undetermined ? "could not tell" : ""), ruleLink(first),
      findings.length > 1 ? el("span", { class: "number" }, `× ${findings.length}`) : null,
      remedy ? el("span", { class: "remedy" }, remedy) : null),
    list,
    rest.length ? el("button", { type: "button", class: "plain", onclick: more }, `Show ${rest.length} more`) : null
  );
}

/** @param {Finding} finding @param {boolean} withRemedy */
function findingItem(finding, withRemedy) {
  const place = finding.file + (finding.line ? `:${finding.line}` : "");
  const subject = [finding.application, finding.resource].filter(Boolean).join(" ");
  const target = finding.resources.length
    ? data.resources[finding.resources[0]].id
    : finding.applications.length ? data.applications[finding.applications[0]].name : "";
  const others = [...new Set(finding.places.map((other) => `${other.application} ${other.resource}`.trim()))];
  return el(
    "li",
    {},
    el("p", { class: "message" }, finding.message),
    el("p", { class: "where" },
      target ? el("a", { href: link(target) }, subject) : subject,
      finding.field ? el("code", {}, finding.field) : null,
      place ? el("code", { class: "file" }, place) : null),
    others.length ? el("details", { class: "others" }, el("summary", {}, `and in ${count(others.length, "more place")}`), el("ul", {}, others.slice(0, STEP).map((other) => el("li", {}, other)))) : null,
    withRemedy && finding.remedy ? el("p", { class: "remedy" }, finding.remedy) : null
  );
}

// ---- filter -------------------------------------------------------------------------------------------------------

/** @type {string[]} */
const texts = [];

/** Everything that can be searched for in an object. @param {number} at */
function text(at) {
  if (texts[at] === undefined) {
    const resource = data.resources[at];
    const application = data.applications[resource.application];
    const parts = [application.name, application.environment, resource.kind, resource.group, resource.namespace, resource.name, resource.from];
    for (const field of resource.fields) {
      parts.push(field.field, field.old, field.new);
      for (const hunk of field.hunks || []) parts.push(...hunk[2]);
    }
    for (const finding of findingsOf(resource)) parts.push(finding.rule, finding.name, finding.message);
    texts[at] = parts.filter(Boolean).join("\n").toLowerCase();
  }
  return texts[at];
}

function filter() {
  const words = byId("text").value.toLowerCase().split(/\s+/).filter(Boolean);
  const [environment, application, kind, change] = ["environment", "application", "kind", "change"].map((name) => byId(name).value);
  const dangerous = byId("dangerous").checked;
  const noise = byId("noise").checked;
  const narrowed = Boolean(words.length || environment || application || kind || change || dangerous);
  groups = new Map();
  order = [];
  data.applications.forEach((one, at) => {
    if ((environment && one.environment !== environment) || (application && one.name !== application)) return;
    const own = one.state !== "same" && !kind && (!change || one.state === change) && (!dangerous || isDangerous(at)) &&
      words.every((word) => `${one.name} ${one.environment} ${(one.fields || []).map((field) => `${field.field} ${field.old} ${field.new}`).join(" ")}`.toLowerCase().includes(word));
    if (own) groups.set(at, []);
  });
  data.resources.forEach((one, at) => {
    const owner = data.applications[one.application];
    if ((environment && owner.environment !== environment) || (application && owner.name !== application)) return;
    if ((kind && one.kind !== kind) || (change && one.change !== change)) return;
    if ((one.quiet && !noise) || (dangerous && !findingsOf(one, true).length)) return;
    if (words.length && !words.every((word) => text(at).includes(word))) return;
    const group = groups.get(one.application);
    if (group) group.push(at);
    else groups.set(one.application, [at]);
  });
  groups = new Map([...groups].sort((a, b) => a[0] - b[0]));
  order = [...groups.values()].flat();
  if (narrowed && order.length <= FEW) for (const at of groups.keys()) openApplications.add(at);
  fill(byId("shown"), `${order.length.toLocaleString("en")} of ${count(data.resources.length, "object")} in ${count(groups.size, "application")}`);
  byId("reset").hidden = !narrowed;
  byId("more").classList.toggle("active", Boolean(environment || application || kind || change || dangerous));
  tree();
}

/** @param {number} at */
const isDangerous = (at) => data.findings.some((one) => isDanger(one) && one.applications.includes(at) && !one.resources.length);

function reset() {
  byId("text").value = "";
  for (const name of ["environment", "application", "kind", "change"]) byId(name).value = "";
  byId("dangerous").checked = false;
  filter();
}

function choices() {
  const options = (/** @type {string} */ name, /** @type {string[]} */ values) =>
    fill(byId(name), el("option", { value: "" }, "all"), values.map((value) => el("option", { value }, value)));
  options("environment", data.environments);
  options("application", known.filter((one) => one.state !== "same" || one.quiet).map((one) => one.application.name));
  options("kind", [...new Set(data.resources.map((one) => one.kind))].sort());
  options("change", ["changed", "added", "removed", "moved"].filter((kind) => data.resources.some((one) => one.change === kind)));
  const quiet = data.resources.reduce((sum, one) => sum + one.fields.filter((field) => field.noise).length, 0);
  fill(byId("noise-label"), `Show ${count(quiet, "checksum and chart label", "checksums and chart labels")}`);
}

// ---- tree ---------------------------------------------------------------------------------------------------------

function tree() {
  const made = [...groups.keys()].map(applicationElement);
  fill(byId("tree"), made.length ? made : el("p", { class: "quiet" }, data.resources.length ? "Nothing passes the filter." : "No object differs."));
}

/** @param {number} at */
function applicationElement(at) {
  const { application, state, worst } = known[at];
  const mine = groups.get(at) || [];
  const open = openApplications.has(at);
  const numbers = ["changed", "added", "removed", "moved"]
    .map((kind) => [kind, mine.filter((one) => data.resources[one].change === kind && !data.resources[one].quiet).length])
    .filter(([, number]) => number)
    .map(([kind, number]) => el("span", { class: "tally" }, sign(String(kind)), ` ${number}`, el("span", { class: "unseen" }, ` ${kind}`)));
  const toggle = el(
    "button",
    { type: "button", "aria-expanded": String(open), "aria-controls": `body-${at}`, onclick: () => foldApplication(at) },
    sign(state === "same" ? "changed" : state),
    el("span", { class: "name" }, application.name),
    application.environment ? el("span", { class: "environment" }, application.environment) : null,
    worst && worst !== "info" ? badge(worst) : null,
    el("span", { class: "tallies" }, numbers)
  );
  const body = el("div", { class: "body", id: `body-${at}`, hidden: !open });
  const made = el("section", { class: `application ${state}`, id: `application-${at}`, "aria-label": application.name }, el("h3", {}, toggle), body);
  if (open) applicationBody(at, body);
  return made;
}

/** @param {number} at @param {Element} body */
function applicationBody(at, body) {
  const { application } = known[at];
  const parts = [];
  const words = { added: "This application is new.", removed: "This application disappears.", unknown: "It could be rendered in one of the two states only, so nothing is said about its objects." };
  const facts = [words[application.state], application.dark].filter(Boolean).join(" ");
  parts.push(el("p", { class: "facts" }, facts ? el("b", {}, `${facts} `) : null, `To ${application.place || "nowhere"}, project ${application.project}.`));
  if (application.because?.length) parts.push(causes(application.because));
  const about = data.findings.filter((one) => isDanger(one) && one.applications.includes(at) && !one.resources.length);
  parts.push(...about.map((one) => findingLine(one)));
  if (application.fields?.length) {
    parts.push(el("div", { class: "own" }, el("h4", {}, "The Application itself"), application.fields.map((field) => fieldElement(field, split, data.findings))));
  }
  const mine = groups.get(at) || [];
  const limit = limits.get(at) || STEP;
  const list = el("div", { class: "resources" }, mine.slice(0, limit).map(resourceElement));
  parts.push(list);
  if (mine.length > limit) {
    const next = Math.min(STEP, mine.length - limit);
    parts.push(el("button", { type: "button", class: "plain", onclick: () => { limits.set(at, limit + STEP); refresh(at); resourceButton(mine[limit])?.focus(); } }, `Show ${next} more of ${mine.length}`));
  }
  fill(body, parts);
}

/** @param {Cause[]} found */
function causes(found) {
  const few = 4;
  const one = (/** @type {Cause} */ cause) =>
    el("li", {}, el("code", { class: "file" }, cause.file + (cause.lines?.length ? `:${cause.lines.join(", ")}` : "")),
      cause.more ? ` and ${cause.more} more places` : null, cause.kind !== "changed" ? el("span", { class: "note" }, cause.kind) : null);
  const rest = found.slice(few);
  return el("div", { class: "because" }, el("span", {}, "Because of"), el("ul", {}, found.slice(0, few).map(one)),
    rest.length ? el("details", {}, el("summary", {}, `and ${count(rest.length, "more file")}`), el("ul", {}, rest.slice(0, STEP).map(one))) : null);
}

/** @param {number} at */
function resourceElement(at) {
  const resource = data.resources[at];
  const open = openResources.has(at);
  const worst = findingsOf(resource, true)[0]?.severity;
  const noise = resource.fields.filter((field) => field.noise).length;
  const fields = resource.fields.length - noise;
  const about = resource.change === "changed" || resource.change === "moved"
    ? `${count(fields, "field")}${noise ? ` + ${noise}` : ""}`
    : resource.change;
  const toggle = el(
    "button",
    { type: "button", "aria-expanded": String(open), "aria-controls": `fields-${at}`, onclick: () => foldResource(at) },
    sign(resource.change),
    el("span", { class: "kind" }, resource.kind),
    el("span", { class: "name" }, resource.name),
    worst ? badge(worst) : null,
    el("span", { class: "tallies", title: noise ? `${noise} of it checksums and chart labels` : null }, about)
  );
  const body = el("div", { class: "fields", id: `fields-${at}`, hidden: !open });
  if (open) resourceBody(at, body);
  return el("article", { class: `resource ${resource.change}`, id: `resource-${at}` },
    el("h4", {}, toggle, el("a", { class: "anchor", href: link(resource.id), "aria-label": `Link to ${resource.kind} ${resource.name}`, title: "Link to this change" }, "#")), body);
}

/** @param {number} at @param {Element} body */
function resourceBody(at, body) {
  const resource = data.resources[at];
  const parts = [];
  const moved = resource.from ? `, moved here from ${resource.from}` : "";
  parts.push(el("p", { class: "facts" }, `${resource.group ? `${resource.kind}.${resource.group}` : resource.kind} ${resource.namespace ? `${resource.namespace}/` : ""}${resource.name}${moved}`));
  const placed = new Set(resource.fields.flatMap((field) => field.findings || []));
  parts.push(...(resource.findings || []).filter((one) => !placed.has(one)).map((one) => findingLine(data.findings[one])));
  const loud = resource.fields.filter((field) => !field.noise);
  const noise = resource.fields.filter((field) => field.noise);
  parts.push(...loud.map((field) => fieldElement(field, split, data.findings)));
  if (noise.length) {
    const shown = byId("noise").checked;
    const inner = el("div");
    const details = el("details", { class: "noise", open: shown, ontoggle: () => { if (details.open && !inner.childElementCount) put(inner, noise.map((field) => fieldElement(field, split, data.findings))); } },
      el("summary", {}, count(noise.length, "checksum or chart label", "checksums and chart labels")), inner);
    parts.push(details);
  }
  if (resource.change === "changed") parts.push(el("p", { class: "hint" }, "Where each field is set: ", el("code", {}, `presync explain ${data.applications[resource.application].name}/${resource.kind}/${resource.name}.FIELD`)));
  fill(body, parts);
}

/** @param {number} at */
function refresh(at) {
  byId(`application-${at}`)?.replaceWith(applicationElement(at));
}

/** @param {number} at @param {boolean} [open] */
function foldApplication(at, open) {
  const wanted = open ?? !openApplications.has(at);
  if (wanted) openApplications.add(at);
  else openApplications.delete(at);
  const body = byId(`body-${at}`);
  if (!body) return;
  body.hidden = !wanted;
  body.previousElementSibling.firstElementChild.setAttribute("aria-expanded", String(wanted));
  if (wanted && !body.childElementCount) applicationBody(at, body);
}

/** @param {number} at @param {boolean} [open] */
function foldResource(at, open) {
  const wanted = open ?? !openResources.has(at);
  current = at;
  if (wanted) openResources.add(at);
  else openResources.delete(at);
  if (open === undefined) folded[wanted ? "delete" : "add"](at);
  const body = byId(`fields-${at}`);
  if (!body) return;
  body.hidden = !wanted;
  resourceButton(at).setAttribute("aria-expanded", String(wanted));
  if (wanted && !body.childElementCount) resourceBody(at, body);
}

/** @param {number} at */
const resourceButton = (at) => byId(`resource-${at}`)?.querySelector("button");

/** Goes to an object: its application is open, it is made, it has the focus. @param {number} at @param {boolean} open */
function show(at, open) {
  const owner = data.resources[at].application;
  const place = (groups.get(owner) || []).indexOf(at);
  if (place < 0) return;
  if (place >= (limits.get(owner) || STEP)) {
    limits.set(owner, Math.ceil((place + 1) / STEP) * STEP);
    openApplications.add(owner);
    refresh(owner);
  }
  foldApplication(owner, true);
  if (open && !folded.has(at)) foldResource(at, true);
  current = at;
  const button = resourceButton(at);
  button.focus({ preventScroll: true });
  byId(`resource-${at}`).scrollIntoView({ block: "start" });
}

/** @param {number} at */
function showApplication(at) {
  if (!groups.has(at)) reset();
  foldApplication(at, true);
  const section = byId(`application-${at}`);
  section?.querySelector("button").focus({ preventScroll: true });
  section?.scrollIntoView({ block: "start" });
}

/** @param {boolean} open */
function foldAll(open) {
  openApplications.clear();
  openResources.clear();
  folded.clear();
  if (open) {
    for (const at of groups.keys()) openApplications.add(at);
    for (const at of order.slice(0, OPENED)) openResources.add(at);
  }
  tree();
  if (open && order.length > OPENED) fill(byId("shown"), `The first ${OPENED} of ${count(order.length, "object")} are open`);
}

function start() {
  const loud = data.resources.filter((one) => !one.quiet);
  const lines = loud.reduce((sum, one) => sum + one.fields.reduce((all, field) => all + (field.hunks ? field.hunks.reduce((number, hunk) => number + hunk[2].length, 0) : 2), 0), 0);
  data.resources.forEach((one, at) => {
    if (lines <= SHORT || (loud.length <= FEW && findingsOf(one, true).length)) openResources.add(at);
  });
  known.forEach((one, at) => {
    if (loud.length <= FEW) openApplications.add(at);
  });
}

// ---- links, keys, view --------------------------------------------------------------------------------------------

function follow() {
  let id = "";
  try {
    id = location.hash.slice(1).split("/").map(decodeURIComponent).join("/");
  } catch {
    return;
  }
  if (!id || byId(id)) return;
  const at = data.resources.findIndex((one) => one.id === id);
  // As for `presync explain`, a field may follow the name.
  const near = at >= 0 ? at : data.resources.findIndex((one) => id.startsWith(`${one.id}.`) || id.startsWith(`${one.id}[`));
  if (near >= 0) {
    if (data.resources[near].quiet && !byId("noise").checked) {
      byId("noise").checked = true;
      filter();
    }
    if (!order.includes(near)) reset();
    folded.delete(near);
    show(near, true);
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
  put(byId("map"), [el("h2", { id: "map-title" }, "Platform map"), platformMap(data, known, showApplication)]);
  choices();
  start();
  byId("more").open = matchMedia("(min-width: 60rem)").matches;
  filter();
  let waiting = 0;
  byId("text").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 80);
  });
  for (const name of ["environment", "application", "kind", "change", "dangerous", "noise"]) byId(name).addEventListener("change", filter);
  byId("reset").addEventListener("click", () => { reset(); byId("text").focus(); });
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
