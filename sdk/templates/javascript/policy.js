// @ts-check
import { log, policy, workingHours } from "./.herald/herald-policy.js";

export const hooks = policy({
  /** Who gets a message, and what is asked of them. */
  route(message, settings) {
    log(`a notice about ${message.body.reason}`);
    const confirm = workingHours(settings.confirm_working_hours);
    return {
      level: message.urgency === "urgent" ? 1 : 3,
      sends: [{ to: "department:{{department}}", acknowledgeWithin: confirm }],
    };
  },

  /** What happens when a goal is breached. */
  escalate(message, breach) {
    log(`${breach.goal} was due at ${breach.due}`);
    return { notify: [{ to: "role:{{department}}/head" }] };
  },

  /** What is wrong with the settings of policy.toml, a sentence each. */
  validateSettings(settings) {
    const hours = "confirm_working_hours" in settings ? settings.confirm_working_hours : 0;
    return Number.isInteger(hours) && hours > 0 ? [] : ["`confirm_working_hours` is a whole number above 0"];
  },
});
