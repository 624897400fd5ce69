# SPDX-License-Identifier: Apache-2.0
"""run(): coroutines carry commands out, time is virtual."""

import asyncio
import logging
import threading

import pytest
from conftest import BILLING, SITES

import promoflow
from promoflow import CommandFailed, Control, Flow, HookSucceeded
from promoflow.testing import VirtualTime


class Fake:
    """Every coroutine notes its call, then does what `does` has for its name: sleeps that long,
    raises that exception, awaits that, or returns it."""

    def __init__(self, **does):
        self.does = {name.replace("_", "-"): what for name, what in does.items()}
        self.calls, self.cancelled = [], []

    async def carry_out(self, name, call):
        self.calls.append(name)
        what = self.does.get(name)
        try:
            if callable(what):
                what = await what(call)
            if isinstance(what, (int, float)):
                await asyncio.sleep(what)
                what = None
        except asyncio.CancelledError:
            self.cancelled.append(name)
            raise
        if isinstance(what, BaseException):
            raise what
        return what

    async def run_hook(self, call):
        return await self.carry_out(call.hook, call)

    async def promote_environment(self, call):
        await self.carry_out(call.environment, call)


@pytest.fixture
def time():
    with VirtualTime() as virtual:
        yield virtual


def run(time, flow, executor, **more):
    return time.run(promoflow.run(flow, executor, id="r-42", clock=time.now, **more))


def test_a_release_runs_to_its_end(flow, time):
    fake = Fake(staging=60, production=30.5)
    release = run(time, flow, fake, product="billing")
    assert release.status == "Succeeded"
    assert fake.calls == ["slack-start", "slack-start", "staging", "production", "slack-ok"]
    assert time.now() == 90_500


def test_a_call_says_all_of_itself(flow, time):
    seen = []

    async def look(call):
        seen.append(call)

    run(time, flow, Fake(slack_start=look, production=look), product="billing",
        context={"CHANNEL": "#ops"})
    hook, second, promotion = seen
    assert (hook.key, hook.hook, hook.point, hook.environment, hook.attempt) == (
        "r-42/1", "slack-start", "release.onStart", None, 1)
    assert hook.arguments["PRODUCT_NAME"] == "billing" and hook.context == {"CHANNEL": "#ops"}
    assert second.environment == "staging"
    assert (promotion.environment, promotion.action, promotion.pre_action) == (
        "production", "pr", "freeze")
    assert promotion.release.product == "billing"
    assert repr(hook) == "<HookCall r-42/1: slack-start at release.onStart>"


def test_what_a_hook_returns_is_exported(flow, time):
    release = run(time, flow, Fake(slack_start={"THREAD": 17}))
    assert release.context == {"THREAD": 17}
    assert run(time, flow, Fake(slack_start='{"A":"b"}')).context == {"A": "b"}


def test_what_raises_fails_with_its_text(flow, time, caplog):
    release = run(time, flow, Fake(staging=ValueError("no such cluster")))
    assert release.status == "Failed" and release.message == "no such cluster"
    assert "ValueError: no such cluster" in caplog.text  # A bug must not be silent.
    caplog.clear()
    release = run(time, flow, Fake(slack_start=CommandFailed("not today", {"WHY": 1})))
    assert release.message == "onStart hook 'slack-start' failed: not today"
    assert release.rejected[0].text == b'{"WHY": 1}'
    assert caplog.text == ""


def test_an_exception_without_text_has_its_name(flow, time):
    assert run(time, flow, Fake(staging=TimeoutError())).message == "TimeoutError"


def test_a_coroutine_that_cancels_itself_has_failed(flow, time):
    async def give_up(call):
        raise asyncio.CancelledError

    assert run(time, flow, Fake(staging=give_up)).message == "cancelled"


@pytest.mark.parametrize("exported", [{"A": object()}, 7j, {1, 2}])
def test_an_export_that_is_no_json_fails_the_hook(flow, time, exported):
    release = run(time, flow, Fake(slack_start=exported))
    assert release.status == "Failed" and "JSON" in release.message


def test_an_executor_that_is_none_fails_its_commands(flow, time):
    class Wrong:
        def run_hook(self, call):
            return None

    release = run(time, flow, Wrong())
    assert release.status == "Failed" and "await" in release.message


def test_a_timeout_cancels_the_coroutine(time):
    flow = Flow.loads(BILLING.replace("onStart: slack-start, onS",
                                      "onStart: {name: slack-start, timeout: 10m}, onS"))
    fake = Fake(slack_start=3600)
    release = run(time, flow, fake)
    assert fake.cancelled == ["slack-start"]
    assert release.message == "onStart hook 'slack-start' failed: timed out after 10m"
    assert time.now() == 600_000


