# SPDX-License-Identifier: Apache-2.0
"""Exploration: everything that can happen to a release of a flow, and what a change changes."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path as _File
from typing import Any, Callable, Literal, Mapping, NamedTuple, Optional, Union

from . import _core
from .errors import InvalidArgumentError
from .flow import Flow
from .simulation import Scenario, ScenarioLike
from .values import EnvironmentStatus, Point, ReleaseStatus

Occurrence = Literal["always", "sometimes", "never", "unknown"]
Verdict = Literal["holds", "violated", "undecided"]
PropertiesLike = Union[str, bytes, "os.PathLike[str]", Mapping[str, Any], None]
"""Properties: the text of a file, its path as a ``pathlib.Path``, or a mapping as in a file."""
_TEXT, _JSON, _MARKDOWN = 1, 2, 3  # PROMOFLOW_DIFF_..., the first two also of explorations


class Progress(NamedTuple):
    """How far an exploration has come."""

    states: int
    transitions: int
    outcomes: int
    failures: int
    """Runs with fewer failures than this are complete."""


class RetryEnd(NamedTuple):
    """Where a retry of the release leads if nothing fails any more."""

    release: ReleaseStatus
    environments: dict[str, EnvironmentStatus]


class ReleaseOutcome(NamedTuple):
    """One way in which a release can end. ``str()`` is short enough for the name of a test."""

    release: ReleaseStatus
    environments: dict[str, EnvironmentStatus]
    """In step order, the trigger environment first."""
    failures: int
    """The fewest that lead to it."""
    steps: int
    """The fewest events that do, among the runs with so few failures."""
    scenario: Optional[dict[str, Any]]
    """``simulate(flow, scenario)`` ends in exactly this outcome."""
    forbidden_by: str
    """Why there is no scenario: the durations of the flow that forbid every run to this outcome."""
    retry: Optional[RetryEnd]
    """``None``: no retry is taken."""
    skips: tuple[str, ...]
    """Environments that an operator can skip then."""

    def __str__(self) -> str:
        return outcome_words(self.release, self.environments)


class Finding(NamedTuple):
    """In which runs something happens, and how many failures it takes at least."""

    runs: Occurrence
    failures: int


class HookPlace(NamedTuple):
    """A place at which a hook stands."""

    hook: str
    point: Point
    environment: Optional[str]
    place: int
    """In the list of its point, from 1."""


class HookFinding(NamedTuple):
    """A hook of one list, and in which runs it runs."""

    hook: str
    point: Point
    environment: Optional[str]
    place: int
    runs: Occurrence
    failures: int


class EnvironmentFinding(NamedTuple):
    """What can become of an environment."""

    environment: str
    begun: Finding
    succeeded: Finding
    failed: Finding
    terminated: Finding


class KeyConflict(NamedTuple):
    """Two hooks that write one key of the promotion context in an order left to chance."""

    key: str
    earlier: HookPlace
    later: HookPlace
    failures: int
    scenario: Optional[dict[str, Any]]
    forbidden_by: str


class Wait(NamedTuple):
    """A wait that the flow demands: a soak, or those before further attempts of one command."""

    environment: Optional[str]
    hook: Optional[str]
    attempts: int
    """Further attempts that wait; 0: a soak."""
    length: timedelta


class PropertyFinding(NamedTuple):
    """Whether a property holds; if it is violated, a shortest run that shows it."""

    name: str
    verdict: Verdict
    scenario: Optional[dict[str, Any]]
    forbidden_by: str


class Exploration(NamedTuple):
    """What an exploration found."""

    outcomes: tuple[ReleaseOutcome, ...]
    hooks: tuple[HookFinding, ...]
    environments: tuple[EnvironmentFinding, ...]
    untold: Finding
    """Runs that do not succeed and in which no onFail hook succeeds: nobody is told."""
    commands_max: Optional[int]
    """Most commands of one run; ``None``: not found, or any number."""
    longest_wait: Optional[tuple[Wait, ...]]
    conflicts: tuple[KeyConflict, ...]
    properties: tuple[PropertyFinding, ...]
    states: int
    transitions: int
    complete: bool
    bound: str
    """Not complete: which bound was reached."""
    complete_below: Optional[int]
    """Not complete: all runs with fewer failures than this were looked at nevertheless."""
    json: str
    """All of it, as ``promoflow explore --format json`` prints it."""


class PropertyChange(NamedTuple):
    """A property in two flows."""

    name: str
    before: Optional[Verdict]
    """``None``: the old flow does not have all that it names."""
    after: Verdict
    scenario: Optional[dict[str, Any]]
    forbidden_by: str


class FlowChange(NamedTuple):
    """One thing that differs."""

    kind: str
    """``environment-added``, ``waits-no-longer``, ``outcome-removed``, ..."""
    environment: Optional[str]
    text: str


@dataclass(frozen=True)
class FlowDifference:
    """What a change to a flow changes."""

    equal: bool
    changes: tuple[FlowChange, ...]
    explored: bool
    """Whether outcomes and hooks' runs were compared."""
    not_explored: str
    properties: tuple[PropertyChange, ...]
    json: str
    """All of it, as ``promoflow diff --format json`` prints it."""
    _written: Callable[[int], str] = field(repr=False, compare=False)

    def text(self) -> str:
        """For a terminal. The flows are compared once more."""
        return self._written(_TEXT)

    def markdown(self) -> str:
        """For the comment of a pull request. The flows are compared once more."""
        return self._written(_MARKDOWN)


