"""What a policy in Python is written with.

`Policy` turns methods over plain objects into the hooks that Herald calls; the functions of `host` ask Herald.

A hook that raises fails: the decision then shows what was raised, and where. What a plan leaves out is empty.
What is printed goes to the decision's log.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from componentize_py_types import Err
from wit_world.imports import host, types
from wit_world.imports.types import (
    ApprovePlan, Breach, EscalatePlan, Goal, Question, Restriction, RoutePlan, Send, Span, Stage,
)

__all__ = [
    "ApprovePlan", "Breach", "EscalatePlan", "Goal", "Message", "Policy", "Question", "Refusal", "Restriction",
    "RouteFacts", "RoutePlan", "Send", "Span", "Stage", "approve_plan", "clock", "escalate_plan", "goal", "host",
    "route_plan", "send", "stage", "working_days", "working_hours", "working_minutes",
]

Settings = dict[str, Any]
"""The `[settings]` of the manifest."""


class Refusal(Exception):
    """A failure that a policy means: its text is shown as it is, without a place in the source.

    A message that is not to be sent is no failure: it is what `refuse` of a plan is for.
    """


@dataclass
class Message(types.Message):
    """A message as hooks get it: the form and the labels are dictionaries."""

    body: dict[str, Any]  # type: ignore[assignment]
    labels: dict[str, str]  # type: ignore[assignment]


@dataclass
class RouteFacts(types.RouteFacts):
    """The merged plan of all `route` hooks; the labels are a dictionary."""

    labels: dict[str, str]  # type: ignore[assignment]


class Policy:
    """The hooks of a policy. Its subclass `Hooks` defines those that the manifest lists."""

    def route(self, message: Message, settings: Settings) -> RoutePlan:
        """Who gets a message, and what is asked of them."""
        raise _missing("route")

    def approve(self, message: Message, route: RouteFacts, settings: Settings) -> ApprovePlan:
        """Who must approve it first."""
        raise _missing("approve")

    def escalate(self, message: Message, breach: Breach, settings: Settings) -> EscalatePlan:
        """What happens when a goal is breached."""
        raise _missing("escalate")

    def validate_settings(self, settings: Settings) -> list[str] | None:
        """Everything that is wrong with the settings, a sentence each."""
        return None

    def __init_subclass__(cls) -> None:
        for name in ("route", "approve", "escalate", "validate_settings"):
            hook = getattr(cls, name)
            if not hasattr(hook, "__wrapped__"):
                setattr(cls, name, _asked(hook))


def clock(text: str) -> Span:
    """Clock time in ISO 8601: `clock("PT1H30M")`."""
    return types.Span_Clock(text)


def working_minutes(count: int) -> Span:
    """Minutes during which the owner's calendar is open."""
    return types.Span_WorkingMinutes(count)


def working_hours(count: int) -> Span:
    """Hours during which the owner's calendar is open."""
    return types.Span_WorkingHours(count)


def working_days(count: int) -> Span:
    """Until the close of that working day after the one on which it begins."""
    return types.Span_WorkingDays(count)


def send(
    to: str,
    *,
    by: Iterable[str] = (),
    acknowledge_within: Span | None = None,
    answer_within: Span | None = None,
    report_every: Span | None = None,
    remind_before: Span | None = None,
    asks: Iterable[Question] = (),
) -> Send:
    """A recipient; without `by` it is reached through the inbox."""
    return Send(to, list(by), acknowledge_within, answer_within, report_every, remind_before, list(asks))


def goal(
    name: str,
    within: Span,
    *,
    owner: str | None = None,
    starts: str | None = None,
    stops: str | None = None,
    warn_before: Span | None = None,
    repeats: bool = False,
) -> Goal:
    """A promise with a deadline."""
    return Goal(name, owner, starts, stops, within, warn_before, repeats)


def stage(
    name: str,
    approvers: Iterable[str],
    *,
    phase: str | None = None,
    mode: str | None = None,
    within: Span | None = None,
    at_deadline: str | None = None,
    self_approval: bool = False,
) -> Stage:
    """A stage of an approval; without `self_approval` the sender is not among those who decide."""
    return Stage(name, phase, mode, list(approvers), within, at_deadline, self_approval)


def route_plan(
    *,
    level: int | None = None,
    classification: str | None = None,
    audience: str | None = None,
    content_type: str | None = None,
    sends: Iterable[Send] = (),
    assign: str | None = None,
    goals: Iterable[Goal] = (),
    digest: str | None = None,
    labels: Mapping[str, str] | None = None,
    archive: str | None = None,
    restrict: Restriction | None = None,
    refuse: str | None = None,
) -> RoutePlan:
    """What `route` returns."""
    pairs = list((labels or {}).items())
    return RoutePlan(
        level, classification, audience, content_type, list(sends), assign, list(goals), digest, pairs, archive, restrict,
        refuse,
    )


def approve_plan(stages: Iterable[Stage] = (), *, post_hoc: bool = False) -> ApprovePlan:
    """What `approve` returns."""
    return ApprovePlan(list(stages), post_hoc)


def escalate_plan(
    *,
    notify: Iterable[Send] = (),
    assign: str | None = None,
    level: int | None = None,
    goals: Iterable[Goal] = (),
) -> EscalatePlan:
    """What `escalate` returns."""
    return EscalatePlan(list(notify), assign, level, list(goals))


def _asked(hook: Callable[..., Any]) -> Callable[..., Any]:
    """The hook as Herald calls it."""
    validates = hook.__name__ == "validate_settings"

    @functools.wraps(hook)
    def call(self: Policy, *records: Any) -> Any:
        sys.stdout = sys.stderr = _LOG
        try:
            answer = hook(self, *map(_read, records))
            problems = list(map(str, answer or ())) if validates else []
        except Exception as error:
            # The interface's errors are texts, or lists of them: anything else that leaves a hook is a trap, which
            # says less.
            raise Err([_reason(error)] if validates else _reason(error)) from None
        finally:
            _LOG.flush()
        if problems:
            raise Err(problems)
        return None if validates else answer

    return call


def _read(record: Any) -> Any:
    match record:
        case str():
            return json.loads(record)
        case types.Message():
            fields = vars(record) | {"body": json.loads(record.body), "labels": dict(record.labels)}
            return Message(**fields)
        case types.RouteFacts():
            return RouteFacts(**(vars(record) | {"labels": dict(record.labels)}))
        case _:
            return record


def _missing(hook: str) -> Refusal:
    return Refusal(f"there is no hook `{hook}`; write it, or take it off `hooks` in policy.toml")


def _reason(error: Exception) -> str:
    if isinstance(error, Refusal):
        return str(error)
    # An error of the host carries its text as a value.
    text = str(error.value) if isinstance(error, Err) else f"{type(error).__name__}: {error}"
    place = _place(error)
    return f"{place}: {text}" if place else text


def _place(error: BaseException) -> str | None:
    """The last of the policy's own lines that the error came through; this module's and the bindings' tell nothing.

    Without `traceback`, which looks for the sources: there are no files where a policy runs.
    """
    place, trace = None, error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file != __file__ and "wit_world" not in file:
            place = f"{file.rsplit('/', 1)[-1]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


class _Log:
    """Standard output and standard error: the decision's log, a line at a time."""

    def __init__(self) -> None:
        self._line = ""

    def write(self, text: str) -> int:
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            host.log(line)
        return len(text)

    def flush(self) -> None:
        if self._line:
            host.log(self._line)
            self._line = ""


_LOG = _Log()
