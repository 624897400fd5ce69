# SPDX-License-Identifier: Apache-2.0
"""Stores: the journal of many releases, which survives the process."""

from __future__ import annotations

import json
import os
from types import TracebackType
from typing import Any, Iterator, NamedTuple, Optional, Union, cast

from . import _core
from .errors import InvalidArgumentError
from .values import Moment, ReleaseStatus


class StoredRequest(NamedTuple):
    """What was asked of the engine that drives a release, and what became of it."""

    id: int
    release: str
    event: dict[str, Any]
    by: str
    asked_at: str
    decided_at: Optional[str]
    """``None``: not yet."""
    applied: bool
    message: str
    """Why it was refused."""


class HistoryProblem(NamedTuple):
    """The first event of a release that does not fit."""

    sequence: int
    """0: the start, or the release itself."""
    message: str
    stored: Optional[str]
    """The trace line that is stored, if there is one there."""
    replayed: Optional[str]
    """The line that this version gives there."""


def milliseconds(seconds: Optional[float]) -> Optional[int]:
    """A limit of time as the C ABI has it; ``None``: no limit."""
    return None if seconds is None else max(0, round(seconds * 1000))


class Store(_core.Store):
    """The journal of many releases, in one SQLite file. Any thread may use it, and other processes
    may use the same file. ``close()`` and ``with`` free the handle early; engines on it go on."""

    __slots__ = ()

    @classmethod
    def open(cls, path: Union[str, os.PathLike[str]], *, ask: bool = False,
             check: bool = True) -> Store:
        """Open the store, or make it. With ``ask`` it is for reading and for requests to other
        processes, and must exist. ``check``: read the whole file through first."""
        return cls._open(path, ask, check)

    @classmethod
    def memory(cls) -> Store:
        """A store in memory, for tests."""
        return cls._memory()

    def releases(self, *, status: Optional[ReleaseStatus] = None, product: Optional[str] = None,
                 since: Moment = None, unfinished: bool = False, limit: int = 100,
                 after: str = "") -> list[dict[str, Any]]:
        """Releases, the newest first, as ``promoflow list --format json`` shows them. ``after``:
        the id of the last one of the page before."""
        number = 0
        if status is not None:
            if status not in _core.RELEASE_STATUSES:
                raise InvalidArgumentError(f"there is no status {status!r}", "invalid-argument",
                                           "status")
            number = _core.RELEASE_STATUSES.index(status) + 1
        text = self._list(number, product, since, unfinished, limit, after)
        return [json.loads(line) for line in text.splitlines()]

    def show(self, release: str) -> dict[str, Any]:
        """All that is known of one release, as ``promoflow show --format json`` shows it."""
        return cast("dict[str, Any]", json.loads(self._show(release)))

    def start_of(self, release: str) -> dict[str, Any]:
        """What the release was started with: its flow's manifest, its ``run`` text, and the
        like."""
        return cast("dict[str, Any]", json.loads(self._start(release)))

    def trace(self, release: str) -> Iterator[str]:
        """The lines of the release's trace, in order."""
        after = 0
        while True:
            text, last = self._trace(release, after, 1000)
            yield from text.splitlines()
            if last == after:
                return
            after = last

    def verify(self, release: str) -> Optional[HistoryProblem]:
        """Walk the chain of hashes. ``None``: nobody has changed what is stored."""
        return _problem(self._verify(release))

    def replay(self, release: str) -> Optional[HistoryProblem]:
        """Apply the events anew and compare each trace line. ``None``: they are equal."""
        return _problem(self._replay(release))

    def ask(self, release: str, event: _core.Event, *, by: str = "",
            timeout: Optional[float] = None) -> StoredRequest:
        """Ask the engine that drives the release to apply an event, and wait for what becomes of
        it; at most for ``timeout`` seconds (0: not at all; see :meth:`request`).
        :class:`NotOwnerError`: nobody drives it."""
        return self.request(self._ask(release, event, by), timeout=timeout)

    def request(self, number: int, *, timeout: Optional[float] = 0) -> StoredRequest:
        """What became of a request, once it is decided or ``timeout`` seconds have passed."""
        found = json.loads(self._request(number, milliseconds(timeout)))
        return StoredRequest(found["id"], found["release"], found["event"], found["by"],
                             found["askedAt"], found["decidedAt"], found["applied"],
                             found["message"])

    def ended_before(self, time: Moment, *, limit: int = 1000) -> tuple[str, ...]:
        """Ids of releases that have ended before then, the oldest first: to :meth:`remove`
        them."""
        return tuple(json.loads(self._ended_before(time, limit)))

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: Optional[type[BaseException]], value: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self.close()


def _problem(text: str) -> Optional[HistoryProblem]:
    found = json.loads(text)
    if found["fits"]:
        return None
    return HistoryProblem(found["sequence"], found["message"], found["stored"], found["replayed"])
