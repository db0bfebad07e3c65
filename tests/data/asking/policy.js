// @ts-check
// What may be asked of a recipient, and what refuses a message. Settings that were written wrongly break its check.
import { clock, policy, workingDays, workingHours } from "./.herald/herald-policy.js";

export const hooks = policy({
  route(message) {
    if (message.labels.counted === "wrongly") throw new RangeError("no stock");
    if (message.labels.counted === "misspelt") return { assign: message.body.contcat };
    if (message.urgency === "urgent") return { refuse: "not before the stocktaking" };
    const asks = [
      { about: "which line stands still?", within: clock("PT4H") },
      { about: "until when?", within: workingDays(1) },
    ];
    const confirmed = { acknowledgeWithin: workingDays(1), remindBefore: workingHours(2) };
    return { sends: [{ to: "members:sales", ...confirmed, asks }, { to: "department:sales" }] };
  },
  validateSettings(settings) {
    /** @type {string[]} */
    const lines = settings.lines ?? [];
    return lines.filter((line) => line.trim() === "");
  },
});
