// @ts-check
// The platform: applications by environments, and who reads whom.

// Applications, beyond which those that do not change are shown only when asked for.
const ROWS = matchMedia("(min-width: 60rem)").matches ? 25 : 10;

/**
 * What one application amounts to.
 * @param {Told} data
 */
function states(data) {
  const found = data.applications.map((application) => ({
    application,
    loud: 0,
    quiet: 0,
    worst: "",
    state: application.state,
  }));
  for (const resource of data.resources) found[resource.application][resource.quiet ? "quiet" : "loud"]++;
  for (const finding of data.findings) {
    for (const at of finding.applications) {
      const known = RANKS.indexOf(found[at].worst);
      if (known < 0 || RANKS.indexOf(finding.severity) < known) found[at].worst = finding.severity;
    }
  }
  for (const one of found) if (one.state === "same" && one.loud) one.state = "changed";
  return found;
}

/** Whether there is something to say about it. @param {ReturnType<typeof states>[number]} one */
function isTouched(one) {
  return one.state !== "same" || ["error", "warning"].includes(one.worst);
}

/**
 * @param {Told} data
 * @param {ReturnType<typeof states>} known
 */
function platformMap(data, known) {
  /** @type {Map<string, {name: string, cells: Map<string, number[]>, changes: boolean}>} */
  const rowsByName = new Map();
  known.forEach((one, at) => {
    const name = one.application.row;
    const row = rowsByName.get(name) || { name, cells: new Map(), changes: false };
    rowsByName.set(name, row);
    const cell = row.cells.get(one.application.environment) || [];
    row.cells.set(one.application.environment, [...cell, at]);
    row.changes ||= isTouched(one);
  });
  const all = [...rowsByName.values()];
  const environments = [...data.environments];
  if (known.some((one) => !one.application.environment)) environments.push("");
  let whole = all.length <= ROWS;
  let selected = "";

  const grid = el("div", {
    class: "scroll",
    tabindex: "0",
    role: "region",
    "aria-label": "Applications by environments",
  });
  const readers = el("div", { class: "readers" });
  const changing = all.filter((row) => row.changes).length;

  const draw = () => {
    const body = el("tbody");
    const drawn = all.filter((row) => whole || row.changes);
    const columns = environments.filter((column) => drawn.some((row) => row.cells.has(column)));
    for (const row of drawn) {
      const name = el(
        "button",
        {
          type: "button",
          class: "plain name",
          "aria-pressed": String(selected === row.name),
          onclick: () => select(row.name),
        },
        row.name
      );
      const cells = columns.map((column) =>
        el(
          "td",
          {},
          (row.cells.get(column) || []).map((at) => mapCell(known[at]))
        )
      );
      body.append(el("tr", { class: row.changes ? "" : "still" }, el("th", { scope: "row" }, name), cells));
    }
    const head = el(
      "tr",
      {},
      el("th", { scope: "col" }, "Application"),
      columns.map((name) => el("th", { scope: "col" }, name || (data.environments.length ? "none" : "state")))
    );
    const table = el(
      "table",
      { class: "grid" },
      el("caption", { class: "unseen" }, "State of each application in each environment"),
      el("thead", {}, head),
      body
    );
    fill(grid, changing || whole ? table : el("p", { class: "quiet" }, "No application changes."));
  };

  /** @param {string} name */
  const select = (name) => {
    selected = selected === name ? "" : name;
    draw();
    fill(readers, readersOf(data, known, selected, select));
    if (name) [...grid.querySelectorAll("button.name")].find((one) => one.textContent === visible(name))?.focus();
  };

  draw();
  fill(readers, readersOf(data, known, selected, select));
  const toggle =
    all.length > changing && all.length > ROWS
      ? el(
          "button",
          {
            type: "button",
            class: "plain",
            onclick: (/** @type {any} */ event) => {
              whole = !whole;
              event.target.textContent = whole ? "Only those that change" : `All ${all.length} applications`;
              draw();
            },
          },
          `All ${all.length} applications`
        )
      : null;
  return el(
    "div",
    { class: "columns" },
    el("div", { class: "card" }, grid, el("p", { class: "legend" }, legend(known), toggle)),
    el("div", { class: "card" }, readers)
  );
}

/** What the signs mean, as far as they are there. @param {ReturnType<typeof states>} known */
function legend(known) {
  /** @type {Record<string, string>} */
  const words = { unknown: "rendered in one state only", same: "unchanged" };
  const kinds = ["changed", "added", "removed", "unknown", "same"].filter((kind) =>
    known.some((one) => one.state === kind)
  );
  const dark = known.some((one) => one.application.dark && one.state === "same");
  return [
    kinds.map((kind) => el("span", {}, sign(kind), ` ${words[kind] || kind}`)),
    dark ? el("span", {}, el("span", { class: "sign", "aria-hidden": "true" }, "×"), " not rendered") : null,
  ];
}

