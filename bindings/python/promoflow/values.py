# SPDX-License-Identifier: Apache-2.0
"""The small values that flows, releases and traces consist of."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Iterable, Literal, Mapping, NamedTuple, Optional, Union

from . import _core
from .errors import InvalidArgumentError

if sys.version_info >= (3, 10):
    from typing import TypeAlias
elif TYPE_CHECKING:
    from typing_extensions import TypeAlias

Point = Literal["release.onStart", "release.onSuccess", "release.onFail",
                "environment.onStart", "environment.onSuccess", "environment.onFail"]
ReleaseStatus = Literal["Running", "Suspended", "Terminating",
                        "Succeeded", "Failed", "Terminated"]
EnvironmentStatus = Literal["Pending", "Running", "Suspended",
                            "Successful", "Failed", "Terminated", "Skipped"]
FailurePolicy = Literal["failFast", "continue", "abort"]
ContextMerge = Literal["shallow", "deep"]
PolicyAction = Literal["commit", "pr", "none"]
AdmissionBlock = Literal["release-starting", "failure", "termination", "final"]

Moment: TypeAlias = Union[int, datetime, None]
"""UTC milliseconds, a datetime with tzinfo, or None: now."""
Duration: TypeAlias = Union[timedelta, str]
"""A timedelta, or text as Go writes it: ``1h30m``."""
ContextLike: TypeAlias = Union[Mapping[str, Any], str, bytes, None]
"""A mapping, or JSON text, which is passed on byte by byte."""
Names: TypeAlias = Union[str, Iterable[str]]
"""Names of environments; a ``str`` is one name."""


class Limits(NamedTuple):
    """Bounds against hostile texts (M7). 0 is the library's default."""

    text_bytes: int = 0
    nodes: int = 0
    name_bytes: int = 0
    diagnostics: int = 0
    depth: int = 0


class ReleaseInfo(NamedTuple):
    """What identifies a release; every hook gets it (A1)."""

    id: str
    url: str = ""
    product: str = ""
    version: str = ""
    commit_sha: str = ""


class State(NamedTuple):
    """The state of a release, or of one environment of it."""

    status: str
    phase: str
    """The finer word that dashboards show (R14)."""
    message: str
    """Why it failed, was terminated or was skipped; else empty."""


class RetryPolicy(NamedTuple):
    """How often, and after which wait, a command that failed is issued again (R9)."""

    limit: int
    duration: timedelta
    factor: float
    max_duration: Optional[timedelta]


class Policy(NamedTuple):
    """How an environment is promoted into; None: not given."""

    action: Optional[PolicyAction]
    pre_action: Optional[str]
    post_action: Optional[str]


class Step(NamedTuple):
    """The step of one environment."""

    policy: Policy
    timeout: Optional[timedelta]
    retry: RetryPolicy
    soak: Optional[timedelta] = None
    """The wait between the promotion and the onSuccess hooks (R18)."""


class Hook(NamedTuple):
    """One hook of a flow."""

    name: str
    arguments: dict[str, Any]
    timeout: Optional[timedelta]
    """None: the flow's ``hook_timeout`` (R8)."""
    retry: RetryPolicy
    on_error: str


class FlowOptions(NamedTuple):
    """The options of a flow."""

    failure_policy: FailurePolicy
    context_merge: ContextMerge
    promotion_timeout: timedelta
    post_trigger: Optional[str]
    annotations: dict[str, str]
    hook_timeout: Optional[timedelta] = None
    """Of hooks that give none (R8)."""
    termination_grace_period: Optional[timedelta] = None
    """Longest time from a termination to the end; None: as ``promotion_timeout`` (R7)."""


class Record(NamedTuple):
    """One line of a history: an event, a status that changed, or a command that was issued."""

    event: str
    """As in a trace: ``hook``, ``promotion-failed``, ``environment``, ..."""
    at: int
    """UTC milliseconds."""
    ticket: Optional[int]
    """Of events and commands; of ``conflict`` the later write's, of ``shadowed`` the write's (0:
    the context given at the start)."""
    status: Optional[str]
    """The new one, of ``release`` and ``environment``; why, of ``refused``."""
    environment: Optional[str]
    text: Optional[str]
    """A message or a reason; the action of ``refused``; the key of ``conflict`` and
    ``shadowed``."""
    context: Optional[str]
    """What a hook exported, as JSON text."""
    command: Optional[_core.Command]
    json: Optional[str]
    """The line of a trace, if it was asked for."""
    by: Optional[str] = None
    """Who asked for it, if that was given."""
    force: bool = False
    """Of ``terminate``: the release ended at once."""
    environments: Optional[tuple[str, ...]] = None
    """Of ``retry``: the environments that it names; None: all."""
    earlier: Optional[int] = None
    """Of ``conflict``: the ticket of the write that was replaced."""


