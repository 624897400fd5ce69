# SPDX-License-Identifier: Apache-2.0
"""Every story of tests/conformance, to the byte: by simulate(), by the loop of a host that restores
its release from a snapshot before each event, and by run() in virtual time."""

import asyncio
import json
from datetime import timedelta

import pytest
from conftest import SOURCE

from promoflow import (Cancel, CommandFailed, Flow, InvalidContextError, ManifestError, Promote,
                       RefusedError, Retry, RunHook, Scenario, Terminate, Tick, aio, simulate)
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


# --- the loop of a host: S1 to S4 told again, with nothing but a release --------------------------

class Host:
    """Answers as a scenario says; prints the records of its release."""

    def __init__(self, flow, scenario):
        self.flow, self.scenario = flow, scenario
        self.lines, self.answers, self.now = [], [], 0

    def outcome(self, command):
        hook = getattr(command, "hook", None)
        for rule in self.scenario.outcomes:
            if (rule.attempt in (None, command.attempt) and rule.hook == hook
                    and rule.point in (None, getattr(command, "point", None))
                    and rule.environment in (None, command.environment)):
                return rule
        return None

    def schedule(self, command):
        """(when, ticket, step, event): a sorted list of them is S3's order."""
        rule, at = self.outcome(command), self.now
        if rule and rule.suspend is not None:
            self.answers.append((at, command.ticket, 0, command.suspend(at=at)))
            at += milliseconds(rule.suspend)
            self.answers.append((at, command.ticket, 1, command.resume(at=at)))
        if rule:
            at += milliseconds(rule.after)
        if rule and rule.fail is not None:
            event = command.failed(rule.fail, at=at)
        elif rule and rule.context is not None and isinstance(command, RunHook):
            event = command.succeeded(rule.context, at=at)
        else:
            event = command.succeeded(at=at)
        self.answers.append((at, command.ticket, 2, event))

    def take(self, release):
        for record in release.records(origin=0):
            if record.event != "tick":
                self.lines.append(record.json)
            if isinstance(record.command, (RunHook, Promote)):
                self.schedule(record.command)
            elif isinstance(record.command, Cancel):
                self.answers = [answer for answer in self.answers
                                if answer[1] != record.command.ticket]

    def run(self, restore):
        info = self.scenario.release
        release = self.flow.start(**info._asdict(), context=self.scenario.context or None, at=0)
        actions = [(milliseconds(action.at), action.terminate) for action in self.scenario.actions]
        actions.sort(key=lambda action: action[0])
        self.take(release)
        while True:
            if release.is_final and not actions:
                return
            self.answers.sort(key=lambda answer: answer[:3])
            times = [entry[0] for entry in actions[:1] + self.answers[:1]]
            timer = release.next_timer
            if timer is not None and all(timer <= at for at in times):
                self.now, event, action = timer, Tick(at=timer), None
            elif not times:
                return
            elif actions and actions[0][0] == min(times):
                self.now, reason = actions.pop(0)
                action = "retry" if reason is None else "terminate"
                event = Retry(at=self.now) if reason is None else Terminate(reason, at=self.now)
            else:
                self.now, _, _, event = self.answers.pop(0)
                action = None
            if restore:
                release = restored(self.flow, release)
            try:
                release.apply(event)
            except RefusedError as refused:
                assert action, refused
                self.lines.append(json.dumps({"t": self.now, "event": "refused", "action": action,
                                              "error": refused.code}, separators=(",", ":")))
            self.take(release)


def restored(flow, release):
    """The release's twin; what is outstanding was taken before."""
    twin = flow.restore(release.snapshot())
    release.close()
    for _ in twin.commands():
        pass
    return twin


def milliseconds(duration):
    return duration // timedelta(milliseconds=1)


@pytest.mark.parametrize("restore", [False, True], ids=["as-it-is", "restored"])
@by_name(TRACES)
def test_host_loop(story, restore):
    flow = Flow.load(flow_of(story))
    host = Host(flow, Scenario.load(story / "scenario.yaml"))
    try:
        host.run(restore)
    except InvalidContextError:
        pass
    got = "".join(line + "\n" for line in host.lines)
    assert got.encode() == (story / "trace.jsonl").read_bytes()


# --- run(): the same by coroutines, where the operator does nothing -------------------------------

class Scripted:
    def __init__(self, scenario):
        self.outcome = Host(None, scenario).outcome

    async def carry_out(self, call):
        rule = self.outcome(call)
        if rule is None:
            return None
        if rule.suspend is not None:
            with call.suspended():
                await asyncio.sleep(rule.suspend.total_seconds())
        await asyncio.sleep(rule.after.total_seconds())
        if rule.fail is not None:
            raise CommandFailed(rule.fail)
        return rule.context

    async def run_hook(self, call):
        return await self.carry_out(call)

    async def promote_environment(self, call):
        await self.carry_out(call)


@by_name([story for story in TRACES
          if "actions:" not in (story / "scenario.yaml").read_text(encoding="utf-8")])
def test_run(story):
    flow = Flow.load(flow_of(story))
    scenario = Scenario.load(story / "scenario.yaml")
    with VirtualTime() as time:
        try:
            release = time.run(aio.run(flow, Scripted(scenario), **scenario.release._asdict(),
                                       context=scenario.context or None, clock=time.now))
        except InvalidContextError:
            assert (story / "trace.jsonl").read_bytes() == b""
            return
    wanted = simulate(flow, scenario, strict=False)
    assert release.status == wanted.status
    assert release.environments == wanted.environments
    assert release.context == wanted.context