/** @param {ReturnType<typeof states>[number]} one */
function mapCell(one) {
  const { application, loud, quiet, worst, state } = one;
  const parts = [];
  if (state !== "same") parts.push(state === "unknown" ? "rendered in one state only" : state);
  else parts.push(application.dark ? `not rendered, ${application.dark}` : "unchanged");
  if (state === "same" && !application.dark) parts.push(count(application.objects, "object"));
  if (loud) parts.push(`${count(loud, "object")} ${loud === 1 ? "changes" : "change"}`);
  if (quiet) parts.push(`${quiet} with other checksums or chart labels alone`);
  if (worst) parts.push(`worst: ${worst}`);
  const label = `${application.name}: ${parts.join(", ")}`;
  if (!isTouched(one)) {
    return el(
      "span",
      { class: "cell same", title: label },
      el("span", { "aria-hidden": "true" }, application.dark ? "×" : "·"),
      el("span", { class: "unseen" }, label)
    );
  }
  return el(
    "a",
    {
      class: `cell ${state} ${worst ? `has-${worst}` : ""}`,
      href: link(application.name),
      title: label,
    },
    sign(state),
    el("b", { "aria-hidden": "true" }, loud || ""),
    worst && worst !== "info" ? el("span", { class: `dot ${worst}`, "aria-hidden": "true" }, "!") : null,
    el("span", { class: "unseen" }, label)
  );
}

/** @param {string} id */
function link(id) {
  return `#${id.split("/").map(encodeURIComponent).join("/")}`;
}

/**
 * The drawing and the list beneath it: about one row, else about everything that changes.
 * @param {Told} data
 * @param {ReturnType<typeof states>} known
 * @param {string} selected
 * @param {(row: string) => void} select
 */
function readersOf(data, known, selected, select) {
  const rowOf = (/** @type {number} */ at) => data.applications[at].row;
  const changed = new Set(known.flatMap((one) => (one.state === "same" ? [] : [one.application.row])));
  const wanted = data.readings.filter((one) => {
    const pair = [rowOf(one.reader), rowOf(one.provider)];
    return selected ? pair.includes(selected) : one.state !== "same" || pair.some((name) => changed.has(name));
  });
  const title = el(
    "h3",
    {},
    selected ? ["Who reads ", el("code", {}, selected), ", and whom it reads"] : "Who reads whom"
  );
  if (!wanted.length) {
    const nothing = data.readings.length
      ? selected
        ? "It reads nobody, and nobody reads it."
        : "What changes reads nobody, and nobody reads it."
      : "No application reads another one's objects.";
    return [title, el("p", { class: "quiet" }, nothing, selected ? back(select) : null)];
  }
  return [
    title,
    drawing(data, known, wanted, select),
    readingList(data, wanted, selected),
    selected ? back(select) : null,
  ];
}

/** @param {(row: string) => void} select */
function back(select) {
  return el("button", { type: "button", class: "plain", onclick: () => select("") }, "Show what changes");
}

const HEIGHT = 30; // of a row of the drawing, in CSS pixels
const DRAWN = 40; // rows of the drawing on one side

/**
 * Two columns with curves from what is read to who reads it. Environments are drawn on each other.
 * @param {Told} data
 * @param {ReturnType<typeof states>} known
 * @param {Reading[]} wanted
 * @param {(row: string) => void} select
 */
