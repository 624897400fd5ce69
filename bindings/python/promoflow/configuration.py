# SPDX-License-Identifier: Apache-2.0
"""Configurations: flows, the workflow templates that are their hooks, products, policies and
permissions, read and checked as one."""

from __future__ import annotations

import json
import os
from types import TracebackType
from typing import Iterable, Mapping, NamedTuple, Optional, Union

from . import _core, _render
from .errors import ConfigurationError, ConfigurationProblem, InvalidArgumentError, RelatedPlace
from .flow import Flow, Path
from .values import Point

_ORDERS = {"descending": 1, "ascending": 2}  # PROMOFLOW_ORDER_...
_ENDINGS = (".yaml", ".yml", ".json")


class PolicyField(NamedTuple):
    """One field of the policy of an environment."""

    value: str
    origin: str
    """``step``, ``policy NAME`` or ``default``."""


class Rejected(NamedTuple):
    """A flow or a policy that was not taken, and why."""

    name: str
    why: str


class EnvironmentPolicy(NamedTuple):
    """The policy of one environment, field by field."""

    environment: str
    policy: Mapping[str, PolicyField]
    """``preAction``, ``action``, ``postAction``, those that are given; ``action`` always is."""
    lost: tuple[Rejected, ...]
    """The policies that give it no field."""


class Resolution(NamedTuple):
    """Which flow of a product a trigger starts, and the policies of its environments."""

    product: str
    flow: Optional[str]
    """None: no flow matches."""
    rejected: tuple[Rejected, ...]
    """The product's flows before it; all, if none matches."""
    environments: tuple[EnvironmentPolicy, ...]


class ContextUse(NamedTuple):
    """One hook of a flow that exports or reads a key of the promotion context."""

    key: str
    hook: str
    point: Point
    environment: Optional[str]
    """None: a hook of the release."""
    writes: bool
    """It exports the key, else it reads it."""
    required: bool
    """It reads the key and has no value without it."""


class Configuration(_core.Configuration):
    """A checked configuration, immutable. May be used from any thread.

    ``close()`` and ``with`` give the handle back early.
    """

    __slots__ = ("_problems", "_text")
    _problems: tuple[ConfigurationProblem, ...]
    _text: str

    @classmethod
    def load(cls, directory: Path) -> Configuration:
        """Of every ``*.yaml``, ``*.yml`` and ``*.json`` below a directory, in the order of the
        paths' bytes. Hidden files and directories are left out, and links are not followed.
        :class:`ConfigurationError` has all problems if one of them is an error."""
        files = []
        for path in _manifests(os.fspath(directory)):
            with open(path, "rb") as file:
                files.append((path, file.read()))
        return cls.loads(files)

    @classmethod
    def loads(cls, files: Union[Mapping[str, Union[str, bytes]],
                                Iterable[tuple[str, Union[str, bytes]]]]) -> Configuration:
        """Of texts with their names, as a mapping or as pairs."""
        given = tuple(files.items() if isinstance(files, Mapping) else files)
        read, lines, text = _core.read_configuration(cls, given)
        read._problems = tuple(map(_problem, lines.splitlines()))
        read._text = text
        if any(found.severity == "error" for found in read._problems):
            raise ConfigurationError(text.rstrip("\n"), "invalid-manifest", "", read._problems)
        return read

    @property
    def problems(self) -> tuple[ConfigurationProblem, ...]:
        """The warnings and notes, each with its place."""
        return self._problems

    def __str__(self) -> str:
        """The problems as the program prints them."""
        return self._text

    def resolve(self, product: str, *, message: str = "", revision: str = "",
                policy_order: str = "descending") -> Resolution:
        """Which flow a commit starts, which policies its environments have, and why not others.
        :class:`InvalidArgumentError`: there is no such product."""
        answer = json.loads(self._resolve(product, message, revision, _order(policy_order)))
        return Resolution(
            answer["product"], answer["flow"]["name"],
            tuple(Rejected(one["name"], one["why"]) for one in answer["flow"]["rejected"]),
            tuple(EnvironmentPolicy(
                one["name"],
                {name: PolicyField(**field) for name, field in one["policy"].items()},
                tuple(Rejected(lost["policy"], lost["why"]) for lost in one["lost"]))
                for one in answer["environments"]))

    def flow(self, name: str, *, product: str = "",
             policy_order: str = "descending") -> Optional[Flow]:
        """A flow with the policies of its environments filled in; without a product: those that
        ask for none. None: there is no such flow. :class:`InvalidArgumentError`: there is no such
        product."""
        found = self._flow(Flow, name, product, _order(policy_order))
        if found is not None:
            found._warnings = ()
        return found

    def context_uses(self, flow: str) -> Optional[tuple[ContextUse, ...]]:
        """Who exports which key of a flow's context to whom, as far as it is known: by key, those
        that export it first. None: there is no such flow."""
        found, uses = self.flow(flow), self._context_uses(flow)
        if found is None or uses is None:
            return None
        return tuple(ContextUse(key, hook, point,
                                found.environments[environment] if environment >= 0 else None,
                                bool(writes), bool(required))
                     for hook, point, environment, key, writes, required in uses)

    def render_context(self, flow: str, format: _render.RenderFormat = "text", *,
                       color: bool = False, ascii: bool = False, width: int = 0
                       ) -> Optional[str]:
        """The same as a picture: ``text``, ``mermaid``, ``dot`` or ``svg``; the rest is for text.
        None: there is no such flow."""
        return self._render_context(flow, _render.options(format, color, ascii, width))

    def __enter__(self) -> Configuration:
        return self

    def __exit__(self, kind: Optional[type[BaseException]], value: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self.close()


def _order(name: str) -> int:
    if name not in _ORDERS:
        raise InvalidArgumentError(f"policy_order is 'descending' or 'ascending', not {name!r}",
                                   "invalid-argument", "policy_order")
    return _ORDERS[name]


def _manifests(directory: str) -> list[str]:
    def refuse(error: OSError) -> None:
        raise error

    found = []
    for folder, folders, names in os.walk(directory, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = os.path.join(folder, name)
            if (name.endswith(_ENDINGS) and not name.startswith(".")
                    and not os.path.islink(path) and os.path.isfile(path)):
                found.append(path)
    return sorted(found, key=os.fsencode)


def _problem(line: str) -> ConfigurationProblem:
    found = json.loads(line)
    related = tuple(RelatedPlace(place["file"], place["line"], place["column"], place["length"],
                                 place["message"]) for place in found.get("related", ()))
    return ConfigurationProblem(
        found["code"], found["severity"], found["file"], found["line"], found["column"],
        found["length"], found["document"], found["pointer"], found["message"], found["hint"],
        related)
