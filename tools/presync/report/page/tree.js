// @ts-check
// Applications, their objects, the fields of those: made when they are opened.

function tree() {
  const made = [...groups.keys()].map(applicationElement);
  fill(
    byId("tree"),
    made.length
      ? made
      : el("p", { class: "quiet" }, data.resources.length ? "Nothing passes the filter." : "No object differs.")
  );
}

/** @param {number} at */
function applicationElement(at) {
  const { application, state, worst } = known[at];
  const mine = groups.get(at) || [];
  const open = openApplications.has(at);
  const numbers = ["changed", "added", "removed", "moved"]
    .map((kind) => [
      kind,
      mine.filter((one) => data.resources[one].change === kind && !data.resources[one].quiet).length,
    ])
    .filter(([, number]) => number)
    .map(([kind, number]) =>
      el("span", { class: "tally" }, sign(String(kind)), ` ${number}`, el("span", { class: "unseen" }, ` ${kind}`))
    );
  const toggle = el(
    "button",
    {
      type: "button",
      "aria-expanded": String(open),
      "aria-controls": `body-${at}`,
      onclick: () => foldApplication(at),
    },
    sign(state),
    el("span", { class: "name" }, application.name),
    application.environment ? el("span", { class: "environment" }, application.environment) : null,
    worst && worst !== "info" ? badge(worst) : null,
    el("span", { class: "tallies" }, numbers)
  );
  const body = el("div", { class: "body", id: `body-${at}`, hidden: !open });
  const made = el(
    "section",
    { class: `application ${state}`, id: `application-${at}`, "aria-label": application.name },
    el("h3", {}, toggle),
    body
  );
  if (open) applicationBody(at, body);
  return made;
}

/** @param {number} at @param {Element} body */
function applicationBody(at, body) {
  const { application, state, quiet } = known[at];
  const parts = [];
  /** @type {Record<string, string>} */
  const words = {
    same: quiet ? "Only checksums and chart labels of it change." : "None of its objects changes.",
    added: "This application is new.",
    removed: "This application disappears.",
    unknown: "It could be rendered in one of the two states only, so nothing is said about its objects.",
  };
  const facts = [words[state], application.dark].filter(Boolean).join(" ");
  parts.push(
    el(
      "p",
      { class: "facts" },
      facts ? el("b", {}, `${facts} `) : null,
      `To ${application.place || "nowhere"}, project ${application.project}.`
    )
  );
  if (application.because?.length) parts.push(causes(application.because));
  const about = data.findings.filter((one) => isDanger(one) && one.applications.includes(at) && !one.resources.length);
  parts.push(...about.map((one) => findingLine(one)));
  if (application.fields?.length) {
    parts.push(
      el(
        "div",
        { class: "own" },
        el("h4", {}, "The Application itself"),
        application.fields.map((field) => fieldElement(field, split, data.findings))
      )
    );
  }
  const mine = groups.get(at) || [];
  const limit = limits.get(at) || STEP;
  const list = el("div", { class: "resources" }, mine.slice(0, limit).map(resourceElement));
  parts.push(list);
  if (mine.length > limit) {
    const next = Math.min(STEP, mine.length - limit);
    parts.push(
      el(
        "button",
        {
          type: "button",
          class: "plain",
          onclick: () => {
            limits.set(at, limit + STEP);
            refresh(at);
            resourceButton(mine[limit])?.focus();
          },
        },
        `Show ${next} more of ${mine.length}`
      )
    );
  }
  fill(body, parts);
}

/** @param {Cause[]} found */
function causes(found) {
  const few = 4;
  const one = (/** @type {Cause} */ cause) =>
    el(
      "li",
      {},
      el("code", { class: "file" }, cause.file + (cause.lines?.length ? `:${cause.lines.join(", ")}` : "")),
      cause.more ? ` and ${cause.more} more places` : null,
      cause.kind !== "changed" ? el("span", { class: "note" }, cause.kind) : null
    );
  const rest = found.slice(few);
  return el(
    "div",
    { class: "because" },
    el("span", {}, "Because of"),
    el("ul", {}, found.slice(0, few).map(one)),
    rest.length
      ? el(
          "details",
          {},
          el("summary", {}, `and ${count(rest.length, "more file")}`),
          el("ul", {}, rest.slice(0, STEP).map(one))
        )
      : null
  );
}

/** @param {number} at */
function resourceElement(at) {
  const resource = data.resources[at];
  const open = openResources.has(at);
  const worst = findingsOf(resource, true)[0]?.severity;
  const noise = resource.fields.filter((field) => field.noise).length;
  const fields = resource.fields.length - noise;
  const about =
    resource.change === "changed" || resource.change === "moved"
      ? `${count(fields, "field")}${noise ? ` + ${noise}` : ""}`
      : resource.change;
  const others = (alike.get(at)?.length || 1) - 1;
  const toggle = el(
    "button",
    { type: "button", "aria-expanded": String(open), "aria-controls": `fields-${at}`, onclick: () => foldResource(at) },
    sign(resource.change),
    el("span", { class: "kind" }, resource.kind),
    el("span", { class: "name" }, resource.name),
    worst ? badge(worst) : null,
    el(
      "span",
      { class: "tallies", title: noise ? `${noise} of it checksums and chart labels` : null },
      others ? el("span", { class: "alike" }, `${others} alike`) : null,
      about
    )
  );
  const body = el("div", { class: "fields", id: `fields-${at}`, hidden: !open });
  if (open) resourceBody(at, body);
  const made = el(
    "article",
    { class: `resource ${resource.change}`, id: `resource-${at}` },
    el(
      "h4",
      {},
      toggle,
      el(
        "a",
        {
          class: "anchor",
          href: link(resource.id),
          "aria-label": `Link to ${resource.kind} ${resource.name}`,
          title: "Link to this change",
        },
        "#"
      )
    ),
    body
  );
  estimate(made, at);
  return made;
}