class Writer(NamedTuple):
    """Who wrote a key of the context last (C5, C6)."""

    ticket: int
    """0: given at the start."""
    shadowed: bool
    """It has the name of a default argument, so no hook gets it."""


class Conflict(NamedTuple):
    """Two writes to one key whose order matters and is left to chance (C5)."""

    key: str
    earlier: int
    """The ticket of the write that was replaced."""
    later: int
    """The ticket of the write whose value remains."""


class ShadowedKey(NamedTuple):
    """A write of a key that no hook gets, for it is named as a default argument (C6)."""

    key: str
    ticket: int
    """0: given at the start."""


class PendingReason(NamedTuple):
    """Why an environment is Pending (R17); environments are in step order."""

    block: Optional[AdmissionBlock]
    """Why no environment begins at present; None: they begin as their dependencies are met."""
    unmet: tuple[str, ...]
    """Its direct dependencies that are neither Successful nor Skipped."""
    causes: tuple[str, ...]
    """Where the unmet dependencies end: each of these is not Pending, or has none itself."""


class Selection(NamedTuple):
    """Which environments a release promotes to (R16). At most one is given: see
    :meth:`Flow.start`."""

    skip: Optional[tuple[str, ...]] = None
    until: Optional[tuple[str, ...]] = None
    only: Optional[tuple[str, ...]] = None


class RejectedExport(NamedTuple):
    """An export that was not merged (C1, C4)."""

    ticket: int
    reason: str
    """Empty: the hook itself failed."""
    text: bytes


class FailInSoak(NamedTuple):
    """A promotion that succeeds and turns out bad while its environment soaks (S2)."""

    after: timedelta
    message: str


class Outcome(NamedTuple):
    """A rule of a scenario: how the commands that it matches end (S1, S2)."""

    hook: Optional[str]
    """None: the rule is for promotions."""
    point: Optional[Point]
    environment: Optional[str]
    attempt: Optional[int]
    fail: Optional[str]
    context: Optional[str]
    """What the hook exports, as JSON text."""
    after: timedelta
    suspend: Optional[timedelta]
    place: Optional[int] = None
    """Of the hook in its list, from 1; None: any."""
    fail_in_soak: Optional[FailInSoak] = None


class Action(NamedTuple):
    """What the operator does in a scenario: one of ``terminate``, ``retry`` and ``skip``."""

    at: timedelta
    """From the start."""
    terminate: Optional[str]
    """The reason of a termination; None: it is none."""
    retry: Union[bool, tuple[str, ...]] = False
    """True: retry all; names: these environments; False: it is no retry."""
    skip: Optional[str] = None
    """The environment to skip; None: it is no skip."""
    reason: str = ""
    """Of a skip."""
    force: bool = False
    """Of a termination."""
    by: str = ""
    """Who asks; empty: not given."""


def duration_text(duration: Duration) -> str:
    """As Go writes it."""
    if isinstance(duration, timedelta):
        return _core.format_duration(duration // timedelta(milliseconds=1))
    return duration


def retry_policy(raw: tuple[int, int, float, Optional[int]]) -> RetryPolicy:
    limit, duration, factor, longest = raw
    return RetryPolicy(limit, timedelta(milliseconds=duration), factor,
                       None if longest is None else timedelta(milliseconds=longest))


def time_limit(ms: int) -> Optional[timedelta]:
    return timedelta(milliseconds=ms) if ms else None


def selected(skip: Optional[Names], until: Optional[Names], only: Optional[Names]
             ) -> tuple[int, Optional[Names]]:
    """The selection as the C ABI has it: PROMOFLOW_SELECT_..., and the names."""
    given = [(kind, names) for kind, names in enumerate((skip, until, only), 1)
             if names is not None]
    if len(given) > 1:
        raise InvalidArgumentError("give at most one of skip, until and only", "invalid-argument",
                                   "selection")
    return given[0] if given else (0, None)
