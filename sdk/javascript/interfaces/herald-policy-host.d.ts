/** @module Interface herald:policy/host@1.0.0 **/
/**
 * The result columns of the first `limit` rows, in the table's order, whose conditions hold for `facts`; of a
 * table of the bundle's own, `tables/NAME.csv`. A condition column that `facts` does not name matches only rows
 * whose cell there is empty. The error names the table or the column, and the nearest known one; more than 1,000
 * rows are an error as well.
 */
export function lookup(table: string, facts: Array<Cell>, limit: number): Array<Array<Cell>>;
/**
 * Whom a target comes to now, substitutes for those who are away included, as targets: `person:li.lei`,
 * `contact:acme`.
 */
export function resolve(target: string): Array<string>;
/**
 * How much a contact, `contact:acme`, matters to the business, by the directory: `strategic` or `ordinary`.
 */
export function tier(contact: string): string;
/**
 * When `span`, begun at `start`, ends by the calendar of that name.
 */
export function addWorkingTime(calendar: string, start: Timestamp, span: Span): Timestamp;
/**
 * Writes a line into the decision's log. A guest that panics writes a line that begins `panicked at ` before it
 * traps, with the place and the reason: readers of the decision are told that, and not only of the trap.
 */
export function log(text: string): void;
export type Span = import('./herald-policy-types.js').Span;
export type Timestamp = import('./herald-policy-types.js').Timestamp;
/**
 * A value of a decision table.
 */
export type Value = ValueText | ValueInteger | ValueDecimal | ValueBoolean;
export interface ValueText {
  tag: 'text',
  val: string,
}
export interface ValueInteger {
  tag: 'integer',
  val: bigint,
}
/**
 * A decimal number as text, so that no digit is lost: `12.50`.
 */
export interface ValueDecimal {
  tag: 'decimal',
  val: string,
}
export interface ValueBoolean {
  tag: 'boolean',
  val: boolean,
}
/**
 * A field and its value.
 */
export type Cell = [string, Value];