def outcome_words(release: str, environments: Mapping[str, str]) -> str:
    """``Failed: staging Failed, production Pending``: all but what is Successful."""
    rest = [f"{name} {status}" for name, status in environments.items() if status != "Successful"]
    return f"{release}: {', '.join(rest) if rest else 'all Successful'}"


def explore(flow: Flow, *, failures: Union[int, Literal["all"]] = 2, retries: int = 0,
            terminate: bool = False, skip: bool = False, suspend: bool = False,
            timeouts: bool = False, all_orders: bool = False, states_max: int = 0,
            memory_bytes_max: int = 0, exports: ScenarioLike = None,
            properties: PropertiesLike = None,
            progress: Optional[Callable[[Progress], object]] = None) -> Exploration:
    """Visit every state that a release of ``flow`` can reach.

    * ``failures``: so many failed attempts in one run at most, or ``"all"``;
    * ``retries``, ``terminate``, ``skip``: what the operator does; ``suspend``: commands wait for a
      person; ``timeouts``: timeouts and deadlines come due;
    * ``states_max``, ``memory_bytes_max``: bounds, 0 for the default. When one is reached,
      ``complete`` is false;
    * ``exports``: a scenario; hooks export what its outcomes say, and conflicts are looked for;
    * ``properties``: what must hold in every run;
    * ``progress``: called every few thousand states; ``False`` ends the exploration, as a bound
      does. An exception that it raises comes out of this call, and so does Ctrl-C.

    :class:`InvalidArgumentError` has all errors of the properties in its message.
    """
    numbers = _numbers(failures, retries, terminate, skip, suspend, timeouts, all_orders,
                       states_max, memory_bytes_max)
    text = _core.explore(flow, _properties_text(properties), numbers, _exports(exports, flow),
                         _told(progress), _JSON)
    found = json.loads(text)
    return Exploration(
        tuple(_outcome(one) for one in found["outcomes"]),
        tuple(HookFinding(**one) for one in found["hooks"]),
        tuple(_environment(one) for one in found["environments"]),
        Finding(**found["untold"]),
        found["commandsMax"],
        None if found["longestWait"] is None else tuple(map(_wait, found["longestWait"])),
        tuple(KeyConflict(one["key"], HookPlace(**one["earlier"]), HookPlace(**one["later"]),
                          one["failures"], *_run(one)) for one in found["conflicts"]),
        tuple(PropertyFinding(one["name"], one["verdict"], *_run(one))
              for one in found["properties"]),
        found["states"], found["transitions"], found["complete"], found.get("bound", ""),
        found.get("completeBelowFailures"), text)


