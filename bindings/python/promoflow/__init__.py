# SPDX-License-Identifier: Apache-2.0
"""promoflow decides what a GitOps promotion does next.

Load a flow, simulate it in a test, drive a release with a loop of your own, or run one with
asyncio::

    flow = promoflow.Flow.load("flow.yaml")
    result = promoflow.simulate(flow, fail={"staging": "Application degraded"})
    assert result.hooks("release.onFail")[0].arguments["ERROR_MESSAGE"] == "Application degraded"

Rules such as R13 and C4 are those of docs/semantics.md.
"""

from typing import TYPE_CHECKING

from . import _core
from ._core import (MANIFEST_SCHEMA, PROPERTIES_SCHEMA, SCENARIO_SCHEMA, Cancel, Command, Event,
                    HookFailed, HookSucceeded, Promote, PromotionFailed, PromotionSucceeded,
                    Queued, Resumed, Retry, RunHook, Skip, Started, Suspended, Terminate, Tick)
from ._core import VERSION as __version__
from .aio import (Clock, CommandFailed, Control, Executor, HookCall, PromotionCall, Suspension,
                  resume, retry, run, system_clock)
from .configuration import (Configuration, ContextUse, EnvironmentPolicy, PolicyField, Rejected,
                            Resolution)
from .errors import (ClosedError, ConfigurationError, ConfigurationProblem, Diagnostic,
                     InvalidArgumentError, InvalidContextError,
                     InvalidEventError, LimitExceededError, ManifestError, NotAllowedError,
                     NotOwnerError, PromoflowError, RefusedError, RelatedPlace, ReleaseExistsError,
                     ScenarioError, SettledTicketError, SnapshotError, StoreError,
                     UnknownEnvironmentError, UnknownReleaseError, UnknownTicketError,
                     WrongKindError)
from .exploration import (EnvironmentFinding, Exploration, Finding, FlowChange, FlowDifference,
                          HookFinding, HookPlace, KeyConflict, Progress, PropertyChange,
                          PropertyFinding, ReleaseOutcome, RetryEnd, Wait, diff, explore)
from .flow import Flow
from .queue import (BeginEnvironment, DropRelease, ReleaseQueue, StartRelease,
                    TerminateRelease)
from .release import Release
from .simulation import Scenario, Trace, simulate
from .values import (Action, Conflict, FailInSoak, FlowOptions, Hook, Limits, Outcome,
                     PendingReason, Policy, Record, RejectedExport, ReleaseInfo, RetryPolicy,
                     Selection, ShadowedKey, State, Step, Writer)

__all__ = [
    "Action", "BeginEnvironment", "Cancel", "Clock", "ClosedError", "Command", "CommandFailed",
    "Configuration", "ConfigurationError", "ConfigurationProblem", "Conflict", "ContextUse",
    "Control", "Diagnostic", "DropRelease", "EnvironmentFinding", "EnvironmentPolicy", "Event",
    "Executor", "Exploration", "FailInSoak", "Finding", "Flow", "FlowChange", "FlowDifference",
    "FlowOptions", "Hook", "HookCall", "HookFailed", "HookFinding", "HookPlace", "HookSucceeded",
    "InvalidArgumentError", "InvalidContextError", "InvalidEventError", "KeyConflict",
    "LimitExceededError", "Limits", "MANIFEST_SCHEMA", "ManifestError", "NotAllowedError",
    "NotOwnerError", "Outcome", "PendingReason", "Policy", "PolicyField", "Progress",
    "PromoflowError", "Promote", "PromotionCall", "PromotionFailed", "PromotionSucceeded",
    "PROPERTIES_SCHEMA", "PropertyChange", "PropertyFinding", "Queued", "Record",
    "RefusedError", "Rejected", "RejectedExport", "RelatedPlace", "Release", "ReleaseExistsError",
    "ReleaseInfo", "ReleaseOutcome", "ReleaseQueue", "Resolution", "Resumed", "Retry", "RetryEnd",
    "RetryPolicy", "RunHook", "Scenario", "SCENARIO_SCHEMA", "ScenarioError", "Selection",
    "SettledTicketError", "ShadowedKey", "Skip", "SnapshotError", "StartRelease", "Started",
    "State", "Step", "StoreError", "Suspended", "Suspension", "Terminate", "TerminateRelease",
    "Tick", "Trace", "UnknownEnvironmentError", "UnknownReleaseError", "UnknownTicketError",
    "Wait", "Writer", "WrongKindError", "__version__", "diff", "explore", "resume", "retry", "run",
    "simulate", "system_clock",
]

_ENGINE = ["Engine", "EngineExecutor", "EngineHookCall", "EnginePromotionCall", "HistoryProblem",
           "Store", "StoredLine", "StoredRequest", "WaitForAnswer"]
_ARGO = ["ArgoApplication", "ArgoExecutor", "ArgoFinding", "ArgoPromotions"]

if TYPE_CHECKING or hasattr(_core, "Store"):
    from .engine import (Engine, EngineExecutor, EngineHookCall, EnginePromotionCall, StoredLine,
                         WaitForAnswer)
    from .store import HistoryProblem, Store, StoredRequest
    __all__ += ["Engine", "EngineExecutor", "EngineHookCall", "EnginePromotionCall",
                "HistoryProblem", "Store", "StoredLine", "StoredRequest", "WaitForAnswer"]
if TYPE_CHECKING or hasattr(_core, "argo_check"):
    from .argo import ArgoApplication, ArgoExecutor, ArgoFinding, ArgoPromotions
    __all__ += ["ArgoApplication", "ArgoExecutor", "ArgoFinding", "ArgoPromotions"]

if not TYPE_CHECKING:
    def __getattr__(name):
        if name in _ENGINE:
            raise ImportError(f"promoflow.{name}: this build of promoflow has no engine, because "
                              "SQLite 3.37 or its headers were not found when it was built")
        if name in _ARGO:
            raise ImportError(f"promoflow.{name}: this build of promoflow has no executor on "
                              "clusters, because libcurl 7.85 or SQLite 3.37, or their headers, "
                              "were not found when it was built")
        raise AttributeError(f"module 'promoflow' has no attribute {name!r}")
