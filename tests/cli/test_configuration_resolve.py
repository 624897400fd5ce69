#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""[P8] [P9] `promoflow resolve` against a second implementation of which flow and which policy a
release has, on random repositories."""

import json
import os
import random
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

PROGRAM = os.environ["PROMOFLOW_PROGRAM"]
REPOSITORIES = 60
NAMES = ["qa", "staging", "production", "eu"]
FIELDS = {"preAction": ["w1", "w2"], "action": ["commit", "pr", "none"], "postAction": ["w1", "w2"]}
PARTS = ["product.names", "product.tags", "targetEnvironment.names", "targetEnvironment.tags",
         "targetEnvironment.types"]


def document(kind, name, spec):
    group = "promoflow.dev/v1" if kind == "Environment" else "codefresh.io/v1beta1"
    return {"apiVersion": group, "kind": kind, "metadata": {"name": name}, "spec": spec}


class Repository:
    """What is drawn, and what resolve must answer."""

    def __init__(self, draw):
        some = lambda values, part: draw.sample(values, draw.randint(0, 2)) \
            if draw.random() < part else []
        fields = lambda part: {name: draw.choice(values) for name, values in FIELDS.items()
                               if draw.random() < part}
        self.environments = {name: {"tags": some(["x", "y", "z"], 0.7),
                                    "kind": draw.choice(["PROD", "NON_PROD"])}
                             for name in NAMES if draw.random() < 0.7}
        self.flows = {name: [{"environment": one, "dependsOn": ["dev"], "policy": fields(0.25)}
                             for one in draw.sample(NAMES, draw.randint(1, 4))]
                      for name in ("f1", "f2", "f3")}
        selector = lambda: {"key": draw.choice(["commitMessage", "gitRevision"]),
                            "operator": draw.choice(["In", "NotIn"]),
                            "values": draw.sample(["main", "rel*", "*", "a*b", "*x", "dev"],
                                                  draw.randint(1, 3))}
        self.tags = some(["t1", "t2"], 0.7)
        self.offered = [{"name": name, "gitTriggerSelectors":
                         [selector() for _ in range(draw.randint(1, 2))]}
                        for name in draw.sample(sorted(self.flows), draw.randint(1, 3))]
        if draw.random() < 0.5:
            del self.offered[-1]["gitTriggerSelectors"]
        parts = lambda: {"product.names": some(["p", "q"], 0.3),
                         "product.tags": some(["t1", "t2"], 0.2),
                         "targetEnvironment.names": some(NAMES, 0.3),
                         "targetEnvironment.tags": some(["x", "y", "z"], 0.2),
                         "targetEnvironment.types": some(["PROD", "NON_PROD"], 0.2)}
        self.policies = {name: (parts(), fields(0.5), draw.choice([None, 0, 1, 2, -1]))
                         for name in draw.sample(["b", "a-1", "a", "z", "c"], draw.randint(0, 5))}

    def write(self, folder, draw):
        documents = [document("Environment", *one) for one in self.environments.items()]
        documents += [document("PromotionFlow", name, {"triggerEnvironment": "dev", "steps": steps})
                      for name, steps in self.flows.items()]
        documents += [document("Product", "p", {"promotionFlows": self.offered,
                                                "tags": self.tags}),
                      document("Product", "q", {"promotionFlows": [{"name": "f1"}]})]
        for name, (parts, fields, priority) in self.policies.items():
            selector = {"product": {}, "targetEnvironment": {}}
            for part, values in parts.items():
                first, second = part.split(".")
                selector[first][second] = values
            spec = {"selector": selector, "policy": fields}
            documents.append(document("PromotionPolicy", name, spec if priority is None
                                      else {**spec, "priority": priority}))
        draw.shuffle(documents)
        for number, one in enumerate(documents):
            (folder / f"{number}.json").write_text(json.dumps(one))

    def flow(self, texts):
        """The chosen flow, and of each before it the selector that fails."""
        rejected = []
        for offered in self.offered:
            for one in offered.get("gitTriggerSelectors", []):
                matches = any(re.fullmatch(".*".join(map(re.escape, value.split("*"))),
                                           texts[one["key"]], re.DOTALL) for value in one["values"])
                if matches != (one["operator"] == "In"):
                    rejected.append((offered["name"], one["key"]))
                    break
            else:
                return offered["name"], rejected
        return None, rejected

    def policy(self, step, ascending):
        """The fields of a step; the policies that lost, with the part that does not match; and the
        fields with a tie."""
        name = step["environment"]
        environment = self.environments.get(name, {"tags": [], "kind": None})
        having = dict(zip(PARTS, (["p"], self.tags, [name], environment["tags"],
                                  [environment["kind"]])))
        lost, matching, found, ties = {}, {}, {}, set()
        for policy, (parts, fields, priority) in self.policies.items():
            wrong = [part for part in PARTS
                     if parts[part] and not set(parts[part]) & set(having[part])]
            lost[policy] = f"no match: {wrong[0]}" if wrong else ""
            if not wrong:
                matching[policy] = (fields, priority or 0)
        for field in FIELDS:
            giving = {policy: (-priority if not ascending else priority, policy.encode())
                      for policy, (fields, priority) in matching.items() if field in fields}
            if field in step["policy"]:
                found[field] = {"value": step["policy"][field], "origin": "step"}
            elif giving:
                best = min(giving, key=giving.get)
                found[field] = {"value": matching[best][0][field], "origin": f"policy {best}"}
                lost.pop(best, None)
                if sum(rank[0] == giving[best][0] for rank in giving.values()) > 1:
                    ties.add((field, name))
            elif field == "action":
                found[field] = {"value": "commit", "origin": "default"}
        return found, sorted(lost.items(), key=lambda one: one[0].encode()), ties


class Resolve(unittest.TestCase):
    def check(self, seed):
        draw = random.Random(seed)
        repository = Repository(draw)
        texts = {"commitMessage": draw.choice(["", "a\nb", "fix x", "main"]),
                 "gitRevision": draw.choice(["", "main", "rel/1", "dev", "ax"])}
        ascending = draw.random() < 0.3
        with tempfile.TemporaryDirectory() as folder:
            repository.write(Path(folder), draw)
            given = [part for option, text in (("--message", texts["commitMessage"]),
                                               ("--revision", texts["gitRevision"]))
                     if text for part in (option, text)]
            done = subprocess.run(
                [PROGRAM, "resolve", folder, "--product", "p", "--format", "json", *given,
                 "--policy-order", "ascending" if ascending else "descending"],
                capture_output=True, text=True, check=False)
        answer = json.loads(done.stdout)
        chosen, rejected = repository.flow(texts)
        self.assertEqual(done.returncode, 1 if chosen is None else 0)
        self.assertEqual(answer["flow"]["name"], chosen)
        self.assertEqual([(one["name"], one["why"].split()[0])
                          for one in answer["flow"]["rejected"]], rejected)
        steps = repository.flows[chosen] if chosen else []
        self.assertEqual([one["name"] for one in answer["environments"]],
                         [step["environment"] for step in steps])
        ties = set()
        for step, one in zip(steps, answer["environments"]):
            found, lost, tied = repository.policy(step, ascending)
            ties |= tied
            self.assertEqual(one["policy"], found)
            self.assertEqual([(each["policy"], each["why"] if each["why"].startswith("no match")
                               else "") for each in one["lost"]], lost)
        self.assertEqual(set(re.findall(r"warning: (\w+) of environment '(\w+)'", done.stderr)),
                         ties)

    def test_it_answers_as_the_second_implementation(self):
        for seed in range(REPOSITORIES):
            with self.subTest(seed=seed):
                self.check(seed)


if __name__ == "__main__":
    unittest.main()
