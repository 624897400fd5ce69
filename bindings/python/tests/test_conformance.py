# SPDX-License-Identifier: Apache-2.0
"""Every story of tests/conformance and every worked trace of tests/corpus, to the byte: by
simulate(), by the loop of a host that restores its release from a snapshot before each event, and
by run() in virtual time."""

import asyncio
import collections
import json
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import SOURCE

from promoflow import (Cancel, CommandFailed, Flow, InvalidContextError, ManifestError, Promote,
                       PromotionFailed, RefusedError, Retry, RunHook, Scenario, SettledTicketError,
                       Skip, Terminate, Tick, aio, simulate)
from promoflow.testing import VirtualTime


class Story(NamedTuple):
    name: str
    flow: Path
    scenario: Path
    trace: Path


STORIES = sorted(path for path in (SOURCE / "tests" / "conformance").iterdir() if path.is_dir()
                 and path.name[0].isupper())
DIAGNOSTICS = [path for path in STORIES if (path / "diagnostics.txt").exists()]
WORKED = sorted((SOURCE / "tests" / "corpus" / "traces").glob("*.trace.jsonl"))


def flow_of(story):
    return next(story / name for name in ("flow.yaml", "flow.json") if (story / name).exists())


def worked(trace):
    base = trace.name[:-len(".trace.jsonl")]
    return Story(f"worked-{base}", trace.with_name(f"{base}.flow.yaml"),
                 trace.with_name(f"{base}.scenario.yaml"), trace)


TRACES = [Story(path.name, flow_of(path), path / "scenario.yaml", path / "trace.jsonl")
          for path in STORIES if (path / "trace.jsonl").exists()] + list(map(worked, WORKED))


def by_name(stories):
    return pytest.mark.parametrize("story", stories, ids=lambda path: path.name)


def test_there_are_stories():
    assert len(TRACES) > 150 and len(DIAGNOSTICS) > 20 and len(WORKED) > 20
    assert len(TRACES) + len(DIAGNOSTICS) == len(STORIES) + len(WORKED)


@by_name(TRACES)
def test_simulate(story):
    flow = Flow.load(story.flow)
    scenario = Scenario.load(story.scenario, flow=flow)
    try:
        got = simulate(flow, scenario, strict=False).jsonl()
    except InvalidContextError:
        got = ""
    assert got.encode() == story.trace.read_bytes()


@by_name(DIAGNOSTICS)
def test_diagnostics(story):
    try:
        found = Flow.load(flow_of(story)).warnings
    except ManifestError as error:
        found = error.diagnostics
    lines = [f"{one.code} {one.severity} {one.line}:{one.column} {one.pointer}".rstrip()
             for one in found]
    assert lines == (story / "diagnostics.txt").read_text(encoding="utf-8").splitlines()


# --- the loop of a host: S1 to S4 once more, with nothing but a release ---------------------------

class Host:
    """Answers as a scenario says; collects the records of its release."""

    def __init__(self, flow, scenario):
        self.flow, self.scenario = flow, scenario
        self.lines, self.answers, self.now = [], [], 0
        self.issued, self.current = collections.Counter(), {}

    def place(self, command):
        """The place of a hook in its list, from 1 (S1): a list may have a name twice, but attempts
        are counted for each place (R4), and places are issued in order."""
        point, environment = command.point, command.environment
        hooks = self.flow.hooks(point, environment)
        first = self.current.get((point, environment), 0)
        for place in (*range(first, len(hooks)), *range(first)):
            key = point, environment, place
            if hooks[place].name == command.hook and self.issued[key] + 1 == command.attempt:
                self.issued[key] += 1
                self.current[point, environment] = place
                return place + 1
        raise AssertionError(command)

    def outcome(self, command):
        hook = getattr(command, "hook", None)
        place = self.place(command) if hook else None
        for rule in self.scenario.outcomes:
            if (rule.attempt in (None, command.attempt) and rule.hook == hook
                    and rule.place in (None, place)
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
        if rule and rule.fail is None and rule.fail_in_soak and isinstance(command, Promote):
            at += milliseconds(rule.fail_in_soak.after)
            event = PromotionFailed(command.ticket, rule.fail_in_soak.message, at=at)
            self.answers.append((at, command.ticket, 3, event))

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
        release = self.flow.start(**info._asdict(), context=self.scenario.context or None, at=0,
                                  **self.scenario.selection._asdict())
        actions = [(milliseconds(action.at), action) for action in self.scenario.actions]
        actions.sort(key=lambda action: action[0])
        self.take(release)
        while True:
            if release.is_final and not actions:
                return
            self.answers.sort(key=lambda answer: answer[:3])
            times = [entry[0] for entry in actions[:1] + self.answers[:1]]
            timer = release.next_timer
            if timer is not None and all(timer <= at for at in times):
                self.now, event, action, step = timer, Tick(at=timer), None, None
            elif not times:
                return
            elif actions and actions[0][0] == min(times):
                self.now, action = actions.pop(0)
                event = event_of(action, self.now)
            else:
                self.now, _, step, event = self.answers.pop(0)
                action = None
            if restore:
                release = restored(self.flow, release)
            try:
                release.apply(event)
            except RefusedError as refused:
                if action:
                    line = {"t": self.now, "event": "refused", "action": word_of(action),
                            "error": refused.code, **({"by": action.by} if action.by else {})}
                    self.lines.append(json.dumps(line, separators=(",", ":")))
                else:  # It soaks no more.
                    assert step == 3 and isinstance(refused, SettledTicketError), refused
            self.take(release)


def word_of(action):
    if action.terminate is not None:
        return "terminate"
    return "retry" if action.skip is None else "skip"


def event_of(action, at):
    """What the operator does, as an event."""
    if action.terminate is not None:
        return Terminate(action.terminate, force=action.force, by=action.by, at=at)
    if action.skip is not None:
        return Skip(action.skip, action.reason, by=action.by, at=at)
    return Retry(None if action.retry is True else action.retry, by=action.by, at=at)


def restored(flow, release):
    """A copy by way of a snapshot; its outstanding commands run already."""
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
    flow = Flow.load(story.flow)
    host = Host(flow, Scenario.load(story.scenario))
    try:
        host.run(restore)
    except InvalidContextError:
        pass
    got = "".join(line + "\n" for line in host.lines)
    assert got.encode() == story.trace.read_bytes()


# --- run(): the same by coroutines, where the operator does nothing -------------------------------

class Scripted:
    def __init__(self, flow, scenario):
        self.outcome = Host(flow, scenario).outcome

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


def is_for_coroutines(story):
    """A coroutine that has returned cannot fail while its environment soaks."""
    text = story.scenario.read_text(encoding="utf-8")
    return "actions:" not in text and "failInSoak" not in text


@by_name([story for story in TRACES if is_for_coroutines(story)])
def test_run(story):
    flow = Flow.load(story.flow)
    scenario = Scenario.load(story.scenario)
    with VirtualTime() as time:
        try:
            release = time.run(aio.run(flow, Scripted(flow, scenario),
                                       **scenario.release._asdict(),
                                       **scenario.selection._asdict(),
                                       context=scenario.context or None, clock=time.now))
        except InvalidContextError:
            assert story.trace.read_bytes() == b""
            return
    wanted = simulate(flow, scenario, strict=False)
    assert release.status == wanted.status
    assert release.environments == wanted.environments
    assert release.context == wanted.context
