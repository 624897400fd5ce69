# SPDX-License-Identifier: Apache-2.0
"""For tests of flows and of executors: matchers of what happened, and an asyncio loop whose time
jumps.

A matcher equals the records that it describes, so ``in`` and ``not in`` ask a trace::

    result = promoflow.simulate(flow, fail={"staging": "Application degraded"})
    assert hook("slack-fail", arguments={"ERROR_MESSAGE": "Application degraded"}) in result
    assert promotion("production") not in result

Under pytest, a failed assertion of this kind shows the timeline of the release.

``promoflow explore FLOW --scenarios DIR`` writes a scenario for each outcome of a flow. They are
tests of it, which fail when a change gives the flow other outcomes::

    import promoflow.testing

    FLOW = promoflow.Flow.load("flow.yaml")

    @pytest.mark.parametrize("outcome", promoflow.testing.outcomes("tests/outcomes"), ids=str)
    def test_outcome(outcome):
        outcome.check(FLOW)

    def test_there_are_no_others():
        promoflow.testing.check_outcomes(FLOW, "tests/outcomes")
"""

from __future__ import annotations

import asyncio
import json
import re
import selectors
from pathlib import Path
from typing import Any, Coroutine, Iterable, Mapping, NamedTuple, Optional, TypeVar, Union

from .exploration import explore, outcome_words
from .flow import Flow
from .flow import Path as PathLike
from .simulation import Trace, simulate
from .values import Point, PolicyAction, Record

_T = TypeVar("_T")
Wanted = Union[str, "re.Pattern[str]"]
"""A text, or a pattern to be found in it."""


