# SPDX-License-Identifier: Apache-2.0
# Tests of a flow, for the CI of whoever writes flows: pytest examples/python/test_flow.py
from datetime import timedelta

from promoflow.testing import hook, promotion

FLOW = "../demo/flow.yaml"


def test_a_failure_in_staging_stops_at_staging(simulate):
    result = simulate(FLOW, fail={"staging": "Application degraded"})
    assert result.status == "Failed"
    assert promotion("prod-eu") not in result
    assert hook("jira-open-bug", environment="staging",
                arguments={"ERROR_MESSAGE": "Application degraded"}) in result


def test_after_a_fix_the_release_goes_on_from_there(simulate):
    result = simulate(
        FLOW,
        outcomes=[{"environment": "staging", "attempt": 1, "fail": "Application degraded"},
                  {"environment": "prod-eu", "suspend": timedelta(minutes=30)}],
        actions=[{"at": "1h", "retry": True}])
    assert result.status == "Succeeded"
    assert hook("slack-start", environment="staging") in result
    assert len(result.hooks("environment.onStart", "staging")) == 1  # Not run again.


def test_the_ticket_reaches_the_last_message(simulate):
    result = simulate(FLOW, "../demo/scenario.yaml")
    assert hook("slack-fail", arguments={
        "JIRA_ISSUE_URL": "https://jira.example/browse/ABC-123"}) in result
