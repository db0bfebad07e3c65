// @ts-check
/**
 * What a policy in JavaScript is written with: `policy` turns functions over plain objects into the hooks that
 * Herald calls, and the host's answers are functions to call.
 *
 * A hook that throws fails: the decision then shows what was thrown, and where. What a plan leaves out is empty; a
 * field that a plan, or a record in it, does not have is an error that names the nearest one.
 *
 * @module
 */

import { log } from "herald:policy/host@1.0.0";

export { addWorkingTime, log, lookup, resolve, tier } from "herald:policy/host@1.0.0";

/** @typedef {import("./interfaces/herald-policy-types.js")} Types */
/** @typedef {import("./interfaces/herald-policy-types.js").Span} Span */
/** @typedef {import("./interfaces/herald-policy-types.js").Question} Question */
/** @typedef {import("./interfaces/herald-policy-types.js").Breach} Breach */
/** @typedef {import("./interfaces/herald-policy-types.js").Restriction} Restriction */

/**
 * A message as hooks get it: the form and the labels are objects. To read a field that the form has not is an error;
 * of one that may be left out, ask first: `"amount" in message.body`.
 *
 * @typedef {Omit<import("./interfaces/herald-policy-types.js").Message, "body" | "labels">
 *   & { body: Record<string, any>, labels: Record<string, string> }} Message
 */

/**
 * The merged plan of all `route` hooks; the labels are an object.
 *
 * @typedef {Omit<import("./interfaces/herald-policy-types.js").RouteFacts, "labels">
 *   & { labels: Record<string, string> }} RouteFacts
 */

/**
 * A recipient; without `by` it is reached through the inbox.
 *
 * @typedef {Omit<import("./interfaces/herald-policy-types.js").Send, "by" | "asks">
 *   & { by?: string[], asks?: Question[] }} Send
 */

/**
 * A promise with a deadline; without `repeats` it is made once.
 *
 * @typedef {Omit<import("./interfaces/herald-policy-types.js").Goal, "repeats"> & { repeats?: boolean }} Goal
 */

/**
 * A stage of an approval; without `selfApproval` the sender is not among those who decide.
 *
 * @typedef {Omit<import("./interfaces/herald-policy-types.js").Stage, "selfApproval">
 *   & { selfApproval?: boolean }} Stage
 */

/**
 * What `route` returns.
 *
 * @typedef {Omit<import("./interfaces/herald-policy-types.js").RoutePlan, "sends" | "goals" | "labels">
 *   & { sends?: Send[], goals?: Goal[], labels?: Record<string, string> }} RoutePlan
 */

/**
 * What `approve` returns.
 *
 * @typedef {{ stages?: Stage[], postHoc?: boolean }} ApprovePlan
 */

/**
 * What `escalate` returns.
 *
 * @typedef {Omit<import("./interfaces/herald-policy-types.js").EscalatePlan, "notify" | "goals">
 *   & { notify?: Send[], goals?: Goal[] }} EscalatePlan
 */

/**
 * The hooks of a policy: those that its manifest lists. `settings` are the `[settings]` of the manifest: to read one
 * that is not there is an error; of one that may be left out, ask first: `"lines" in settings`. `validateSettings`
 * returns everything that is wrong with them, a sentence each.
 *
 * @typedef {{
 *   route?: (message: Message, settings: Record<string, any>) => RoutePlan,
 *   approve?: (message: Message, route: RouteFacts, settings: Record<string, any>) => ApprovePlan,
 *   escalate?: (message: Message, breach: Breach, settings: Record<string, any>) => EscalatePlan,
 *   validateSettings?: (settings: Record<string, any>) => string[],
 * }} Hooks
 */

/**
 * A failure that a policy means: its text is shown as it is, without a place in the source. A message that is not to be
 * sent is no failure: it is what `refuse` of a plan is for.
 */
export class Refusal extends Error {}

/**
 * Clock time in ISO 8601: `clock("PT1H30M")`.
 *
 * @param {string} text
 * @returns {Span}
 */
export const clock = (text) => ({ tag: "clock", val: text });

/**
 * Minutes during which the owner's calendar is open.
 *
 * @param {number} count
 * @returns {Span}
 */
export const workingMinutes = (count) => ({ tag: "working-minutes", val: count });

/**
 * Hours during which the owner's calendar is open.
 *
 * @param {number} count
 * @returns {Span}
 */
export const workingHours = (count) => ({ tag: "working-hours", val: count });

/**
 * Until the close of that working day after the one on which it begins.
 *
 * @param {number} count
 * @returns {Span}
 */
export const workingDays = (count) => ({ tag: "working-days", val: count });

/**
 * The hooks as Herald calls them. A policy exports them under this name: `export const hooks = policy({ … })`.
 *
 * @param {Hooks} hooks
 * @returns {typeof import("./interfaces/herald-policy-hooks.js")}
 */
