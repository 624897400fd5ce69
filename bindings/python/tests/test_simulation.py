# SPDX-License-Identifier: Apache-2.0
"""Simulation: scenarios in, traces out."""

import json
from datetime import timedelta
from typing import get_args

import pytest
from conftest import SITES, SOURCE

import promoflow
from promoflow import Scenario, ScenarioError, _core, simulate, values


def test_a_failure_is_simulated(flow):
    result = simulate(flow, fail={"staging": "Application degraded"})
    assert result.status == "Failed"
    assert result.hooks("release.onFail")[0].arguments["ERROR_MESSAGE"] == "Application degraded"
    assert [hook.hook for hook in result.hooks("environment.onFail", "staging")] == [
        "jira-open-bug"]
    assert result.environments["production"] == ("Pending", "Pending", "")
    assert result.message == "Application degraded"


def test_everything_succeeds_without_a_scenario(flow):
    result = simulate(flow)
    assert result.status == "Succeeded" and result.duration == timedelta()
    assert result.context == {}
    with pytest.raises(KeyError):
        result.environment("canary")
    with pytest.raises(ValueError, match="release.onEnd"):
        result.hooks("release.onEnd")


def test_the_parts_of_a_scenario(flow):
    result = simulate(
        flow, fail={"production": "no"}, release={"id": "r-7", "version": "1.4.0"},
        context={"CHANNEL": "#ops"},
        outcomes=[{"environment": "staging", "after": timedelta(minutes=5), "suspend": "1h"},
                  {"hook": "jira-open-bug", "context": {"TICKET": "ABC-1"}}],
        actions=[{"at": timedelta(hours=3), "retry": True}])
    first = result.hooks("release.onStart")[0]
    assert first.arguments["RELEASE_ID"] == "r-7" and first.context == {"CHANNEL": "#ops"}
    assert result.duration == timedelta(hours=3)
    assert [record.at for record in result if record.event == "suspended"] == [0]
    assert result.status == "Failed"
    assert [promote.attempt for promote in (record.command for record in result)
            if isinstance(promote, promoflow.Promote)] == [1, 1, 2]


def test_a_scenario_is_read_from_a_file_or_a_mapping_and_kept(flow):
    demo = SOURCE / "examples" / "demo"
    billing = promoflow.Flow.load(demo / "flow.yaml")
    by_path = simulate(billing, demo / "scenario.yaml")
    scenario = Scenario.load(demo / "scenario.yaml", flow=billing)
    assert simulate(billing, scenario).jsonl() == by_path.jsonl()
    assert by_path.status == "Succeeded"
    assert by_path.writers["JIRA_ISSUE_URL"].ticket == by_path.hooks("environment.onFail")[0].ticket
    assert simulate(flow, {"outcomes": [{"environment": "staging", "fail": "no"}]}).message == "no"
    with pytest.raises(TypeError, match="not both"):
        simulate(flow, {}, fail={"staging": "no"})


def test_operators_act_in_a_scenario():
    """[S1] [S2] [R12] [R16]"""
    flow = promoflow.Flow.loads(SITES)
    scenario = Scenario.from_dict({
        "skip": ["us"],
        "outcomes": [{"hook": "look", "place": 1, "context": {"RELEASE_ID": 1}},
                     {"environment": "eu", "attempt": 1, "fail": "down"},
                     {"environment": "world",
                      "failInSoak": {"after": "10m", "message": "error rate 4 %"}}],
        "actions": [{"at": "1h", "retry": ["eu"], "by": "ann"},
                    {"at": "2h", "skip": "world", "reason": "known"},
                    {"at": "3h", "retry": True},
                    {"at": "4h", "terminate": "now", "force": True, "by": "ben"}]}, flow=flow)
    assert scenario.selection == (("us",), None, None)
    assert scenario.outcomes[0].place == 1 and scenario.outcomes[0].fail_in_soak is None
    assert scenario.outcomes[2].fail_in_soak == (timedelta(minutes=10), "error rate 4 %")
    hours = [timedelta(hours=number) for number in range(5)]
    assert scenario.actions == (
        (hours[1], None, ("eu",), None, "", False, "ann"),
        (hours[2], None, False, "world", "known", False, ""),
        (hours[3], None, True, None, "", False, ""),
        (hours[4], "now", False, None, "", True, "ben"))
    result = simulate(flow, scenario)
    assert result.status == "Succeeded"
    assert [state.status for state in result.environments.values()] == [
        "Successful", "Successful", "Skipped", "Skipped"]
    retry = next(record for record in result if record.event == "retry")
    assert (retry.environments, retry.by) == (("eu",), "ann")
    refused = [(record.text, record.by) for record in result if record.event == "refused"]
    assert refused == [("terminate", "ben")]  # It has succeeded by then.
    assert result.shadowed[0] == ("RELEASE_ID", 1) and result.conflicts == ()


