# SPDX-License-Identifier: Apache-2.0
"""The promotion context of the reference: section 4 of docs/semantics.md.

What hooks export is read (C4), merged (C2), and its writes are followed for conflicts (C5).
"""

import json

from reference_model import RESERVED, Number, compact, size_of

# C4: the reasons after "exported an invalid promotion context: ". What follows on the first two in
# the program's, where it goes wrong and what it seems to be, only the program knows.
WHY_NOT_JSON = "not valid JSON"
WHY_NOT_OBJECT = "not a JSON object"
WHY_TOO_LARGE = "larger than 1 MiB"
WHY_TOO_DEEP = "nested deeper than 64 levels"
WHY_NOT_UTF8 = "not valid UTF-8"
WHY_RESULT_TOO_LARGE = "the promotion context that results would be larger than 1 MiB"
LONG_REASONS = (WHY_NOT_JSON, WHY_NOT_OBJECT)
CONTEXT_BYTES_MAX = 1 << 20
CONTEXT_DEPTH_MAX = 64
LIVE_WRITES_SEARCHED = 64  # C5


class InvalidContext(Exception):
    """C4: an export that is not a promotion context; its text is WHY."""


def without_reason(value):
    """A value of a trace's line, its texts cut behind the reasons that only the program knows all
    of. FAILED_ENVIRONMENTS is JSON within a text."""
    if isinstance(value, dict):
        return {key: without_reason(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_reason(item) for item in value]
    if not isinstance(value, str):
        return value
    if value.startswith("[{\"Name\":"):
        return compact(without_reason(json.loads(value)))
    for reason in LONG_REASONS:
        before, found, _ = value.partition(": " + reason)
        if found:
            return before + found
    return value


def comparable(line):
    """A line of a trace without what only the program knows."""
    if not any(reason in line for reason in LONG_REASONS):
        return line
    return compact(without_reason(json.loads(line)))


def depth_of(value):
    """Nesting of arrays and objects; the outermost is level 1."""
    if isinstance(value, (dict, list)):
        inner = value.values() if isinstance(value, dict) else value
        return 1 + max((depth_of(item) for item in inner), default=0)
    return 0


def refuse_constant(name):
    raise ValueError(name + " is not JSON")


def is_blank(text):
    """C1: is it no export: empty, or JSON white space only?"""
    return not text.strip(b" \t\n\r" if isinstance(text, bytes) else " \t\n\r")


def parse_context(text):
    """C4: the object that a text exports, or InvalidContext."""
    try:
        raw = text if isinstance(text, bytes) else text.encode("utf-8")
        if len(raw) > CONTEXT_BYTES_MAX:
            raise InvalidContext(WHY_TOO_LARGE)
        value = json.loads(raw.decode("utf-8"), parse_constant=refuse_constant,
                           parse_int=Number, parse_float=Number)
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


def same(one, other):
    """Equality of JSON values: the order of members does not count, true is not 1, 1 is 1.0."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return one == other  # of different types: unequal


def commute(one, other):
    """C5 deep: is the result of two merge patches the same in either order?"""
    if isinstance(one, dict) and isinstance(other, dict):
        return all(commute(one[key], other[key]) for key in one if key in other)
    return same(one, other)


class Write:
    """A write to a key: by a hook of an environment, of the release (None), or by the start."""

    def __init__(self, environment, ticket, value):
        self.environment, self.ticket, self.value = environment, ticket, value


class Context:
    def __init__(self, flow, value):
        if size_of(compact(value)) > CONTEXT_BYTES_MAX:
            raise InvalidContext(WHY_RESULT_TOO_LARGE)
        self.flow, self.value = flow, value  # C2: as it is given, also with deep
        self.live = {key: [Write(None, 0, item)] for key, item in value.items()}  # C5
        self.writers = {key: 0 for key in value}  # C5: ticket of the last write, 0: the start

    def merged(self, exported):
        """C2, C4: what an export makes of the context; nothing is changed yet."""
        if self.flow.deep:
            result = merge_patch(self.value, exported)
        else:
            result = dict(self.value, **exported)
        if size_of(compact(result)) > CONTEXT_BYTES_MAX:
            raise InvalidContext(WHY_RESULT_TOO_LARGE)
        return result

    def merge(self, environment, ticket, exported):
        """Takes an export that merged() allows; the records of C5 and C6, in order."""
        self.value = self.merged(exported)
        records = []
        for key, value in exported.items():
            if key in RESERVED:  # C6
                records.append(("shadowed", {"key": key, "ticket": ticket}))
            earlier = self.write(key, Write(environment, ticket, value))
            if earlier is not None:
                records.append(("conflict", {"key": key, "earlier": earlier.ticket,
                                             "later": ticket}))
        self.writers.update((key, ticket) for key in exported)
        self.writers = {key: self.writers[key] for key in self.value}
        return records

    def write(self, key, write):
        """C5: the live write that a new one conflicts with, or None."""
        live = [other for other in self.live.get(key, []) if not self.supersedes(write, other)]
        self.live[key] = live + [write]
        for other in reversed(live[-LIVE_WRITES_SEARCHED:]):
            if not (commute if self.flow.deep else same)(other.value, write.value):
                return other
        return None

    def supersedes(self, write, other):
        """C5: is a write built on another one?"""
        return (write.environment is None or other.environment is None
                or other.environment == write.environment
                or other.environment in self.flow.above(write.environment))
