// @ts-check
// Which applications and objects are shown.

/** @type {string[]} */
const texts = [];

/** Everything that can be searched for in an object. @param {number} at */
function text(at) {
  if (texts[at] === undefined) {
    const resource = data.resources[at];
    const application = data.applications[resource.application];
    const parts = [
      application.name,
      application.environment,
      resource.kind,
      resource.group,
      resource.namespace,
      resource.name,
      resource.from,
    ];
    for (const field of resource.fields) {
      parts.push(field.field, field.old, field.new);
      for (const hunk of field.hunks || []) parts.push(...hunk[2]);
    }
    for (const finding of findingsOf(resource)) parts.push(finding.rule, finding.name, finding.message);
    texts[at] = parts.filter(Boolean).join("\n").toLowerCase();
  }
  return texts[at];
}

/** The same of an application itself. @param {Application} application */
function ownText(application) {
  const fields = (application.fields || []).flatMap((field) => [field.field, field.old, field.new]);
  return [application.name, application.environment, ...fields].filter(Boolean).join("\n").toLowerCase();
}

function filter() {
  /** @type {string[]} */
  const words = byId("text").value.toLowerCase().split(/\s+/).filter(Boolean);
  const [environment, application, kind, change] = ["environment", "application", "kind", "change"].map(
    (name) => byId(name).value
  );
  const dangerous = byId("dangerous").checked;
  const noise = byId("noise").checked;
  const once = byId("once").checked;
  const told = new Set();
  const chosen = Boolean(environment || application || kind || change || dangerous || once);
  const narrowed = chosen || words.length > 0;
  groups = new Map();
  order = [];
  data.applications.forEach((one, at) => {
    if ((environment && one.environment !== environment) || (application && one.name !== application)) return;
    const own = (one.state !== "same" || isDangerous(at)) && !kind && (!change || one.state === change);
    if (own && (!dangerous || isDangerous(at)) && words.every((word) => ownText(one).includes(word)))
      groups.set(at, []);
  });
  data.resources.forEach((one, at) => {
    const owner = data.applications[one.application];
    if ((environment && owner.environment !== environment) || (application && owner.name !== application)) return;
    if ((kind && one.kind !== kind) || (change && one.change !== change)) return;
    if ((one.quiet && !noise) || (dangerous && !findingsOf(one, true).length)) return;
    if (words.length && !words.every((word) => text(at).includes(word))) return;
    const group = alike.get(at);
    if (once && group) {
      if (told.has(group)) return;
      told.add(group);
    }
    const mine = groups.get(one.application);
    if (mine) mine.push(at);
    else groups.set(one.application, [at]);
  });
  groups = new Map([...groups].sort((a, b) => a[0] - b[0]));
  order = [...groups.values()].flat();
  if (narrowed && order.length <= FEW) for (const at of groups.keys()) openApplications.add(at);
  const shown = `${order.length.toLocaleString("en")} of ${count(data.resources.length, "object")}`;
  fill(byId("shown"), `${shown} in ${count(groups.size, "application")}`);
  byId("reset").hidden = !narrowed;
  byId("more").classList.toggle("active", chosen);
  tree();
}

/** @param {number} at */
const isDangerous = (at) =>
  data.findings.some((one) => isDanger(one) && one.applications.includes(at) && !one.resources.length);

function reset() {
  byId("text").value = "";
  for (const name of ["environment", "application", "kind", "change"]) byId(name).value = "";
  byId("dangerous").checked = false;
  byId("once").checked = false;
  filter();
}

/** What can be chosen; a choice of one is none. */
function choices() {
  const kinds = ["changed", "added", "removed", "moved"];
  const options = {
    environment: data.environments,
    application: known.filter((one) => isTouched(one) || one.quiet).map((one) => one.application.name),
    kind: [...new Set(data.resources.map((one) => one.kind))].sort(),
    change: kinds.filter((kind) => data.resources.some((one) => one.change === kind)),
  };
  for (const [name, values] of Object.entries(options)) {
    fill(byId(name), [el("option", { value: "" }, "all"), values.map((value) => el("option", { value }, value))]);
    byId(name).parentElement.hidden = values.length < 2;
  }
  byId("dangerous").parentElement.hidden = !data.findings.some(isDanger);
  const noise = data.resources.reduce((sum, one) => sum + one.fields.filter((field) => field.noise).length, 0);
  fill(byId("noise-label"), `Show ${count(noise, "checksum and chart label", "checksums and chart labels")}`);
  byId("noise").parentElement.hidden = !noise;
  byId("once").parentElement.hidden = ![...alike.values()].some((group) => group.length > 1);
}
