# SPDX-License-Identifier: Apache-2.0
"""Hooks on a cluster: engines whose hooks are Argo Workflows, and what executors are told."""

import asyncio
import gc
import logging
import threading
import weakref

import pytest

import promoflow
from promoflow import _core, aio

if not hasattr(_core, "Store"):
    pytest.skip("promoflow was built without the engine", allow_module_level=True)

from cluster import CONFIG, Cluster  # noqa: E402  Beside this file.

needs_argo = pytest.mark.skipif(not hasattr(_core, "argo_check"),
                                reason="promoflow was built without libcurl")


def staging_with(options):
    """A flow of dev and staging; the options are YAML of staging's step."""
    return promoflow.Flow.loads(f"""
apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata: {{name: on-a-cluster}}
spec:
  triggerEnvironment: dev
  steps: [{{environment: staging, dependsOn: [dev], {options}}}]
""")


def flow_of(hook):
    return staging_with(f"hooks: {{onStart: {hook}}}")


@pytest.fixture
def store():
    with promoflow.Store.memory() as made:
        yield made


@pytest.fixture
def cluster():
    made = Cluster()
    yield made
    made.stop()


@pytest.fixture
def options(cluster, tmp_path):
    return {"kubeconfig": cluster.config(tmp_path / "config")}


class Promotions:
    def __init__(self):
        self.calls = []

    def promote_environment(self, call):
        self.calls.append(call.environment)


class AsyncPromotions(Promotions):
    async def promote_environment(self, call):
        super().promote_environment(call)


# --- [K1] [K4] a release on a cluster ------------------------------------------------------------

@needs_argo
def test_a_hook_is_a_workflow_and_a_promotion_is_pythons(cluster, options, store, caplog):
    own = Promotions()
    with caplog.at_level(logging.WARNING, "promoflow"):
        with promoflow.Engine(store, promoflow.ArgoExecutor(promotions=own, **options)) as engine:
            engine.start(flow_of("notify"), id="r")
            assert engine.wait("r") == "Succeeded"
    assert cluster.created == ["r-1-1"] and own.calls == ["staging"]
    assert store.show("r")["context"] == {"BY": "notify"}
    labels = cluster.objects["r-1-1"]["metadata"]["labels"]
    assert labels["codefresh.io/env"] == "staging" and labels["promoflow.dev/settled"] == "true"
    assert cluster.objects["r-1-1"]["metadata"]["finalizers"] == []
    assert "certificate is not verified" in caplog.text and "secret" not in caplog.text


# --- [K7] applications ---------------------------------------------------------------------------

def promoting(hook):
    return staging_with(f"policy: {{postAction: {hook}}}")


class Each:
    def __init__(self, fails=()):
        self.fails = fails
        self.keys = []

    def promote_environment(self, call):
        self.keys.append(call.key)
        if call.application in self.fails:
            raise promoflow.CommandFailed("the branch is protected")
        return {"COMMIT_SHA": f"c-{call.application}"}


APPLICATIONS = {"staging": [promoflow.ArgoApplication("api", path="apps/api"), ("web",)]}


@needs_argo
def test_each_application_is_promoted(cluster, options, store):
    own = Each()
    argo = promoflow.ArgoExecutor(promotions=own, applications=APPLICATIONS, **options)
    with promoflow.Engine(store, argo) as engine:
        engine.start(promoting("notify"), id="r")
        assert engine.wait("r") == "Succeeded"
    assert sorted(own.keys) == ["r/1/api", "r/1/web"]
    assert sorted(cluster.created) == ["r-1-1--api-post", "r-1-1--web-post"]
    given = cluster.objects["r-1-1--api-post"]["spec"]["arguments"]["parameters"]
    assert {"name": "PATH", "value": "apps/api"} in given
    assert {"name": "COMMIT_SHA", "value": "c-api"} in given


@needs_argo
def test_an_application_that_fails_is_named(cluster, options, store):
    argo = promoflow.ArgoExecutor(promotions=Each(fails=("web",)), applications=APPLICATIONS,
                                  **options)
    with promoflow.Engine(store, argo) as engine:
        engine.start(promoting("notify"), id="r")
        assert engine.wait("r") == "Failed"
    assert store.show("r")["message"] == (
        "1 of 2 applications failed (web): web: the branch is protected")
    assert cluster.created == ["r-1-1--api-post"]


@needs_argo
def test_applications_that_are_wrong_are_refused(options):
    argo = promoflow.ArgoExecutor(applications={"staging": [("a",), ("a",)]}, **options)
    with pytest.raises(promoflow.InvalidArgumentError, match="two applications of the name 'a'"):
        argo.check(flow_of("notify"))


@needs_argo
def test_a_workflow_that_fails_fails_its_environment(cluster, options, store):
    with promoflow.Engine(store, promoflow.ArgoExecutor(**options)) as engine:
        engine.start(flow_of("fail-hook"), id="r")
        assert engine.wait("r") == "Failed"
    assert "fail-hook is broken" in store.show("r")["message"]


@needs_argo
def test_without_promotions_a_promotion_fails(cluster, options, store):
    with promoflow.Engine(store, promoflow.ArgoExecutor(**options)) as engine:
        engine.start(flow_of("notify"), id="r")
        assert engine.wait("r") == "Failed"
    assert "nothing promotes" in store.show("r")["message"]


