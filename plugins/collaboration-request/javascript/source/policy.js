// @ts-check
// One department needs something of others. The first one that is asked leads until it is solved; its opinion is due
// within working days that everybody can read off the case.
import { addWorkingTime, clock, log, policy, workingDays, workingHours } from "./.herald/herald-policy.js";

/** @typedef {import("./.herald/herald-policy.js").Message} Message */

const DEPARTMENT = "department:";

/** @param {string} department */
const head = (department) => `role:${department}/head`;

/** @param {Message} message */
const departments = (message) =>
  message.to.filter((target) => target.startsWith(DEPARTMENT)).map((target) => target.slice(DEPARTMENT.length));

export const hooks = policy({
  route(message, settings) {
    const asked = departments(message);
    const [lead] = asked;
    // The policy `publication` refuses it.
    if (lead === undefined) return {};
    const confirm = workingHours(settings.confirm_working_hours);
    const opinion = workingDays(settings.opinion_working_days);
    const due = addWorkingTime(settings.calendar, message.submittedAt, opinion);
    return {
      level: message.urgency === "urgent" ? 1 : 2,
      assign: head(lead),
      labels: { lead, "opinion-due": due },
      sends: [
        ...asked.map((department) => ({ to: head(department), acknowledgeWithin: confirm })),
        { to: `${DEPARTMENT}${lead}`, answerWithin: clock("PT24H"), reportEvery: workingDays(3) },
      ],
      goals: [{ name: "opinion", owner: head(lead), within: opinion, warnBefore: workingHours(4) }],
    };
  },

  approve(message, route) {
    const secret = ["confidential", "restricted"].includes(route.classification);
    const stages = [];
    const asked = departments(message);
    if (asked.length > 1 || secret) {
      stages.push({ name: "initiator", approvers: [head(message.department)], within: workingHours(4) });
    }
    if (secret) {
      const approvers = ["role:organisation/deputy-general-manager"];
      stages.push({ name: "leadership", phase: "leadership", approvers, within: workingDays(1) });
    }
    // Each side signs that it is done.
    const sides = [message.department, ...asked].map(head);
    stages.push({ name: "acceptance", phase: "acceptance", mode: "all", approvers: sides, within: workingDays(2) });
    return { stages };
  },

  escalate(message, breach) {
    const asked = departments(message);
    const [lead = ""] = asked;
    switch (breach.goal) {
      case "acknowledge":
        // Those who should have confirmed are asked by name, once more.
        log(`not confirmed by ${breach.owners.length}`);
        return {
          notify: breach.owners.map((owner) => ({ to: owner, acknowledgeWithin: clock("PT2H") })),
        };
      case "answer":
        return { notify: [{ to: head(lead) }, { to: head(message.department) }] };
      case "opinion":
        // Silence counts as disagreement, as does a word of it: a meeting settles it.
        return {
          level: 1,
          notify: [message.department, ...asked].map((department) => ({ to: head(department) })),
          goals: [
            {
              name: "coordination-meeting",
              owner: "role:organisation/deputy-general-manager",
              within: workingDays(1),
            },
            { name: "minutes", owner: head(lead), starts: "met:coordination-meeting", within: clock("PT24H") },
          ],
        };
      case "coordination-meeting":
        return { assign: "role:organisation/general-manager" };
      case "stage:acceptance":
        return { notify: breach.owners.map((to) => ({ to })) };
      default:
        return { notify: [{ to: head(message.department) }] };
    }
  },
});
