# SPDX-License-Identifier: Apache-2.0
"""Simulation: a flow, a scenario, virtual time, and the trace of what a release would do."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from types import TracebackType
from typing import Any, Iterable, Iterator, Mapping, Optional, Union, cast, overload

from . import _core, _render
from .errors import Diagnostic, ScenarioError
from .flow import Flow, Path
from .values import (Action, Conflict, ContextLike, FailInSoak, Names, Outcome, Point, Record,
                     ReleaseInfo, Selection, ShadowedKey, State, Writer, duration_text)


class Scenario(_core.Scenario):
    """What hosts and operators do to a simulated release. It can be simulated any number of
    times."""

    __slots__ = ("_warnings",)
    _warnings: tuple[Diagnostic, ...]

    @classmethod
    def load(cls, path: Path, *, flow: Optional[Flow] = None) -> Scenario:
        """The scenario of a YAML or JSON file."""
        with open(path, "rb") as file:
            return cls.loads(file.read(), flow=flow, file=os.fspath(path))

    @classmethod
    def loads(cls, text: Union[str, bytes], *, flow: Optional[Flow] = None,
              file: str = "<scenario>") -> Scenario:
        """The scenario of a text. With ``flow``, rules for what it does not have are in
        :attr:`warnings`."""
        scenario, raw, shown = _core.read_scenario(cls, text, file, flow)
        diagnostics = tuple(map(Diagnostic._make, raw))
        if any(found.severity == "error" for found in diagnostics):
            raise ScenarioError(shown.rstrip("\n"), "invalid-scenario", file, diagnostics)
        scenario._warnings = diagnostics
        return scenario

    @classmethod
    def from_dict(cls, scenario: Mapping[str, Any], *, flow: Optional[Flow] = None) -> Scenario:
        """A scenario made in code: what a file would say, durations also as ``timedelta``."""
        return cls.loads(_text_of(scenario), flow=flow)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """The warnings that the text gave."""
        return self._warnings

    @property
    def release(self) -> ReleaseInfo:
        """The id of the simulated release, and what else the text gave of it."""
        return ReleaseInfo._make(self._parts()[0])

    @property
    def context(self) -> str:
        """The initial promotion context, as JSON text; empty: none."""
        return self._parts()[1]

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """The rules; the first that matches a command decides."""
        return tuple(
            Outcome(hook, point, environment, attempt or None, fail, context,
                    timedelta(milliseconds=after),
                    None if suspend is None else timedelta(milliseconds=suspend), place or None,
                    None if bad is None else FailInSoak(timedelta(milliseconds=bad_after), bad))
            for (hook, point, environment, attempt, fail, context, after, suspend, place, bad,
                 bad_after) in self._parts()[2])

    @property
    def actions(self) -> tuple[Action, ...]:
        """What the operator does."""
        return tuple(
            Action(timedelta(milliseconds=at), reason if kind == "terminate" else None,
                   kind == "retry" and (True if environments is None else environments),
                   environment, reason if kind == "skip" else "", force, by)
            for at, kind, reason, environment, environments, force, by in self._parts()[3])

    @property
    def selection(self) -> Selection:
        """Which environments it promotes to."""
        kind, names = self._parts()[4]
        return Selection(*(names if place == kind else None for place in (1, 2, 3)))


class Trace(_core.Trace):
    """What a simulated release did: a sequence of :class:`Record`, and the state at its end."""

    __slots__ = ()

    def hooks(self, point: Point, environment: Optional[str] = None) -> list[_core.RunHook]:
        """The hooks that ran at a point, in order; of one environment, or of all."""
        return self._hooks(point, environment)

    @property
    def state(self) -> State:
        """The release at the end."""
        return State._make(self._state())

    @property
    def status(self) -> str:
        """``Succeeded``, ``Failed``, ``Terminated``, or the status in which it waits for ever."""
        return self._state()[0]

    @property
    def message(self) -> str:
        """Why it failed or was terminated; else empty."""
        return self._state()[2]

    def environment(self, name: str) -> State:
        """An environment at the end; ``KeyError`` if there is none."""
        return State._make(self._environment(name))

    @property
    def environments(self) -> dict[str, State]:
        """All environments at the end, in step order."""
        return {name: self.environment(name) for name in self._names()[1]}

    @property
    def writers(self) -> dict[str, Writer]:
        """Who wrote each key of the context last."""
        return {key: Writer._make(found) for key, found in self._writers().items()}

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """Pairs of writes to one key whose order matters and is left to chance (C5)."""
        return tuple(map(Conflict._make, self._conflicts()))

    @property
    def shadowed(self) -> tuple[ShadowedKey, ...]:
        """Writes of keys that no hook gets (C6)."""
        return tuple(map(ShadowedKey._make, self._shadowed()))

    @property
    def duration(self) -> timedelta:
        """Virtual time from the start to the last record."""
        if not len(self):
            return timedelta()
        return timedelta(milliseconds=self._record(len(self) - 1)[1] - self.origin)

    def timeline(self, *, color: bool = False, ascii: bool = False, width: int = 0) -> str:
        """What happened, for people."""
        return self._render(*_render.options("text", color, ascii, width))

    @overload
    def __getitem__(self, index: int) -> Record: ...

    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...

    def __getitem__(self, index: Union[int, slice]) -> Union[Record, list[Record]]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        place = index + len(self) if index < 0 else index
        if place < 0:
            raise IndexError("a trace has no such record")
        return Record._make(self._record(place))

    def __iter__(self) -> Iterator[Record]:
        return (self[index] for index in range(len(self)))

    def __repr__(self) -> str:
        if self.closed:
            return "<Trace closed>"
        return f"<Trace {self._names()[0]}: {self.status}, {len(self)} records>"

    def __enter__(self) -> Trace:
        return self

    def __exit__(self, kind: Optional[type[BaseException]], value: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self.close()


ScenarioLike = Union[Scenario, Mapping[str, Any], Path, None]


def simulate(flow: Flow, scenario: ScenarioLike = None, *,
             fail: Optional[Mapping[str, str]] = None,
             outcomes: Iterable[Mapping[str, Any]] = (),
             actions: Iterable[Mapping[str, Any]] = (),
             context: ContextLike = None,
             release: Optional[Mapping[str, str]] = None,
             skip: Optional[Names] = None,
             until: Optional[Names] = None,
             only: Optional[Names] = None,
             strict: bool = True,
             records_max: int = 0) -> Trace:
    """Run a release of ``flow`` in virtual time.

    Give a ``scenario`` (one that was read, a mapping as in a file, or a path), or the parts of one:

    * ``fail``: the promotion into an environment fails with a message;
    * ``outcomes``, ``actions``, ``context``, ``release``: as in a scenario's file. The first
      outcome that matches a command decides; those of ``fail`` come first;
    * ``skip``, ``until``, ``only``: as in :meth:`Flow.start`.

    Everything else succeeds at once. ``strict``: a rule for an environment or a hook that the flow
    does not have raises :class:`ScenarioError`, for a misspelt name must not look like success.
    """
    parts = _parts(fail, outcomes, actions, release)
    given = context.decode() if isinstance(context, bytes) else context
    text = given if isinstance(given, str) else None
    if text is None and given is not None:
        parts["context"] = given
    for key, names in (("skip", skip), ("until", until), ("only", only)):
        if names is not None:
            parts[key] = [names] if isinstance(names, str) else list(names)
    if scenario is not None and (parts or text is not None):
        raise TypeError("simulate() takes a scenario or the parts of one, not both")
    read = scenario if isinstance(scenario, Scenario) else None
    if isinstance(scenario, (str, os.PathLike)):
        read = Scenario.load(scenario, flow=flow)
    elif isinstance(scenario, Mapping):
        parts = dict(scenario)
    if read is None and (parts or text is not None):
        read = Scenario.loads(_text_of(parts, text), flow=flow)
    if strict and read is not None and read.warnings:
        first = read.warnings[0]
        hint = f" ({first.hint})" if first.hint else ""
        raise ScenarioError(first.message + hint, "invalid-scenario", first.pointer, read.warnings)
    return _core.simulate(Trace, flow, read, records_max)


def _parts(fail: Optional[Mapping[str, str]], outcomes: Iterable[Mapping[str, Any]],
           actions: Iterable[Mapping[str, Any]],
           release: Optional[Mapping[str, str]]) -> dict[str, Any]:
    rules: list[Mapping[str, Any]] = [{"environment": environment, "fail": message}
                                      for environment, message in (fail or {}).items()]
    rules += outcomes
    given = {"outcomes": rules, "actions": list(actions), "release": release}
    return {key: value for key, value in given.items() if value}


def _text_of(parts: Mapping[str, Any], context: Optional[str] = None) -> str:
    """A scenario as JSON. A ``context`` that is JSON already stays as it is: parsed and written
    again, its numbers would lose digits."""
    text = json.dumps(_plain(parts))
    if context is None:
        return text
    json.loads(context)  # Text that is not JSON must not change what is around it.
    return '{"context": ' + context + (", " if parts else "") + text[1:]


def _plain(value: Any) -> Any:
    """As JSON has it."""
    if isinstance(value, timedelta):
        return duration_text(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return cast(object, value)
