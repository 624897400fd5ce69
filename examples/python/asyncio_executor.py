# SPDX-License-Identifier: Apache-2.0
"""An asyncio executor: two coroutines. It runs in virtual time here, so nobody waits; drop
`clock=` and use asyncio.run(), and it runs in yours."""

import asyncio
from pathlib import Path

import promoflow
from promoflow.testing import VirtualTime


class Executor:
    async def run_hook(self, call):
        print(f"{call.key}  {call.point:22} {call.hook}")
        await asyncio.sleep(3)
        return {"JIRA_ISSUE": "ABC-123"} if call.hook == "jira-open-bug" else None

    async def promote_environment(self, call):
        print(f"{call.key}  promote                {call.environment}, {call.action}")
        if call.action == "pr":
            with call.suspended():  # A pull request waits for its review.
                await asyncio.sleep(30 * 60)
        await asyncio.sleep(120)
        if call.environment == "prod-us":
            raise promoflow.CommandFailed("2 of 3 pods crash")


flow = promoflow.Flow.load(Path(__file__).parent.parent / "demo" / "flow.yaml")
with VirtualTime() as time:
    release = time.run(promoflow.run(flow, Executor(), id="r-42", clock=time.now))
print(f"{release.status}: {release.message}; context {release.context}")