export function policy(hooks) {
  return {
    route: (message, settings) =>
      asked("route", hooks.route, (route) => routePlan(route(read(message), readSettings(settings)), "")),
    approve: (message, route, settings) =>
      asked("approve", hooks.approve, (approve) => {
        const facts = { ...route, labels: Object.fromEntries(route.labels) };
        return approvePlan(approve(read(message), facts, readSettings(settings)), "");
      }),
    escalate: (message, breach, settings) =>
      asked("escalate", hooks.escalate, (escalate) => {
        return escalatePlan(escalate(read(message), breach, readSettings(settings)), "");
      }),
    validateSettings: (settings) => {
      // The errors of this one are lists of texts.
      const problems = validated(() => hooks.validateSettings?.(readSettings(settings)) ?? []);
      if (problems.length > 0) throw problems;
    },
  };
}

/**
 * What is wrong with the settings; what is thrown instead is wrong with them, too.
 *
 * @param {() => string[]} call
 * @returns {string[]}
 */
function validated(call) {
  try {
    const problems = call();
    return Array.isArray(problems) ? problems.map(String) : ["`validateSettings` returns no list of sentences"];
  } catch (error) {
    return Array.isArray(error) ? error.map(String) : [reason(error)];
  }
}

/**
 * Calls a hook; what it throws becomes the text of its failure.
 *
 * @template H, P
 * @param {string} name
 * @param {H | undefined} hook
 * @param {(hook: H) => P} call
 * @returns {P}
 */
function asked(name, hook, call) {
  if (hook === undefined) throw `there is no hook \`${name}\`; write it, or take it off \`hooks\` in policy.toml`;
  try {
    return call(hook);
  } catch (error) {
    // The interface's errors are texts: anything else that leaves a hook is a trap, which says less.
    throw reason(error);
  }
}

/**
 * @param {unknown} error
 * @returns {string}
 */
function reason(error) {
  if (error instanceof Refusal) return error.message;
  if (!(error instanceof Error)) return String(error);
  // An error of the host carries its text as a payload.
  const text = "payload" in error ? String(error.payload) : `${error.name}: ${error.message}`;
  // A line of the stack is `function@file:line:column`; the first in the policy's own files is the place.
  const places = (error.stack ?? "").split("\n").map((line) => line.slice(line.indexOf("@") + 1));
  const place = places.find((place) => place !== "" && !place.startsWith(".herald/") && !place.startsWith("/"));
  return place === undefined ? text : `${place}: ${text}`;
}

/**
 * @param {import("./interfaces/herald-policy-types.js").Message} message
 * @returns {Message}
 */
function read(message) {
  const body = parse(message.body, "the form has no");
  return { ...message, body, labels: Object.fromEntries(message.labels) };
}

/** @param {string} settings */
const readSettings = (settings) => parse(settings, "there is no setting");

/**
 * What is written in JSON; its objects are strict.
 *
 * @param {string} json
 * @param {string} missing
 * @returns {Record<string, any>}
 */
