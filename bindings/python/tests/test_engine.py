# SPDX-License-Identifier: Apache-2.0
"""Durable releases: stores and engines, with threads and with asyncio."""

import asyncio
import gc
import json
import threading
import weakref

import pytest

import promoflow
from promoflow import _core, aio

if not hasattr(_core, "Store"):
    pytest.skip("promoflow was built without the engine", allow_module_level=True)

FLOW = """
apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata: {name: durable, annotations: {promoflow.dev/extensions: "true"}}
spec:
  triggerEnvironment: dev
  hooks: {onStart: announce, onFail: mourn}
  steps:
    - {environment: staging, dependsOn: [dev], hooks: {onStart: check}}
"""
SOON = {"request_interval": 0.001}


@pytest.fixture
def flow():
    return promoflow.Flow.loads(FLOW)


@pytest.fixture
def store():
    with promoflow.Store.memory() as made:
        yield made


class Recorder:
    """Answers at once, and keeps what it was asked for."""

    def __init__(self):
        self.calls = []

    def run_hook(self, call):
        self.calls.append(call)
        return {"RAN": call.hook} if call.hook == "check" else None

    def promote_environment(self, call):
        self.calls.append(call)


class Gate(Recorder):
    """Its first hook waits until it is opened or cancelled."""

    def __init__(self):
        super().__init__()
        self.begun, self.opened = threading.Event(), threading.Event()
        self.call = None

    def run_hook(self, call):
        if self.call is None:
            self.call = call
            self.begun.set()
            while not self.opened.wait(0.01):
                if call.cancelled.is_set():
                    raise promoflow.CommandFailed("cancelled")
        return super().run_hook(call)


def test_a_release_runs_to_its_end_and_its_record_is_in_the_store(flow, store):
    executor, lines = Recorder(), []
    with promoflow.Engine(store, executor, observer=lines.append) as engine:
        engine.start(flow, id="r-1", product="billing", version="1.4", context={"A": 1},
                     run="by hand")
        assert engine.wait("r-1") == "Succeeded"
    names = [call.hook if isinstance(call, promoflow.EngineHookCall) else call.environment
             for call in executor.calls]
    assert names == ["announce", "check", "staging"]
    hook = executor.calls[1]
    assert (hook.key, hook.point, hook.environment, hook.attempt) == \
        (f"r-1/{hook.ticket}", "environment.onStart", "staging", 1)
    assert hook.context == {"A": 1} and hook.arguments["VERSION"] == "1.4"
    assert hook.release == promoflow.ReleaseInfo("r-1", product="billing", version="1.4")

    (row,) = store.releases(product="billing", status="Succeeded")
    assert (row["id"], row["flow"], row["owner"]) == ("r-1", "durable", None)
    shown = store.show("r-1")
    assert shown["context"] == {"A": 1, "RAN": "check"}
    assert [one["state"] for one in shown["commands"]] == ["succeeded"] * 3
    assert store.start_of("r-1")["run"] == "by hand"
    assert [line.line for line in lines] == list(store.trace("r-1"))
    assert lines[0].sequence == 0 and lines[-1].sequence == lines[-1].sequence > 0
    assert store.verify("r-1") is None and store.replay("r-1") is None


def test_exceptions_fail_commands_and_a_retry_goes_on(flow, store):
    class Failing(Recorder):
        fails = True

        def promote_environment(self, call):
            super().promote_environment(call)
            if self.fails:
                raise promoflow.CommandFailed("degraded")

    executor = Failing()
    with promoflow.Engine(store, executor) as engine:
        engine.start(flow, id="r-1")
        assert engine.wait("r-1") == "Failed"
        assert "degraded" in store.show("r-1")["message"]
        executor.fails = False
        engine.retry("r-1", by="ann")
        assert engine.wait("r-1") == "Succeeded"


def test_what_is_no_json_fails_the_hook(flow, store):
    class Wrong(Recorder):
        def run_hook(self, call):
            return {"A": object()} if call.hook == "announce" else None

    with promoflow.Engine(store, Wrong()) as engine:
        engine.start(flow, id="r-1")
        assert engine.wait("r-1") == "Failed"
    (first, _) = store.show("r-1")["commands"]
    assert first["state"] == "failed" and "JSON" in first["message"]


