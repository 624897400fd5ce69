# SPDX-License-Identifier: Apache-2.0
"""Releases: the loop of a host."""

import json
from datetime import datetime, timedelta, timezone

import pytest
from conftest import SITES

import promoflow
from promoflow import (Cancel, Flow, HookFailed, HookSucceeded, Promote, PromotionSucceeded, Queued,
                       Resumed, Retry, RunHook, Skip, Started, Suspended, Terminate, Tick)


def start(flow, **more):
    return flow.start(**{"id": "r-42", "product": "billing", "at": 0, **more})


def run_to_end(release, fail=()):
    """Everything succeeds but what is named; the commands in their order."""
    seen = []
    while not release.is_final:
        for command in release.commands():
            seen.append(command)
            name = getattr(command, "hook", None) or getattr(command, "environment", "")
            if isinstance(command, Cancel):
                continue
            release.apply(command.failed("broken", at=0) if name in fail
                          else command.succeeded(at=0))
    return seen


def test_a_host_drives_a_release(flow):
    release = start(flow)
    seen = run_to_end(release)
    assert [(type(command).__name__, command.environment) for command in seen] == [
        ("RunHook", None), ("RunHook", "staging"), ("Promote", "staging"),
        ("Promote", "production"), ("RunHook", None)]
    assert release.status == "Succeeded"
    assert release.environments["production"].status == "Successful"


def test_a_command_says_all_of_itself(flow):
    release = start(flow, url="https://x/r-42", version="1.4.0", commit_sha="3f2a91c",
                    context={"CHANNEL": "#releases", "TRIES": [1, 2]})
    hook, = release.commands()
    assert (hook.ticket, hook.hook, hook.point, hook.attempt) == (1, "slack-start",
                                                                  "release.onStart", 1)
    assert list(hook.arguments.items()) == [
        ("RELEASE_URL", "https://x/r-42"), ("PRODUCT_NAME", "billing"), ("VERSION", "1.4.0"),
        ("COMMIT_SHA", "3f2a91c"), ("PROMOTION_FLOW_NAME", "billing"), ("RELEASE_ID", "r-42"),
        ("CHANNEL", "#releases"), ("TRIES", "[1,2]")]
    assert hook.context == {"CHANNEL": "#releases", "TRIES": [1, 2]}
    assert release.key(hook) == release.key(1) == "r-42/1"
    release.apply(hook.succeeded(at=0))
    hook, = release.commands()
    release.apply(hook.succeeded(at=0))
    promote, = release.commands()
    release.apply(promote.succeeded(at=0))
    promote, = release.commands()
    assert (promote.environment, promote.action, promote.pre_action, promote.post_action) == (
        "production", "pr", "freeze", None)
    assert release.info == ("r-42", "https://x/r-42", "billing", "1.4.0", "3f2a91c")


def test_a_command_keeps_what_it_says_when_the_release_goes_on(flow):
    release = start(flow, context={"KEY": {"deep": 1.5}})
    kept, = release.commands()
    release.apply(kept.succeeded({"KEY": "later"}, at=0))
    assert kept.arguments["KEY"] == '{"deep":1.5}'
    assert kept.context == {"KEY": {"deep": 1.5}}
    assert release.context == {"KEY": "later"}
    assert release.writers["KEY"] == (1, False)
    del release
    assert kept.arguments["RELEASE_ID"] == "r-42"


def test_what_is_not_taken_is_still_there(flow):
    release = start(flow)
    commands = release.commands()
    assert next(commands).ticket == 1
    assert list(release.commands()) == []
    assert [command.ticket for command in release.outstanding()] == [1]
    release.reissue()
    assert [command.ticket for command in release.commands()] == [1]


def test_refusals_have_a_class_each_and_change_nothing(flow):
    release = start(flow)
    before = release.snapshot()
    for event, wanted, code in (
            (HookSucceeded(99, at=0), promoflow.UnknownTicketError, "unknown-ticket"),
            (PromotionSucceeded(1, at=0), promoflow.WrongKindError, "wrong-kind"),
            (Resumed(1, at=0), promoflow.NotAllowedError, "not-allowed"),
            (Retry(at=0), promoflow.NotAllowedError, "not-allowed")):
        with pytest.raises(wanted) as caught:
            release.apply(event)
        assert caught.value.code == code
        assert isinstance(caught.value, promoflow.RefusedError)
    assert release.snapshot() == before
    assert [command.ticket for command in release.outstanding()] == [1]
    release.apply(HookSucceeded(1, at=0))
    with pytest.raises(promoflow.SettledTicketError):
        release.apply(HookSucceeded(1, at=0))