/** @param {number[]} others */
function alikeElement(others) {
  const one = (/** @type {number} */ at) => {
    const { id, application } = data.resources[at];
    return el("li", {}, el("a", { href: link(id) }, id), ` ${data.applications[application].environment}`);
  };
  const more = others.length > STEP ? el("p", { class: "quiet" }, `and ${others.length - STEP} more`) : null;
  const inner = el("div");
  const made = () => {
    if (!inner.childElementCount) put(inner, [el("ul", {}, others.slice(0, STEP).map(one)), more]);
  };
  const title = `and alike in ${count(others.length, "more object")}`;
  return el("details", { class: "others", ontoggle: made }, el("summary", {}, title), inner);
}

/** @param {Resource} resource */
function lineCount(resource) {
  return resource.fields.reduce((sum, field) => {
    if (field.noise) return sum;
    return sum + (field.hunks ? field.hunks.reduce((lines, hunk) => lines + hunk[2].length, 0) : 2);
  }, 0);
}

/** Says about how high it is: what is not in the window is not laid out. @param {any} article @param {number} at */
function estimate(article, at) {
  const resource = data.resources[at];
  const pixels = 110 + 20 * lineCount(resource) + 40 * resource.fields.length;
  article.style.containIntrinsicBlockSize = openResources.has(at) ? `auto ${pixels}px` : "";
}

/** @param {number} at @param {Element} body */
function resourceBody(at, body) {
  const resource = data.resources[at];
  const parts = [];
  const kind = resource.group ? `${resource.kind}.${resource.group}` : resource.kind;
  const name = resource.namespace ? `${resource.namespace}/${resource.name}` : resource.name;
  const moved = resource.from ? `, moved here from ${resource.from}` : "";
  parts.push(el("p", { class: "facts" }, `${kind} ${name}${moved}`));
  const others = (alike.get(at) || []).filter((one) => one !== at);
  if (others.length) parts.push(alikeElement(others));
  const placed = new Set(resource.fields.flatMap((field) => field.findings || []));
  parts.push(
    ...(resource.findings || []).filter((one) => !placed.has(one)).map((one) => findingLine(data.findings[one]))
  );
  const loud = resource.fields.filter((field) => !field.noise);
  const noise = resource.fields.filter((field) => field.noise);
  parts.push(...loud.map((field) => fieldElement(field, split, data.findings, resource)));
  if (noise.length) {
    const shown = byId("noise").checked;
    const inner = el("div");
    const details = el(
      "details",
      {
        class: "noise",
        open: shown,
        ontoggle: () => {
          if (details.open && !inner.childElementCount)
            put(
              inner,
              noise.map((field) => fieldElement(field, split, data.findings))
            );
        },
      },
      el("summary", {}, count(noise.length, "checksum or chart label", "checksums and chart labels")),
      inner
    );
    parts.push(details);
  }
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
  estimate(byId(`resource-${at}`), at);
  resourceButton(at).setAttribute("aria-expanded", String(wanted));
  if (wanted && !body.childElementCount) resourceBody(at, body);
}

/** @param {number} at */
const resourceButton = (at) => byId(`resource-${at}`)?.querySelector("button");

/**
 * Goes to an object: its application is open, it is made, it has the focus.
 * @param {number} at
 * @param {boolean} open
 */
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
  settle(byId(`resource-${at}`));
}

/** @type {Element | null} */
let destination = null;

/**
 * Scrolls to an element, again while what is above it finds its height.
 * @param {Element} element
 * @param {number} [left]
 */
function settle(element, left = 4) {
  destination = element;
  element.scrollIntoView({ block: "start" });
  if (left) requestAnimationFrame(() => destination === element && settle(element, left - 1));
}

/** @param {number} at */
function showApplication(at) {
  if (!groups.has(at)) reset();
  foldApplication(at, true);
  const section = byId(`application-${at}`);
  section?.querySelector("button").focus({ preventScroll: true });
  if (section) settle(section);
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
  if (open && order.length > OPENED)
    fill(byId("shown"), `The first ${OPENED} of ${count(order.length, "object")} are open`);
}

function start() {
  const loud = data.resources.filter((one) => !one.quiet);
  const lines = loud.reduce((sum, one) => sum + lineCount(one), 0);
  data.resources.forEach((one, at) => {
    if (lines <= SHORT || (loud.length <= FEW && findingsOf(one, true).length)) openResources.add(at);
  });
  known.forEach((one, at) => {
    if (loud.length <= FEW) openApplications.add(at);
  });
}
