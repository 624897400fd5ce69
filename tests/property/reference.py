#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Second, independent implementation of SPEC.md: the oracle that promoflow is compared with.

`python3 reference.py FLOW SCENARIO` prints the trace (S5) of a simulated release. Clarity over
speed: each rule is cited where it is carried out. Here is section 5, the simulation; the machine
is in reference_machine.py; durations, contexts (with the reasons of C4) and the manifest are in
reference_model.py.
"""

import json
import sys

from reference_machine import Refused, Release
from reference_model import FINAL, compact, parse_duration


def matches(rule, command):
    """S1: does a rule of `outcomes` speak of a command (its line in the trace)?"""
    if rule.get("hook") != command.get("hook"):  # both absent: of promotions
        return False
    return all(rule[key] == command.get(key) for key in ("point", "environment", "attempt")
               if key in rule)


def outcome_of(command, issued, outcomes):
    """S2: what the host will say of a command: [(time, ticket, order, event)]."""
    rule = next((rule for rule in outcomes if matches(rule, command)), {})
    ticket, kind = command["ticket"], "hook" if command["event"] == "hook" else "promotion"
    events, time = [], issued
    if "suspend" in rule:
        events.append((time, ticket, 0, {"event": "suspended", "ticket": ticket}))
        time += parse_duration(rule["suspend"])
        events.append((time, ticket, 1, {"event": "resumed", "ticket": ticket}))
    time += parse_duration(rule.get("after", "0s"))
    if "fail" in rule:  # S1: fail stands over context
        event = {"event": kind + "-failed", "ticket": ticket, "message": str(rule["fail"])}
    else:
        event = {"event": kind + "-succeeded", "ticket": ticket}
        if kind == "hook" and "contextText" in rule:
            event["context"] = rule["contextText"]
        elif kind == "hook" and "context" in rule:
            event["context"] = compact(rule["context"])
    return events + [(time, ticket, 2, event)]


def simulate(flow, scenario):
    """The trace of a release in virtual time, as lines of JSON (S5)."""
    release = Release(flow, scenario.get("release"))
    outcomes = scenario.get("outcomes") or []
    actions = [(parse_duration(action["at"]), action) for action in scenario.get("actions") or []]
    actions.sort(key=lambda item: item[0])  # stable: listed order at equal times (S3)
    coming, seen = [], 0
    release.start(0, scenario.get("context"))
    while True:
        for line in release.effects[seen:]:
            if line["event"] in ("hook", "promote"):
                coming += outcome_of(line, release.now, outcomes)
            elif line["event"] == "cancel":
                coming = [item for item in coming if item[1] != line["ticket"]]
        seen = len(release.effects)
        coming.sort(key=lambda item: item[:3])  # S3: commands by ticket
        if release.release.status in FINAL and not actions:  # S4
            break
        timer = release.next_timer()
        times = [item[0] for item in actions[:1] + coming[:1]]
        times += [] if timer is None else [timer]
        if not times:  # S4
            break
        now = min(times)
        if timer == now:  # S3: the machine's own timers before both
            release.apply(now, {"event": "tick"})
        elif actions and actions[0][0] == now:
            act(release, *actions.pop(0))
        else:
            release.apply(now, coming.pop(0)[3])
    return [compact(line) for line in release.effects]


def act(release, time, action):
    """One of the scenario's actions; what the machine refuses is recorded (S3)."""
    name = "terminate" if "terminate" in action else "retry"
    event = {"event": name}
    if name == "terminate":
        event["reason"] = str(action["terminate"])
    try:
        release.apply(time, event)
    except Refused as error:
        release.emit("refused", action=name, error=str(error))


def load(path):
    """A manifest or scenario: the first PromotionFlow of a file (M3), else its first document."""
    with open(path, encoding="utf-8") as file:
        if path.endswith(".json"):
            return json.load(file)
        import yaml  # not needed for JSON
        documents = [node for node in yaml.safe_load_all(file) if node is not None]
    flows = [node for node in documents if node.get("kind") == "PromotionFlow"]
    return (flows or documents or [{}])[0]


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: reference.py FLOW SCENARIO")
    for line in simulate(load(sys.argv[1]), load(sys.argv[2])):
        sys.stdout.buffer.write(line.encode("utf-8") + b"\n")


if __name__ == "__main__":
    main()
