# SPDX-License-Identifier: Apache-2.0
"""The pytest plugin: a ``simulate`` fixture, and timelines of releases below failed tests."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Generator, Optional, Union

import pytest

if TYPE_CHECKING:
    from .flow import Flow
    from .simulation import Trace

_SHOWN = 3  # How many timelines a failed test shows: the last ones.
_traces: pytest.StashKey[list[Trace]] = pytest.StashKey()
_running: list[pytest.Item] = []


@pytest.fixture
def simulate(request: pytest.FixtureRequest) -> Callable[..., Trace]:
    """``promoflow.simulate`` that remembers: when the test fails, the timelines of what it
    simulated are shown. The flow, and a scenario, may be paths, looked for beside the test's file
    first."""
    import promoflow

    def beside(path: Any) -> Any:
        if not isinstance(path, (str, os.PathLike)):
            return path
        there = Path(str(request.node.path)).parent / os.fspath(path)
        return there if there.exists() else Path(path)

    def simulate(flow: Union[Flow, str, "os.PathLike[str]"], scenario: Any = None,
                 **parts: Any) -> Trace:
        if not isinstance(flow, promoflow.Flow):
            flow = promoflow.Flow.load(beside(flow))
        trace = promoflow.simulate(flow, beside(scenario), **parts)
        request.node.stash.setdefault(_traces, []).append(trace)
        return trace

    return simulate


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, None]:
    _running.append(item)
    yield
    _running.pop()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]
                              ) -> Generator[None, Any, None]:
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" and report.failed:
        for trace in item.stash.get(_traces, [])[-_SHOWN:]:
            if not trace.closed:
                report.sections.append((f"timeline of {trace!r}", trace.timeline()))


def pytest_assertrepr_compare(config: pytest.Config, op: str, left: object, right: object
                              ) -> Optional[list[str]]:
    """``matcher in trace``: the records that come nearest; the timeline is below."""
    from .simulation import Trace
    from .testing import Matcher
    if not isinstance(left, Matcher) or not isinstance(right, Trace) or op not in ("in", "not in"):
        return None
    for item in _running[-1:]:
        traces = item.stash.setdefault(_traces, [])
        if right not in traces:
            traces.append(right)
    head = [f"{left!r} {op} {right!r}"]
    if op == "not in":
        return [*head, "there is:", *(record.json or "" for record in right if left == record)]
    near = left.explain(right)
    return [*head, "there is none; there are:" if near else "there is none of this kind", *near]