function parse(json, missing) {
  return JSON.parse(json, (_, value) => (isObject(value) ? strict(value, missing) : value));
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * An object of the form or the settings that does not give `undefined` for what it has not: `undefined >= 100_000` is
 * quietly false, and an approval would fall away over a misspelt name. `missing` begins the message about that.
 *
 * @param {Record<string, unknown>} object
 * @param {string} missing
 * @returns {Record<string, unknown>}
 */
function strict(object, missing) {
  return new Proxy(object, {
    get(fields, name) {
      // `JSON.stringify` looks for the last one.
      if (typeof name === "symbol" || name in fields || name === "toJSON") return Reflect.get(fields, name);
      throw new TypeError(`${missing} \`${name}\`; where it may be left out, ask first: \`"${name}" in …\``);
    },
  });
}

/**
 * Makes a part of a plan what the interface wants of it; `at` is its place in the plan: `sends[0].asks`.
 *
 * @template T
 * @typedef {(value: any, at: string) => T} Part
 */

/**
 * An object with these fields and no other: what stands under a misspelt name would quietly be left out, and the plan
 * would ask for less than it says. `name` is what messages call it.
 *
 * @template {object} T
 * @param {string} name
 * @param {NoInfer<{ [F in keyof T]-?: Part<T[F]> }>} fields
 * @returns {Part<T>}
 */
function record(name, fields) {
  const parts = /** @type {[string, Part<unknown>][]} */ (Object.entries(fields));
  const known = Object.keys(fields);
  return (value, at) => {
    const what = at === "" ? name : `${at}: ${name}`;
    if (value instanceof Promise) throw new TypeError(`${what} is a promise; no hook can wait, so leave out \`async\``);
    if (!isObject(value)) throw new TypeError(`${what} must be an object`);
    // It may be of the settings, which are strict; a copy gives `undefined` for what is left out.
    const given = { ...value };
    for (const field in given) if (!known.includes(field)) throw new TypeError(`${what} ${hasNo(field, known)}`);
    /** @type {any} */
    const made = {};
    for (const [field, part] of parts) made[field] = part(given[field], at === "" ? field : `${at}.${field}`);
    return made;
  };
}

/**
 * @param {string} field
 * @param {string[]} known
 * @returns {string}
 */
function hasNo(field, known) {
  const has = known.map((field) => `\`${field}\``).join(", ");
  return `has no \`${field}\`; it has ${has}${guess(field, known)}`;
}

/**
 * @template T
 * @param {Part<T>} part
 * @returns {Part<T[]>}
 */
function list(part) {
  return (values, at) => {
    if (values === undefined || values === null) return [];
    if (!Array.isArray(values)) throw new TypeError(`${at}: must be a list`);
    return values.map((value, index) => part(value, `${at}[${index}]`));
  };
}

/**
 * @template T
 * @param {Part<T>} part
 * @returns {Part<T | undefined>}
 */
function optional(part) {
  return (value, at) => (value === undefined || value === null ? undefined : part(value, at));
}

/** @type {Part<any>} */
const same = (value) => value;
/** @type {Part<boolean>} */
const flag = (value) => value ?? false;
/** @type {Part<string[]>} */
const channels = (names) => names ?? [];
/** @type {Part<[string, string][]>} */
const pairs = (labels) => Object.entries(labels ?? {});

// The records of plans. Their types are the interface's, so that a field that is missing here is an error of `tsc`.

/** @type {Part<Span>} */
const span = record("a span", { tag: same, val: same });

/** @type {Part<Question>} */
const question = record("a question", { about: same, within: span });

/** @type {Part<import("./interfaces/herald-policy-types.js").Send>} */
const send = record("a send", {
  to: same,
  by: channels,
  acknowledgeWithin: optional(span),
  answerWithin: optional(span),
  reportEvery: optional(span),
  remindBefore: optional(span),
  asks: list(question),
});

/** @type {Part<import("./interfaces/herald-policy-types.js").Goal>} */
const goal = record("a goal", {
  name: same,
  owner: same,
  starts: same,
  stops: same,
  within: span,
  warnBefore: optional(span),
  repeats: flag,
});

/** @type {Part<import("./interfaces/herald-policy-types.js").Stage>} */
const stage = record("a stage", {
  name: same,
  phase: same,
  mode: same,
  approvers: same,
  within: optional(span),
  atDeadline: same,
  selfApproval: flag,
});

/** @type {Part<Restriction>} */
const restriction = record("a restriction", { recipients: same, channels: same });

/** @type {Part<import("./interfaces/herald-policy-types.js").RoutePlan>} */
const routePlan = record("the plan of `route`", {
  level: same,
  classification: same,
  audience: same,
  contentType: same,
  sends: list(send),
  assign: same,
  goals: list(goal),
  digest: same,
  labels: pairs,
  archive: same,
  restrict: optional(restriction),
  refuse: same,
});

/** @type {Part<import("./interfaces/herald-policy-types.js").ApprovePlan>} */
const approvePlan = record("the plan of `approve`", { stages: list(stage), postHoc: flag });

/** @type {Part<import("./interfaces/herald-policy-types.js").EscalatePlan>} */
const escalatePlan = record("the plan of `escalate`", {
  notify: list(send),
  assign: same,
  level: same,
  goals: list(goal),
});

/**
 * Asks whether the one of `known` was meant that is written most like `written`, if one is written much alike: one
 * letter in three may be wrong, up to three, as in the host's own messages.
 *
 * @param {string} written
 * @param {string[]} known
 * @returns {string}
 */
function guess(written, known) {
  let [nearest, least] = ["", Math.min(Math.max(Math.floor(written.length / 3), 1), 3) + 1];
  for (const name of known) {
    const count = Math.abs(name.length - written.length) < least ? mistakes(written, name) : least;
    if (count < least) [nearest, least] = [name, count];
  }
  return nearest === "" ? "" : `; did you mean \`${nearest}\`?`;
}

/**
 * How many letters are too many, too few or wrong in `written`, if `name` was meant.
 *
 * @param {string} written
 * @param {string} name
 * @returns {number}
 */
function mistakes(written, name) {
  // How far the letters of `written` so far are from each beginning of `name`.
  let row = Array.from({ length: name.length + 1 }, (_, index) => index);
  for (const letter of written) {
    const next = [row[0] + 1];
    for (let index = 0; index < name.length; index++) {
      const wrong = row[index] + (name[index] === letter ? 0 : 1);
      next.push(Math.min(wrong, row[index + 1] + 1, next[index] + 1));
    }
    row = next;
  }
  return row[name.length];
}

// There is no standard output in a policy: what is printed goes to the decision's log.
const print = (/** @type {unknown[]} */ ...parts) => log(parts.map(String).join(" "));
Object.assign(globalThis.console, { debug: print, info: print, log: print, warn: print, error: print });
