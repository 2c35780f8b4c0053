// @ts-check
// Fields that differ, line by line: unified, or old and new side by side.

const WORD = /[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu;
const WORDS = 160; // in a line, beyond which only its beginning and end are compared

/**
 * @param {Field} field
 * @param {boolean} split
 * @param {Finding[]} findings
 * @param {Resource} [resource]
 */
function fieldElement(field, split, findings, resource) {
  const tail = field.at ? (field.at[0] === "[" ? field.at : `.${field.at}`) : "";
  const at = resource && tail ? resource.id + tail : "";
  const name = el("code", {}, field.field);
  const head = field.field
    ? el(
        "div",
        { class: "path" },
        at ? el("a", { href: link(at) }, name) : name,
        field.noise ? el("span", { class: "note" }, "follows from another change") : null,
        field.formatted ? el("span", { class: "note" }, "one line of JSON, set out") : null,
        resource && at
          ? el(
              "details",
              { class: "why" },
              el("summary", {}, "which line sets it?"),
              el("code", {}, command(resource, tail))
            )
          : null
      )
    : null;
  const marks = (field.findings || []).map((number) => findingLine(findings[number]));
  return el("div", { class: "field", "data-at": at }, head, whyLine(field), marks, fieldBody(field, split));
}

/** The changed lines that changed it. @param {Field} field */
function whyLine(field) {
  if (!field.why) return null;
  const places = field.why.flatMap((place, at) => [
    at ? ", " : "because of ",
    el("code", {}, place.line ? `${place.file}:${place.line}` : place.file),
    place.key ? ` ${place.key}` : "",
    place.removed ? " (gone)" : "",
  ]);
  return el("p", { class: "cause" }, places, field.partly ? " (in part)" : "");
}

/** @param {Resource} resource @param {string} tail */
function command(resource, tail) {
  const subject = `${data.applications[resource.application].name}/${resource.kind}/${resource.name}${tail}`;
  return `presync explain '${subject.replaceAll("'", "'\\''")}'`; // one word for a shell
}

/** @param {Finding} finding */
function findingLine(finding) {
  return el(
    "p",
    { class: `mark ${finding.severity}` },
    badge(finding.severity),
    " ",
    ruleLink(finding),
    " ",
    finding.message
  );
}

/** @param {Finding} finding */
function ruleLink(finding) {
  const label = `${finding.rule} ${finding.name}`;
  if (!/^https:\/\//.test(finding.documentation)) return el("span", { class: "rule" }, label);
  return el("a", { class: "rule", href: finding.documentation, rel: "noreferrer noopener", target: "_blank" }, label);
}

/** @param {Field} field @param {boolean} split */
function fieldBody(field, split) {
  if (field.masked) {
    return el("p", { class: "masked" }, sign(field.masked), ` ${field.masked}; what it is, no report shows`);
  }
  if (field.left_out !== undefined) {
    return el(
      "p",
      { class: "masked" },
      `${count(field.left_out, "line")} left out: too much for a page; presync render has them.`
    );
  }
  // What only comes, or only goes, has nothing to stand beside.
  const signs = new Set((field.hunks || []).flatMap((hunk) => hunk[2].map((line) => line[0])));
  if (signs.size === 1) split = false;
  const body = el("tbody");
  if (field.hunks) {
    for (const [at, [first, second, lines]] of field.hunks.entries()) {
      if (at) body.append(el("tr", { class: "gap" }, el("td", { colspan: split ? 4 : 3 }, "⋯")));
      for (const row of rows(lines, first, second, split)) body.append(row);
    }
  } else {
    const lines = [];
    if (field.old !== undefined) lines.push(`-${field.old}`);
    if (field.new !== undefined) lines.push(`+${field.new}`);
    for (const row of rows(lines, 0, 0, split)) body.append(row);
  }
  const label = field.field ? `Change of ${field.field}` : "The object";
  const table = el(
    "table",
    { class: `lines ${split ? "split" : "one"} ${field.hunks ? "" : "alone"}`, "aria-label": label },
    body
  );
  if (!field.more) return table;
  return [
    table,
    el("p", { class: "masked" }, `${count(field.more, "more line")}, left out here; presync render has them.`),
  ];
}

/**
 * Rows of a table. Runs of removed lines and the added ones after them stand beside each other, and what differs within
 * two such lines is marked.
 * @param {string[]} lines
 * @param {number} first
 * @param {number} second
 * @param {boolean} split
 */
function rows(lines, first, second, split) {
  const out = [];
  const numbered = first > 0;
  let at = 0;
  while (at < lines.length) {
    if (lines[at][0] === " ") {
      const text = lines[at++].slice(1);
      out.push(split ? pairRow(["", text], ["", text], first, second) : row(" ", [text], first, second));
      first++;
      second++;
      continue;
    }
    /** @type {string[]} */
    const gone = [];
    /** @type {string[]} */
    const come = [];
    while (at < lines.length && lines[at][0] === "-") gone.push(lines[at++].slice(1));
    while (at < lines.length && lines[at][0] === "+") come.push(lines[at++].slice(1));
    const marked = gone.map((text, number) => (number < come.length ? marks(text, come[number]) : null));
    const old = gone.map((text, number) => marked[number]?.[0] || [text]);
    const now = come.map((text, number) => marked[number]?.[1] || [text]);
    if (split) {
      for (let number = 0; number < Math.max(gone.length, come.length); number++) {
        out.push(
          pairRow(
            number < gone.length ? ["-", ...old[number]] : null,
            number < come.length ? ["+", ...now[number]] : null,
            numbered ? first + number : 0,
            numbered ? second + number : 0
          )
        );
      }
    } else {
      old.forEach((parts, number) => out.push(row("-", parts, numbered ? first + number : 0, 0)));
      now.forEach((parts, number) => out.push(row("+", parts, 0, numbered ? second + number : 0)));
    }
    if (numbered) {
      first += gone.length;
      second += come.length;
    }
  }
  return out;
}

/** @type {Record<string, string>} */
const CLASSES = { "-": "gone", "+": "come", " ": "", "": "" };

/** @param {string} mark @param {any[]} parts @param {number} old @param {number} now */
function row(mark, parts, old, now) {
  return el(
    "tr",
    { class: CLASSES[mark] },
    el("td", { class: "number" }, old || ""),
    el("td", { class: "number" }, now || ""),
    el("td", { class: "text" }, el("span", { class: "mark" }, mark === "-" ? "−" : mark), parts)
  );
}

/** @param {any[] | null} left @param {any[] | null} right @param {number} old @param {number} now */
function pairRow(left, right, old, now) {
  const side = (/** @type {any[] | null} */ parts, /** @type {number} */ number) => {
    if (!parts) return [el("td", { class: "number none" }), el("td", { class: "text none" })];
    const [mark, ...rest] = parts;
    return [
      el("td", { class: `number ${CLASSES[mark]}` }, number || ""),
      el(
        "td",
        { class: `text ${CLASSES[mark]}` },
        el("span", { class: "mark" }, mark === "-" ? "−" : mark || " "),
        rest
      ),
    ];
  };
  return el("tr", {}, side(left, old), side(right, now));
}

/**
 * What differs within two lines, as parts of each; null where they have too little in common.
 * @param {string} old
 * @param {string} now
 * @returns {[any[], any[]] | null}
 */
function marks(old, now) {
  const left = old.match(WORD) || [];
  const right = now.match(WORD) || [];
  let start = 0;
  while (start < left.length && start < right.length && left[start] === right[start]) start++;
  let end = 0;
  while (end < left.length - start && end < right.length - start && left.at(-1 - end) === right.at(-1 - end)) end++;
  const a = left.slice(start, left.length - end);
  const b = right.slice(start, right.length - end);
  const [keptA, keptB] =
    a.length * b.length && a.length <= WORDS && b.length <= WORDS ? common(a, b) : [new Set(), new Set()];
  const said = (/** @type {string[]} */ words) => words.filter((word) => word.trim()).length;
  const kept =
    said(left.slice(0, start)) + said(left.slice(left.length - end)) + said(a.filter((_, at) => keptA.has(at)));
  if (!kept || kept * 3 < Math.min(said(left), said(right))) return null;
  const parts = (/** @type {string[]} */ all, /** @type {string[]} */ middle, /** @type {Set<number>} */ same) => [
    all.slice(0, start).join(""),
    joined(middle, same),
    all.slice(all.length - end).join(""),
  ];
  return [parts(left, a, keptA).flat(), parts(right, b, keptB).flat()];
}

/** Words with those that differ in `mark` elements. @param {string[]} words @param {Set<number>} same */
function joined(words, same) {
  /** @type {any[]} */
  const out = [];
  let text = "";
  let marked = false;
  const flush = () => {
    if (text) out.push(marked ? el("mark", {}, text) : text);
    text = "";
  };
  words.forEach((word, at) => {
    // A space between two words that differ is no interruption.
    const between = !word.trim() && at > 0 && at < words.length - 1 && !same.has(at - 1) && !same.has(at + 1);
    const differs = between || !same.has(at);
    if (differs !== marked) {
      flush();
      marked = differs;
    }
    text += word;
  });
  flush();
  return out;
}

/** The longest common words of both. @param {string[]} a @param {string[]} b @returns {[Set<number>, Set<number>]} */
function common(a, b) {
  const width = b.length + 1;
  const length = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      length[i * width + j] =
        a[i] === b[j]
          ? length[(i + 1) * width + j + 1] + 1
          : Math.max(length[(i + 1) * width + j], length[i * width + j + 1]);
    }
  }
  const inA = new Set();
  const inB = new Set();
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) {
      inA.add(i++);
      inB.add(j++);
    } else if (length[(i + 1) * width + j] >= length[i * width + j + 1]) i++;
    else j++;
  }
  return [inA, inB];
}
