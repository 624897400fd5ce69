# SPDX-License-Identifier: Apache-2.0
"""Releases: events in, commands out."""

from __future__ import annotations

import json
from types import TracebackType
from typing import TYPE_CHECKING, Any, Iterator, Optional, Union, cast

from . import _core, _render
from .values import (Conflict, Moment, Names, PendingReason, Record, RejectedExport, ReleaseInfo,
                     State, Writer)

if TYPE_CHECKING:
    from .flow import Flow


class Release(_core.Release):
    """One release of a flow: a pure machine that reads no clock and does nothing by itself.

    Take :meth:`commands` until there are none, carry them out, :meth:`apply` what became of them::

        release = flow.start(id="r-42", product="billing")
        while not release.is_final:
            for command in release.commands():
                carry_out(command)
            release.apply(next_event(until=release.next_timer))

    One thread at a time: calls of several threads take turns, for they hold the GIL. Commands can
    be read after the release has changed, too. ``close()`` and ``with`` free the handle early.
    """

    __slots__ = ()

    @property
    def info(self) -> ReleaseInfo:
        """Its id, and what else was given at the start."""
        return ReleaseInfo._make(self._info())

    @property
    def id(self) -> str:
        """The release's id."""
        return self._info()[0]

    @property
    def state(self) -> State:
        """Status, phase and message of the release."""
        return State._make(self._state())

    @property
    def phase(self) -> str:
        """The finer word that dashboards show (R14)."""
        return self._state()[1]

    @property
    def message(self) -> str:
        """Why it failed or was terminated; else empty."""
        return self._state()[2]

    # --- an operator's events --------------------------------------------------------------------

    def terminate(self, reason: str, *, force: bool = False, by: Optional[str] = None,
                  at: Moment = None) -> None:
        """Apply :class:`Terminate`: what runs is cancelled, onFail hooks run. With ``force`` the
        release ends at once (R6). A host with a journal applies the event itself."""
        self.apply(_core.Terminate(reason, force=force, by=by, at=at))

    def retry(self, environments: Optional[Names] = None, *, by: Optional[str] = None,
              at: Moment = None) -> None:
        """Apply :class:`Retry`: what failed or was terminated goes on, all of it in a release that
        has ended, or these environments, also while others run (R12)."""
        self.apply(_core.Retry(environments, by=by, at=at))

    def skip(self, environment: str, reason: Optional[str] = None, *, by: Optional[str] = None,
             at: Moment = None) -> None:
        """Apply :class:`Skip`: the release goes on without this environment (R16)."""
        self.apply(_core.Skip(environment, reason, by=by, at=at))

    # --- what there is to see --------------------------------------------------------------------

    def environment(self, name: str) -> State:
        """The state of an environment; ``KeyError`` if there is none."""
        return State._make(self._environment(name))

    def why_pending(self, environment: str) -> PendingReason:
        """Why an environment is Pending (R17): no block and nothing unmet for one that is not."""
        block, unmet, causes = self._why_pending(environment)
        return PendingReason(block, tuple(unmet), tuple(causes))

    @property
    def environments(self) -> dict[str, State]:
        """The states of all environments, in step order."""
        return dict(zip(self._names()[1], map(State._make, self._environments())))

    def records(self, *, origin: Optional[int] = None) -> Iterator[Record]:
        """What happened, in order, commands among it: instead of :meth:`commands`. With
        ``origin``, each has its line of a trace, whose times count from there."""
        while True:
            found = self._next_record(origin)
            if found is None:
                return
            yield Record._make(found)

    def key(self, command: Union[_core.Command, int]) -> str:
        """``RELEASE_ID/ticket``: an idempotency key for what a command does (R1)."""
        if isinstance(command, int):
            return self._key(command)
        return self._key(cast(Any, command).ticket)

    @property
    def writers(self) -> dict[str, Writer]:
        """Who wrote each key of the context last."""
        return {key: Writer._make(found) for key, found in self._writers().items()}

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """Pairs of writes to one key whose order matters and is left to chance (C5)."""
        return tuple(map(Conflict._make, self._conflicts()))

    @property
    def rejected(self) -> tuple[RejectedExport, ...]:
        """Exports that were not merged."""
        return tuple(map(RejectedExport._make, self._rejected()))

    def describe(self) -> dict[str, Any]:
        """The whole state for people and dashboards."""
        return cast("dict[str, Any]", json.loads(self._describe()))

    def render(self, format: _render.RenderFormat = "text", *, color: bool = False,
               ascii: bool = False, width: int = 0) -> str:
        """A picture: ``text``, ``mermaid``, ``dot`` or ``svg``; the rest is for text."""
        return self._render(*_render.options(format, color, ascii, width))

    def __repr__(self) -> str:
        return "<Release closed>" if self.closed else f"<Release {self.id} {self.status}>"

    def __enter__(self) -> Release:
        return self

    def __exit__(self, kind: Optional[type[BaseException]], value: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self.close()
