# SPDX-License-Identifier: Apache-2.0
"""promoflow.explore(), promoflow.diff(), and outcomes as a regression suite."""

import json
from datetime import timedelta

import pytest
from conftest import BILLING, SITES, write_suite

import promoflow
from promoflow import Flow, simulate
from promoflow.testing import check_outcomes, outcomes

PROPERTIES = {"properties": [
    {"name": "told", "after": {"release": "Failed"}, "eventually": {"hook": "slack-fail"}},
    {"name": "staging stays", "never": {"environment": "staging", "status": "Failed"}}]}


def wide(count):
    return Flow.from_dict({
        "apiVersion": "codefresh.io/v1beta1", "kind": "PromotionFlow", "metadata": {"name": "wide"},
        "spec": {"triggerEnvironment": "dev",
                 "steps": [{"environment": f"e{i}", "dependsOn": ["dev"]} for i in range(count)]}})


def test_each_outcome_has_a_scenario_that_shows_it(flow):
    found = promoflow.explore(flow, failures=1)
    assert found.complete and found.bound == "" and found.states > 0
    assert len({str(one) for one in found.outcomes}) == len(found.outcomes)
    for one in found.outcomes:
        trace = simulate(flow, one.scenario)
        assert trace.status == one.release
        assert {name: state.status for name, state in trace.environments.items()} == \
            one.environments
    assert str(found.outcomes[0]) == "Succeeded: all Successful"
    assert found.outcomes[0].retry is None
    failed = next(one for one in found.outcomes if one.environments["staging"] == "Failed")
    assert failed.failures == 1 and failed.retry.release == "Succeeded"
    assert failed.skips == ("staging", "production")


def test_hooks_environments_and_waits():
    flow = Flow.loads(SITES)
    found = promoflow.explore(flow, failures=0)
    assert [(hook.hook, hook.environment, hook.runs) for hook in found.hooks] == [
        ("look", "eu", "always"), ("look", "us", "always")]
    assert found.environments[1].environment == "eu"
    assert found.environments[1].succeeded == ("always", 0)
    assert found.commands_max == 5
    assert [(one.environment, one.length) for one in found.longest_wait] == [
        ("world", timedelta(hours=1))]
    assert json.loads(found.json)["flow"] == "sites"


def test_conflicts_of_exports():
    flow = Flow.loads(SITES)
    rules = [{"hook": "look", "environment": "eu", "context": {"A": 1}},
             {"hook": "look", "environment": "us", "context": {"A": 2}}]
    conflict, = promoflow.explore(flow, failures=0, exports={"outcomes": rules}).conflicts
    assert conflict.key == "A"
    assert (conflict.earlier.environment, conflict.later.environment) == ("eu", "us")
    assert len(simulate(flow, conflict.scenario).conflicts) == 1


def test_properties(flow, tmp_path):
    told, stays = promoflow.explore(flow, failures=1, properties=PROPERTIES).properties
    assert (told.verdict, stays.verdict) == ("holds", "violated")
    assert simulate(flow, stays.scenario).environment("staging").status == "Failed"
    path = tmp_path / "properties.json"
    path.write_text(json.dumps(PROPERTIES))
    assert promoflow.explore(flow, failures=1, properties=path).properties[1] == stays
    with pytest.raises(promoflow.InvalidArgumentError, match="did you mean 'staging'"):
        promoflow.explore(flow, properties="properties: [{name: x, never: {promotion: stagin}}]")
    assert json.loads(promoflow.PROPERTIES_SCHEMA)["$schema"]


def test_bounds_and_progress():
    flow = wide(10)
    found = promoflow.explore(flow, failures="all", all_orders=True, states_max=100)
    assert not found.complete and found.bound == "more than 100 states"
    assert {hook.runs for hook in found.hooks} <= {"unknown", "sometimes"}
    told = []
    found = promoflow.explore(flow, failures="all", all_orders=True,
                              progress=lambda progress: told.append(progress) or False)
    assert found.bound == "it was stopped"
    assert len(told) == 1 and told[0].states > 0


