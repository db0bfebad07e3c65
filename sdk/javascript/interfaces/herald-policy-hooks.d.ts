/** @module Interface herald:policy/hooks@1.0.0 **/
/**
 * Who gets a message, and what is asked of them.
 */
export function route(message: Message, settings: string): RoutePlan;
/**
 * Who must approve it first.
 */
export function approve(message: Message, route: RouteFacts, settings: string): ApprovePlan;
/**
 * What happens when a goal is breached.
 */
export function escalate(message: Message, breach: Breach, settings: string): EscalatePlan;
/**
 * Called when the bundle is checked: everything that is wrong with the settings, a sentence each.
 */
export function validateSettings(settings: string): void;
export type Message = import('./herald-policy-types.js').Message;
export type RouteFacts = import('./herald-policy-types.js').RouteFacts;
export type Breach = import('./herald-policy-types.js').Breach;
export type RoutePlan = import('./herald-policy-types.js').RoutePlan;
export type ApprovePlan = import('./herald-policy-types.js').ApprovePlan;
export type EscalatePlan = import('./herald-policy-types.js').EscalatePlan;
