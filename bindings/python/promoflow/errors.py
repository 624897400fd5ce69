# SPDX-License-Identifier: Apache-2.0
"""The exceptions. Each of them is a :class:`PromoflowError`."""

from __future__ import annotations

from typing import NamedTuple, Sequence


class Diagnostic(NamedTuple):
    """One problem of a manifest or a scenario, and its place."""

    code: str
    """Such as ``unknown-environment``."""
    severity: str
    """``error`` or ``warning``."""
    document: int
    """Which document of the text, from 0."""
    line: int
    """From 1; 0: there is no text."""
    column: int
    """In characters, from 1."""
    length: int
    """Characters to underline."""
    pointer: str
    """JSON pointer; empty: the root."""
    message: str
    hint: str
    """What to do; may be empty."""


class RelatedPlace(NamedTuple):
    """A further place that a problem of a configuration speaks of."""

    file: str
    line: int
    column: int
    length: int
    message: str
    """What is there."""


class ConfigurationProblem(NamedTuple):
    """One problem of a configuration, and its place."""

    code: str
    """Such as ``unknown-workflow``."""
    severity: str
    """``error``, ``warning`` or ``note``."""
    file: str
    line: int
    """From 1; 0: it is about the whole file, or about all of them."""
    column: int
    """In characters, from 1."""
    length: int
    """Characters to underline."""
    document: int
    """Which document of the file, from 0."""
    pointer: str
    """JSON pointer; empty: the root."""
    message: str
    hint: str
    """What to do; may be empty."""
    related: tuple[RelatedPlace, ...]


class PromoflowError(Exception):
    """The base of all. ``code`` is the library's word for it, such as ``settled-ticket``;
    ``where`` is the place, such as a parameter or a ticket, and may be empty."""

    def __init__(self, message: str, code: str = "internal", where: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.where = where

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (str(self), self.code, self.where)


class InvalidArgumentError(PromoflowError, ValueError):
    """An argument is out of range or missing; ``where`` names it."""


class LimitExceededError(PromoflowError):
    """A bound was passed; the message names it."""


class ClosedError(PromoflowError, ValueError):
    """The handle was closed."""


class _TextError(PromoflowError):
    def __init__(self, message: str, code: str = "internal", where: str = "",
                 diagnostics: Sequence[Diagnostic] = ()) -> None:
        super().__init__(message, code, where)
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (str(self), self.code, self.where, self.diagnostics)


class ManifestError(_TextError):
    """A manifest has errors, or not exactly one flow. ``diagnostics`` has all of its problems, in
    the order of the text; printed, it shows them as a compiler does."""


class ScenarioError(_TextError):
    """A scenario has errors; ``diagnostics`` has all of its problems."""


class ConfigurationError(PromoflowError):
    """A configuration has errors; ``problems`` has all of its problems, in the order of the files;
    printed, it shows them as a compiler does."""

    def __init__(self, message: str, code: str = "internal", where: str = "",
                 problems: Sequence[ConfigurationProblem] = ()) -> None:
        super().__init__(message, code, where)
        self.problems: tuple[ConfigurationProblem, ...] = tuple(problems)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (str(self), self.code, self.where, self.problems)


class RefusedError(PromoflowError):
    """A release refused an event; nothing changed (R13)."""


class UnknownTicketError(RefusedError):
    """The ticket was never issued."""


class SettledTicketError(RefusedError):
    """The ticket was answered or cancelled before. A host that delivers at least once ignores
    this."""


class WrongKindError(RefusedError):
    """The event does not fit the ticket's command."""


class NotAllowedError(RefusedError):
    """The event is not allowed in this status."""


class UnknownEnvironmentError(RefusedError):
    """The flow has no environment of this name: of a retry, a skip, or a selection at the start."""


class InvalidContextError(PromoflowError):
    """The initial context is not a JSON object, or passes a bound (C1, C4)."""


class InvalidEventError(PromoflowError):
    """A line of a journal is damaged, or not an event."""


class SnapshotError(PromoflowError):
    """A snapshot is damaged, of another flow, or of a newer version (R15)."""


class StoreError(PromoflowError):
    """A store cannot be opened, read or written; ``code`` says why: ``store-failed`` (the disk is
    full or fails, nothing was written), ``store-damaged``, ``store-foreign``, ``store-too-new``."""


class NotOwnerError(PromoflowError):
    """Another engine drives the release, and the message says which; or nobody does."""


class ReleaseExistsError(PromoflowError):
    """The store has a release of this id."""


class UnknownReleaseError(PromoflowError):
    """The store, or the engine, has no release of this id."""


_CLASSES: dict[str, type[PromoflowError]] = {
    "invalid-argument": InvalidArgumentError,
    "limit-exceeded": LimitExceededError,
    "closed": ClosedError,
    "invalid-manifest": ManifestError,
    "invalid-scenario": ScenarioError,
    "unknown-ticket": UnknownTicketError,
    "settled-ticket": SettledTicketError,
    "wrong-kind": WrongKindError,
    "not-allowed": NotAllowedError,
    "unknown-environment": UnknownEnvironmentError,
    "invalid-context": InvalidContextError,
    "invalid-event": InvalidEventError,
    "invalid-snapshot": SnapshotError,
    "snapshot-of-other-flow": SnapshotError,
    "snapshot-too-new": SnapshotError,
    "store-failed": StoreError,
    "store-damaged": StoreError,
    "store-foreign": StoreError,
    "store-too-new": StoreError,
    "not-owner": NotOwnerError,
    "release-exists": ReleaseExistsError,
    "unknown-release": UnknownReleaseError,
}


def make(code: str, message: str, where: str) -> PromoflowError:
    """The exception of a status; called by the compiled half."""
    return _CLASSES.get(code, PromoflowError)(message or code, code, where)
