// @ts-check
// What the page is about, and what of it is open.

/** @type {Told} */
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