@needs_argo
def test_an_engine_of_coroutines_runs_hooks_on_a_cluster(cluster, options, store):
    own = AsyncPromotions()

    async def main():
        argo = promoflow.ArgoExecutor(promotions=own, **options)
        async with aio.Engine(store, argo) as engine:
            await engine.start(flow_of("notify"), id="r")
            return await engine.wait("r")

    assert asyncio.run(main()) == "Succeeded"
    assert cluster.created == ["r-1-1"] and own.calls == ["staging"]


# --- [K5] [K6] workflows and processes -----------------------------------------------------------

@needs_argo
def test_a_workflow_outlives_the_engine_and_the_next_one_stops_it(cluster, options, store):
    argo = promoflow.ArgoExecutor(promotions=Promotions(), **options)  # Of both engines.
    with promoflow.Engine(store, argo) as engine:
        engine.start(flow_of("endless"), id="r")
        cluster.wait_for(lambda objects: "r-1-1" in objects)
    assert "shutdown" not in cluster.objects["r-1-1"]["spec"]
    with promoflow.Engine(store, argo) as engine:
        assert engine.resume_all() == ("r",)
        engine.terminate("r", "enough")
        assert engine.wait("r") == "Terminated"
        cluster.wait_for(lambda objects: objects["r-1-1"]["spec"].get("shutdown") == "Stop")
    assert cluster.created == ["r-1-1"]


@needs_argo
def test_the_store_may_be_closed_before_the_engine(options):
    store = promoflow.Store.memory()
    engine = promoflow.Engine(store, promoflow.ArgoExecutor(promotions=Promotions(), **options))
    store.close()
    engine.start(flow_of("notify"), id="r")
    assert engine.wait("r") == "Succeeded"
    engine.close()
    gone = weakref.ref(engine)
    del engine
    gc.collect()
    assert gone() is None


# --- [K8] [K9] before a start --------------------------------------------------------------------

@needs_argo
def test_the_check_names_what_is_missing_and_what_to_do(cluster, options):
    argo = promoflow.ArgoExecutor(**options)
    assert argo.check(flow_of("notify"), context_keys=["A"]) == []
    (found,) = argo.check(flow_of("missing"))
    assert found.severity == "error" and "kubectl apply" in found.hint
    assert "there is no WorkflowTemplate 'missing' in namespace argo" in found.message
    assert argo.check(flow_of("missing"), skip="staging") == []
    assert cluster.created == []
    cluster.allowed = False
    (found,) = argo.check(flow_of("notify"))
    assert "may not create workflows.argoproj.io" in found.message


@needs_argo
def test_a_cluster_that_is_not_reached_is_a_finding(tmp_path):
    config = tmp_path / "config"
    config.write_text(CONFIG.format("http://127.0.0.1:1"))
    (found,) = promoflow.ArgoExecutor(kubeconfig=config).check(flow_of("notify"))
    assert "the cluster is not reached" in found.message


@needs_argo
@pytest.mark.parametrize("wrong, where", [
    ({"kubeconfig": "/nowhere/config"}, "options.kubeconfig"),
    ({"context": "mars"}, "options.context"),
    ({"argo_server": "mars"}, "options.argo_server"),
    ({"instance": "two words"}, "options.instance"),
])
def test_a_wrong_option_is_named(options, store, wrong, where):
    argo = promoflow.ArgoExecutor(promotions=Promotions(), **{**options, **wrong})
    with pytest.raises(promoflow.InvalidArgumentError) as refused:
        promoflow.Engine(store, argo)
    assert refused.value.where == where
    with pytest.raises(promoflow.InvalidArgumentError):
        argo.check(flow_of("notify"))


@needs_argo
def test_the_manifests_of_a_host():
    assert 'namespace: "billing"' in promoflow.ArgoExecutor.host_manifests("host", "billing")
    with pytest.raises(promoflow.InvalidArgumentError):
        promoflow.ArgoExecutor.host_manifests("host", "Bill ing")


# --- what executors are told ---------------------------------------------------------------------

class Told(Promotions):
    def __init__(self):
        super().__init__()
        self.told, self.heard = [], threading.Event()

    def run_hook(self, call):
        raise promoflow.WaitForAnswer

    def settled(self, release_id, ticket):
        self.told.append(("settled", release_id, ticket))
        if release_id == "r-2":
            self.heard.set()

    def force(self, release_id):
        self.told.append(("force", release_id))


def test_an_executor_hears_what_is_settled_and_what_was_forced(store):
    executor = Told()
    with promoflow.Engine(store, executor) as engine:
        engine.start(flow_of("ask"), id="r-1")
        engine.apply("r-1", promoflow.HookSucceeded(1))
        assert engine.wait("r-1") == "Succeeded"
        engine.start(flow_of("ask"), id="r-2")
        engine.terminate("r-2", "now", force=True)
        assert engine.wait("r-2") == "Terminated"
        assert executor.heard.wait(60)  # What was cancelled has stopped.
    assert executor.told[:2] == [("settled", "r-1", 1), ("settled", "r-1", 2)]
    assert executor.told.index(("force", "r-2")) < executor.told.index(("settled", "r-2", 1))


def test_coroutines_hear_it_in_the_loop(store):
    class Executor(Told):
        async def run_hook(self, call):
            return None

        async def promote_environment(self, call):
            assert asyncio.get_running_loop()

    executor = Executor()

    async def main():
        async with aio.Engine(store, executor) as engine:
            await engine.start(flow_of("ask"), id="r-1")
            return await engine.wait("r-1")

    assert asyncio.run(main()) == "Succeeded"
    assert executor.told == [("settled", "r-1", 1), ("settled", "r-1", 2)]
