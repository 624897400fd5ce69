# SPDX-License-Identifier: Apache-2.0
"""Flows: loading, asking, writing."""

import pickle
from datetime import timedelta

import pytest
from conftest import BILLING, SITES, SOURCE

import promoflow
from promoflow import Flow, ManifestError


def test_a_file_is_loaded():
    flow = Flow.load(SOURCE / "examples" / "demo" / "flow.yaml")
    assert flow.name == "billing-to-production"
    assert flow.environments == ("dev", "staging", "prod-eu", "prod-us", "archive")
    assert flow.trigger == "dev"
    assert flow.options.annotations["version"] == "1.0"


def test_all_problems_are_reported_with_their_places(tmp_path):
    path = tmp_path / "flow.yaml"
    path.write_text(BILLING.replace("[dev]", "[dve]").replace("onFail: slack", "onFial: slack"))
    with pytest.raises(ManifestError) as caught:
        Flow.load(path)
    error = caught.value
    assert [found.code for found in error.diagnostics] == ["unknown-environment", "unknown-field"]
    assert error.diagnostics[0].hint == "did you mean 'dev'?"
    assert (error.diagnostics[0].line, error.diagnostics[0].column) == (9, 19)
    assert error.diagnostics[0].pointer == "/spec/steps/0/dependsOn/0"
    assert f"{path}:9:19: error: no step defines environment 'dve'" in str(error)
    assert error.code == "invalid-manifest"
    assert pickle.loads(pickle.dumps(error)).diagnostics == error.diagnostics


def test_several_flows_are_not_one():
    both = BILLING + "---" + BILLING.replace("name: billing", "name: shipping")
    with pytest.raises(ManifestError, match="2 flows|several|one flow"):
        Flow.loads(both)
    assert [flow.name for flow in Flow.loads_all(both)] == ["billing", "shipping"]


def test_a_file_that_is_not_there_is_an_os_error():
    with pytest.raises(FileNotFoundError):
        Flow.load("no-such-flow.yaml")


def test_a_flow_is_made_in_code():
    flow = Flow.from_dict({
        "apiVersion": "codefresh.io/v1beta1", "kind": "PromotionFlow",
        "metadata": {"name": "sites"},
        "spec": {"triggerEnvironment": "dev",
                 "steps": [{"environment": f"site-{n}", "dependsOn": ["dev"]} for n in range(3)]}})
    assert flow.environments == ("dev", "site-0", "site-1", "site-2")
    assert flow.dependents("dev") == ("site-0", "site-1", "site-2")
    with pytest.raises(ManifestError) as caught:
        Flow.from_dict({"kind": "PromotionFlow"})
    assert "missing-field" in {found.code for found in caught.value.diagnostics}


def test_the_graph_answers(flow):
    assert flow.dependencies("production") == ("staging",)
    assert flow.depends_on("production", "dev")
    assert not flow.depends_on("staging", "production")
    assert flow.level("production") == 2
    with pytest.raises(KeyError, match="canary"):
        flow.level("canary")


def test_steps_and_hooks_are_values():
    flow = Flow.loads(BILLING.replace("onFail: slack-fail", """onFail: {name: tell, timeout: 90s,
        arguments: {LEVEL: 3, WHO: ops}, onError: ignore,
        retry: {limit: 2, backoff: {duration: 5s, factor: 2, maxDuration: 1m}}}"""))
    step = flow.step("production")
    assert step.policy == ("pr", "freeze", None)
    assert step.timeout is None
    hook, = flow.hooks("release.onFail")
    assert hook.name == "tell"
    assert hook.arguments == {"LEVEL": 3, "WHO": "ops"}
    assert hook.timeout == timedelta(seconds=90)
    assert hook.retry == (2, timedelta(seconds=5), 2.0, timedelta(minutes=1))
    assert hook.on_error == "ignore"
    assert [warning.code for warning in flow.warnings] == ["extension-field"] * len(flow.warnings)
    assert [hook.name for hook in flow.hooks("environment.onFail", "staging")] == ["jira-open-bug"]
    with pytest.raises(promoflow.InvalidArgumentError):
        flow.hooks("environment.onFail")
    with pytest.raises(ValueError, match="release.onEnd"):
        flow.hooks("release.onEnd")


def test_timeouts_and_soaks_are_durations(flow):
    """[R7] [R8] [R18]"""
    sites = Flow.loads(SITES)
    assert sites.options.hook_timeout == timedelta(minutes=5)
    assert sites.options.termination_grace_period == timedelta(minutes=30)
    assert sites.step("world").soak == timedelta(hours=1)
    assert flow.options.hook_timeout is None and flow.step("staging").soak is None
    assert flow.options.termination_grace_period is None


def test_an_argument_that_no_hook_gets_is_warned_of():
    """[M6]"""
    text = SITES.replace("onStart: look}}\n    - {environment: us",
                         "onStart: {name: look, arguments: {ERROR_MESSAGE: x}}}}\n"
                         "    - {environment: us")
    assert "reserved-argument" in [found.code for found in Flow.loads(text).warnings]


def test_a_flow_written_and_read_again_is_equal(flow):
    for format in ("yaml", "json"):
        again = Flow.loads(flow.dumps(format))
        assert again == flow and hash(again) == hash(flow)
        assert again.fingerprint == flow.fingerprint
    assert Flow.loads(BILLING.replace("staging", "canary")) != flow
    assert flow != "billing"
    assert pickle.loads(pickle.dumps(flow)) == flow
    with pytest.raises(promoflow.InvalidArgumentError):
        flow.dumps("toml")


def test_a_flow_is_drawn(flow):
    assert "slack-start" in flow.render(ascii=True)
    assert flow.render("mermaid").startswith(("graph", "flowchart"))
    assert flow.render("dot").startswith("digraph")
    assert "<svg" in flow.render("svg")
    with pytest.raises(promoflow.InvalidArgumentError, match="mermaid"):
        flow.render("png")


def test_limits_hold():
    with pytest.raises(ManifestError) as caught:
        Flow.loads(BILLING, limits=promoflow.Limits(nodes=10))
    assert caught.value.diagnostics[0].code == "limit-exceeded"


def test_text_that_is_no_text_is_a_type_error():
    with pytest.raises(TypeError, match="text: expected str, not int"):
        Flow.loads(7)
    with pytest.raises(TypeError):
        Flow()


def test_schemas_and_version_are_there():
    import json
    assert json.loads(promoflow.MANIFEST_SCHEMA)["$schema"]
    assert json.loads(promoflow.SCENARIO_SCHEMA)["$schema"]
    assert promoflow.__version__.count(".") == 2
