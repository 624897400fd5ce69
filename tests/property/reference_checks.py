# SPDX-License-Identifier: Apache-2.0
"""Which starts and events the reference refuses: R13, and what R6, R12, R16, R18 and R19 allow."""

from reference_model import FINAL, ON_FAIL, ON_SUCCESS, PROMOTE


class Refused(Exception):
    """An event that is refused, the state unchanged; its text is the error's name."""


class StartRefused(Exception):
    """R16: a start with environments to skip that cannot be."""


def check(release, event):
    """R13: refuse what cannot be."""
    kind, ticket = event["event"], event.get("ticket")
    allowed = True
    if ticket is not None:
        allowed = check_ticket(release, kind, ticket)
    elif kind == "terminate":
        allowed = release.release.status not in FINAL
        if not event.get("force"):  # R6
            allowed = (release.release.status in ("Running", "Suspended")
                       and release.release.chain != ON_FAIL)
    elif kind == "retry":
        allowed = check_retry(release, event.get("environments"))
    elif kind == "skip":
        allowed = check_skip(release, event["environment"])
    if not allowed:
        raise Refused("not-allowed")


def check_ticket(release, kind, ticket):
    if not 1 <= ticket <= release.tickets:
        raise Refused("unknown-ticket")
    if kind == "promotion-failed" and soaking(release, ticket):  # R18
        return True
    if ticket not in release.outstanding:
        raise Refused("settled-ticket")
    command = release.outstanding[ticket]
    if kind.startswith("hook-" if command.point == PROMOTE else "promotion-"):
        raise Refused("wrong-kind")
    if kind in ("suspended", "resumed"):
        return command.suspended == (kind == "resumed")
    if kind in ("queued", "started"):  # R19
        return command.queue == (None if kind == "queued" else "queued")
    return True


def check_retry(release, names):
    """R12."""
    if names is None:
        return release.release.status in ("Failed", "Terminated")
    chosen = known(release, names)
    return bool(chosen) and all(map(has_ended_badly, chosen)) and (
        release.release.status in ("Failed", "Terminated")
        or release.release.status in ("Running", "Suspended") and release.release.chain != ON_FAIL)


def check_skip(release, name):
    """R16."""
    scope = known(release, [name])[0]
    return (scope.status == "Pending" or has_ended_badly(scope)) and (
        release.release.status in ("Failed", "Terminated")
        or release.release.status in ("Running", "Suspended")
        and release.release.chain not in (ON_SUCCESS, ON_FAIL))


def known(release, names):
    if any(name not in release.by_name for name in names):
        raise Refused("unknown-environment")
    return [release.by_name[name] for name in names]


def has_ended_badly(scope):
    """Is it Failed or Terminated, its onFail chain ended?"""
    return scope.status in ("Failed", "Terminated") and scope.chain is None


def soaking(release, ticket):
    """R18: does an environment soak whose last promotion has this ticket?"""
    return any(scope.soak_end is not None and scope.promotion == ticket
               for scope in release.environments)


def skipped_at_start(flow, skip, until, only):
    """R16: the environments to skip, in step order."""
    given = [names for names in (skip, until, only) if names is not None]
    if len(given) > 1 or [] in given:
        raise StartRefused("an empty list, or more than one of skip, until and only")
    if any(name not in flow.by_name for names in given for name in names):
        raise StartRefused("unknown-environment")
    if skip is not None:
        return [scope for scope in flow.environments if scope.name in skip]
    if until is not None:
        kept = set(until).union(*[flow.above(name) for name in until])
    elif only is not None:
        kept = set(only)
    else:
        return []
    return [scope for scope in flow.environments if scope.name not in kept]
