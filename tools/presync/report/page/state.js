// @ts-check
// What the page is about, and what of it is open.

/** @type {Told} */
const data = JSON.parse(byId("document").textContent);
const known = states(data);
const STEP = 200; // objects of one application that are made at once
const OPENED = 200; // objects that "open all" opens
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

/**
 * Objects with all that change as they do, but for the names of application, environment and object.
 * @type {Map<number, number[]>}
 */
let alike = new Map();

/** Objects that change alike, each with all of its kind, itself included. */
function findAlike() {
  /** @type {Map<string, number[]>} */
  const same = new Map();
  data.resources.forEach((one, at) => {
    // Nobody can say that two changes are the same that are not shown.
    if (one.fields.some((field) => field.masked || field.left_out !== undefined)) return;
    const { name, row, environment, place } = data.applications[one.application];
    const lines = (/** @type {Field} */ field) =>
      (field.hunks || []).flatMap((hunk) => hunk[2].filter((line) => line[0] !== " "));
    const fields = one.fields
      .filter((field) => !field.noise)
      .map((field) => [field.field, field.old, field.new, lines(field)]);
    const rules = findingsOf(one, true).map((finding) => finding.rule);
    const text = JSON.stringify([one.change, one.kind, one.group, rules, fields]);
    const names = [name, one.name, one.namespace, place.split("/").at(-1) || "", row, environment].filter(Boolean);
    // The longest first, and no part of a longer word.
    names.sort((one, other) => other.length - one.length);
    const pattern = names.map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("|");
    const bare = text.replace(new RegExp(`(?<![\\p{L}\\p{N}])(?:${pattern})(?![\\p{L}\\p{N}])`, "gu"), "*");
    same.set(bare, [...(same.get(bare) || []), at]);
  });
  alike = new Map([...same.values()].flatMap((group) => group.map((at) => [at, group])));
}
