# SPDX-License-Identifier: Apache-2.0
"""promoflow decides what a GitOps promotion does next.

Load a flow, simulate it in a test, drive a release with a loop of your own, or run one with
asyncio::

    flow = promoflow.Flow.load("flow.yaml")
    result = promoflow.simulate(flow, fail={"staging": "Application degraded"})
    assert result.hooks("release.onFail")[0].arguments["ERROR_MESSAGE"] == "Application degraded"

Rules such as R13 and C4 are those of docs/semantics.md.
"""

from ._core import (MANIFEST_SCHEMA, SCENARIO_SCHEMA, Cancel, Command, Event, HookFailed,
                    HookSucceeded, Promote, PromotionFailed, PromotionSucceeded, Queued, Resumed,
                    Retry, RunHook, Skip, Started, Suspended, Terminate, Tick)
from ._core import VERSION as __version__
from .aio import (Clock, CommandFailed, Control, Executor, HookCall, PromotionCall, Suspension,
                  resume, retry, run, system_clock)
from .errors import (ClosedError, Diagnostic, InvalidArgumentError, InvalidContextError,
                     InvalidEventError, LimitExceededError, ManifestError, NotAllowedError,
                     PromoflowError, RefusedError, ScenarioError, SettledTicketError,
                     SnapshotError, UnknownEnvironmentError, UnknownTicketError, WrongKindError)
from .flow import Flow
from .release import Release
from .simulation import Scenario, Trace, simulate
from .values import (Action, Conflict, FailInSoak, FlowOptions, Hook, Limits, Outcome,
                     PendingReason, Policy, Record, RejectedExport, ReleaseInfo, RetryPolicy,
                     Selection, ShadowedKey, State, Step, Writer)

__all__ = [
    "Action", "Cancel", "Clock", "ClosedError", "Command", "CommandFailed", "Conflict", "Control",
    "Diagnostic", "Event", "Executor", "FailInSoak", "Flow", "FlowOptions", "Hook", "HookCall",
    "HookFailed", "HookSucceeded", "InvalidArgumentError", "InvalidContextError",
    "InvalidEventError", "LimitExceededError", "Limits", "MANIFEST_SCHEMA", "ManifestError",
    "NotAllowedError", "Outcome", "PendingReason", "Policy", "PromoflowError", "Promote",
    "PromotionCall", "PromotionFailed", "PromotionSucceeded", "Queued", "Record", "RefusedError",
    "RejectedExport", "Release", "ReleaseInfo", "Resumed", "Retry", "RetryPolicy", "RunHook",
    "SCENARIO_SCHEMA", "Scenario", "ScenarioError", "Selection", "SettledTicketError",
    "ShadowedKey", "Skip", "SnapshotError", "Started", "State", "Step", "Suspended", "Suspension",
    "Terminate", "Tick", "Trace", "UnknownEnvironmentError", "UnknownTicketError", "Writer",
    "WrongKindError", "__version__", "resume", "retry", "run", "simulate", "system_clock",
]
