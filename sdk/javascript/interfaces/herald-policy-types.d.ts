/** @module Interface herald:policy/types@1.0.0 **/
/**
 * A name and a text.
 */
export type Pair = [string, string];
/**
 * A moment as RFC 3339 in UTC, to the second or finer: `2026-10-09T08:30:00Z`.
 */
export type Timestamp = string;
/**
 * How long something may take.
 */
export type Span = SpanClock | SpanWorkingMinutes | SpanWorkingHours | SpanWorkingDays;
/**
 * Clock time in ISO 8601 hours, minutes and seconds: `PT2H`, `PT1H30M`, `PT45S`. Days, weeks, months and
 * years are refused.
 */
export interface SpanClock {
  tag: 'clock',
  val: string,
}
/**
 * Minutes during which the owner's calendar is open.
 */
export interface SpanWorkingMinutes {
  tag: 'working-minutes',
  val: number,
}
/**
 * Hours during which the owner's calendar is open.
 */
export interface SpanWorkingHours {
  tag: 'working-hours',
  val: number,
}
/**
 * Until the close of that working day after the one on which it begins.
 */
export interface SpanWorkingDays {
  tag: 'working-days',
  val: number,
}
/**
 * What was submitted. It never changes.
 */
export interface Message {
  /**
   * The kind whose form the body was checked against: `complaint`.
   */
  kind: string,
  /**
   * One line that says what it is about.
   */
  subject: string,
  summary?: string,
  /**
   * The filled-in form: a JSON object.
   */
  body: string,
  /**
   * Who sent it: `person:li.lei`, `service:erp`, `contact:acme` or `anonymous`.
   */
  sender: string,
  /**
   * The department it is sent for: `sales`.
   */
  department: string,
  /**
   * What the sender says about haste: `urgent` or `normal`.
   */
  urgency: string,
  /**
   * Whom the sender means it for: `everyone`, `department` or `external`.
   */
  audience: string,
  /**
   * How confidential it is in the sender's eyes: `public`, `internal`, `confidential` or `restricted`.
   */
  classification: string,
  /**
   * What it is for: `notice`, `collaboration`, `decision` or `feedback`.
   */
  contentType: string,
  /**
   * Whom the sender names, as targets: `department:legal`.
   */
  to: Array<string>,
  labels: Array<Pair>,
  /**
   * When it arrived. The only clock there is, besides `breach.at`.
   */
  submittedAt: Timestamp,
}
/**
 * The merged plan of all `route` hooks, as `approve` is given it.
 */
export interface RouteFacts {
  /**
   * How urgent it was found to be: 1 (urgent and important), 2 (important) or 3 (general).
   */
  level: number,
  classification: string,
  audience: string,
  /**
   * What it is for: `notice`, `collaboration`, `decision` or `feedback`.
   */
  contentType: string,
  /**
   * The targets it reaches.
   */
  recipients: Array<string>,
  /**
   * The channels it goes through.
   */
  channels: Array<string>,
  /**
   * The sender's labels and those of the plans.
   */
  labels: Array<Pair>,
}
/**
 * A goal past its deadline, and the case so far, as `escalate` is given them.
 */
export interface Breach {
  /**
   * The goal: `answer`, `stage:legal`, or one of the policy's own.
   */
  goal: string,
  /**
   * Its deadline.
   */
  due: Timestamp,
  /**
   * When the breach was noticed.
   */
  at: Timestamp,
  /**
   * Whose promise it was, as targets: `person:li.lei`.
   */
  owners: Array<string>,
  /**
   * Why one of them declined it; none when its deadline simply passed.
   */
  declined?: string,
  /**
   * `open`, `awaiting-approval`, `resolved`, …
   */
  caseStatus: string,
  /**
   * How urgent the case is: 1, 2 or 3.
   */
  level: number,
  /**
   * Whom deliveries reached so far, as targets.
   */
  reached: Array<string>,
}
/**
 * Something that somebody is to answer.
 */
export interface Question {
  /**
   * What, in words for them.
   */
  about: string,
  within: Span,
}
/**
 * A recipient: whom to reach, through which channels, and what to ask of them.
 */
