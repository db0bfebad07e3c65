"""What may be asked of a recipient, and what refuses a message. Settings that were written wrongly break its check, and
misspelt names break a call.
"""

from herald_policy import (
    Message, Policy, Question, RoutePlan, clock, route_plan, send, working_days, working_hours,
)


class Hooks(Policy):
    def route(self, message: Message, settings: dict) -> RoutePlan:
        if message.labels.get("counted") == "wrongly":
            raise ValueError("no stock")
        if message.labels.get("counted") == "misspelt":
            return route_plan(assign=message.body["contcat"])
        if message.labels.get("counted") == "misspelt-plan":
            return route_plan(asign="role:sales/head")
        if message.labels.get("counted") == "misspelt-setting":
            return route_plan(level=3 if settings["confirm_workng_hours"] > 8 else 1)
        if message.urgency == "urgent":
            return route_plan(refuse="not before the stocktaking")
        asks = [Question("which line stands still?", clock("PT4H")), Question("until when?", working_days(1))]
        day, reminded = working_days(1), working_hours(2)
        asked = send("members:sales", acknowledge_within=day, remind_before=reminded, asks=asks)
        return route_plan(sends=[asked, send("department:sales")])

    def validate_settings(self, settings: dict) -> list[str]:
        return [line for line in settings.get("lines", []) if not line.strip()]
