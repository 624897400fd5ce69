# SPDX-License-Identifier: Apache-2.0
"""The release queue, and who exports which key to whom."""

import gc

import pytest

import promoflow
from promoflow import (BeginEnvironment, DropRelease, ReleaseQueue, StartRelease,
                       TerminateRelease)

FLOW = """apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata: {name: to-prod, annotations: {promoflow.dev/extensions: "true"}}
spec:
  triggerEnvironment: dev
  hooks: {onStart: {name: open, exports: [TICKET]}}
  steps:
    - {environment: staging, dependsOn: [dev],
       hooks: {onSuccess: {name: close, reads: [TICKET]}}}
"""


def test_one_release_runs_and_the_others_wait():
    with ReleaseQueue(waiting_max=1) as queue:
        assert queue.requested("a", "to-prod") == [StartRelease("a", "to-prod")]
        assert queue.requested("b") == []
        assert queue.releases == ("a", "b")
        assert (queue.status("a"), queue.status("b"), queue.status("c")) == ("active", "queued",
                                                                             None)
        assert queue.requested("c") == [
            DropRelease("b", "superseded: more than 1 releases were waiting")]
        assert queue.ended("a") == [StartRelease("c", "")]
        with pytest.raises(promoflow.NotAllowedError, match="is not active"):
            queue.ended("a")
        with pytest.raises(promoflow.InvalidEventError):
            queue.requested("")
        assert queue.cancelled("c") == [TerminateRelease("c", "cancelled")]
    assert queue.closed
    with pytest.raises(promoflow.ClosedError):
        queue.requested("d")


def test_a_younger_release_terminates_an_older_one():
    queue = ReleaseQueue("terminate")
    queue.requested("old")
    queue.requested("new")
    assert queue.began("old", "staging") == [BeginEnvironment("old", "staging")]
    assert queue.began("new", "staging") == [
        TerminateRelease("old", "superseded by release new in environment staging")]
    assert (queue.holder("staging"), queue.holder("dev")) == ("old", None)
    twin = ReleaseQueue.restore(queue.snapshot())
    assert isinstance(twin, ReleaseQueue) and twin.snapshot() == queue.snapshot()
    assert twin.left("old", "staging") == queue.left("old", "staging") == [
        BeginEnvironment("new", "staging")]


def test_what_is_no_queue_is_refused():
    for call in (lambda: ReleaseQueue.restore("{}"),
                 lambda: ReleaseQueue.restore('{"releaseQueue":2}')):
        with pytest.raises(promoflow.SnapshotError):
            call()
    with pytest.raises(promoflow.InvalidArgumentError, match="'queue' or 'terminate'"):
        ReleaseQueue("neither")
    with pytest.raises(TypeError):
        ReleaseQueue().requested(1)
    gc.collect()


def test_who_exports_which_key_to_whom():
    configuration = promoflow.Configuration.loads({"flow.yaml": FLOW})
    assert configuration.context_uses("to-prod") == (
        promoflow.ContextUse("TICKET", "open", "release.onStart", None, True, False),
        promoflow.ContextUse("TICKET", "close", "environment.onSuccess", "staging", False, True))
    assert configuration.context_uses("other") is None
    assert "TICKET" in configuration.render_context("to-prod", ascii=True)
    assert configuration.render_context("to-prod", "svg").startswith("<svg")
    assert configuration.render_context("other") is None
