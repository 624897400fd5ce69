# SPDX-License-Identifier: Apache-2.0
"""Flows: checked, immutable, shared freely."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Iterable, Mapping, Optional, Union

from . import _core, _render
from .errors import Diagnostic, InvalidArgumentError, ManifestError
from .values import (ContextLike, FlowOptions, Hook, Limits, Moment, Names, Point, Policy, Step,
                     retry_policy, selected, time_limit)

if TYPE_CHECKING:
    from .release import Release

Path = Union[str, "os.PathLike[str]"]
_TEXT_FORMATS = {"yaml": 1, "json": 2}  # PROMOFLOW_TEXT_...


class Flow(_core.Flow):
    """The checked, immutable graph of environments. May be used from any thread.

    ``==`` is whether two flows say the same; ``close()`` and ``with`` give the handle back early.
    """

    __slots__ = ("_warnings",)
    _warnings: tuple[Diagnostic, ...]

    @classmethod
    def load(cls, path: Path, *, limits: Limits = Limits()) -> Flow:
        """The one flow of a YAML or JSON file. :class:`ManifestError` has all of its problems."""
        with open(path, "rb") as file:
            return cls.loads(file.read(), file=os.fspath(path), limits=limits)

    @classmethod
    def loads(cls, text: Union[str, bytes], *, file: str = "<text>",
              limits: Limits = Limits()) -> Flow:
        """The one flow of a text; ``file`` is its name in messages."""
        flows, diagnostics, shown, why = cls._read(text, file, limits)
        wrong = any(found.severity == "error" for found in diagnostics)
        if wrong or len(flows) != 1:
            raise ManifestError(shown.rstrip("\n") if wrong else why, "invalid-manifest", file,
                                diagnostics)
        return flows[0]

    @classmethod
    def loads_all(cls, text: Union[str, bytes], *, file: str = "<text>",
                  limits: Limits = Limits()) -> list[Flow]:
        """All flows of a text, in its order."""
        flows, diagnostics, shown, _ = cls._read(text, file, limits)
        if any(found.severity == "error" for found in diagnostics):
            raise ManifestError(shown.rstrip("\n"), "invalid-manifest", file, diagnostics)
        return flows

    @classmethod
    def from_dict(cls, manifest: Mapping[str, Any], *, limits: Limits = Limits()) -> Flow:
        """A flow made in code, from a manifest as a mapping."""
        return cls.loads(json.dumps(manifest), limits=limits)

    @classmethod
    def _read(cls, text: Union[str, bytes], file: str, limits: Limits
              ) -> tuple[list[Flow], tuple[Diagnostic, ...], str, str]:
        found, raw, shown, why = _core.read_manifest(cls, text, file, tuple(limits))
        diagnostics = tuple(map(Diagnostic._make, raw))
        for flow in found:
            flow._warnings = diagnostics
        return found, diagnostics, shown, why

    # --- asking ----------------------------------------------------------------------------------

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """The warnings that the text gave."""
        return self._warnings

    @property
    def trigger(self) -> str:
        """The trigger environment."""
        return self.environments[0]

    @property
    def options(self) -> FlowOptions:
        """Failure policy, context merge, timeouts, postTrigger, annotations."""
        policy, merge, minutes, post, annotations, hook_timeout, grace = self._options()
        return FlowOptions(policy, merge, timedelta(minutes=minutes), post, annotations,
                           time_limit(hook_timeout), time_limit(grace))

    def step(self, environment: str) -> Step:
        """Policy, timeout, retry and soak of an environment; ``KeyError`` if there is none."""
        action, pre, post, timeout, retry, soak = self._step(environment)
        return Step(Policy(action, pre, post), time_limit(timeout), retry_policy(retry),
                    time_limit(soak))

    def hooks(self, point: Point, environment: Optional[str] = None) -> tuple[Hook, ...]:
        """The hooks of a point, in order; environment points need the environment."""
        if point.startswith("environment.") and environment is None:
            raise InvalidArgumentError("an environment's hooks are asked for by its name",
                                       "invalid-argument", "environment")
        return tuple(Hook(name, arguments, time_limit(timeout), retry_policy(retry), on_error)
                     for name, arguments, timeout, retry, on_error
                     in self._hooks(point, environment))

    # --- writing ---------------------------------------------------------------------------------

    def dumps(self, format: str = "yaml") -> str:
        """The flow as a manifest, in ``yaml`` or ``json``: read again, it is an equal flow."""
        if format not in _TEXT_FORMATS:
            raise InvalidArgumentError("a manifest is yaml or json", "invalid-argument", "format")
        return self._write(_TEXT_FORMATS[format])

    def render(self, format: _render.RenderFormat = "text", *, color: bool = False,
               ascii: bool = False, width: int = 0) -> str:
        """A picture: ``text``, ``mermaid``, ``dot`` or ``svg``; the rest is for text."""
        return self._render(*_render.options(format, color, ascii, width))

    def __repr__(self) -> str:
        return "<Flow closed>" if self.closed else f"<Flow {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).loads, (self.dumps(),)

    # --- releases --------------------------------------------------------------------------------

    def start(self, *, id: str, url: str = "", product: str = "", version: str = "",
              commit_sha: str = "", context: ContextLike = None, at: Moment = None,
              skip: Optional[Names] = None, until: Optional[Names] = None,
              only: Optional[Names] = None) -> Release:
        """Start a release; its first commands are ready. ``at``: when; else now.

        At most one of ``skip`` (all but these environments), ``until`` (these and what they depend
        on) and ``only`` (these) chooses where it promotes to (R16).
        """
        from .release import Release
        return Release._start(self, id, url, product, version, commit_sha, context, at,
                              *selected(skip, until, only))

    def restore(self, snapshot: Union[str, bytes]) -> Release:
        """The release that a snapshot was taken of; its outstanding commands are issued again."""
        from .release import Release
        return Release._restore(self, snapshot)

    def start_json(self, *, id: str, url: str = "", product: str = "", version: str = "",
                   commit_sha: str = "", context: ContextLike = None, at: Moment = None,
                   skip: Optional[Names] = None, until: Optional[Names] = None,
                   only: Optional[Names] = None) -> str:
        """The first line of a journal: what :meth:`start` is given, with the same ``at``. Store it
        before the first command is carried out."""
        from .release import Release
        return Release._start_json(self, id, url, product, version, commit_sha, context, at,
                                   *selected(skip, until, only))

    def recover(self, journal: Union[str, bytes, Iterable[str]]) -> Release:
        """The release of a journal, a text or its lines, of which the first is its start; its
        outstanding commands are issued again. Events that were refused are refused again.
        :class:`InvalidEventError`: a damaged line, or no start.

        Of a text, a last line without a line end that cannot be read is a write that a crash cut
        short: it is ignored, and must be cut off before more is appended.
        """
        from .release import Release
        if not isinstance(journal, (str, bytes)):
            journal = "".join(line.rstrip("\n") + "\n" for line in journal)
        return Release._recover(self, journal)

    def __enter__(self) -> Flow:
        return self

    def __exit__(self, kind: Optional[type[BaseException]], value: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self.close()