class Matcher:
    """Describes a record: ``matcher == record``, ``matcher in trace``."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, what: str, wanted: Mapping[str, Any]) -> None:
        self._what = what
        self._wanted = {name: value for name, value in wanted.items() if value is not None}

    def __eq__(self, record: object) -> bool:
        return isinstance(record, Record) and record.event == self._what and \
            not self.differences(record)

    def differences(self, record: Record) -> list[str]:
        """How a record differs from what is wanted."""
        found = []
        for name, wanted in self._wanted.items():
            got = getattr(record.command, name, getattr(record, name, None))
            if isinstance(got, dict):  # Arguments.
                found += [f"{key} is {got.get(key)!r}, not {value!r}"
                          for key, value in wanted.items() if not _fits(value, got.get(key))]
            elif not _fits(wanted, got):
                found.append(f"{name} is {got!r}, not {wanted!r}")
        return found

    def explain(self, trace: Trace) -> list[str]:
        """Why a trace has no such record: how the records that come nearest differ."""
        near = [record for record in trace if record.event == self._what]
        first = next(iter(self._wanted.values()), None)
        same = [record for record in near
                if first in (getattr(record.command, "hook", None), record.environment)]
        return [f"{record.event} {record.ticket or ''}: " + "; ".join(self.differences(record))
                for record in (same or near)][:10]

    def __repr__(self) -> str:
        wanted = ", ".join(f"{name}={value!r}" for name, value in self._wanted.items())
        return f"{self._what}({wanted})"


def hook(name: Optional[Wanted] = None, *, point: Optional[Point] = None,
         environment: Optional[str] = None, attempt: Optional[int] = None,
         arguments: Optional[Mapping[str, Wanted]] = None) -> Matcher:
    """A hook that was run, with at least these ``arguments``."""
    return Matcher("hook", {"hook": name, "point": point, "environment": environment,
                            "attempt": attempt, "arguments": arguments})


def promotion(environment: Optional[str] = None, *, action: Optional[PolicyAction] = None,
              attempt: Optional[int] = None) -> Matcher:
    """An environment that was promoted into, with any result."""
    return Matcher("promote", {"environment": environment, "action": action, "attempt": attempt})


def event(what: str, *, text: Optional[Wanted] = None, status: Optional[str] = None,
          environment: Optional[str] = None, ticket: Optional[int] = None,
          by: Optional[Wanted] = None, force: Optional[bool] = None,
          environments: Optional[tuple[str, ...]] = None, earlier: Optional[int] = None) -> Matcher:
    """Any other record by its word in a trace: ``suspended``, ``hook-failed``, ``cancel``,
    ``refused``, ``environment`` with a status, ..."""
    return Matcher(what, {"text": text, "status": status, "environment": environment,
                          "ticket": ticket, "by": by, "force": force,
                          "environments": environments, "earlier": earlier})


def skipped(environment: Optional[str] = None, *, reason: Optional[Wanted] = None,
            by: Optional[Wanted] = None) -> Matcher:
    """An operator's skip of an environment. (One that is skipped from the start has
    ``event("environment", status="Skipped")`` only.)"""
    return event("skip", environment=environment, text=reason, by=by)


def conflict(key: Optional[Wanted] = None, *, earlier: Optional[int] = None,
             later: Optional[int] = None) -> Matcher:
    """Two writes to one key of the promotion context whose order is left to chance."""
    return event("conflict", text=key, earlier=earlier, ticket=later)


def _fits(wanted: Any, got: Any) -> bool:
    if isinstance(wanted, re.Pattern):
        return isinstance(got, str) and wanted.search(got) is not None
    return bool(wanted == got)


# --- outcomes ------------------------------------------------------------------------------------

_INDEX = "outcomes.json"


class ExpectedOutcome(NamedTuple):
    """An outcome that a flow had when ``promoflow explore --scenarios`` was called."""

    scenario: Optional[Path]
    """``None``: no scenario showed it, because durations of the flow forbade that."""
    release: str
    environments: dict[str, str]
    failures: int

    def __str__(self) -> str:
        return self.scenario.stem if self.scenario else outcome_words(self.release,
                                                                      self.environments)

    def check(self, flow: Flow) -> Optional[Trace]:
        """Simulate the scenario; ``AssertionError`` if it ends otherwise, with what is other and
        the timeline."""
        if self.scenario is None:
            return None
        # Not strict: that an environment or a hook is gone is told by how the release ends.
        trace = simulate(flow, self.scenario, strict=False)
        ends = {name: state.status for name, state in trace.environments.items()}
        if trace.status == self.release and ends == self.environments:
            return trace
        lines = [f"{self.scenario}: flow {flow.name!r} ends otherwise than it did",
                 *_other("release", self.release, trace.status)]
        for name in {**self.environments, **ends}:
            lines += _other(f"environment {name!r}", self.environments.get(name), ends.get(name))
        raise AssertionError("\n".join([*lines, "", trace.timeline()]))


def outcomes(directory: PathLike) -> list[ExpectedOutcome]:
    """What ``promoflow explore FLOW --scenarios DIRECTORY`` has written, for
    ``pytest.mark.parametrize("outcome", ..., ids=str)``."""
    there = Path(directory)
    index = json.loads((there / _INDEX).read_text(encoding="utf-8"))
    return [ExpectedOutcome(None if one["scenario"] is None else there / one["scenario"],
                            one["release"], one["environments"], one["failures"])
            for one in index["outcomes"]]


def check_outcomes(flow: Flow, directory: PathLike) -> None:
    """Explore the flow as ``--scenarios DIRECTORY`` did; ``AssertionError`` if it has other
    outcomes now, with those that came and went."""
    index = json.loads((Path(directory) / _INDEX).read_text(encoding="utf-8"))
    options = index["options"]
    found = explore(flow, **options)
    was = {outcome_words(one["release"], one["environments"]): one["failures"]
           for one in index["outcomes"]}
    now = {str(one): one.failures for one in found.outcomes}
    lines = [f"can end now, with {_failures(now[words])} or more: {words}"
             for words in now if words not in was]
    lines += [f"can no longer end: {words}" for words in was if words not in now]
    lines += [f"takes {_failures(now[words])} at least, not {_failures(was[words])}: {words}"
              for words in was if words in now and now[words] != was[words]]
    if not found.complete:
        lines.append(f"not everything was looked at: {found.bound}")
    if lines:
        raise AssertionError("\n".join([
            f"flow {flow.name!r} has other outcomes than '{directory}' expects", *lines,
            f"If that is what you want: promoflow explore ... --scenarios {directory}"]))


def _other(what: str, was: Optional[str], now: Optional[str]) -> list[str]:
    if was == now:
        return []
    return [f"  {what}: {now or 'is not there'}, expected {was or 'not to be there'}"]


def _failures(count: int) -> str:
    return f"{count} failure{'' if count == 1 else 's'}"


# --- time ----------------------------------------------------------------------------------------

class _JumpingSelector(selectors.DefaultSelector):
    """Instead of waiting for a timer it tells its loop to move on."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0

    def select(self, timeout: Optional[float] = None
               ) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0 if timeout is not None else None)
        if not ready and timeout is not None and timeout > 0:
            self.seconds += timeout
        return ready


class _VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.seconds


class VirtualTime:
    """An asyncio loop without waiting: when all coroutines sleep, time jumps to the first that
    wakes up. Hours of a release pass in milliseconds, and always in the same way::

        with VirtualTime() as time:
            release = time.run(promoflow.run(flow, executor, id="r-42", clock=time.now))

    For coroutines that wait for timers and for each other, not for other threads or the network.
    """

    def __init__(self, start_ms: int = 0) -> None:
        self._start_ms = start_ms
        self._loop = _VirtualLoop()

    def now(self) -> int:
        """Virtual time in UTC milliseconds, from ``start_ms``: a clock for ``run()``."""
        return self._start_ms + round(self._loop.time() * 1000)

    def run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        """As ``asyncio.run()``, again and again."""
        return self._loop.run_until_complete(coroutine)

    def close(self) -> None:
        """Cancel what is left and close the loop."""
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        if left:
            self._loop.run_until_complete(_gathered(left))
        self._loop.close()

    def __enter__(self) -> VirtualTime:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


async def _gathered(tasks: Iterable["asyncio.Task[Any]"]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)


__all__ = ["ExpectedOutcome", "Matcher", "VirtualTime", "check_outcomes", "conflict", "event",
           "explore", "hook", "outcomes", "promotion", "skipped"]
