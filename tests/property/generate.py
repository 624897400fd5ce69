#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Random valid manifests and scenarios for the comparison with reference.py.

`generate(seed)` gives (flow, scenario); the same seed gives the same pair. Few distinct, small
durations, so that equal times (S3, R10) are common, and limits so small that deadlines are hit.
`python3 generate.py SEED` prints the pair; `--coverage FROM:TO` counts what the traces show.
"""

import collections
import json
import random
import sys

# Few values on purpose: ties.
AFTERS = ["0s", "0s", "10s", "10s", "20s", "30s", "30s", "1m", "90s", "2m"]
LONG_AFTERS = ["5m", "1h", "30h"]
SUSPENDS = ["0s", "10s", "20s", "30s", "30s", "1m", "2m"]
SOAKS = ["10s", "10s", "20s", "30s", "30s", "1m", "2m", "500ms"]
GRACES = ["10s", "20s", "30s", "1m", "2m", "5m"]
TIMEOUTS = ["10s", "20s", "30s", "30s", "1m", "90s", "1500ms", "10500ms", "500ms", "1h30m"]
BACKOFFS = ["0s", "500ms", "5s", "10s", "10s", "20s", "30s"]
MAXIMA = ["5s", "10s", "20s", "1m"]
ACTION_TIMES = ["0s", "10s", "20s", "30s", "30s", "40s", "1m", "1m", "90s",
                "2m", "3m", "5m", "10m"]
LATE_TIMES = ["20m", "1h", "25h"]
HOOKS = ["slack", "audit", "gate", "page", "jira", "smoke", "report", "approve"]
WORDS = ["onStart", "onSuccess", "onFail"]
ENVIRONMENTS = ["staging", "production", "eu", "us", "qa", "uat", "canary", "docs", "load", "asia"]
KEYS = ["TICKET", "APPROVER", "CHANNEL", "COUNT", "FLAGS", "a", "b.c", "\u00c4rger", "\u53d8\u91cf",
        "with space", "quo\"te", ""]
SHADOWING = ["RELEASE_URL", "PRODUCT_NAME", "VERSION", "COMMIT_SHA", "PROMOTION_FLOW_NAME",
             "RELEASE_ID", "FAILED_ENVIRONMENTS", "ERROR_MESSAGE"]
TEXTS = ["ABC-1", "", "#releases", "M\u00fcller", "\u65e5\u672c\u8a9e", "\U0001f680 go",
         "say \"hi\"", "back\\slash", "line\nbreak\r\ttab", "\b\f\u0001\u001f\u007f",
         "\u2028\u2029\u0085", "</script>", "null", "1.0", "'single'", "a/b",
         "{\"not\":\"parsed\"}", " padded "]
NUMBERS = [0, 1, -1, 3, 42, 2**31, -2**31, 2**53, -2**53, 1.5, -0.25, 0.1, 1.0, 1e-07, 1e+20,
           2.5e-10, 123456.789]
MESSAGES = ["503", "Application degraded", "exit status 2", "f\u00fcr \"immer\" kaputt",
            "tab\there", "two\nlines", "it's 'quoted' \\ here", "\u0007\u001b[31m", "out of sync",
            "\U0001f4a5", ""]
# Around the bounds of R5 and A3: cut inside a code point, and grown by escapes.
LONG_MESSAGES = ["x" * 4096, "x" * 4097, "\u00e9" * 2048, "a" + "\u00e9" * 2048, "\u65e5" * 1366,
                 "ab" + "\U0001f4a5" * 1100, "\"" * 4096, "\u0001" * 4200, "y" * 9000]
REASONS = ["operator", "operator", "now", "\u00c4nderung \"1\"", ""]
PEOPLE = ["ann", "bob", "M\u00fcller"]


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.pick = self.random.choice
        self.extended = self.chance(0.8)   # uses M4's extensions
        self.hookiness = self.pick([0.1, 0.3, 0.5, 0.5, 0.7])
        self.fault = self.pick([0.0, 0.05, 0.2, 0.2, 0.4, 0.7])
        self.storm = self.chance(0.12)     # failures, waiting attempts and terminations meet
        if self.storm:
            self.extended, self.hookiness, self.fault = True, 0.7, 0.7
        self.mending = not self.storm and self.chance(0.25)  # an operator mends some failures
        if self.mending:
            self.fault, self.hookiness = self.pick([0.0, 0.05, 0.2]), self.pick([0.1, 0.3])
        self.soaking = []                  # environments with a soak
        self.failing = []                  # environments that fail when first promoted to
        self.hooks = self.random.sample(HOOKS, self.random.randint(1, len(HOOKS)))
        self.hooks += ["only-" + name for name in self.hooks[:2]]
        self.long_messages = self.chance(0.06)
        self.by = self.pick([0.0, 0.0, 0.5])
        self.keys = self.random.sample(KEYS, 3) if self.chance(0.5) else KEYS  # few: conflicts

    def chance(self, probability):
        return self.random.random() < probability

    def some(self, items, most):
        return self.random.sample(items, self.random.randint(0, min(most, len(items))))

    # JSON values

    def value(self, depth=0):
        kind = self.random.random()
        if kind < 0.4 or (depth > 2 and kind > 0.7):
            return self.pick(TEXTS)
        if kind < 0.55:
            return self.pick(NUMBERS)
        if kind < 0.7:
            return self.pick([None, None, True, False])
        if kind < 0.8:
            return [self.value(depth + 1) for _ in range(self.random.randint(0, 3))]
        return self.object(depth + 1)

    def object(self, depth=0):
        keys = self.some(self.keys, 4) + (self.some(SHADOWING, 2) if self.chance(0.25) else [])
        if depth:  # few inner keys, so that merge patches meet
            keys = self.some(["x", "y", "z", "\u00e9"], 3)
        self.random.shuffle(keys)
        return {key: self.value(depth) for key in keys}

    def context_text(self):
        """contextText: often invalid (C4), sometimes valid in an unusual form."""
        kind = self.random.random()
        if kind < 0.1:  # no export (C1)
            return self.pick(["", " ", "\n\t \r\n"])
        if kind < 0.25:
            return self.pick(["[1, 2]", "\"text\"", "3", "null", "true", "[]", "  [ ] "])
        if kind < 0.55:
            return self.pick(["{", "{\"a\":}", "{'a': 1}", "{\"a\": NaN}", "not json", "{\"a\":1}x",
                              "{\"a\": 01}", "{\"a\":1,}", "{\"a\":\"\t\"}", "// {}", "\u00a0",
                              "{}{}"])
        if kind < 0.7:
            return self.nested(self.pick([63, 64, 65, 66, 200]))
        if kind < 0.71:  # around 1 MiB, padded so that the trace stays small
            return "{\"PADDED\":\"1\"}".ljust((1 << 20) + self.pick([-1, 0, 1]))
        if kind < 0.85:
            return json.dumps(self.object(), indent=self.pick([None, 1, 2]))
        return self.pick([" {} ", "{\"a\" : [ 1 , 2.50 , 1E3 ]}",
                          "{\"a\":\"\\u00e9\\ud83d\\ude80\\/\"}",
                          "\n{\"TICKET\":\n \"T-9\"}\n", "{\"a\":1,\"a\":2}",
                          "{\"COUNT\":-0.5e1,\"FLAGS\":null}"])

    def nested(self, levels):
        if self.chance(0.3):  # the outermost is level 1
            return "{\"DEEP\":" + "[" * (levels - 1) + "]" * (levels - 1) + "}"
        return "{\"DEEP\":" * (levels - 1) + "{}" + "}" * (levels - 1)

    # Manifest

    def environment_names(self):
        count = self.pick([1, 1, 2, 2, 3, 3, 3, 4, 4, 5, 6, 7, 8, 9])
        if self.mending:
            count = self.random.randint(2, 6)
        if self.chance(0.04):
            count = self.random.randint(10, 40)
        names = ENVIRONMENTS + ["env-%d" % number for number in range(40)]
        names = names[:max(count, len(ENVIRONMENTS))]
        return self.random.sample(names, count)

    def steps(self, names):
        """A random acyclic graph; the steps in any order."""
        steps, density = [], self.pick([0.1, 0.3, 0.6])
        if self.mending:
            density = 0.1
        for index, name in enumerate(names):
            depends = [other for other in names[:index] if self.chance(density)][-4:]
            if not depends or self.chance(0.15):
                depends.append("dev")
            if index and depends == ["dev"] and self.chance(0.2 if self.mending else 0.5):
                depends = [self.pick(names[:index])]
            self.random.shuffle(depends)
            steps.append(self.step(name, depends))
        if self.chance(0.5):
            self.random.shuffle(steps)
        return steps

    def step(self, name, depends):
        step = {"environment": name, "dependsOn": depends}
        if self.chance(0.4):
            policy = {"action": self.pick(["commit", "pr", "none"]), "preAction": "pre",
                      "postAction": "post"}
            step["policy"] = {key: policy[key] for key in self.some(sorted(policy), 3)}
        hooks = self.hook_lists()
        if hooks:
            step["hooks"] = hooks
        if self.extended and self.chance(0.25):
            step["timeout"] = self.pick(TIMEOUTS)
        if self.extended and self.chance(0.25):
            step["retry"] = self.retry()
        if self.extended and self.chance(0.25):
            step["soak"] = self.pick(SOAKS)
            self.soaking.append(name)
        return step

    def hook_lists(self):
        lists = {}
        for point in WORDS + (["onEnd"] if self.extended and self.chance(0.3) else []):
            if self.chance(self.hookiness):
                hooks = [self.hook() for _ in range(self.pick([1, 1, 1, 2, 2, 3]))]
                lists[point] = hooks[0] if len(hooks) == 1 and self.chance(0.5) else hooks
        return lists

    def hook(self):
        name = self.pick(self.hooks)
        if not self.extended or self.chance(0.4):
            return name
        hook = {"name": name}
        if self.chance(0.25):
            keys = self.some(KEYS[:8], 2) + (self.some(SHADOWING, 2) if self.chance(0.3) else [])
            hook["arguments"] = {key: self.pick(TEXTS) if self.chance(0.9) else self.value()
                                 for key in keys}
        if self.chance(0.4):
            hook["timeout"] = self.pick(TIMEOUTS)
        if self.chance(0.8 if self.storm else 0.45):
            hook["retry"] = self.retry()
        if self.chance(0.3):
            hook["onError"] = self.pick(["ignore", "ignore", "fail"])
        return hook

    def retry(self):
        retry = {"limit": self.random.randint(1, 3)}
        if self.storm or self.chance(0.75):
            backoff = {"duration": self.pick(BACKOFFS)}
            if self.chance(0.5):
                backoff["factor"] = self.random.randint(1, 3)
            if self.chance(0.4):
                backoff["maxDuration"] = self.pick(MAXIMA)
            retry["backoff"] = backoff
        return retry

    def flow(self):
        self.names = self.environment_names()
        spec = {"triggerEnvironment": "dev", "steps": self.steps(self.names)}
        if self.chance(0.6):
            limits = [5, 10, 90] if self.mending else [1, 1, 2, 2, 3, 5, 10, 90]
            spec["promotionTimeoutLimit"] = self.pick(limits)
        self.post_trigger = self.chance(0.2)
        if self.post_trigger:
            spec["postTrigger"] = "warm-up"
        hooks = self.hook_lists()
        if hooks:
            spec["hooks"] = hooks
        if self.extended:
            if self.chance(0.8):
                spec["failurePolicy"] = self.pick(["failFast", "continue", "continue", "abort"])
            if self.chance(0.6):
                spec["contextMerge"] = self.pick(["shallow", "deep", "deep"])
            if self.chance(0.25):
                spec["hookTimeout"] = self.pick(TIMEOUTS)
            if self.chance(0.35):
                spec["terminationGracePeriod"] = self.pick(GRACES)
        metadata = {"name": self.pick(["billing", "regions", "a.b-c"])}
        if self.chance(0.7):
            metadata["annotations"] = {"promoflow.dev/extensions": "true"}
        if self.chance(0.05):
            spec = {"properties": spec}  # M3: the older layout
        return {"apiVersion": "codefresh.io/v1beta1", "kind": "PromotionFlow",
                "metadata": metadata, "spec": spec}

    # Scenario

    def message(self):
        return self.pick(LONG_MESSAGES if self.long_messages and self.chance(0.7) else MESSAGES)

    def outcome(self, hook_names):
        rule = {}
        if self.chance(0.65):
            rule["hook"] = self.pick(hook_names)
            if self.chance(0.5):
                scope = self.pick(["environment.", "environment.", "release."])
                rule["point"] = scope + self.pick(WORDS)
            if self.chance(0.3):
                rule["environment"] = self.pick(self.names)
            if self.chance(0.12):
                rule["place"] = self.pick([1, 2, 2, 3])
        else:
            rule["environment"] = self.pick(self.names + (["dev"] * 3 if self.post_trigger else []))
        if self.chance(0.4):
            rule["attempt"] = self.pick([1, 1, 1, 2, 2, 3, 4])
        if self.chance(0.2):
            rule["suspend"] = self.pick(SUSPENDS)
        if self.chance(0.7):
            rule["after"] = self.pick(AFTERS if self.chance(0.93) else LONG_AFTERS)
        if self.chance(self.fault):
            rule["fail"] = self.message()
        if "hook" not in rule and self.chance(0.25):
            rule["failInSoak"] = {"message": self.message()}
            if self.chance(0.8):
                rule["failInSoak"]["after"] = self.pick(AFTERS)
        if "hook" in rule and self.chance(0.45):
            if self.chance(0.15 + self.fault / 3):
                rule["contextText"] = self.context_text()
            else:
                rule["context"] = self.object()
        return rule

    def retryable(self, outcome):
        """A failure of the first attempt only, so that a retry gets further."""
        fails = "fail" in outcome or "failInSoak" in outcome
        if fails and "attempt" not in outcome and self.chance(0.5):
            return dict(outcome, attempt=self.pick([1, 1, 2]))
        return outcome

    def termination(self):
        reason = self.pick(LONG_MESSAGES) if self.long_messages else self.pick(REASONS)
        action = {"terminate": reason}
        if self.chance(0.3):
            action["force"] = self.chance(0.9)
        return self.asked(action)

    def mend(self):
        """What an operator does to a failure: Retry, of all or of some, or Skip."""
        names = self.names + ["dev"]
        if self.failing and self.chance(0.8):
            names = self.failing
        kind = self.random.random()
        if kind < (0.1 if self.mending else 0.3):
            return self.asked({"retry": True})
        if kind < 0.65:
            chosen = [self.pick(names) for _ in range(self.pick([1, 1, 1, 2, 3]))]
            if self.chance(0.04):
                chosen = self.pick([[], ["nowhere"], chosen + ["nowhere"]])
            return self.asked({"retry": chosen})
        action = {"skip": "nowhere" if self.chance(0.02) else self.pick(names)}
        if self.chance(0.4):
            reasons = LONG_MESSAGES if self.long_messages else REASONS
            action["reason"] = self.pick(reasons)
        return self.asked(action)

    def asked(self, action):
        """With the name of who asked."""
        return dict(action, by=self.pick(PEOPLE)) if self.chance(self.by) else action

    def selection(self):
        """R16: environments to skip from the start; sometimes a start that is refused."""
        names = self.names + ["dev"]
        if self.chance(0.04):
            return self.pick([{"skip": []}, {"until": []}, {"only": ["nowhere"]},
                              {"skip": ["dev"], "only": ["dev"]}])
        some = self.random.sample(names, min(len(names), self.pick([1, 1, 2, 3])))
        return {self.pick(["skip", "skip", "until", "only"]): some}

    def actions(self):
        actions, shape = [], 0.9 if self.storm else self.random.random()
        if shape < 0.25 and not self.mending:
            return actions
        crowd = self.pick(ACTION_TIMES)
        for _ in range(self.pick([1, 1, 2, 2, 3, 4, 6, 8])):
            at = crowd if self.chance(0.25) else self.pick(ACTION_TIMES)
            if self.chance(0.1):
                at = self.pick(LATE_TIMES)
            terminate = self.chance(0.5 if shape < 0.6 else 0.2 if shape < 0.85 else 0.9)
            terminate = terminate and not (self.mending and self.chance(0.8))
            actions.append(dict({"at": at}, **(self.termination() if terminate else self.mend())))
        if self.chance(0.4):
            actions.append({"at": self.pick(LATE_TIMES), "retry": True})
        return actions

    def scenario(self):
        count = self.random.randint(0, 2 * len(self.names) + len(self.hooks))
        outcomes = [self.retryable(self.outcome(self.hooks)) for _ in range(count)]
        scenario = {}
        if self.mending:
            self.failing = self.some(self.names, 3)
            outcomes = [{"environment": name, "attempt": 1, "after": self.pick(AFTERS),
                         "fail": self.message()} for name in self.failing] + outcomes
            outcomes += [{"environment": name, "after": self.pick(["1m", "2m", "5m", "5m"])}
                         for name in self.names]
        for name in self.soaking:
            if self.chance(0.3):
                bad = {"after": self.pick(AFTERS), "message": self.message()}
                outcomes.insert(0, self.retryable({"environment": name, "failInSoak": bad}))
        if self.chance(0.3):
            outcomes += [{"hook": name, "after": self.pick(AFTERS)} for name in self.hooks]
            outcomes += [{"environment": name, "after": self.pick(AFTERS)} for name in self.names]
        fields = {"id": "r-42", "url": "https://x/r-42?a=\"b\"", "product": "billing",
                  "version": "1.4.0", "commitSha": "3f2a91c"}
        if self.chance(0.6):
            scenario["release"] = {key: fields[key] for key in self.some(sorted(fields), 5)}
        if self.chance(0.4):
            scenario["context"] = self.object()
        if outcomes:
            scenario["outcomes"] = outcomes
        if self.chance(0.2):
            scenario.update(self.selection())
        actions = self.actions()
        if actions:
            scenario["actions"] = actions
        return scenario


    # Rare and large

    def large_context(self):
        """C4: exports that fit by themselves, around 1 MiB together."""
        room = (1 << 20) - len('{"A":"","B":""}')
        first = self.pick([1000, 500000, room])
        second = room - first + self.pick([-1, 0, 0, 1, 1, 300])
        flow = {"apiVersion": "codefresh.io/v1beta1", "kind": "PromotionFlow",
                "metadata": {"name": "large"},
                "spec": {"triggerEnvironment": "dev",
                         "contextMerge": self.pick(["shallow", "deep"]),
                         "steps": [{"environment": "eu", "dependsOn": ["dev"],
                                    "hooks": {"onSuccess": "second", "onFail": "page"}}],
                         "hooks": {"onStart": "first"}}}
        rules = [{"hook": "first", "context": {"A": "a" * first}},
                 {"hook": "second", "context": {"B": "b" * max(0, second)}}]
        return flow, {"outcomes": rules}

    def many_failures(self):
        """A3: more failures than FAILED_ENVIRONMENTS has room for; C5: more live writes than 64."""
        names = ["region-%d" % number for number in range(self.pick([12, 13, 30, 80]))]
        flow = {"apiVersion": "codefresh.io/v1beta1", "kind": "PromotionFlow",
                "metadata": {"name": "many"},
                "spec": {"triggerEnvironment": "dev", "failurePolicy": "continue",
                         "steps": [{"environment": name, "dependsOn": ["dev"],
                                    "hooks": {"onStart": "write"}} for name in names],
                         "hooks": {"onFail": "page"}}}
        rules = [{"hook": "write", "environment": name,
                  "context": {"K": self.pick([1, 1, 1, 1, 1, 2]) if self.chance(0.1) else 1}}
                 for name in names]
        rules += [{"environment": name, "after": self.pick(AFTERS), "fail":
                   self.pick(LONG_MESSAGES) if self.chance(0.9) else self.pick(MESSAGES)}
                  for name in names]
        return flow, {"outcomes": rules}


def generate(seed):
    """A valid manifest and a scenario for it, both as the data that JSON gives."""
    generator = Generator(seed)
    kind = generator.random.random()
    if kind < 0.004:
        return generator.large_context()
    if kind < 0.014:
        return generator.many_failures()
    flow = generator.flow()
    return flow, generator.scenario()


def count_lines(lines, flow, scenario, counts):
    """What one trace shows, added to `counts`."""
    spec = flow["spec"].get("properties", flow["spec"])
    counts["policy " + spec.get("failurePolicy", "failFast")] += 1
    terminating, cuts, promoted = False, 0, set()
    for index, line in enumerate(map(json.loads, lines)):
        event, message = line["event"], line.get("message", "")
        counts["event " + event] += 1
        if event in ("environment", "release"):
            counts[event + " " + line["status"]] += 1
        if event == "release":
            terminating = line["status"] == "Terminating"
        if event == "hook":
            counts["point " + line["point"]] += 1
        if event in ("hook", "promote") and line["attempt"] > 1:
            counts[event + " attempt > 1"] += 1
        if event == "refused":
            counts["refused %s %s" % (line["action"], line["error"])] += 1
        if event == "terminate":
            counts["deadline of the flow"] += line["reason"].startswith("promotion flow timed out")
            counts["end deadline"] += line["reason"].startswith("termination grace period")
            counts["force"] += "force" in line
            counts["force while Terminating"] += terminating and "force" in line
        if event == "retry" and "environments" in line:
            counts["retry of some environments"] += 1
            counts["retry of some, final"] += json.loads(lines[index + 1])["event"] == "release"
        if event == "promotion-failed":
            counts["failed in its soak"] += line["ticket"] in promoted
        if event == "promotion-succeeded":
            promoted.add(line["ticket"])
        if event == "hook" and len(line["arguments"].get("FAILED_ENVIRONMENTS", "")) > 40000:
            counts["long FAILED_ENVIRONMENTS"] += 1
        counts["expired"] += message.startswith("timed out after")
        if "invalid promotion context" in message:
            counts[message.split(": ")[-1]] += 1
        cuts += event == "environment" and line["status"] == "Terminated"
    counts["cases"] += 1
    counts["lines"] += len(lines)
    counts["ends " + final_status(lines)] += 1
    counts["with a cut"] += cuts > 0
    counts["with actions"] += "actions" in scenario


def final_status(lines):
    found = [json.loads(line) for line in lines if '"event":"release"' in line]
    return found[-1]["status"] if found else "before the start"


def main():
    if sys.argv[1] != "--coverage":
        print(json.dumps(dict(zip(("flow", "scenario"), generate(int(sys.argv[1])))), indent=1))
        return
    import reference
    counts = collections.Counter()
    first, last = map(int, sys.argv[2].split(":"))
    for seed in range(first, last):
        flow, scenario = generate(seed)
        count_lines(reference.simulate(flow, scenario), flow, scenario, counts)
    for name in sorted(counts):
        print("%8d  %s" % (counts[name], name))


if __name__ == "__main__":
    main()
