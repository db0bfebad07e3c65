// @ts-check
/**
 * What a policy in JavaScript is written with: `policy` turns functions over plain objects into the hooks that
 * Herald calls, and the host's answers are functions to call.
 *
 * A hook that throws fails: the decision then shows what was thrown, and where. What a plan leaves out is empty.
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
 * The hooks of a policy: those that its manifest lists. `settings` are the `[settings]` of the manifest;
 * `validateSettings` returns everything that is wrong with them, a sentence each.
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
      asked("route", hooks.route, (route) => {
        const plan = route(read(message), JSON.parse(settings));
        const labels = Object.entries(plan.labels ?? {});
        return { ...plan, sends: sends(plan.sends), goals: goals(plan.goals), labels };
      }),
    approve: (message, route, settings) =>
      asked("approve", hooks.approve, (approve) => {
        const facts = { ...route, labels: Object.fromEntries(route.labels) };
        const plan = approve(read(message), facts, JSON.parse(settings));
        return { stages: stages(plan.stages), postHoc: plan.postHoc ?? false };
      }),
    escalate: (message, breach, settings) =>
      asked("escalate", hooks.escalate, (escalate) => {
        const plan = escalate(read(message), breach, JSON.parse(settings));
        return { ...plan, notify: sends(plan.notify), goals: goals(plan.goals) };
      }),
    validateSettings: (settings) => {
      // The errors of this one are lists of texts.
      const problems = validated(() => hooks.validateSettings?.(JSON.parse(settings)) ?? []);
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
  const body = JSON.parse(message.body, (_, value) => (isObject(value) ? strict(value) : value));
  return { ...message, body, labels: Object.fromEntries(message.labels) };
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * An object of the form that does not give `undefined` for what it has not: `undefined >= 100_000` is quietly false,
 * and an approval would fall away over a misspelt name.
 *
 * @param {Record<string, unknown>} form
 * @returns {Record<string, unknown>}
 */
function strict(form) {
  return new Proxy(form, {
    get(fields, name) {
      // `JSON.stringify` looks for the last one.
      if (typeof name === "symbol" || name in fields || name === "toJSON") return Reflect.get(fields, name);
      throw new TypeError(`the form has no \`${name}\`; where it may be left out, ask first: \`"${name}" in …\``);
    },
  });
}

/** @param {Send[] | undefined} sends */
function sends(sends = []) {
  return sends.map((send) => ({ ...send, by: send.by ?? [], asks: send.asks ?? [] }));
}

/** @param {Stage[] | undefined} stages */
function stages(stages = []) {
  return stages.map((stage) => ({ ...stage, selfApproval: stage.selfApproval ?? false }));
}

/** @param {Goal[] | undefined} goals */
function goals(goals = []) {
  return goals.map((goal) => ({ ...goal, repeats: goal.repeats ?? false }));
}

// There is no standard output in a policy: what is printed goes to the decision's log.
const print = (/** @type {unknown[]} */ ...parts) => log(parts.map(String).join(" "));
Object.assign(globalThis.console, { debug: print, info: print, log: print, warn: print, error: print });
