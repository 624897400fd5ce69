# SPDX-License-Identifier: Apache-2.0
"""Configurations: reading a directory, problems with places, what is resolved."""

import pickle

import pytest

import promoflow

FLOW = """apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata: {name: to-prod}
spec:
  triggerEnvironment: dev
  steps:
    - {environment: staging, dependsOn: [dev], hooks: {onSuccess: HOOK}}
    - {environment: production, dependsOn: [staging]}
"""
PRODUCT = """apiVersion: codefresh.io/v1beta1
kind: Product
metadata: {name: billing}
spec:
  promotionFlows:
    - name: to-prod
      gitTriggerSelectors: [{key: gitRevision, operator: In, values: [main]}]
"""
POLICY = """apiVersion: codefresh.io/v1beta1
kind: PromotionPolicy
metadata: {name: by-request}
spec: {policy: {action: pr}, selector: {targetEnvironment: {names: [production]}}}
"""
TEMPLATE = """apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: notify, annotations: {codefresh.io/workflow-origin: promotion}}
spec: {templates: []}
"""


@pytest.fixture
def repository(tmp_path):
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "flow.yaml").write_text(FLOW.replace("HOOK", "notify"))
    (tmp_path / "product.yaml").write_text(PRODUCT)
    (tmp_path / "policy.yml").write_text(POLICY)
    (tmp_path / "hook.yaml").write_text(TEMPLATE)
    return tmp_path


def test_a_directory_is_read_and_resolved(repository):
    with promoflow.Configuration.load(repository) as configuration:
        assert configuration.problems == ()
        answer = configuration.resolve("billing", revision="main")
        assert (answer.flow, answer.rejected) == ("to-prod", ())
        staging, production = answer.environments
        assert staging.policy == {"action": ("commit", "default")}
        assert staging.lost == (("by-request", "no match: targetEnvironment.names"),)
        assert production.policy["action"] == promoflow.PolicyField("pr", "policy by-request")
        flow = configuration.flow("to-prod", product="billing")
        assert flow.step("production").policy.action == "pr"
        assert configuration.flow("nothing") is None
    with pytest.raises(promoflow.ClosedError):
        configuration.resolve("billing")


def test_no_flow_of_a_product_matches(repository):
    answer = promoflow.Configuration.load(repository).resolve("billing", revision="feature")
    assert (answer.flow, answer.environments) == (None, ())
    assert "gitRevision" in answer.rejected[0].why


def test_errors_have_their_places(repository):
    (repository / "flows" / "flow.yaml").write_text(FLOW.replace("HOOK", "notfy"))
    with pytest.raises(promoflow.ConfigurationError) as raised:
        promoflow.Configuration.load(repository)
    (problem,) = raised.value.problems
    assert (problem.code, problem.severity) == ("unknown-workflow", "error")
    assert (problem.line, problem.column) == (7, 67)
    assert problem.file.endswith("flow.yaml")
    assert "did you mean 'notify'?" in problem.hint
    assert "flow.yaml:7:67: error:" in str(raised.value)
    again = pickle.loads(pickle.dumps(raised.value))
    assert again.problems == raised.value.problems


def test_the_other_place_of_a_problem_is_given():
    with pytest.raises(promoflow.ConfigurationError) as raised:
        promoflow.Configuration.loads({"a.yaml": PRODUCT, "b.yaml": PRODUCT, "f.yaml": FLOW})
    found = [one for one in raised.value.problems if one.code == "duplicate-document"]
    assert [(one.file, one.related[0].file, one.related[0].line) for one in found] == [
        ("b.yaml", "a.yaml", 3)]


def test_hidden_files_and_links_are_left_out(repository):
    (repository / ".hidden").mkdir()
    (repository / ".hidden" / "bad.yaml").write_text("kind: PromotionFlow\n")
    (repository / "again.yaml").symlink_to(repository / "product.yaml")
    assert promoflow.Configuration.load(repository).problems == ()


def test_what_is_wrong_with_a_call(repository):
    configuration = promoflow.Configuration.load(repository)
    with pytest.raises(promoflow.InvalidArgumentError):
        configuration.resolve("biling")
    with pytest.raises(promoflow.InvalidArgumentError, match="policy_order"):
        configuration.resolve("billing", policy_order="upwards")
    with pytest.raises(TypeError):
        promoflow.Configuration.loads([("a.yaml", 3)])
    with pytest.raises(TypeError):
        promoflow.Configuration()
    with pytest.raises(FileNotFoundError):
        promoflow.Configuration.load(repository / "nothing")