def test_environments_are_selected_for_a_simulation(flow):
    """[R16]"""
    assert simulate(flow, until="staging").environments["production"].status == "Skipped"
    assert simulate(flow, skip=["staging"]).environments["production"].status == "Successful"
    assert simulate(flow, only=("production",)).environments["dev"].status == "Skipped"
    with pytest.raises((ScenarioError, promoflow.UnknownEnvironmentError)):
        simulate(flow, only=["canary"])
    with pytest.raises(ScenarioError):
        simulate(flow, only=["staging"], skip=["production"])
    with pytest.raises(TypeError, match="not both"):
        simulate(flow, {}, skip=["staging"])


def test_a_conflict_is_found_in_a_simulation():
    """[C5]"""
    result = simulate(promoflow.Flow.loads(SITES), outcomes=[
        {"hook": "look", "environment": "eu", "context": {"A": 1}},
        {"hook": "look", "environment": "us", "context": {"A": 2}}])
    assert result.conflicts == (("A", 1, 2),)
    record = next(record for record in result if record.event == "conflict")
    assert (record.text, record.earlier, record.ticket) == ("A", 1, 2)


def test_all_problems_of_a_scenario_are_reported(flow):
    with pytest.raises(ScenarioError) as caught:
        simulate(flow, {"outcomes": [{"enviroment": "staging"}], "actions": [{"at": "soon"}]})
    assert {found.code for found in caught.value.diagnostics} >= {"unknown-field", "invalid-value"}


def test_a_misspelt_name_is_no_success(flow):
    with pytest.raises(ScenarioError, match="stagin.*did you mean 'staging'"):
        simulate(flow, fail={"stagin": "no"})
    assert simulate(flow, fail={"stagin": "no"}, strict=False).status == "Succeeded"
    assert Scenario.from_dict({"outcomes": [{"hook": "slak"}]}, flow=flow).warnings


def test_a_trace_is_a_sequence_of_records(flow):
    result = simulate(flow, fail={"staging": "no"})
    lines = result.jsonl().splitlines()
    assert len(result) == len(lines) == len(list(result))
    assert [record.json for record in result] == lines
    assert result[-1].json == lines[-1] and result[-1].status == "Failed"
    assert json.loads(lines[0])["event"] == result[0].event == "release"
    assert [record.json for record in result[1:5:2]] == lines[1:5:2]
    for index in (len(result), -len(result) - 1):
        with pytest.raises(IndexError):
            result[index]


def test_limits_and_bad_contexts_are_refused(flow):
    with pytest.raises(promoflow.LimitExceededError):
        simulate(flow, records_max=3)
    with pytest.raises((ScenarioError, promoflow.InvalidContextError)):
        simulate(flow, context="[1]")
    with pytest.raises(TypeError, match="Flow"):
        simulate("flow.yaml")


def test_timelines_are_for_people(flow):
    text = simulate(flow, fail={"staging": "no"}).timeline(ascii=True, width=60)
    assert "x promotion failed: no" in text
    assert max(map(len, text.splitlines())) <= 60


@pytest.mark.parametrize("literal, words", [
    (values.Point, _core.POINTS), (values.ReleaseStatus, _core.RELEASE_STATUSES),
    (values.EnvironmentStatus, _core.ENVIRONMENT_STATUSES),
    (values.FailurePolicy, _core.FAILURE_POLICIES), (values.ContextMerge, _core.CONTEXT_MERGES),
    (values.PolicyAction, _core.POLICY_ACTIONS), (values.AdmissionBlock, _core.ADMISSION_BLOCKS)])
def test_the_types_know_the_words_of_the_library(literal, words):
    assert list(get_args(literal)) == words
