# SPDX-License-Identifier: Apache-2.0
"""What the tests share. They see the installed package, never the one of the checkout."""

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


@pytest.fixture
def flow():
    return promoflow.Flow.loads(BILLING)