def test_a_retry_waits_as_the_flow_says(time):
    flow = Flow.loads(BILLING.replace(
        "hooks: {onStart: slack-start, onFail: jira-open-bug}",
        "retry: {limit: 2, backoff: {duration: 10s, factor: 2}}"))
    attempts = []

    async def third_time_lucky(call):
        attempts.append((call.attempt, time.now()))
        return None if call.attempt == 3 else CommandFailed("no")

    assert run(time, flow, Fake(staging=third_time_lucky)).status == "Succeeded"
    assert attempts == [(1, 0), (2, 10_000), (3, 30_000)]


def test_a_command_waits_for_a_person(flow, time):
    statuses = []

    async def merge(call):
        with call.suspended():
            await asyncio.sleep(3600)

    release = run(time, flow, Fake(staging=merge),
                  observer=lambda release, record: statuses.append((record.at, release.status)))
    assert release.status == "Succeeded"
    assert (0, "Suspended") in statuses and (3_600_000, "Running") in statuses


def test_a_command_waits_for_room(time):
    """[R19] Two slots for six promotions that take ten minutes each, and may."""
    steps = "".join(f"    - {{environment: e{n}, dependsOn: [dev], timeout: 15m}}\n"
                    for n in range(6))
    flow = Flow.loads(BILLING.split("  steps:")[0] + "  steps:\n" + steps)
    slots = asyncio.Semaphore(2)
    seen = []

    async def promote(call):
        with call.queued():
            await slots.acquire()
        try:
            await asyncio.sleep(600)
        finally:
            slots.release()

    release = run(time, flow, Fake(**{f"e{n}": promote for n in range(6)}),
                  observer=lambda release, record: seen.append(record.event))
    assert release.status == "Succeeded" and time.now() == 1_800_000
    assert seen.count("queued") == seen.count("started") == 6


def test_a_command_that_fails_while_it_is_queued_has_not_started(flow, time):
    seen = []

    async def promote(call):
        with call.queued():
            raise CommandFailed("no slots")

    release = run(time, flow, Fake(staging=promote),
                  observer=lambda release, record: seen.append(record.event))
    assert release.message == "no slots" and "started" not in seen


def test_who_decided_is_recorded(flow, time):
    """[R11]"""
    async def merge(call):
        with call.suspended() as review:
            await asyncio.sleep(60)
            review.by = "ann"

    seen = []
    run(time, flow, Fake(staging=merge), observer=lambda _, record: seen.append(record))
    assert [record.by for record in seen if record.event == "resumed"] == ["ann"]


def test_a_control_skips_and_retries_while_others_run():
    """[R12] [R16]"""
    flow, control = Flow.loads(SITES), Control()
    fake = Fake(us=1000, eu=CommandFailed("down"))

    async def operate(clock):
        running = asyncio.ensure_future(
            promoflow.run(flow, fake, id="r", clock=clock, control=control))
        await asyncio.sleep(60)
        fake.does["eu"] = None
        control.retry("eu", by="ann")
        control.skip("mars")  # It is refused, and has no effect.
        control.skip("world", "known", by="ben")
        return await running

    with VirtualTime() as time:
        release = time.run(operate(time.now))
    assert release.status == "Succeeded"
    assert release.environment("world") == ("Skipped", "Skipped", "known")
    assert fake.calls.count("eu") == 2
    for wrong in (lambda: control.skip(7), lambda: control.retry([7]), lambda: control.retry(None)):
        with pytest.raises(TypeError):
            wrong()


def test_a_run_promotes_to_what_was_selected(flow, time):
    """[R16]"""
    fake = Fake()
    release = run(time, flow, fake, until="staging")
    assert release.status == "Succeeded" and "production" not in fake.calls


def test_some_environments_are_retried(time):
    """[R12] [R13]"""
    flow = Flow.loads(SITES)
    release = run(time, flow, Fake(eu=CommandFailed("no"), us=CommandFailed("no")))
    with pytest.raises(promoflow.UnknownEnvironmentError):
        time.run(promoflow.retry(release, Fake(), ["mars"], clock=time.now))
    time.run(promoflow.retry(release, Fake(), "eu", by="ann", clock=time.now))
    assert release.status == "Failed" and release.environment("eu").status == "Successful"
    with pytest.raises(promoflow.NotAllowedError):
        time.run(promoflow.retry(release, Fake(), "eu", clock=time.now))


def test_a_control_terminates_and_forces(flow, time):
    control = Control()
    fake = Fake(staging=10_000, jira_open_bug=10_000)

    async def stop():
        running = asyncio.ensure_future(
            promoflow.run(flow, fake, id="r", clock=time.now, control=control))
        await asyncio.sleep(60)
        control.terminate("stop")
        control.terminate("stop")  # [R6] Delivered twice: it has no effect.
        await asyncio.sleep(60)
        control.terminate("now", force=True, by="ann")
        return await running

    release = time.run(stop())
    assert release.status == "Terminated"
    assert fake.calls[-2:] == ["staging", "jira-open-bug"]
    assert fake.cancelled == ["staging", "jira-open-bug"]
    assert time.now() == 120_000


