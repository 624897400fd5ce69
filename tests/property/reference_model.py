# SPDX-License-Identifier: Apache-2.0
"""The values of the reference: JSON text, durations, promotion contexts, and the manifest read.

Times are integer nanoseconds. Bad manifests are not diagnosed (M6, M7).
"""

import json
import math
import re
from fractions import Fraction

# C4: the reasons after "exported an invalid promotion context: ".
WHY_NOT_JSON = "not valid JSON"
WHY_NOT_OBJECT = "not a JSON object"
WHY_TOO_LARGE = "larger than 1 MiB"
WHY_TOO_DEEP = "nested deeper than 64 levels"
WHY_NOT_UTF8 = "not valid UTF-8"
CONTEXT_BYTES_MAX = 1 << 20
CONTEXT_DEPTH_MAX = 64

ON_START, ON_SUCCESS, ON_FAIL, PROMOTE = "onStart", "onSuccess", "onFail", "promote"
FINAL = ("Succeeded", "Failed", "Terminated")
DEFAULT_ARGUMENTS = ("RELEASE_URL", "PRODUCT_NAME", "VERSION", "COMMIT_SHA", "PROMOTION_FLOW_NAME",
                     "RELEASE_ID", "FAILED_ENVIRONMENTS", "ERROR_MESSAGE")
UNITS = {"ns": 1, "us": 10**3, "\u00b5s": 10**3, "\u03bcs": 10**3, "ms": 10**6, "s": 10**9,
         "m": 60 * 10**9, "h": 3600 * 10**9}


def compact(value):
    """Compact JSON text: UTF-8, no spaces, nothing escaped beyond what JSON demands (A6, S5)."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def as_text(value):
    """A6: a string as it is, any other JSON value as compact JSON text."""
    return value if isinstance(value, str) else compact(value)


def parse_duration(text):
    """M5: a Go duration as nanoseconds."""
    text = str(text)
    if text == "0":
        return 0
    parts = re.findall(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError("not a duration: " + text)
    return int(sum(Fraction(number) * UNITS[unit] for number, unit in parts))


def print_duration(ns):
    """M5: as Go prints it, zero parts left out."""
    if ns == 0:
        return "0s"
    if ns < UNITS["s"]:
        unit = "ms" if ns >= UNITS["ms"] else "us" if ns >= UNITS["us"] else "ns"
        return decimal(ns, UNITS[unit]) + ("\u00b5s" if unit == "us" else unit)
    hours, rest = divmod(ns, UNITS["h"])
    minutes, seconds = divmod(rest, UNITS["m"])
    return (("%dh" % hours if hours else "") + ("%dm" % minutes if minutes else "")
            + (decimal(seconds, UNITS["s"]) + "s" if seconds else ""))


def decimal(value, unit):
    whole, rest = divmod(value, unit)
    digits = len(str(unit)) - 1
    return str(whole) + (("." + str(rest).zfill(digits)).rstrip("0") if rest else "")


class InvalidContext(Exception):
    """C4: an export that is not a promotion context; its text is WHY."""


def depth_of(value):
    """Nesting of arrays and objects; the outermost is level 1."""
    if isinstance(value, (dict, list)):
        inner = value.values() if isinstance(value, dict) else value
        return 1 + max((depth_of(item) for item in inner), default=0)
    return 0


def refuse_constant(name):
    raise ValueError(name + " is not JSON")


def finite(text):
    number = float(text)
    return number if math.isfinite(number) else refuse_constant(text)


def parse_context(text):
    """C4: the object that a text exports, or InvalidContext."""
    try:
        raw = text if isinstance(text, bytes) else text.encode("utf-8")
        if len(raw) > CONTEXT_BYTES_MAX:
            raise InvalidContext(WHY_TOO_LARGE)
        value = json.loads(raw.decode("utf-8"), parse_constant=refuse_constant, parse_float=finite)
        if depth_of(value) > CONTEXT_DEPTH_MAX:
            raise InvalidContext(WHY_TOO_DEEP)
        compact(value).encode("utf-8")
    except RecursionError:
        raise InvalidContext(WHY_TOO_DEEP) from None
    except UnicodeDecodeError:
        raise InvalidContext(WHY_NOT_UTF8) from None
    except ValueError:  # JSONDecodeError, and lone surrogates, which have no UTF-8
        raise InvalidContext(WHY_NOT_JSON) from None
    if not isinstance(value, dict):
        raise InvalidContext(WHY_NOT_OBJECT)
    return value


def merge_patch(target, patch):
    """C2 deep: RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


