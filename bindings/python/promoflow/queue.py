# SPDX-License-Identifier: Apache-2.0
"""Which releases of one product may run, and which of them may be in an environment."""

from __future__ import annotations

from types import TracebackType
from typing import Literal, NamedTuple, Optional, Union

from . import _core
from .errors import InvalidArgumentError

QueueMode = Literal["queue", "terminate"]
_MODES = {"queue": 1, "terminate": 2}  # PROMOFLOW_QUEUE_MODE_...


class StartRelease(NamedTuple):
    """The release may start."""

    release: str
    flow: str
    """What requested() gave."""


class BeginEnvironment(NamedTuple):
    """The environment is free for the release."""

    release: str
    environment: str


class TerminateRelease(NamedTuple):
    """The release is to be terminated."""

    release: str
    reason: str


class DropRelease(NamedTuple):
    """The release never starts."""

    release: str
    reason: str


QueueCommand = Union[StartRelease, BeginEnvironment, TerminateRelease, DropRelease]


class ReleaseQueue(_core.ReleaseQueue):
    """The queue of one product: events in, commands out, to be carried out in their order.

    With ``mode="queue"`` one release runs and the others wait, ``waiting_max`` at most: the oldest
    is dropped for one more. With ``mode="terminate"`` a release starts at once, and terminates an
    older one whose environment it needs.

    An event that does not fit is refused with :class:`NotAllowedError`, the queue as it was.
    ``snapshot()`` is the queue as JSON. One thread at a time. ``close()`` and ``with`` give the
    handle back early.
    """

    __slots__ = ()

    def __new__(cls, mode: QueueMode = "queue", *, waiting_max: int = 50) -> ReleaseQueue:
        if mode not in _MODES:
            raise InvalidArgumentError(f"mode is 'queue' or 'terminate', not {mode!r}",
                                       "invalid-argument", "mode")
        return super().__new__(cls, _MODES[mode], waiting_max)

    @classmethod
    def restore(cls, snapshot: Union[str, bytes]) -> ReleaseQueue:
        """An equal queue. :class:`SnapshotError`: it is no snapshot, or of a newer version."""
        return _core.restore_queue(cls, snapshot)

    def requested(self, release: str, flow: str = "") -> list[QueueCommand]:
        """A release is wanted. Its flow is kept, and given back by :class:`StartRelease`."""
        return self._event(1, release, flow)

    def began(self, release: str, environment: str) -> list[QueueCommand]:
        """An environment of an active release is about to begin. It begins on
        :class:`BeginEnvironment`."""
        return self._event(2, release, environment)

    def left(self, release: str, environment: str) -> list[QueueCommand]:
        """An environment is neither Running nor Suspended any more, or not wanted any more."""
        return self._event(3, release, environment)

    def ended(self, release: str) -> list[QueueCommand]:
        """An active release is final; it has left all environments."""
        return self._event(4, release, "")

    def cancelled(self, release: str) -> list[QueueCommand]:
        """A release is not wanted any more, whether it waits or is active."""
        return self._event(5, release, "")

    def status(self, release: str) -> Optional[Literal["queued", "active"]]:
        """None: the release is not known, or has ended."""
        found = self._status(release)
        return "active" if found == 2 else "queued" if found == 1 else None

    def holder(self, environment: str) -> Optional[str]:
        """The active release that is in an environment; None: none is."""
        return self._holder(environment) or None

    @property
    def releases(self) -> tuple[str, ...]:
        """Those that wait or are active, oldest first."""
        return self._releases()

    def _event(self, kind: int, release: str, detail: str) -> list[QueueCommand]:
        return [_command(*raw) for raw in self._apply(kind, release, detail)]

    def __enter__(self) -> ReleaseQueue:
        return self

    def __exit__(self, kind: Optional[type[BaseException]], value: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self.close()


def _command(kind: int, release: str, flow: str, environment: str, reason: str) -> QueueCommand:
    if kind == 1:
        return StartRelease(release, flow)
    if kind == 2:
        return BeginEnvironment(release, environment)
    return TerminateRelease(release, reason) if kind == 3 else DropRelease(release, reason)