def test_what_progress_raises_comes_out():
    def broken(progress):
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        promoflow.explore(wide(10), failures="all", all_orders=True, progress=broken)


@pytest.mark.parametrize("options", [
    {"failures": -1}, {"failures": "some"}, {"retries": -1}, {"states_max": 2**64}])
def test_wrong_options(flow, options):
    with pytest.raises(promoflow.InvalidArgumentError, match=next(iter(options))):
        promoflow.explore(flow, **options)


def test_diff(flow):
    assert promoflow.diff(flow, flow).equal
    changed = Flow.loads(BILLING.replace("dependsOn: [staging]", "dependsOn: [dev]"))
    found = promoflow.diff(flow, changed, properties=PROPERTIES)
    assert not found.equal and found.explored
    assert ("waits-no-longer", "production") in [(one.kind, one.environment)
                                                 for one in found.changes]
    assert [(one.before, one.after) for one in found.properties] == [
        ("holds", "holds"), ("violated", "violated")]
    assert "production no longer waits for staging" in found.text()
    assert found.markdown().startswith("### What this does to the promotion flow")
    assert json.loads(found.json)["equal"] is False


# --- the suite -----------------------------------------------------------------------------------

def test_a_suite_passes_as_long_as_the_flow_stays(flow, tmp_path):
    suite = write_suite(flow, tmp_path / "suite")
    check_outcomes(flow, suite)
    for expected in outcomes(suite):
        assert expected.check(flow).status == expected.release


def test_a_changed_flow_fails_with_what_is_other(flow, tmp_path):
    suite = write_suite(flow, tmp_path / "suite")
    changed = Flow.loads(BILLING.replace("dependsOn: [staging]", "dependsOn: [dev]"))
    with pytest.raises(AssertionError) as failure:
        check_outcomes(changed, suite)
    words = str(failure.value)
    assert "flow 'billing' has other outcomes than" in words
    assert "can end now, with 1 failure or more: Failed: staging Failed\n" in words
    assert "can no longer end: Failed: staging Failed, production Pending\n" in words
    assert "promoflow explore ... --scenarios" in words
    broken = [expected for expected in outcomes(suite)
              if expected.environments["staging"] == "Failed"]
    with pytest.raises(AssertionError) as failure:
        broken[0].check(changed)
    assert "environment 'production': Successful, expected Pending" in str(failure.value)
    assert "staging" in str(failure.value).split("\n\n", 1)[1]  # The timeline.


def test_a_suite_under_pytest(pytester, flow):
    write_suite(flow, pytester.path / "suite")
    pytester.makefile(".yaml", flow=BILLING)
    pytester.makepyfile('''
        import promoflow
        import promoflow.testing
        import pytest
        from pathlib import Path

        HERE = Path(__file__).parent
        FLOW = promoflow.Flow.load(HERE / "flow.yaml")

        @pytest.mark.parametrize("outcome", promoflow.testing.outcomes(HERE / "suite"), ids=str)
        def test_outcome(outcome):
            outcome.check(FLOW)

        def test_there_are_no_others():
            promoflow.testing.check_outcomes(FLOW, HERE / "suite")

        @pytest.mark.parametrize("outcome", promoflow.testing.explore(FLOW).outcomes, ids=str)
        def test_a_release_that_ends_badly_can_be_retried(outcome):
            assert outcome.release == "Succeeded" or outcome.retry is not None
    ''')
    done = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    assert done.ret == 0
    pytester.makefile(".yaml", flow=BILLING.replace("dependsOn: [staging]", "dependsOn: [dev]"))
    done = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    assert done.ret == 1
    done.stdout.fnmatch_lines(["*environment 'production': Successful, expected Pending*",
                               "*can no longer end: Failed: staging Failed, production Pending*"])
