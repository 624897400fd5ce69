# SPDX-License-Identifier: Apache-2.0
"""What the tests share. They see the installed package, never the one of the checkout."""

import json
import os
from pathlib import Path

import pytest

import promoflow

SOURCE = Path(os.environ.get("PROMOFLOW_SOURCE_DIR", Path(__file__).parents[3])).resolve()
pytest_plugins = ["pytester"]

BILLING = """
apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata: {name: billing}
spec:
  triggerEnvironment: dev
  steps:
    - environment: staging
      dependsOn: [dev]
      hooks: {onStart: slack-start, onFail: jira-open-bug}
    - environment: production
      dependsOn: [staging]
      policy: {action: pr, preAction: freeze}
  hooks: {onStart: slack-start, onSuccess: slack-ok, onFail: slack-fail}
"""

SITES = """
apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata: {name: sites, annotations: {promoflow.dev/extensions: "true"}}
spec:
  triggerEnvironment: dev
  failurePolicy: continue
  hookTimeout: 5m
  terminationGracePeriod: 30m
  steps:
    - {environment: eu, dependsOn: [dev], timeout: 10m, hooks: {onStart: look}}
    - {environment: us, dependsOn: [dev], hooks: {onStart: look}}
    - {environment: world, dependsOn: [eu, us], soak: 1h}
"""


def write_suite(flow, directory, failures=1):
    """What `promoflow explore --scenarios` writes, without the program."""
    directory.mkdir(parents=True)
    entries = []
    for number, one in enumerate(promoflow.explore(flow, failures=failures).outcomes):
        name = f"{number:03}.yaml"
        (directory / name).write_text(json.dumps(one.scenario))
        entries.append({"scenario": name, "release": one.release,
                        "environments": one.environments, "failures": one.failures})
    (directory / "outcomes.json").write_text(json.dumps(
        {"flow": flow.name, "options": {"failures": failures}, "outcomes": entries}))
    return directory


@pytest.fixture
def flow():
    return promoflow.Flow.loads(BILLING)
