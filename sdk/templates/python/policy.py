from herald_policy import Breach, EscalatePlan, Message, Policy, RoutePlan, escalate_plan, host
from herald_policy import route_plan, send, working_hours


class Hooks(Policy):
    def route(self, message: Message, settings: dict) -> RoutePlan:
        """Who gets a message, and what is asked of them."""
        host.log(f"a notice about {message.body['reason']}")
        confirm = working_hours(settings["confirm_working_hours"])
        return route_plan(
            level=1 if message.urgency == "urgent" else 3,
            sends=[send("department:{{department}}", acknowledge_within=confirm)],
        )

    def escalate(self, message: Message, breach: Breach, settings: dict) -> EscalatePlan:
        """What happens when a goal is breached."""
        host.log(f"{breach.goal} was due at {breach.due}")
        return escalate_plan(notify=[send("role:{{department}}/head")])

    def validate_settings(self, settings: dict) -> list[str]:
        """What is wrong with the settings of policy.toml, a sentence each."""
        hours = settings.get("confirm_working_hours")
        return [] if isinstance(hours, int) and hours > 0 else ["`confirm_working_hours` is a whole number above 0"]
