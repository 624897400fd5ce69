# SPDX-License-Identifier: Apache-2.0
"""For tests of flows and of executors: matchers of what happened, and an asyncio loop whose time
jumps.

A matcher equals the records that it describes, so ``in`` and ``not in`` ask a trace::

    result = promoflow.simulate(flow, fail={"staging": "Application degraded"})
    assert hook("slack-fail", arguments={"ERROR_MESSAGE": "Application degraded"}) in result
    assert promotion("production") not in result

Under pytest, a failed assertion of this kind shows the timeline of the release.
"""

from __future__ import annotations

import asyncio
import re
import selectors
from typing import Any, Coroutine, Iterable, Mapping, Optional, TypeVar, Union

from .simulation import Trace
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


__all__ = ["Matcher", "VirtualTime", "conflict", "event", "hook", "promotion", "skipped"]