def test_a_failure_is_reported_and_retried(flow):
    release = start(flow)
    seen = run_to_end(release, fail={"staging"})
    assert release.status == "Failed" and release.message == "broken"
    assert release.environment("staging") == ("Failed", "Failed", "broken")
    last = [command for command in seen if isinstance(command, RunHook)][-1]
    assert last.hook == "slack-fail"
    assert last.arguments["ERROR_MESSAGE"] == "broken"
    release.apply(Retry(at=0))
    again = next(release.commands())
    assert isinstance(again, Promote) and again.attempt == 2
    with pytest.raises(KeyError):
        release.environment("canary")


def test_suspended_and_terminated(flow):
    release = start(flow)
    hook, = release.commands()
    release.apply(hook.suspend(at=1000))
    assert release.status == "Suspended"
    waiting, = release.outstanding()
    assert waiting.suspended and not waiting.queued
    assert waiting.expires is None  # [R8] It has no timeout of its own.
    release.apply(hook.resume(by="ann", at=2000))
    assert [record.by for record in release.records() if record.event == "resumed"] == ["ann"]
    release.apply(Terminate("stop", at=3000))
    cancel = next(release.commands())
    assert isinstance(cancel, Cancel) and cancel.ticket == 1
    assert release.phase == "FinalizingTermination"
    with pytest.raises(promoflow.NotAllowedError):  # [R6] Delivered twice.
        release.terminate("stop", at=3000)
    release.terminate("now", force=True, by="ben", at=4000)
    record = next(record for record in release.records() if record.event == "terminate"
                  and record.force)
    assert (record.text, record.by) == ("now", "ben")
    assert release.status == "Terminated" and release.message == "stop"


def test_a_release_promotes_to_what_was_selected():
    """[R16]"""
    flow = Flow.loads(SITES)
    release = start(flow, until="eu")
    assert [state.status for state in release.environments.values()] == [
        "Successful", "Running", "Skipped", "Skipped"]
    assert start(flow, only=["world"]).environment("dev").status == "Skipped"
    assert start(flow, skip=("us", "dev")).environment("eu").status == "Running"
    with pytest.raises(promoflow.UnknownEnvironmentError, match="mars"):
        start(flow, skip=["mars"])
    with pytest.raises(promoflow.InvalidArgumentError):
        start(flow, until=[])
    with pytest.raises(promoflow.InvalidArgumentError, match="at most one"):
        start(flow, skip=["eu"], only=["us"])
    with pytest.raises(TypeError):
        start(flow, skip=[7])


def test_operators_retry_some_and_skip_one():
    """[R12] [R16] [R17]"""
    release = start(Flow.loads(SITES))
    eu, us = release.commands()
    assert release.why_pending("world") == (None, ("eu", "us"), ("eu", "us"))
    assert release.why_pending("eu") == (None, (), ())
    for command in (eu, us):
        release.apply(command.succeeded(at=0))
    for command in release.commands():
        release.apply(command.failed("down", at=10))
    assert release.status == "Failed"
    assert release.why_pending("world").block == "final"
    with pytest.raises(promoflow.NotAllowedError):
        release.retry([], at=20)
    with pytest.raises(promoflow.UnknownEnvironmentError):
        release.retry(["mars"], at=20)
    list(release.records())
    release.retry("us", by="ann", at=20)
    record = next(release.records(origin=0))
    assert (record.event, record.environments, record.by) == ("retry", ("us",), "ann")
    assert json.loads(record.json) == {"t": 20, "event": "retry", "environments": ["us"],
                                       "by": "ann"}
    release.skip("eu", "known", by="ben", at=30)
    skipped = next(record for record in release.records() if record.event == "skip")
    assert (skipped.environment, skipped.text, skipped.by) == ("eu", "known", "ben")
    assert release.environment("eu") == ("Skipped", "Skipped", "known")
    with pytest.raises(promoflow.UnknownEnvironmentError):
        release.skip("mars", at=30)
    with pytest.raises(KeyError):
        release.why_pending("mars")


def test_a_queued_command_has_no_timeout_until_it_starts():
    """[R19]"""
    release = start(Flow.loads(SITES))
    eu, _ = release.commands()
    release.apply(eu.succeeded(at=0))
    promotion, = release.commands()
    release.apply(promotion.queue(at=1000))
    queued = release.outstanding()[-1]
    assert queued.queued and queued.expires is None
    with pytest.raises(promoflow.NotAllowedError):
        release.apply(promotion.queue(at=1000))
    release.apply(promotion.start(at=60_000))
    begun = release.outstanding()[-1]
    assert not begun.queued and begun.expires == 660_000


