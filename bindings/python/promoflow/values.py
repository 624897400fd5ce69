# SPDX-License-Identifier: Apache-2.0
"""The small values that flows, releases and traces are told in."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, Mapping, NamedTuple, Optional, Union

from . import _core

if sys.version_info >= (3, 10):
    from typing import TypeAlias
elif TYPE_CHECKING:
    from typing_extensions import TypeAlias

Point = Literal["release.onStart", "release.onSuccess", "release.onFail",
                "environment.onStart", "environment.onSuccess", "environment.onFail"]
ReleaseStatus = Literal["Running", "Suspended", "Terminating",
                        "Succeeded", "Failed", "Terminated"]
EnvironmentStatus = Literal["Pending", "Running", "Suspended",
                            "Successful", "Failed", "Terminated"]
FailurePolicy = Literal["failFast", "continue", "abort"]
ContextMerge = Literal["shallow", "deep"]
PolicyAction = Literal["commit", "pr", "none"]

Moment: TypeAlias = Union[int, datetime, None]
"""UTC milliseconds, a datetime with tzinfo, or None: now."""
Duration: TypeAlias = Union[timedelta, str]
"""A timedelta, or text as Go writes it: ``1h30m``."""
ContextLike: TypeAlias = Union[Mapping[str, Any], str, bytes, None]
"""A mapping, or JSON text, which is handed on to the byte."""


class Limits(NamedTuple):
    """Bounds of a text, against hostile ones (M7). 0 is the library's default."""

    text_bytes: int = 0
    nodes: int = 0
    name_bytes: int = 0
    diagnostics: int = 0
    depth: int = 0


class ReleaseInfo(NamedTuple):
    """What a release is of (A1)."""

    id: str
    url: str = ""
    product: str = ""
    version: str = ""
    commit_sha: str = ""


class State(NamedTuple):
    """How a release, or one environment of it, is doing."""

    status: str
    phase: str
    """The finer word that dashboards show (R14)."""
    message: str
    """Why it failed or was terminated; else empty."""


class RetryPolicy(NamedTuple):
    """How often, and after which wait, something that failed is tried again (R9)."""

    limit: int
    duration: timedelta
    factor: float
    max_duration: Optional[timedelta]


class Policy(NamedTuple):
    """How an environment is promoted into; what was not given is None."""

    action: Optional[PolicyAction]
    pre_action: Optional[str]
    post_action: Optional[str]


class Step(NamedTuple):
    """What a flow says of one environment."""

    policy: Policy
    timeout: Optional[timedelta]
    retry: RetryPolicy


class Hook(NamedTuple):
    """What a flow says of one hook."""

    name: str
    arguments: dict[str, Any]
    timeout: Optional[timedelta]
    """None: the flow's own limit (R8)."""
    retry: RetryPolicy
    on_error: str


class FlowOptions(NamedTuple):
    """What a flow says of itself."""

    failure_policy: FailurePolicy
    context_merge: ContextMerge
    promotion_timeout: timedelta
    post_trigger: Optional[str]
    annotations: dict[str, str]


class Record(NamedTuple):
    """Something that happened: an event, what it changed, or a command that was given."""

    event: str
    """As in a trace: ``hook``, ``promotion-failed``, ``environment``, ..."""
    at: int
    """UTC milliseconds."""
    ticket: Optional[int]
    status: Optional[str]
    """The new one, of ``release`` and ``environment``; why, of ``refused``."""
    environment: Optional[str]
    text: Optional[str]
    """A message, a reason, or the action that was refused."""
    context: Optional[str]
    """What a hook exported, as JSON text."""
    command: Optional[_core.Command]
    json: Optional[str]
    """The line of a trace, where it was asked for."""


class Writer(NamedTuple):
    """Who wrote a key of the context last (C5, C6)."""

    ticket: int
    """0: given at the start."""
    shadowed: bool
    """It has the name of a default argument, and so is never handed to a hook."""


class Conflict(NamedTuple):
    """Two writes to one key from environments that do not depend on each other (C5)."""

    key: str
    earlier: int
    later: int


class RejectedExport(NamedTuple):
    """What a hook exported and was not merged (C1, C4)."""

    ticket: int
    reason: str
    """Empty: the hook itself failed."""
    text: bytes


class Outcome(NamedTuple):
    """A rule of a scenario: how the commands that it matches end (S1, S2)."""

    hook: Optional[str]
    """None: it speaks of promotions."""
    point: Optional[Point]
    environment: Optional[str]
    attempt: Optional[int]
    fail: Optional[str]
    context: Optional[str]
    """What the hook exports, as JSON text."""
    after: timedelta
    suspend: Optional[timedelta]


class Action(NamedTuple):
    """What the operator does in a scenario."""

    at: timedelta
    """From the start."""
    terminate: Optional[str]
    """The reason of a termination; None: a retry."""


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
