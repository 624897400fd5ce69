#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Second, independent implementation of docs/semantics.md: promoflow is compared with it.

`python3 reference.py FLOW SCENARIO` prints the trace (S5) of a simulated release. Clarity over
speed: each rule is cited where it is carried out. Here is section 5, the simulation. The machine is
in reference_machine.py, what it refuses in reference_checks.py; arguments are in
reference_arguments.py, the promotion context in reference_context.py; durations, messages and the
manifest in reference_model.py.
"""

import json
import sys

from reference_checks import Refused, StartRefused, soaking
from reference_context import InvalidContext
from reference_machine import Release
from reference_model import FINAL, compact, parse_duration


def matches(rule, command, place):
    """S1: does a rule of `outcomes` match a command (given as its line in the trace)?"""
    if rule.get("hook") != command.get("hook"):  # both absent: of promotions
        return False
    command = dict(command, place=place)
    return all(rule[key] == command.get(key) for key in ("point", "environment", "attempt", "place")
               if key in rule)


def outcome_of(command, place, issued, outcomes):
    """S2: what the host will report of a command: [(time, ticket, order, event)]."""
    rule = next((rule for rule in outcomes if matches(rule, command, place)), {})
    ticket, kind = command["ticket"], "hook" if command["event"] == "hook" else "promotion"
    events, time = [], issued

    def report(order, event, **fields):
        events.append((time, ticket, order, dict({"event": event, "ticket": ticket}, **fields)))

    if "suspend" in rule:
        report(0, "suspended")
        time += parse_duration(rule["suspend"])
        report(1, "resumed")
    time += parse_duration(rule.get("after", "0s"))
    if "fail" in rule:  # S1: fail takes precedence over context
        report(2, kind + "-failed", message=str(rule["fail"]))
    elif kind == "promotion":
        report(2, "promotion-succeeded")
        if "failInSoak" in rule:
            time += parse_duration(rule["failInSoak"].get("after", "0s"))
            report(3, "promotion-failed", message=str(rule["failInSoak"].get("message", "")))
    elif "contextText" in rule:
        report(2, "hook-succeeded", context=rule["contextText"])
    elif "context" in rule:
        report(2, "hook-succeeded", context=compact(rule["context"]))
    else:
        report(2, "hook-succeeded")
    return events


class Simulation:
    """A release in virtual time: the host's answers to come, and the operator's actions."""

    def __init__(self, flow, scenario):
        self.release = Release(flow, scenario.get("release"))
        self.outcomes = scenario.get("outcomes") or []
        actions = scenario.get("actions") or []
        self.actions = [(parse_duration(action["at"]), action) for action in actions]
        self.actions.sort(key=lambda item: item[0])  # stable: listed order at equal times (S3)
        self.coming = []
        self.seen = 0  # lines of the trace that have been looked at
        context = scenario.get("context")
        self.release.start(0, None if context is None else compact(context),
                           *[scenario.get(key) for key in ("skip", "until", "only")])

    def take_commands(self):
        for line in self.release.effects[self.seen:]:
            if line["event"] in ("hook", "promote"):
                command = self.release.outstanding.get(line["ticket"])
                if command:  # else it was cancelled by the event that issued it
                    self.coming += outcome_of(line, command.index + 1, self.release.now,
                                              self.outcomes)
            elif line["event"] == "cancel":
                self.coming = [item for item in self.coming if item[1] != line["ticket"]]
        self.seen = len(self.release.effects)
        self.coming.sort(key=lambda item: item[:3])  # S3: commands by ticket

    def run(self):
        while True:
            self.take_commands()
            if self.release.release.status in FINAL and not self.actions:  # S4
                return
            timer = self.release.next_timer()
            times = [item[0] for item in self.actions[:1] + self.coming[:1]]
            times += [] if timer is None else [timer]
            if not times:  # S4
                return
            now = min(times)
            if timer == now:  # S3: the machine's own timers before both
                self.release.apply(now, {"event": "tick"})
            elif self.actions and self.actions[0][0] == now:
                self.act(*self.actions.pop(0))
            else:
                self.answer(now, *self.coming.pop(0)[1:])

    def answer(self, now, ticket, order, event):
        if order < 3 or soaking(self.release, ticket):  # S2: failInSoak, if it soaks then
            self.release.apply(now, event)

    def act(self, time, action):
        """One of the scenario's actions; what the machine refuses is recorded (S3)."""
        event = event_of(action)
        try:
            self.release.apply(time, event)
        except Refused as error:
            self.release.now = time
            self.release.emit("refused", action=event["event"], error=str(error),
                              by=action.get("by") or None)


def event_of(action):
    event = {"by": action.get("by")}
    if "terminate" in action:
        event.update(event="terminate", reason=str(action["terminate"]),
                     force=action.get("force", False))
    elif "skip" in action:
        event.update(event="skip", environment=action["skip"], reason=action.get("reason"))
    else:
        event.update(event="retry")
        if action["retry"] is not True:
            event["environments"] = action["retry"]
    return event


def simulate(flow, scenario):
    """The trace of a release in virtual time, as lines of JSON (S5); none if the start is refused.
    """
    try:
        simulation = Simulation(flow, scenario)
    except (InvalidContext, StartRefused):  # C1, R16
        return []
    simulation.run()
    return [compact(line) for line in simulation.release.effects]


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
