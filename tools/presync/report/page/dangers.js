// @ts-check
// What is dangerous, rule by rule.

const FIRST = 5; // places of one rule shown before the rest is asked for

function dangers() {
  const severe = data.findings.filter(isDanger);
  const notes = data.findings.filter((one) => !isDanger(one));
  put(byId("dangers"), [
    el("h2", { id: "dangers-title" }, "Dangers ", el("span", { class: "number" }, severe.length)),
    severe.length
      ? el("ul", { class: "findings" }, byRule(severe).map(ruleCard))
      : el("p", { class: "fine" }, "Nothing dangerous was found."),
    notes.length
      ? el(
          "details",
          { class: "notes" },
          el("summary", {}, `${count(notes.length, "note")}, good to know`),
          el("ul", { class: "findings" }, byRule(notes).map(ruleCard))
        )
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
    el(
      "p",
      { class: "line" },
      badge(first.severity, first.undetermined ? "could not tell" : ""),
      ruleLink(first),
      findings.length > 1 ? el("span", { class: "number" }, `× ${findings.length}`) : null,
      remedy ? el("span", { class: "remedy" }, remedy) : null
    ),
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
    : finding.applications.length
      ? data.applications[finding.applications[0]].name
      : "";
  const others = [...new Set(finding.places.map((other) => `${other.application} ${other.resource}`.trim()))];
  return el(
    "li",
    {},
    el("p", { class: "message" }, finding.message),
    el(
      "p",
      { class: "where" },
      target ? el("a", { href: link(target) }, subject) : subject,
      finding.field ? el("code", {}, finding.field) : null,
      place ? el("code", { class: "file" }, place) : null
    ),
    others.length
      ? el(
          "details",
          { class: "others" },
          el("summary", {}, `and in ${count(others.length, "more place")}`),
          el(
            "ul",
            {},
            others.slice(0, STEP).map((other) => el("li", {}, other))
          )
        )
      : null,
    withRemedy && finding.remedy ? el("p", { class: "remedy" }, finding.remedy) : null
  );
}