def test_somebody_else_asks_and_is_told_what_became_of_it(flow, store):
    gate = Gate()
    with promoflow.Engine(store, gate, **SOON) as engine:
        engine.start(flow, id="r-1")
        assert gate.begun.wait(60)
        refused = store.ask("r-1", promoflow.PromotionSucceeded(gate.call.ticket), by="ann")
        assert refused.decided_at and not refused.applied and refused.message
        assert refused.by == "ann" and refused.event["ticket"] == gate.call.ticket
        assert store.request(refused.id) == refused
        assert store.ask("r-1", promoflow.Terminate("enough", by="ann")).applied
        assert engine.wait("r-1") == "Terminated"
    assert gate.call.cancelled.is_set()
    with pytest.raises(promoflow.NotOwnerError, match="nobody drives it"):
        store.ask("r-1", promoflow.Terminate("again"))
    with pytest.raises(promoflow.InvalidArgumentError):
        store.request(99)


def test_a_command_that_waits_for_an_answer_waits_across_engines(flow, store):
    class Asks(Recorder):
        def run_hook(self, call):
            super().run_hook(call)
            if call.hook == "announce":
                raise promoflow.WaitForAnswer()
            return None

    first, suspended = Asks(), threading.Event()

    def observe(line):
        if '"suspended"' in line.line:
            suspended.set()

    with promoflow.Engine(store, first, observer=observe) as engine:
        engine.start(flow, id="r-1")
        assert suspended.wait(60)
    (ticket,) = [one["ticket"] for one in store.show("r-1")["commands"]]
    assert store.show("r-1")["commands"][0]["state"] == "suspended"

    second = Recorder()
    with promoflow.Engine(store, second) as engine:
        assert engine.resume_all() == ("r-1",)
        engine.apply("r-1", promoflow.Resumed(ticket, by="ann"))
        engine.apply("r-1", promoflow.HookSucceeded(ticket, {"OK": True}))
        assert engine.wait("r-1") == "Succeeded"
    assert store.show("r-1")["context"]["OK"] is True
    assert "announce" not in [getattr(call, "hook", "") for call in second.calls]


@pytest.mark.parametrize("lost, status", [("fail", "Failed"), ("again", "Succeeded")])
def test_what_ran_when_the_process_ended_is_lost(flow, tmp_path, lost, status):
    path, gate = tmp_path / "releases.db", Gate()
    with promoflow.Store.open(path) as store:
        engine = promoflow.Engine(store, gate)
        engine.start(flow, id="r-1")
        assert gate.begun.wait(60)
        engine.close()
    executor = Recorder()
    with promoflow.Store.open(path) as store, \
            promoflow.Engine(store, executor, lost=lost) as engine:
        assert engine.resume_all() == ("r-1",)
        assert engine.wait("r-1") == status
        first = store.show("r-1")["commands"][0]
        if lost == "fail":
            assert "nobody knows how it ended" in first["message"]
        else:
            assert executor.calls[0].key == "r-1/1" and first["state"] == "succeeded"


def test_one_engine_drives_a_release(flow, store):
    gate = Gate()
    with promoflow.Engine(store, gate) as owner, promoflow.Engine(store, Recorder()) as other:
        owner.start(flow, id="r-1")
        assert gate.begun.wait(60)
        assert owner.describe("r-1")["release"]["id"] == "r-1"
        with pytest.raises(promoflow.NotOwnerError, match="drives this release since"):
            other.resume("r-1")
        with pytest.raises(promoflow.UnknownReleaseError):
            other.describe("r-1")
        with pytest.raises(promoflow.ReleaseExistsError):
            other.start(flow, id="r-1")
        assert other.resume_all() == ()
        assert owner.wait("r-1", timeout=0) == "Running"
        owner.terminate("r-1", "enough", force=True, by="ann")
        assert owner.wait("r-1") == "Terminated"


def test_wrong_calls(flow, store, tmp_path):
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Ann, this is a letter and no store at all.\n" * 20)
    with pytest.raises(promoflow.StoreError) as found:
        promoflow.Store.open(letter)
    assert found.value.code == "store-foreign"
    with pytest.raises(promoflow.PromoflowError):
        promoflow.Store.open(tmp_path / "none.db", ask=True)
    with pytest.raises(promoflow.InvalidArgumentError):
        store.releases(status="Done")
    with pytest.raises(promoflow.UnknownReleaseError):
        store.show("r-9")
    with pytest.raises(TypeError):
        store.ask("r-9", "terminate")
    with pytest.raises(promoflow.InvalidArgumentError) as wrong:
        promoflow.Engine(store, Recorder(), lost="maybe")
    assert wrong.value.where == "lost"
    with pytest.raises(promoflow.InvalidArgumentError):
        promoflow.Engine(store, Recorder(), lease=1, heartbeat=1)
    with pytest.raises(TypeError):
        promoflow.Store()
    engine = promoflow.Engine(store, Recorder())
    with pytest.raises(promoflow.InvalidContextError):
        engine.start(flow, id="r-1", context="[1]")
    engine.stop()
    engine.stop()
    with pytest.raises(promoflow.NotAllowedError):
        engine.start(flow, id="r-1")
    engine.close()
    engine.close()
    with pytest.raises(promoflow.ClosedError):
        engine.resume("r-1")
    store.close()
    with pytest.raises(promoflow.ClosedError):
        store.releases()