function drawing(data, known, wanted, select) {
  /** @type {Map<string, {from: string, to: string, touched: boolean, states: Set<string>}>} */
  const curves = new Map();
  for (const one of wanted) {
    const [from, to] = [data.applications[one.provider].row, data.applications[one.reader].row];
    const key = JSON.stringify([from, to]);
    const curve = curves.get(key) || { from, to, touched: false, states: new Set() };
    curve.touched ||= one.resource !== undefined;
    curve.states.add(one.state);
    curves.set(key, curve);
  }
  const lines = [...curves.values()];
  let left = [...new Set(lines.map((one) => one.from))].sort();
  let right = [...new Set(lines.map((one) => one.to))].sort();
  // Each column in the order of the middle of what it is joined to, in turn: fewer curves cross.
  for (let turn = 0; turn < 4; turn++) {
    right = nearest(
      right,
      left,
      lines.map((one) => [one.to, one.from])
    );
    left = nearest(
      left,
      right,
      lines.map((one) => [one.from, one.to])
    );
  }
  if (Math.max(left.length, right.length) > DRAWN) {
    return el(
      "p",
      { class: "quiet" },
      `${count(lines.length, "pair")} of applications: too many for a drawing. Choose an application.`
    );
  }
  const height = Math.max(left.length, right.length) * HEIGHT;
  const shift = (/** @type {string[]} */ names) => (height - names.length * HEIGHT) / 2;
  const NS = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(NS, "svg");
  for (const [name, value] of Object.entries({
    viewBox: `0 0 100 ${height}`,
    preserveAspectRatio: "none",
    "aria-hidden": "true",
    height,
  }))
    svg.setAttribute(name, String(value));
  const paths = lines.map((one) => {
    const [y1, y2] = [
      shift(left) + left.indexOf(one.from) * HEIGHT + HEIGHT / 2,
      shift(right) + right.indexOf(one.to) * HEIGHT + HEIGHT / 2,
    ];
    const path = document.createElementNS(NS, "path");
    path.setAttribute("d", `M0 ${y1} C 50 ${y1}, 50 ${y2}, 100 ${y2}`);
    const only = one.states.size === 1 ? [...one.states][0] : "same";
    path.setAttribute("class", `${only} ${one.touched ? "touched" : ""}`);
    svg.append(path);
    return path;
  });
  const lift = (/** @type {string} */ name) => () =>
    paths.forEach((path, at) =>
      path.classList.toggle("dim", name !== "" && lines[at].from !== name && lines[at].to !== name)
    );
  const column = (/** @type {string[]} */ names, /** @type {string} */ label, /** @type {string} */ side) =>
    el(
      "ul",
      { class: side, "aria-label": label },
      names.map((name) =>
        el(
          "li",
          {},
          el(
            "button",
            {
              type: "button",
              class: "node",
              onclick: () => select(name),
              onmouseenter: lift(name),
              onmouseleave: lift(""),
              onfocus: lift(name),
              onblur: lift(""),
            },
            el("span", { class: "label" }, name),
            known
              .filter((one) => one.application.row === name && one.state !== "same")
              .map((one) =>
                el(
                  "span",
                  { class: `sign ${one.state}`, title: `${one.application.name}: ${one.state}` },
                  SIGNS[one.state],
                  el("span", { class: "unseen" }, ` ${one.application.environment} ${one.state}`)
                )
              )
          )
        )
      )
    );
  return el(
    "div",
    { class: "drawing" },
    el("p", { class: "side" }, "is read"),
    el("p"),
    el("p", { class: "side" }, "reads it"),
    column(left, "Is read", "left"),
    svg,
    column(right, "Reads it", "right"),
    lines.some((one) => one.touched)
      ? el(
          "p",
          { class: "key quiet" },
          el("span", { class: "stroke", "aria-hidden": "true" }),
          " an object that is read changes"
        )
      : null
  );
}

/** @param {string[]} names @param {string[]} others @param {string[][]} joined */
function nearest(names, others, joined) {
  const place = new Map(others.map((name, at) => [name, at]));
  const middle = new Map(
    names.map((name) => {
      const mine = joined.filter((pair) => pair[0] === name).map((pair) => place.get(pair[1]) || 0);
      return [name, mine.reduce((sum, one) => sum + one, 0) / mine.length];
    })
  );
  return [...names].sort((a, b) => (middle.get(a) || 0) - (middle.get(b) || 0) || (a < b ? -1 : 1));
}

const LISTED = 40; // objects in the list

/**
 * Objects with those who read them.
 * @param {Told} data
 * @param {Reading[]} wanted
 * @param {string} selected
 */
function readingList(data, wanted, selected) {
  // What an application reads that comes or goes itself says little, unless it was asked for.
  const stays = (/** @type {Reading} */ one) => !["added", "removed"].includes(data.applications[one.reader].state);
  const shown = wanted.filter(
    (one) => selected || (stays(one) && (one.resource !== undefined || one.state !== "same"))
  );
  if (!shown.length) return el("p", { class: "quiet" }, "No object that changes is read by another application.");
  /** @type {Map<string, Reading[]>} */
  const objects = new Map();
  for (const one of shown) {
    const name = JSON.stringify([one.provider, one.what]);
    objects.set(name, [...(objects.get(name) || []), one]);
  }
  const all = [...objects.values()];
  return el(
    "div",
    {},
    selected ? null : el("h4", {}, "What changes and is read by others"),
    el(
      "ul",
      { class: "list" },
      all.slice(0, LISTED).map((readings) => readObject(data, readings))
    ),
    all.length > LISTED ? el("p", { class: "quiet" }, `and ${all.length - LISTED} more`) : null
  );
}

/** @param {Told} data @param {Reading[]} readings */
function readObject(data, readings) {
  const [{ resource, what, provider }] = readings;
  const target = resource === undefined ? null : data.resources[resource];
  return el(
    "li",
    {},
    el(
      "p",
      {},
      target ? [sign(target.change), " ", el("a", { href: link(target.id) }, what)] : what,
      el("span", { class: "quiet" }, " of "),
      data.applications[provider].name,
      el("span", { class: "quiet" }, target ? ` is ${target.change} and read by` : " is read by")
    ),
    el(
      "ul",
      {},
      readings.map((one) =>
        el(
          "li",
          {},
          one.state === "same" ? null : [sign(one.state), " "],
          el("b", {}, data.applications[one.reader].name),
          el("span", { class: "quiet" }, ` ${one.by.join(", ")}${one.more ? ` and ${one.more} more` : ""}`)
        )
      )
    )
  );
}
