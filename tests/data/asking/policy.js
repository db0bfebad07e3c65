// @ts-check
// What may be asked of a recipient, and what refuses a message. Settings that were written wrongly break its check, and
// misspelt names break a call.
import { clock, policy, workingDays, workingHours } from "./.herald/herald-policy.js";

export const hooks = policy({
  route(message, settings) {
    if (message.labels.counted === "wrongly") throw new RangeError("no stock");
    if (message.labels.counted === "misspelt") return { assign: message.body.contcat };
    // Types would find this one; not everybody checks them.
    if (message.labels.counted === "misspelt-plan") return /** @type {any} */ ({ asign: "role:sales/head" });
    if (message.labels.counted === "misspelt-setting") return { level: settings.confirm_workng_hours > 8 ? 3 : 1 };
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
    const lines = "lines" in settings ? settings.lines : [];
    return lines.filter((line) => line.trim() === "");
  },
});
