#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Python's graphlib, networkx and transitions on the layered graph of a thousand environments:
`graph_libraries.py NAME` prints `LABEL NANOSECONDS` for each environment, the median of five."""

import random
import statistics
import sys
import time

SIZE = 1000
LAYERS = 10


def layered():
    chance = random.Random(42)
    width = (SIZE - 1) // LAYERS
    on = {0: []}
    for i in range(1, SIZE):
        layer = (i - 1) // width
        first = 1 + (layer - 1) * width
        on[i] = [0] if layer == 0 else chance.sample(range(first, first + width), 4)
    return on


def run_graphlib(on):
    import graphlib
    sorter = graphlib.TopologicalSorter(on)
    sorter.prepare()
    count = 0
    while sorter.is_active():
        ready = sorter.get_ready()
        count += len(ready)
        sorter.done(*ready)
    return count


def run_networkx(on):
    import networkx
    graph = networkx.DiGraph((b, a) for a, targets in on.items() for b in targets)
    return len(list(networkx.topological_sort(graph)))


def run_transitions(on):
    from transitions import Machine
    steps = [["advance", "pending", "starting"], ["advance", "starting", "promoting"],
             ["advance", "promoting", "successful"]]
    states = ["pending", "starting", "promoting", "successful"]
    machine = Machine(model=None, states=states, transitions=steps, initial="pending")
    unmet = {a: len(targets) for a, targets in on.items()}
    dependents = {a: [] for a in on}
    for a, targets in on.items():
        for b in targets:
            dependents[b].append(a)
    ready, count = [0], 0
    while ready:
        at = ready.pop(0)
        model = type("Environment", (), {})()
        machine.add_model(model)
        for _ in range(3):
            model.advance()
        count += 1
        for a in dependents[at]:
            unmet[a] -= 1
            if unmet[a] == 0:
                ready.append(a)
    return count


PEERS = {
    "graphlib": ("Python graphlib, build included/layered/1k", run_graphlib, 5),
    "networkx": ("networkx topological_sort, build included/layered/1k", run_networkx, 5),
    "transitions": ("transitions, a model for each environment/layered/1k", run_transitions, 1),
}


def main():
    label, run, times = PEERS[sys.argv[1]]
    on = layered()
    taken = []
    for _ in range(times):
        begin = time.process_time_ns()
        assert run(on) == SIZE
        taken.append((time.process_time_ns() - begin) / SIZE)
    print(label, statistics.median(taken))


if __name__ == "__main__":
    main()
