"""One department needs something of others.

The first one that is asked leads until it is solved; its opinion is due within working days that everybody can read
off the case.
"""

from herald_policy import (
    ApprovePlan, Breach, EscalatePlan, Message, Policy, RouteFacts, RoutePlan, approve_plan, clock, escalate_plan,
    goal, host, route_plan, send, stage, working_days, working_hours,
)

DEPARTMENT = "department:"


def head(department: str) -> str:
    return f"role:{department}/head"


def departments(message: Message) -> list[str]:
    return [target.removeprefix(DEPARTMENT) for target in message.to if target.startswith(DEPARTMENT)]


class Hooks(Policy):
    def route(self, message: Message, settings: dict) -> RoutePlan:
        asked = departments(message)
        if not asked:
            # The policy `publication` refuses it.
            return route_plan()
        lead = asked[0]
        confirm = working_hours(settings["confirm_working_hours"])
        opinion = working_days(settings["opinion_working_days"])
        due = host.add_working_time(settings["calendar"], message.submitted_at, opinion)
        plan = route_plan(
            level=1 if message.urgency == "urgent" else 2,
            assign=head(lead),
            labels={"lead": lead, "opinion-due": due},
            sends=[send(head(department), acknowledge_within=confirm) for department in asked],
            goals=[goal("opinion", opinion, owner=head(lead), warn_before=working_hours(4))],
        )
        reported = send(DEPARTMENT + lead, answer_within=clock("PT24H"), report_every=working_days(3))
        plan.sends.append(reported)
        return plan

    def approve(self, message: Message, route: RouteFacts, settings: dict) -> ApprovePlan:
        secret = route.classification in ("confidential", "restricted")
        plan = approve_plan()
        asked = departments(message)
        if len(asked) > 1 or secret:
            plan.stages.append(stage("initiator", [head(message.department)], within=working_hours(4)))
        if secret:
            leaders = ["role:organisation/deputy-general-manager"]
            plan.stages.append(stage("leadership", leaders, phase="leadership", within=working_days(1)))
        # Each side signs that it is done.
        sides = [head(department) for department in [message.department, *asked]]
        plan.stages.append(stage("acceptance", sides, phase="acceptance", mode="all", within=working_days(2)))
        return plan

    def escalate(self, message: Message, breach: Breach, settings: dict) -> EscalatePlan:
        asked = departments(message)
        match breach.goal:
            case "acknowledge":
                # Those who should have confirmed are asked by name, once more.
                print("not confirmed by", len(breach.owners))
                again = clock("PT2H")
                return escalate_plan(notify=[send(o, acknowledge_within=again) for o in breach.owners])
            case "answer":
                return escalate_plan(notify=[send(head(asked[0])), send(head(message.department))])
            case "opinion":
                # Silence counts as disagreement, as does a word of it: a meeting settles it.
                leader = "role:organisation/deputy-general-manager"
                after = "met:coordination-meeting"
                return escalate_plan(
                    level=1,
                    notify=[send(head(department)) for department in [message.department, *asked]],
                    goals=[
                        goal("coordination-meeting", working_days(1), owner=leader),
                        goal("minutes", clock("PT24H"), owner=head(asked[0]), starts=after),
                    ],
                )
            case "coordination-meeting":
                return escalate_plan(assign="role:organisation/general-manager")
            case "stage:acceptance":
                return escalate_plan(notify=[send(o) for o in breach.owners])
            case _:
                return escalate_plan(notify=[send(head(message.department))])