def test_an_environment_soaks():
    """[R18]"""
    release = start(Flow.loads(SITES), only="world")
    promotion, = release.commands()
    release.apply(promotion.succeeded(at=0))
    assert release.environment("world") == ("Running", "Soaking", "")
    with pytest.raises(promoflow.SettledTicketError):
        release.apply(promotion.succeeded(at=5))
    twin = release.flow.restore(release.snapshot())
    twin.apply(promotion.failed("error rate 4 %", at=10))
    assert twin.environment("world").status == "Failed"
    release.apply(Tick(at=release.next_timer))
    assert "soaked" in [record.event for record in release.records()]
    assert release.status == "Succeeded"


def test_conflicts_and_shadowed_keys_are_records():
    """[C5] [C6]"""
    release = start(Flow.loads(SITES), context={"VERSION": "x"})
    eu, us = (command.ticket for command in release.commands())
    release.apply(HookSucceeded(eu, {"A": 1}, at=0))
    release.apply(HookSucceeded(us, {"A": 2}, at=0))
    assert release.conflicts == (("A", eu, us),)
    seen = {record.event: record for record in start(
        Flow.loads(SITES), context={"VERSION": "x"}).records()}
    assert (seen["shadowed"].text, seen["shadowed"].ticket) == ("VERSION", 0)
    twin = start(Flow.loads(SITES))
    for ticket in (eu, us):
        twin.apply(HookSucceeded(ticket, {"A": ticket}, at=0))
    conflict = next(record for record in twin.records() if record.event == "conflict")
    assert (conflict.text, conflict.earlier, conflict.ticket) == ("A", eu, us)


def test_timers_are_the_machines(flow):
    release = start(flow, at=1000)
    assert release.next_timer == 1000 + 24 * 3600 * 1000
    release.apply(Tick(at=release.next_timer))
    assert release.environment("staging").status == "Pending"
    assert "timed out" in release.message


