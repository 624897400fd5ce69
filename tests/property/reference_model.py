# SPDX-License-Identifier: Apache-2.0
"""The values of the reference: JSON text, durations, bounded messages, and the manifest read.

Times are integer milliseconds. Manifests with errors are not diagnosed (M6, M7).
"""

import json
import re
from decimal import Decimal
from fractions import Fraction

ON_START, ON_SUCCESS, ON_FAIL, PROMOTE = "onStart", "onSuccess", "onFail", "promote"
FINAL = ("Succeeded", "Failed", "Terminated")
MESSAGE_BYTES_MAX = 4096  # R5
NO_MESSAGE = "no message was given"  # R5
DEFAULT_ARGUMENTS = ("RELEASE_URL", "PRODUCT_NAME", "VERSION", "COMMIT_SHA", "PROMOTION_FLOW_NAME",
                     "RELEASE_ID")  # A1
FAILURE_ARGUMENTS = ("FAILED_ENVIRONMENTS", "ERROR_MESSAGE")  # A2
RESERVED = DEFAULT_ARGUMENTS + FAILURE_ARGUMENTS  # A5
UNITS = {"ms": 1, "s": 1000, "m": 60 * 1000, "h": 3600 * 1000}


class Number(Decimal):
    """A number that keeps its text (A6). Equal numbers are equal whatever their texts (C5)."""

    def __new__(cls, text):
        number = super().__new__(cls, text)
        number.text = text
        return number


def compact(value):
    """Compact JSON text: UTF-8, no spaces, nothing escaped beyond what JSON demands (A6, S5)."""
    if isinstance(value, Number):
        return value.text
    if isinstance(value, dict):
        members = ("%s:%s" % (compact(key), compact(item)) for key, item in value.items())
        return "{%s}" % ",".join(members)
    if isinstance(value, (list, tuple)):
        return "[%s]" % ",".join(map(compact, value))
    return json.dumps(value, ensure_ascii=False)


def size_of(text):
    """Bytes of UTF-8."""
    return len(text.encode("utf-8"))


def as_text(value):
    """A6: a string as it is, any other JSON value as compact JSON text."""
    return value if isinstance(value, str) else compact(value)


def cut_text(text, most):
    """R5, A3: a text of more than `most` bytes is cut at a code point and ends with `...`."""
    raw = text.encode("utf-8")
    if len(raw) <= most:
        return text
    return raw[:most - 3].decode("utf-8", "ignore") + "..." if most >= 3 else ""


def message_of(text):
    """R5: a message, or the reason of a termination, as an event arrives."""
    return cut_text(text, MESSAGE_BYTES_MAX) or NO_MESSAGE


