# SPDX-License-Identifier: Apache-2.0
"""promoflow.testing and the pytest plugin."""

import asyncio
import re

from conftest import BILLING, SITES

from promoflow import Flow, simulate
from promoflow.testing import VirtualTime, conflict, event, hook, promotion, skipped


def test_matchers_ask_a_trace(flow):
    result = simulate(flow, fail={"staging": "Application degraded"})
    assert hook("jira-open-bug") in result
    assert hook("jira-open-bug", environment="staging", point="environment.onFail") in result
    assert hook("jira-open-bug", environment="production") not in result
    assert hook(arguments={"ERROR_MESSAGE": "Application degraded"}) in result
    assert hook("slack-fail", arguments={"ERROR_MESSAGE": re.compile("degr")}) in result
    assert hook("slack-fail", arguments={"NO_SUCH": "x"}) not in result
    assert hook(re.compile("^slack-"), attempt=1) in result
    assert promotion("staging", attempt=1) in result
    assert promotion("production") not in result
    assert promotion("production", action="pr") in simulate(flow)
    assert event("promotion-failed", text="Application degraded") in result
    assert event("environment", environment="staging", status="Failed") in result
    assert event("release", status="Failed") in result
    assert hook("slack-ok") != "slack-ok"
    assert repr(hook("a", attempt=2)) == "hook(hook='a', attempt=2)"


def test_matchers_know_operators_and_conflicts():
    result = simulate(Flow.loads(SITES), outcomes=[
        {"hook": "look", "environment": "eu", "context": {"A": 1}},
        {"hook": "look", "environment": "us", "context": {"A": 2}},
        {"environment": "eu", "attempt": 1, "fail": "down"}],
        actions=[{"at": "1h", "skip": "eu", "reason": "known outage", "by": "ann"},
                 {"at": "2h", "terminate": "late", "force": True, "by": "ben"}])
    assert skipped("eu", reason=re.compile("outage"), by="ann") in result
    assert skipped("us") not in result
    assert conflict("A", earlier=1, later=2) in result
    assert conflict("B") not in result
    assert event("refused", text="terminate", by="ben") in result
    assert event("terminate", force=True) not in result


def test_time_jumps():
    async def sleep():
        await asyncio.gather(asyncio.sleep(3600), asyncio.sleep(60))

    with VirtualTime(start_ms=5) as time:
        time.run(sleep())
        assert time.now() == 3_600_005


def test_virtual_time_cancels_what_is_left():
    ended = []

    async def forever():
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    async def leave():
        asyncio.ensure_future(forever())
        await asyncio.sleep(0)

    with VirtualTime() as time:
        time.run(leave())
    assert ended == [True]


def project(pytester, test):
    pytester.makefile(".yaml", flow=BILLING)
    pytester.makepyfile(test)
    return pytester.runpytest_subprocess("-p", "no:cacheprovider")


def test_the_fixture_reads_a_flow_beside_the_test(pytester):
    result = project(pytester, """
        from promoflow.testing import hook

        def test_staging(simulate):
            result = simulate("flow.yaml", fail={"staging": "Application degraded"})
            assert hook("jira-open-bug") in result
            assert simulate("flow.yaml").status == "Succeeded"
    """)
    result.assert_outcomes(passed=1)
    assert "timeline" not in result.stdout.str()


def test_any_failed_assertion_shows_the_timeline(pytester):
    result = project(pytester, """
        def test_staging(simulate):
            result = simulate("flow.yaml", fail={"staging": "Application degraded"})
            assert result.status == "Succeeded"
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*timeline of <Trace billing: Failed*",
                                 "*promotion failed: Application*",
                                 "*ERROR_MESSAGE=Application degraded*"])


def test_a_failed_matcher_says_what_came_nearest(pytester):
    result = project(pytester, """
        import promoflow
        from promoflow.testing import hook, promotion

        FLOW = promoflow.Flow.load("flow.yaml")

        def test_in():
            result = promoflow.simulate(FLOW, fail={"staging": "broken"})
            assert hook("slack-fail", arguments={"ERROR_MESSAGE": "fine"}) in result

        def test_not_in():
            assert promotion("production") not in promoflow.simulate(FLOW)
    """)
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines([
        "*there is none; there are:*", "*ERROR_MESSAGE is 'broken', not 'fine'*",
        "*promotion failed: broken*", "*there is:*", '*"event":"promote"*"production"*'])