def test_a_moment_is_milliseconds_or_an_aware_datetime():
    moment = datetime(2026, 5, 1, 12, 0, 0, 123456, tzinfo=timezone.utc)
    wanted = (moment - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(milliseconds=1)
    assert Tick(at=moment).at == wanted
    assert Tick(at=moment.astimezone(timezone(timedelta(hours=5)))).at == wanted
    assert Tick(at=datetime(1969, 12, 31, 23, 59, 59, 250000, tzinfo=timezone.utc)).at == -750
    with pytest.raises(ValueError, match="tzinfo"):
        Tick(at=datetime(2026, 5, 1))
    for wrong in ("now", 1.5, True):
        with pytest.raises(TypeError, match="milliseconds"):
            Tick(at=wrong)
    with pytest.raises(OverflowError):
        Tick(at=2 ** 63)


def test_events_are_values():
    event = HookFailed(3, "no", {"A": 1}, at=5)
    assert (event.ticket, event.message, event.context, event.at) == (3, "no", '{"A": 1}', 5)
    assert event == HookFailed(3, "no", '{"A": 1}', at=5)
    assert event != HookFailed(3, "yes", {"A": 1}, at=5)
    assert event != Suspended(3, at=5)
    assert not hasattr(event, "reason")
    assert not hasattr(Tick(at=0), "ticket")
    stop = Terminate("enough", at=0)
    assert (stop.reason, stop.force, stop.by) == ("enough", False, "")
    assert Terminate("enough", force=True, by="ann", at=0) != stop
    assert Retry(at=0).environments is None and Retry((), at=0).environments == ()
    assert Retry("eu", by="ann", at=0) == Retry(["eu"], by="ann", at=0)
    assert Retry(["eu"], at=0) != Retry(at=0) and Resumed(3, by="ann", at=0).by == "ann"
    skip = Skip("eu", "known", by="ann", at=0)
    assert (skip.environment, skip.reason, skip.by) == ("eu", "known", "ann")
    assert skip != Skip("eu", at=0) and not hasattr(skip, "force")
    assert Queued(3, at=0).ticket == Started(3, at=0).ticket == 3
    for wrong in (lambda: Skip(7), lambda: Skip(None), lambda: Skip("eu", 7), lambda: Retry([7]),
                  lambda: Retry(7), lambda: Skip("eu", by=7), lambda: Terminate(None)):
        with pytest.raises(TypeError):
            wrong()
    with pytest.raises(TypeError, match="message"):
        HookFailed(3, b"no")
    with pytest.raises(TypeError):
        promoflow.Event()
    with pytest.raises(TypeError):
        RunHook()


def test_a_journal_replayed_gives_the_same_release(flow):
    release, journal = start(flow), []
    while not release.is_final:
        for command in release.commands():
            event = command.succeeded(at=len(journal))
            journal.append(event.to_json())
            release.apply(event)
    replayed = start(flow)
    for line in journal:
        replayed.apply_json(line)
    assert replayed.describe() == release.describe()
    with pytest.raises(promoflow.InvalidEventError):
        replayed.apply_json("{}")


def test_a_journal_with_its_start_gives_the_release(flow):  # [H32]
    given = {"id": "r-42", "version": "1.4", "context": {"A": 1}, "until": ["production"]}
    first = flow.start_json(at=7, **given)
    release = flow.start(at=7, **given)
    assert flow.recover(first).describe() == release.describe()
    hook, = release.commands()
    event = hook.succeeded({"B": 2}, at=8)
    release.apply(event)
    recovered = flow.recover(iter([first, event.to_json() + "\n"]))
    assert recovered.snapshot() == release.snapshot()
    assert [command.ticket for command in recovered.commands()] == [2]
    for wrong in ("", event.to_json(), first + "\n{\n" + event.to_json(), []):
        with pytest.raises(promoflow.InvalidEventError):
            flow.recover(wrong)
    with pytest.raises(promoflow.SnapshotError):
        Flow.loads(flow.dumps().replace("staging", "canary")).recover(first)
    with pytest.raises(TypeError):
        flow.recover(7)
    with pytest.raises(promoflow.InvalidArgumentError):
        flow.start_json(id="r", only=["x"], until=["y"])


def test_a_snapshot_is_restored_and_hands_out_what_is_outstanding(flow):
    release = start(flow, context={"A": 1})
    hook, = release.commands()
    restored = flow.restore(release.snapshot())
    again, = restored.commands()
    assert again.arguments == hook.arguments
    other = Flow.loads(flow.dumps().replace("staging", "canary"))
    for where, snapshot in ((other, release.snapshot()), (flow, "{}")):
        with pytest.raises(promoflow.SnapshotError):
            where.restore(snapshot)


def test_contexts_that_are_refused(flow):
    for context in ("[1]", "{", [1, 2], '{"a": 1} x'):
        with pytest.raises(promoflow.InvalidContextError):
            start(flow, context=context)
    with pytest.raises(TypeError):
        start(flow, context={"a": object()})
    with pytest.raises(promoflow.InvalidArgumentError):
        start(flow, id="")
    release = start(flow)
    release.apply(HookSucceeded(1, b'{"broken\xff', at=0))
    refused, = release.rejected
    assert refused.ticket == 1 and refused.text == b'{"broken\xff'
    assert "invalid promotion context" in release.message


def test_records_tell_what_happened(flow):
    release = start(flow)
    release.apply(HookSucceeded(1, {"A": 1}, at=7))
    records = list(release.records(origin=0))
    assert [record.event for record in records][:3] == ["release", "hook", "hook-succeeded"]
    assert records[1].command.hook == "slack-start"
    assert records[2].context == '{"A":1}' and records[2].at == 7
    assert json.loads(records[2].json) == {
        "t": 7, "event": "hook-succeeded", "ticket": 1, "context": {"A": 1}}
    assert list(release.records()) == []


def test_odd_characters_get_through(flow):
    release = start(flow, product="\u00fcn\u00efcode \U0001f680", context={"K\u00e9y": "\u2713"})
    hook, = release.commands()
    assert hook.arguments["PRODUCT_NAME"] == "\u00fcn\u00efcode \U0001f680"
    assert hook.arguments["K\u00e9y"] == "\u2713"
    release.apply(HookFailed(1, "half \ud800 a pair", at=0))
    assert "half" in release.message and "\ufffd" in release.message


def test_what_people_see(flow):
    release = start(flow)
    assert repr(release) == "<Release r-42 Running>"
    assert repr(flow) == "<Flow billing>"
    hook, = release.commands()
    assert repr(hook) == "<promoflow.RunHook 1: slack-start at release.onStart>"
    assert release.state.phase == "Initializing"
    assert release.describe()["release"]["status"] == "Running"
    assert "slack-start" in release.render(ascii=True)