def parse_duration(text):
    """M5: a Go duration as milliseconds."""
    text = str(text)
    if text == "0":
        return 0
    parts = re.findall(r"(\d+(?:\.\d*)?|\.\d+)(ms|s|m|h)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError("not a duration: " + text)
    total = sum(Fraction(number) * UNITS[unit] for number, unit in parts)
    if total.denominator != 1:
        raise ValueError("not whole milliseconds: " + text)
    return int(total)


def print_duration(ms):
    """M5: as Go prints it, zero parts left out."""
    if ms < UNITS["s"]:
        return "%dms" % ms if ms else "0s"
    hours, rest = divmod(ms, UNITS["h"])
    minutes, rest = divmod(rest, UNITS["m"])
    seconds, rest = divmod(rest, UNITS["s"])
    fraction = (".%03d" % rest).rstrip("0") if rest else ""
    return (("%dh" % hours if hours else "") + ("%dm" % minutes if minutes else "")
            + ("%d%ss" % (seconds, fraction) if seconds or rest else ""))


# 1 Manifest


def duration_in(node, key):
    return parse_duration(node[key]) if node.get(key) is not None else None


class RetryRule:
    """R9: how often, and how long after the failure, a command is attempted again."""

    def __init__(self, node):
        backoff = (node or {}).get("backoff") or {}
        self.limit = (node or {}).get("limit", 0)
        self.duration = parse_duration(backoff.get("duration", "0s"))
        self.factor = Fraction(str(backoff.get("factor", 1)))
        self.longest = duration_in(backoff, "maxDuration")

    def delay(self, n):
        """How long after the failure the n-th further attempt is issued."""
        delay = int(self.duration * self.factor ** (n - 1))  # truncated to milliseconds
        return delay if self.longest is None else min(delay, self.longest)


class Hook:
    def __init__(self, node, timeout):
        """`timeout`: the flow's hookTimeout, or None."""
        node = {"name": node} if isinstance(node, str) else node  # M1
        self.name = node["name"]
        self.arguments = node.get("arguments") or {}
        own = duration_in(node, "timeout")
        self.timeout = timeout if own is None else own  # R8
        self.retry = RetryRule(node.get("retry"))
        self.ignore = node.get("onError", "fail") == "ignore"


def hook_nodes(hooks, point):
    nodes = hooks.get(point) or []
    return nodes if isinstance(nodes, list) else [nodes]  # M1


def ignored(node):
    """M2: a hook of onEnd, as it is appended to onSuccess."""
    node = {"name": node} if isinstance(node, str) else node
    return dict(node, onError=node.get("onError") or "ignore")


class Scope:
    """The release (name None) or an environment: its definition, then its state."""

    def __init__(self, name, node, hook_timeout):
        hooks = node.get("hooks") or {}
        on_end = hook_nodes(hooks, "onEnd")
        nodes = {ON_START: hook_nodes(hooks, ON_START),
                 ON_SUCCESS: hook_nodes(hooks, ON_SUCCESS) + [ignored(node) for node in on_end],
                 ON_FAIL: hook_nodes(hooks, ON_FAIL) + on_end}  # M2
        self.name = name
        self.hooks = {point: [Hook(node, hook_timeout) for node in nodes[point]]
                      for point in nodes}
        self.depends = list(node.get("dependsOn") or [])
        policy = node.get("policy") or {}
        self.policy = {key: policy[key] for key in ("action", "preAction", "postAction")
                       if policy.get(key) is not None}
        self.timeout = duration_in(node, "timeout")
        self.retry = RetryRule(node.get("retry"))
        self.soak = duration_in(node, "soak")  # R18

        self.status = "Pending"
        self.message = None
        self.chain = None          # the point whose hooks run, or wait for an attempt
        self.cursor = None         # (point, index): where it is, or where it failed or was cut
        self.cut = False           # R14: it was cut, so its onFail chain is a termination's
        self.promotion = None      # the ticket of its last promotion
        self.soak_end = None       # when its soak ends; None: it does not soak
        self.cut_in_soak = False   # R12: a Retry begins its soak anew

    def point(self, word):
        return ("release." if self.name is None else "environment.") + word

    def timeout_of(self, point, index):
        """R8."""
        return self.timeout if point == PROMOTE else self.hooks[point][index].timeout


class Flow:
    def __init__(self, manifest):
        spec = manifest["spec"].get("properties") or manifest["spec"]  # M3: the older layout
        hook_timeout = duration_in(spec, "hookTimeout")
        self.name = manifest["metadata"]["name"]
        self.policy = spec.get("failurePolicy", "failFast")  # M4
        self.deep = spec.get("contextMerge", "shallow") == "deep"  # M4
        self.limit = spec.get("promotionTimeoutLimit", 1440) * UNITS["m"]
        grace = duration_in(spec, "terminationGracePeriod")
        self.grace = self.limit if grace is None else grace  # R7
        self.post_trigger = spec.get("postTrigger")
        self.trigger = Scope(spec["triggerEnvironment"], {}, hook_timeout)
        if self.post_trigger is not None:  # open: the policy of the trigger environment
            self.trigger.policy = {"action": "none", "postAction": self.post_trigger}
        self.release = Scope(None, {"hooks": spec.get("hooks")}, hook_timeout)
        self.environments = [self.trigger]  # step order: the trigger environment before all
        self.environments += [Scope(step["environment"], step, hook_timeout)
                              for step in spec["steps"]]
        self.by_name = {scope.name: scope for scope in self.environments}

    def above(self, name):
        """What an environment depends on, transitively."""
        found, open_names = set(), [name]
        while open_names:
            for parent in self.by_name[open_names.pop()].depends:
                if parent not in found:
                    found.add(parent)
                    open_names.append(parent)
        return found