def test_a_control_is_kept_for_the_next_run_and_used_from_any_thread(flow):
    control = Control()
    control.terminate("before it began")
    fake = Fake(slack_start=10_000)
    release = asyncio.run(promoflow.run(flow, fake, id="r", control=control))
    assert release.status == "Terminated" and release.message == "before it began"

    async def started(call):
        threading.Thread(target=control.terminate, args=("from a thread",)).start()
        await asyncio.Event().wait()

    release = asyncio.run(promoflow.run(flow, Fake(slack_start=started), id="r", control=control))
    assert release.message == "from a thread"


def test_cancelling_the_run_ends_its_coroutines_and_leaves_the_release(flow, time):
    release = flow.start(id="r", at=0)
    fake = Fake(staging=10_000)

    async def cancel():
        running = asyncio.ensure_future(promoflow.resume(release, fake, clock=time.now))
        await asyncio.sleep(60)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert [task for task in asyncio.all_tasks() if "promoflow" in task.get_name()] == []

    time.run(cancel())
    assert fake.cancelled == ["staging"]
    assert release.environment("staging").status == "Running"
    again = Fake()
    time.run(promoflow.resume(release, again, clock=time.now))
    assert release.status == "Succeeded" and again.calls[0] == "staging"


def test_a_failed_release_is_retried(flow, time):
    release = run(time, flow, Fake(staging=CommandFailed("no")))
    fake = Fake()
    time.run(promoflow.retry(release, fake, clock=time.now))
    assert release.status == "Succeeded"
    assert fake.calls == ["staging", "production", "slack-ok"]


def test_a_journal_is_written_before_and_replays(flow, time):
    lines = []

    async def store(line):
        await asyncio.sleep(0.001)
        lines.append(line)

    release = run(time, flow, Fake(slack_start={"A": 1}), journal=store)
    assert flow.recover(lines).describe() == release.describe()  # [H32]
    replayed = flow.start(id="r-42", at=0)
    assert not any(map(replayed.apply_json, lines))
    assert replayed.describe() == release.describe()


def test_a_journal_alone_is_enough_after_a_crash(flow, time):  # [H32]
    def store(line):
        if len(lines) == kept:
            raise MemoryError
        lines.append(line + "\n")

    whole = run(time, flow, Fake(), context={"A": 1}, until="production")
    for kept in range(1, 100):
        lines = []
        try:
            run(time, flow, Fake(), context={"A": 1}, until=iter(["production"]), journal=store)
        except MemoryError:
            pass
        release = flow.recover("".join(lines) + '{"at"')
        time.run(promoflow.resume(release, Fake(), clock=time.now))
        assert release.status == whole.status and release.context == whole.context
        if len(lines) < kept:
            assert kept > 3
            break


def test_a_journal_that_fails_ends_the_run(flow, time):
    def full(line):
        raise OSError("no space left")

    fake = Fake()
    with pytest.raises(OSError, match="no space"):
        run(time, flow, fake, journal=full)
    assert fake.calls == []


def test_many_at_once(time):
    steps = "".join(f"    - {{environment: e{n}, dependsOn: [dev]}}\n" for n in range(2000))
    flow = Flow.loads(BILLING.split("  steps:")[0] + "  steps:\n" + steps)
    release = run(time, flow, Fake(**{f"e{n}": 60 for n in range(2000)}))
    assert release.status == "Succeeded" and time.now() == 60_000


def test_answers_that_come_too_late_are_dropped(flow, time):
    """A coroutine that returns though it was cancelled: its result is dropped."""
    async def stubborn(call):
        try:
            await asyncio.sleep(10_000)
        except asyncio.CancelledError:
            await asyncio.sleep(5)
            return {"LATE": True}

    control = Control()

    async def stop():
        running = asyncio.ensure_future(promoflow.run(
            flow, Fake(slack_start=stubborn), id="r", clock=time.now, control=control))
        await asyncio.sleep(1)
        control.terminate("stop")
        return await running

    release = time.run(stop())
    assert release.status == "Terminated" and release.context == {}
    assert time.now() == 6_000  # The run ends when its coroutines have ended.


def test_the_systems_clock_is_wall_time_and_never_goes_back():
    import time as wall
    clock = promoflow.system_clock()
    first = clock()
    assert abs(first - wall.time() * 1000) < 5_000
    assert clock() >= first


def test_events_default_to_now(flow):
    import time as wall
    release = flow.start(id="r")
    release.apply(HookSucceeded(1))
    assert abs(release.describe()["release"]["now"] - wall.time() * 1000) < 5_000
    assert logging.getLogger("promoflow").handlers == []