def diff(before: Flow, after: Flow, *, failures: Union[int, Literal["all"]] = 2, retries: int = 0,
         terminate: bool = False, skip: bool = False, suspend: bool = False,
         timeouts: bool = False, all_orders: bool = False, states_max: int = 0,
         memory_bytes_max: int = 0, properties: PropertiesLike = None,
         progress: Optional[Callable[[Progress], object]] = None) -> FlowDifference:
    """What changes from one flow to another: structure and settings, and, by exploring both within
    the bounds of :func:`explore`, hooks' runs and outcomes. ``properties``, of the new flow, are
    checked in both."""
    numbers = _numbers(failures, retries, terminate, skip, suspend, timeouts, all_orders,
                       states_max, memory_bytes_max)
    given = _properties_text(properties)

    def written(format: int) -> str:
        return _core.diff(before, after, given, numbers, None, _told(progress), format)

    text = written(_JSON)
    found = json.loads(text)
    return FlowDifference(
        found["equal"],
        tuple(FlowChange(one["kind"], one["environment"], one["text"])
              for one in found["changes"]),
        found["explored"], found.get("notExplored", ""),
        tuple(PropertyChange(one["name"], one["before"], one["after"], *_run(one))
              for one in found["properties"]),
        text, written)


def _numbers(failures: Union[int, Literal["all"]], retries: int, terminate: bool, skip: bool,
             suspend: bool, timeouts: bool, all_orders: bool, states_max: int,
             memory_bytes_max: int) -> tuple[int, int, int, bool, bool, bool, bool, bool, int, int]:
    most = 0xFFFFFFFF
    if failures != "all" and not (isinstance(failures, int) and 0 <= failures <= most):
        raise InvalidArgumentError(f"failures is {failures!r}; give a number from 0, or 'all'",
                                   "invalid-argument", "failures")
    for name, value, limit in (("retries", retries, most), ("states_max", states_max, 2**64 - 1),
                               ("memory_bytes_max", memory_bytes_max, 2**64 - 1)):
        if not 0 <= value <= limit:
            raise InvalidArgumentError(f"{name} is {value}; give a number from 0",
                                       "invalid-argument", name)
    kind, limited = (2, 0) if failures == "all" else (1, failures)  # PROMOFLOW_FAILURES_...
    return (kind, limited, retries, terminate, skip, suspend, timeouts, all_orders,
            states_max, memory_bytes_max)


def _properties_text(properties: PropertiesLike) -> Optional[Union[str, bytes]]:
    if isinstance(properties, os.PathLike):
        return _File(properties).read_bytes()
    if isinstance(properties, Mapping):
        return json.dumps(properties)
    return properties


def _exports(exports: ScenarioLike, flow: Flow) -> Optional[Scenario]:
    if exports is None or isinstance(exports, Scenario):
        return exports
    if isinstance(exports, Mapping):
        return Scenario.from_dict(exports, flow=flow)
    return Scenario.load(exports, flow=flow)


def _told(progress: Optional[Callable[[Progress], object]]
          ) -> Optional[Callable[[int, int, int, int], object]]:
    if progress is None:
        return None
    call = progress
    return lambda *numbers: call(Progress(*numbers))


def _run(one: Mapping[str, Any]) -> tuple[Optional[dict[str, Any]], str]:
    return one["scenario"], one.get("forbiddenBy", "")


def _outcome(one: Mapping[str, Any]) -> ReleaseOutcome:
    return ReleaseOutcome(one["release"], one["environments"], one["failures"], one["steps"],
                          *_run(one), None if one["retry"] is None else RetryEnd(**one["retry"]),
                          tuple(one["skips"]))


def _environment(one: Mapping[str, Any]) -> EnvironmentFinding:
    return EnvironmentFinding(one["environment"], *(
        Finding(**one[what]) for what in ("begun", "succeeded", "failed", "terminated")))


def _wait(one: Mapping[str, Any]) -> Wait:
    return Wait(one["environment"], one["hook"], one["attempts"], timedelta(milliseconds=one["ms"]))