# 1 Manifest


class RetryRule:
    def __init__(self, node):
        backoff = (node or {}).get("backoff") or {}
        self.limit = (node or {}).get("limit", 0)
        self.duration = parse_duration(backoff.get("duration", "0s"))  # R9: default 0s and 1
        self.factor = Fraction(str(backoff.get("factor", 1)))
        self.longest = parse_duration(backoff["maxDuration"]) if "maxDuration" in backoff else None

    def delay(self, n):
        """R9: how long after the failure the n-th further attempt is issued."""
        delay = int(self.duration * self.factor ** (n - 1))
        return delay if self.longest is None else min(delay, self.longest)


class Hook:
    def __init__(self, node, limit):
        node = {"name": node} if isinstance(node, str) else node  # M1
        self.name = node["name"]
        self.arguments = node.get("arguments") or {}
        self.timeout = parse_duration(node["timeout"]) if "timeout" in node else limit  # R8
        self.retry = RetryRule(node.get("retry"))
        self.ignore = node.get("onError", "fail") == "ignore"


class Scope:
    """The release (name None) or an environment: its definition, then its state."""

    def __init__(self, name, node, limit):
        hooks = node.get("hooks") or {}

        def chain(*points):
            lists = [hooks.get(point) or [] for point in points]
            lists = [item if isinstance(item, list) else [item] for item in lists]  # M1
            return [Hook(item, limit) for items in lists for item in items]

        self.name = name
        self.hooks = {ON_START: chain(ON_START), ON_SUCCESS: chain(ON_SUCCESS, "onEnd"),  # M2
                      ON_FAIL: chain(ON_FAIL, "onEnd")}
        self.depends = list(node.get("dependsOn") or [])
        policy = node.get("policy") or {}
        self.policy = {key: policy[key] for key in ("action", "preAction", "postAction")
                       if policy.get(key) is not None}
        self.timeout = parse_duration(node["timeout"]) if "timeout" in node else None
        self.retry = RetryRule(node.get("retry"))
        self.status = "Pending"
        self.message = None
        self.cursor = None     # (point, index) of the command it is at, or failed or was cut at
        self.failing = False   # its onFail chain runs

    def point(self, word):
        return ("release." if self.name is None else "environment.") + word


class Flow:
    def __init__(self, manifest):
        spec = manifest["spec"].get("properties") or manifest["spec"]  # M3: the older layout
        self.name = manifest["metadata"]["name"]
        self.policy = spec.get("failurePolicy", "failFast")  # M4
        self.deep = spec.get("contextMerge", "shallow") == "deep"  # M4
        self.limit = spec.get("promotionTimeoutLimit", 1440) * UNITS["m"]
        self.post_trigger = spec.get("postTrigger")
        self.trigger = Scope(spec["triggerEnvironment"], {}, self.limit)
        if self.post_trigger is not None:  # open: policy of the trigger environment
            self.trigger.policy = {"action": "none", "postAction": self.post_trigger}
        self.release = Scope(None, {"hooks": spec.get("hooks")}, self.limit)
        self.environments = [self.trigger]  # step order: the trigger environment before all
        self.environments += [Scope(step["environment"], step, self.limit)
                              for step in spec["steps"]]