def test_releases_that_have_ended_can_be_removed(flow, store):
    with promoflow.Engine(store, Recorder()) as engine:
        for number in range(3):
            engine.start(flow, id=f"r-{number}")
            assert engine.wait(f"r-{number}") == "Succeeded"
    later = 4_000_000_000_000
    assert store.ended_before(later, limit=2) == ("r-0", "r-1")
    store.remove("r-0")
    assert [row["id"] for row in store.releases()] == ["r-2", "r-1"]
    assert [row["id"] for row in store.releases(limit=1, after="r-2")] == ["r-1"]
    assert store.ended_before(0) == ()


def test_an_observer_that_fails_does_not_stop_the_engine(flow, store):
    def observe(line):
        raise ValueError(line.release)

    with promoflow.Engine(store, Recorder(), observer=observe) as engine:
        engine.start(flow, id="r-1")
        assert engine.wait("r-1") == "Succeeded"


def test_nothing_is_left_of_an_engine(flow, store):
    executor = Recorder()
    with promoflow.Engine(store, executor) as engine:
        engine.start(flow, id="r-1")
        engine.wait("r-1")
    alive = weakref.ref(executor)
    del executor, engine
    gc.collect()
    assert alive() is None
    assert not [one for one in threading.enumerate() if one.name == "promoflow engine"]


# --- asyncio --------------------------------------------------------------------------------------

class AsyncRecorder:
    def __init__(self):
        self.calls = []

    async def run_hook(self, call):
        self.calls.append(call)
        await asyncio.sleep(0)
        return {"RAN": call.hook}

    async def promote_environment(self, call):
        self.calls.append(call)
        with call.suspended() as suspension:
            suspension.by = "ann"


def test_with_asyncio_many_releases_run_at_once(flow, store):
    async def main():
        executor, lines = AsyncRecorder(), []
        async with aio.Engine(store, executor, observer=lines.append) as engine:
            for number in range(5):
                await engine.start(flow, id=f"r-{number}")
            ended = await asyncio.gather(*(engine.wait(f"r-{number}") for number in range(5)))
        assert ended == ["Succeeded"] * 5 and len(executor.calls) == 15
        assert [line.line for line in lines if line.release == "r-3"] == list(store.trace("r-3"))
        assert any(json.loads(line).get("by") == "ann" for line in store.trace("r-3"))

    asyncio.run(main())


def test_with_asyncio_what_is_cancelled_is_awaited(flow, store):
    class Slow(AsyncRecorder):
        def __init__(self):
            super().__init__()
            self.begun, self.ended = asyncio.Event(), []

        async def run_hook(self, call):
            if call.hook == "announce":
                self.begun.set()
                try:
                    await asyncio.Event().wait()
                finally:
                    await asyncio.sleep(0)
                    self.ended.append(call.hook)
            self.ended.append(call.hook)
            return None

    async def main():
        executor = Slow()
        async with aio.Engine(store, executor) as engine:
            await engine.start(flow, id="r-1")
            await executor.begun.wait()
            assert (await engine.describe("r-1"))["release"]["id"] == "r-1"
            await engine.terminate("r-1", "enough", by="ann")
            assert await engine.wait("r-1") == "Terminated"
            with pytest.raises(promoflow.UnknownReleaseError):
                await engine.wait("r-9")
        assert executor.ended == ["announce", "mourn"]

    asyncio.run(main())


def test_with_asyncio_an_engine_that_stops_cancels_and_another_resumes(flow, store):
    class Stuck(AsyncRecorder):
        async def run_hook(self, call):
            self.calls.append(call)
            await asyncio.Event().wait()

    async def main():
        stuck = Stuck()
        engine = aio.Engine(store, stuck)
        await engine.start(flow, id="r-1")
        while not stuck.calls:
            await asyncio.sleep(0)
        await engine.close()
        assert stuck.calls[0].cancelled.is_set()
        async with aio.Engine(store, AsyncRecorder(), lost="again") as other:
            assert await other.resume_all() == ("r-1",)
            assert await other.wait("r-1") == "Succeeded"
            await other.stop()
            with pytest.raises(promoflow.NotAllowedError):
                await other.retry("r-1")

    asyncio.run(main())