export interface Send {
  /**
   * A target: `person:li.lei`, `role:production/head`, `department:sales` for its contact persons, `members:sales`
   * for everybody who belongs to it, `leader:sales` for the leader in charge of it, `everyone`, `contact:acme`.
   */
  to: string,
  /**
   * Channels by name; none for the inbox.
   */
  by: Array<string>,
  /**
   * Each person reached confirms having read it.
   */
  acknowledgeWithin?: Span,
  /**
   * One of the people reached answers it.
   */
  answerWithin?: Span,
  /**
   * One of the people reached reports, again and again, until the case is resolved.
   */
  reportEvery?: Span,
  /**
   * How long before each of these deadlines whoever has not kept it is reminded.
   */
  remindBefore?: Span,
  /**
   * What else one of the people reached is to answer, each in a task of its own.
   */
  asks: Array<Question>,
}
/**
 * A promise with a deadline.
 */
export interface Goal {
  name: string,
  /**
   * Whose promise it is, as a target; without one, the accountable person's.
   */
  owner?: string,
  /**
   * What starts its clock: `submitted`, `opened`, `resolved`, `closed` or `met:GOAL`; without it, `opened`.
   */
  starts?: string,
  /**
   * What ends it besides its owner's own word.
   */
  stops?: string,
  within: Span,
  /**
   * How long before the deadline its owner is warned.
   */
  warnBefore?: Span,
  /**
   * Whether it starts again when it is met or breached, until what stops it.
   */
  repeats: boolean,
}
/**
 * Recipients and channels that nothing may go beyond. Only a bundle of the organisation may set one.
 */
export interface Restriction {
  recipients?: Array<string>,
  channels?: Array<string>,
}
/**
 * What `route` returns. Everything may be left empty.
 */
export interface RoutePlan {
  /**
   * 1 (urgent and important), 2 (important) or 3 (general).
   */
  level?: number,
  classification?: string,
  /**
   * Whom it is meant for, corrected.
   */
  audience?: string,
  /**
   * What it is for, corrected: `notice`, `collaboration`, `decision` or `feedback`.
   */
  contentType?: string,
  sends: Array<Send>,
  /**
   * Who is accountable for its resolution, as a target.
   */
  assign?: string,
  /**
   * Goals besides those that recipients bring with them.
   */
  goals: Array<Goal>,
  /**
   * The digest to collect it into, instead of sending it at once.
   */
  digest?: string,
  /**
   * Labels to add.
   */
  labels: Array<Pair>,
  /**
   * How long it is kept: `standard`, `extended` or `permanent`.
   */
  archive?: string,
  restrict?: Restriction,
  /**
   * Why it is refused: it is not sent, and its sender reads this. Not in a bundle of a department that only receives
   * it.
   */
  refuse?: string,
}
/**
 * A stage of an approval.
 */
export interface Stage {
  /**
   * Its name; its deadline is the goal `stage:NAME`.
   */
  name: string,
  /**
   * When its turn comes: `department`, `joint`, `leadership`, `legal` or `channel`, in this order, before the
   * message goes out; `acceptance` once the case is resolved. Without it, `department`.
   */
  phase?: string,
  /**
   * Who must approve: `any` one of the people meant, `all` of the targets, so many different people
   * (`quorum:2`), or the targets one after the other (`sequential`); without it, `any`.
   */
  mode?: string,
  /**
   * Who decides, as targets.
   */
  approvers: Array<string>,
  within?: Span,
  /**
   * What happens when it is late: `escalate`, `approve` or `reject`; without it, `escalate`.
   */
  atDeadline?: string,
  /**
   * Whether the sender may be among those who decide; otherwise nobody approves their own message.
   */
  selfApproval: boolean,
}
/**
 * What `approve` returns.
 */
export interface ApprovePlan {
  stages: Array<Stage>,
  /**
   * Whether the message may go out first and be approved afterwards, if its kind is deferrable.
   */
  postHoc: boolean,
}
/**
 * What `escalate` returns.
 */
export interface EscalatePlan {
  /**
   * Whom to tell of the breach, and what to ask of them.
   */
  notify: Array<Send>,
  /**
   * Who is accountable from now on, as a target.
   */
  assign?: string,
  /**
   * How urgent it is now.
   */
  level?: number,
  /**
   * What is promised next, counted from the breached deadline.
   */
  goals: Array<Goal>,
}
