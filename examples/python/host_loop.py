# SPDX-License-Identifier: Apache-2.0
"""The loop of a host: take commands, carry them out, apply what became of them. Time is the host's:
here each command takes five minutes."""

import promoflow
from promoflow import Cancel, Promote, RunHook, Tick

FLOW = """
{apiVersion: codefresh.io/v1beta1, kind: PromotionFlow, metadata: {name: billing}, spec: {
  triggerEnvironment: dev, steps: [{environment: staging, dependsOn: [dev],
    hooks: {onFail: open-ticket}},
  {environment: production, dependsOn: [staging]}]}}"""

flow = promoflow.Flow.loads(FLOW)
release = flow.start(id="r-42", product="billing", at=0)
now, coming = 0, []
while not release.is_final:
    for command in release.commands():
        if isinstance(command, RunHook):
            print("run", command.hook, command.arguments["FAILED_ENVIRONMENTS"])
            coming.append(command.succeeded({"TICKET": "ABC-1"}, at=now + 300_000))
        elif isinstance(command, Promote):
            print("promote to", command.environment)
            coming.append(command.failed("Application degraded", at=now + 300_000))
        elif isinstance(command, Cancel):
            print("cancel", command.ticket)
    event = coming.pop(0) if coming else Tick(at=release.next_timer)
    now = event.at
    release.apply(event)
print(f"{release.status} after {now // 60_000}m: {release.message}; context {release.context}")
