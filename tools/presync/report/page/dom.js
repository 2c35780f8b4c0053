// @ts-check
// Elements and texts. Content becomes text nodes here and nowhere anything else.

/**
 * @typedef {{field: string, noise?: boolean, masked?: string, formatted?: boolean, old?: string, new?: string,
 *   hunks?: [number, number, string[]][], more?: number, left_out?: number, at?: string, findings?: number[],
 *   why?: Place[], partly?: boolean}} Field
 * @typedef {{file: string, line?: number, key?: string, removed?: boolean}} Place
 * @typedef {{file: string, kind: string, lines?: number[], more?: number}} Cause
 * @typedef {{name: string, row: string, environment: string, state: string, objects: number, place: string,
 *   project: string, dark?: string, because?: Cause[], fields?: Field[]}} Application
 * @typedef {{id: string, change: string, application: number, kind: string, group: string, namespace: string,
 *   name: string, quiet?: boolean, from?: string, findings?: number[], fields: Field[]}} Resource
 * @typedef {{rule: string, name: string, severity: string, message: string, remedy: string, documentation: string,
 *   application: string, environment: string, resource: string, field: string, file: string, line: number | null,
 *   undetermined: boolean, resources: number[], applications: number[],
 *   places: {application: string, environment: string, resource: string}[]}} Finding
 * @typedef {{reader: number, provider: number, what: string, by: string[], more?: number, state: string,
 *   resource?: number}} Reading
 * @typedef {{base: {name: string, commit: string}, head: {name: string, commit: string, dirty: boolean},
 *   environments: string[], files: number,
 *   counts: {objects: Record<string, number>, quiet: number, severities: Record<string, number>, undetermined: number},
 *   applications: Application[], resources: Resource[], findings: Finding[], readings: Reading[]}} Told
 */

/** @type {Record<string, string>} */
const SIGNS = { added: "+", removed: "−", changed: "~", moved: "→", unknown: "?", same: "·" };
const RANKS = ["error", "warning", "info"];

/** @param {string} id @returns {any} */
const byId = (id) => document.getElementById(id);

/**
 * An element with attributes, listeners (`on…`, functions) and children.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...any} children
 * @returns {any}
 */
function el(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  put(made, children);
  return made;
}

/** @param {Element} parent @param {any[]} children */
function put(parent, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    parent.append(child instanceof Node ? child : visible(String(child)));
  }
}

/** @param {Element} parent @param {...any} children */
function fill(parent, ...children) {
  parent.replaceChildren();
  put(parent, children);
}

// Characters that show nothing or turn the text round: a reader must see that they are there.
const UNSEEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

/** @param {string} text */
function visible(text) {
  return text.replace(UNSEEN, (one) =>
    one === "\r" ? "␍" : `⟨U+${one.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`
  );
}

/** @param {number} number @param {string} word @param {string} [many] */
function count(number, word, many) {
  return `${number.toLocaleString("en")} ${number === 1 ? word : many || `${word}s`}`;
}

/** @param {string} kind */
function sign(kind) {
  return el("span", { class: `sign ${kind}`, "aria-hidden": "true" }, SIGNS[kind] || "~");
}

/** @param {string} severity @param {string} [text] */
function badge(severity, text) {
  return el("span", { class: `badge ${severity}` }, text || severity);
}

/** Something remembered between visits; a browser may refuse to. @param {string} name @param {string} [value] */
function remembered(name, value) {
  try {
    if (value !== undefined) localStorage.setItem(`presync.${name}`, value);
    return localStorage.getItem(`presync.${name}`) || "";
  } catch {
    return value || "";
  }
}
