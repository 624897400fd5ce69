# SPDX-License-Identifier: Apache-2.0
"""The arguments that the reference hands to a hook: section 3 of docs/semantics.md."""

from reference_model import (
    DEFAULT_ARGUMENTS, ON_FAIL, RESERVED, as_text, compact, cut_text, size_of)

FAILED_ENVIRONMENTS_BYTES_MAX = 49152  # A3
ERROR_MESSAGE_BYTES = (2048, 1024, 512, 256, 128, 64, 0)  # A3


def arguments_of(release, scope, point, hook):
    """The arguments of a hook of the release or of an environment, issued now."""
    known = release.fields
    found = dict(zip(DEFAULT_ARGUMENTS, (  # A1
        known.get("url", ""), known.get("product", ""), known.get("version", ""),
        known.get("commitSha", ""), release.flow.name, known.get("id", "simulated"))))
    if point == ON_FAIL:  # A2
        found["FAILED_ENVIRONMENTS"] = failed_environments(
            [s for s in release.environments if s.status in ("Failed", "Terminated")
             and (scope is release.release or s is scope)])
        found["ERROR_MESSAGE"] = scope.message or ""  # A4
    for more in (hook.arguments, release.context.value):  # on equal names the first is taken
        for key, value in more.items():
            if key not in RESERVED:  # A5
                found.setdefault(key, value)
    return {key: as_text(value) for key, value in found.items()}  # A6


def failed_environments(scopes):
    """A3: the text of FAILED_ENVIRONMENTS, bounded."""
    def text(most=None):
        return compact([{"Name": scope.name, "Status": scope.status, "Error-message":
                         scope.message if most is None else cut_text(scope.message, most)}
                        for scope in scopes])
    whole = text()
    if size_of(whole) <= FAILED_ENVIRONMENTS_BYTES_MAX:
        return whole
    return next((shorter for shorter in map(text, ERROR_MESSAGE_BYTES)
                 if size_of(shorter) <= FAILED_ENVIRONMENTS_BYTES_MAX), text(0))
