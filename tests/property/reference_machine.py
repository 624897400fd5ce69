# SPDX-License-Identifier: Apache-2.0
"""The release machine of the reference: sections 2, 3 and 4 of SPEC.md, rule by rule."""

from reference_model import (
    DEFAULT_ARGUMENTS, FINAL, ON_FAIL, ON_START, ON_SUCCESS, PROMOTE, UNITS, Flow, InvalidContext,
    as_text, compact, merge_patch, parse_context, print_duration)


class Refused(Exception):
    """R13: an event that is refused, the state unchanged; its text is the error's name."""


class Command:
    def __init__(self, ticket, scope, point, index, due):
        self.ticket, self.scope, self.point, self.index = ticket, scope, point, index
        self.due = due  # when it expires, or when a waiting attempt is issued; None: never
        self.suspended = False


class Release:
    """The machine. `effects` collects the lines of S5, events and what they cause, in order."""

    def __init__(self, manifest, fields=None):
        self.flow = Flow(manifest)
        self.release, self.environments = self.flow.release, self.flow.environments
        self.by_name = {scope.name: scope for scope in self.environments}
        self.fields = fields or {}
        self.now = 0
        self.effects = []
        self.tickets = 0       # R1: the last one issued
        self.outstanding = {}  # ticket -> Command, in ticket order
        self.waiting = []      # attempts not yet issued (R9), each with the ticket that failed
        self.attempts = {}     # R4: (environment, point, index) -> times issued
        self.retries = {}      # R9: the same -> automatic attempts used
        self.deadline = None   # R7
        self.admitted = True
        self.terminated = False
        self.outcome = None    # of end(): what the release becomes if it was not terminated
        self.context = {}
        self.writes = {}       # C5: key -> [(environment, ticket, value)]
        self.conflicts, self.shadowed = [], []  # C5, C6

    def emit(self, event, **fields):
        self.effects.append(dict({"t": self.now // UNITS["ms"], "event": event}, **fields))

    def set_status(self, scope, status):
        scope.status = status
        if scope is self.release:
            self.emit("release", status=status)
        else:
            self.emit("environment", environment=scope.name, status=status)

    # Events

    def start(self, now=0, context=None):
        self.now = now
        self.context = parse_context(compact(context or {}))  # C1
        self.set_status(self.release, "Running")
        self.deadline = self.now + self.flow.limit  # R7
        self.run_chain(self.release, ON_START, 0)
        self.decide_suspension()

    def apply(self, time, event):
        """One event, a dict like its line in the trace: {"event": "resumed", "ticket": 3}."""
        self.now = max(self.now, time)  # R10: time never runs backwards
        while self.next_timer() is not None and self.next_timer() <= self.now:
            self.fire_timer()  # R10: each an event of its own, before the event
            self.decide_suspension()
        kind = event["event"]
        if kind == "tick":
            return
        self.check(event)
        if kind == "terminate":
            self.terminate(event["reason"])
        elif kind == "retry":
            self.retry()
        elif kind in ("suspended", "resumed"):
            self.suspend(self.outstanding[event["ticket"]], kind)
        else:
            self.complete(self.outstanding.pop(event["ticket"]), event)
        self.decide_suspension()

    def check(self, event):
        """R13: refuse what cannot be."""
        kind, ticket = event["event"], event.get("ticket")
        if ticket is not None:
            if not 1 <= ticket <= self.tickets:
                raise Refused("unknown-ticket")
            if ticket not in self.outstanding:
                raise Refused("settled-ticket")
            command = self.outstanding[ticket]
            if kind.startswith("hook-" if command.point == PROMOTE else "promotion-"):
                raise Refused("wrong-kind")
            if kind in ("suspended", "resumed") and command.suspended == (kind == "suspended"):
                raise Refused("not-allowed")
        if kind == "retry" and self.release.status not in ("Failed", "Terminated"):
            raise Refused("not-allowed")
        if kind != "retry" and self.release.status in FINAL:
            raise Refused("not-allowed")

    def timers(self):
        """R10: (time, deadline last, ticket, Command) of each timer."""
        found = [(c.due, 0, c.ticket, c) for c in self.outstanding.values() if c.due is not None]
        found += [(c.due, 0, c.ticket, c) for c in self.waiting]
        if self.deadline is not None:
            found.append((self.deadline, 1, 0, None))
        return sorted(found, key=lambda timer: timer[:3])

    def next_timer(self):
        timers = self.timers()
        return timers[0][0] if timers else None

    def fire_timer(self):
        command = self.timers()[0][3]
        if command is None:  # R7
            self.terminate("promotion flow timed out after " + print_duration(self.flow.limit))
        elif command in self.waiting:  # R9
            self.waiting.remove(command)
            self.issue(command.scope, command.point, command.index, again=True)
        else:  # R8: an expired command is cancelled, then fails
            self.cancel(command)
            timeout = (command.scope.timeout if command.point == PROMOTE
                       else command.scope.hooks[command.point][command.index].timeout)
            self.fail_command(command, "timed out after " + print_duration(timeout))

    def complete(self, command, event):
        """A host's word that a command ended."""
        kind, ticket = event["event"], event["ticket"]
        if kind in ("hook-failed", "promotion-failed"):
            self.fail_command(command, event["message"])
            return
        exported = {}
        if event.get("context") is not None:
            try:
                exported = {"context": parse_context(event["context"])}
            except InvalidContext as why:  # C4
                self.fail_command(command, "exported an invalid promotion context: %s" % why)
                return
        self.emit(kind, ticket=ticket, **exported)
        self.unsuspend(command)
        self.merge(command, exported.get("context", {}))
        if command.point == PROMOTE:
            self.run_chain(command.scope, ON_SUCCESS, 0)
        else:
            self.run_chain(command.scope, command.point, command.index + 1)

    def fail_command(self, command, message):
        """A command failed: retried (R9), noted, or the end of its environment or release."""
        scope, point, index = command.scope, command.point, command.index
        promotion = point == PROMOTE
        self.emit("promotion-failed" if promotion else "hook-failed", ticket=command.ticket,
                  message=message)
        self.unsuspend(command)
        hook = None if promotion else scope.hooks[point][index]
        rule = scope.retry if promotion else hook.retry
        key = (scope.name, point, index)
        if self.retries[key] < rule.limit:  # R9: onError counts only when none is left
            self.retries[key] += 1
            due = self.now + rule.delay(self.retries[key])
            self.waiting.append(Command(command.ticket, scope, point, index, due))
        elif promotion:
            self.fail(scope, message)  # R5: word for word
        elif point == ON_FAIL or hook.ignore:  # chain: noted, the chain goes on
            self.run_chain(scope, point, index + 1)
        else:
            why = "%s hook '%s' failed: %s" % (point, hook.name, message)  # R5
            if scope is self.release:
                self.release.message = why
                self.end("Failed")
            else:
                self.fail(scope, why)

    # The normative algorithm

    def run_chain(self, scope, point, index):
        """chain: issue the hook at `index`, or go on to what follows the chain."""
        if index < len(scope.hooks[point]):
            self.issue(scope, point, index)
        elif scope is self.release:
            {ON_START: self.open, ON_SUCCESS: self.finish, ON_FAIL: self.finish}[point]()
        elif point == ON_START:
            self.issue(scope, PROMOTE, 0)
        elif point == ON_SUCCESS:  # R2
            self.succeed(scope)
        else:
            scope.failing = False
            self.settle()

    def open(self):
        self.release.cursor = None
        if self.flow.post_trigger is None:
            self.succeed(self.flow.trigger)
        else:
            self.set_status(self.flow.trigger, "Running")
            self.issue(self.flow.trigger, PROMOTE, 0)

    def succeed(self, environment):
        self.set_status(environment, "Successful")
        self.begin_ready()
        self.settle()

    def ready(self):
        return [scope for scope in self.environments[1:]
                if self.admitted and scope.status == "Pending"
                and all(self.by_name[name].status == "Successful" for name in scope.depends)]

    def begin_ready(self):
        for scope in self.ready():  # step order
            self.set_status(scope, "Running")
            self.run_chain(scope, ON_START, 0)

    def fail(self, environment, why):
        self.set_status(environment, "Failed")
        environment.message = why
        if self.release.message is None:
            self.release.message = why
        if self.flow.policy in ("failFast", "abort"):  # R3
            self.admitted = False
        environment.failing = True
        self.run_chain(environment, ON_FAIL, 0)
        if self.flow.policy == "abort":
            self.cut_all("aborted: environment '%s' failed" % environment.name)

    def cut_all(self, why):
        for scope in self.environments:
            if scope.status in ("Running", "Suspended"):
                self.cut(scope, why)

    def cut(self, environment, why):
        self.drop(environment)
        self.set_status(environment, "Terminated")
        environment.message = why
        environment.failing = True
        self.run_chain(environment, ON_FAIL, 0)

    def settle(self):
        busy = any(scope.status in ("Running", "Suspended") or scope.failing
                   for scope in self.environments)
        if busy or self.ready():
            return
        if all(scope.status == "Successful" for scope in self.environments):
            self.outcome = "Succeeded"
            self.run_chain(self.release, ON_SUCCESS, 0)
        else:
            self.end("Failed")

    def end(self, status):
        self.outcome = status
        self.deadline = None  # R7: it counts until release.onFail begins
        self.release.failing = True
        self.run_chain(self.release, ON_FAIL, 0)

    def finish(self):
        """The release takes its final status."""
        self.deadline = None
        self.release.failing = False
        self.set_status(self.release, "Terminated" if self.terminated else self.outcome)

    def terminate(self, reason):
        """R6."""
        self.emit("terminate", reason=reason)
        if self.release.status == "Terminating" or self.release.failing:  # it forces
            for command in list(self.outstanding.values()):
                self.cancel(command)
            self.waiting = []  # R9: a force drops a waiting attempt
            for scope in self.environments:
                scope.failing = False
            self.outcome = self.outcome or "Failed"
            self.finish()
            return
        self.terminated, self.admitted, self.deadline = True, False, None
        self.release.message = reason
        self.set_status(self.release, "Terminating")
        if self.release.cursor is not None:  # in release.onStart or release.onSuccess
            self.drop(self.release)
            self.end("Failed")
        else:
            self.cut_all(reason)

    def retry(self):
        """R12."""
        self.emit("retry")
        self.release.message, self.terminated, self.outcome = None, False, None
        self.deadline = self.now + self.flow.limit
        self.admitted = True
        self.set_status(self.release, "Running")
        if self.release.cursor is not None:
            if self.release.cursor[0] == ON_SUCCESS:
                self.outcome = "Succeeded"
            self.issue(self.release, *self.release.cursor)
            return
        for scope in self.environments:
            if scope.status in ("Failed", "Terminated"):
                self.set_status(scope, "Running")
                scope.message = None
                self.issue(scope, *scope.cursor)
        self.begin_ready()

    # Commands

    def issue(self, scope, point, index, again=False):
        key = (scope.name, point, index)
        self.attempts[key] = self.attempts.get(key, 0) + 1  # R4
        if not again:
            self.retries[key] = 0  # R9: counted anew after a Retry
        if point != ON_FAIL:
            scope.cursor = (point, index)
        self.tickets += 1  # R1
        hook = None if point == PROMOTE else scope.hooks[point][index]
        timeout = hook.timeout if hook else scope.timeout  # R8
        self.outstanding[self.tickets] = Command(self.tickets, scope, point, index,
                                                 None if timeout is None else self.now + timeout)
        place = {} if scope is self.release else {"environment": scope.name}
        if hook:
            self.emit("hook", ticket=self.tickets, hook=hook.name, point=scope.point(point),
                      **place, attempt=self.attempts[key],
                      arguments=self.arguments(scope, point, hook))
        else:
            self.emit("promote", ticket=self.tickets, **place, attempt=self.attempts[key],
                      policy=scope.policy)

    def cancel(self, command):
        del self.outstanding[command.ticket]
        self.emit("cancel", ticket=command.ticket)

    def drop(self, scope):
        """Cancel a scope's outstanding command; drop its waiting attempt (R9)."""
        for command in [c for c in self.outstanding.values() if c.scope is scope]:
            self.cancel(command)
        self.waiting = [c for c in self.waiting if c.scope is not scope]

    # R11

    def suspend(self, command, kind):
        self.emit(kind, ticket=command.ticket)
        if kind == "resumed":
            self.unsuspend(command)
        else:
            command.suspended = True
            if command.scope is not self.release and command.scope.status == "Running":
                self.set_status(command.scope, "Suspended")

    def unsuspend(self, command):
        if (command.suspended and command.scope is not self.release
                and command.scope.status == "Suspended"):
            self.set_status(command.scope, "Running")
        command.suspended = False

    def decide_suspension(self):
        if self.release.status not in ("Running", "Suspended"):
            return
        waits = (self.outstanding and not self.waiting
                 and all(command.suspended for command in self.outstanding.values()))
        status = "Suspended" if waits else "Running"
        if self.release.status != status:
            self.set_status(self.release, status)

    def phase(self, scope):
        """R14: the finer word, derived."""
        if scope.failing or (scope.cursor and scope.cursor[0] == ON_SUCCESS
                             and scope.status not in FINAL + ("Successful",)):
            return "Finalizing" + ("Termination" if scope is self.release and self.terminated
                                   else "")
        if scope.cursor and scope.cursor[0] == ON_START and scope.status not in FINAL:
            return "Initializing"
        return scope.status

    # 3 Arguments

    def arguments(self, scope, point, hook):
        known = self.fields
        found = dict(zip(DEFAULT_ARGUMENTS, (  # A1
            known.get("url", ""), known.get("product", ""), known.get("version", ""),
            known.get("commitSha", ""), self.flow.name, known.get("id", "simulated"))))
        if point == ON_FAIL:  # A2
            failed = [s for s in self.environments if s.status in ("Failed", "Terminated")
                      and (scope is self.release or s is scope)]
            found["FAILED_ENVIRONMENTS"] = [  # A3
                {"Name": s.name, "Status": s.status, "Error-message": s.message} for s in failed]
            found["ERROR_MESSAGE"] = scope.message or ""  # A4
        for more in (hook.arguments, self.context):  # A5: on equal names the first stands
            for key, value in more.items():
                if key not in DEFAULT_ARGUMENTS:  # A2: "and no others"; C6: shadowed
                    found.setdefault(key, value)
        return {key: as_text(value) for key, value in found.items()}  # A6

    # 4 Promotion context

    def merge(self, command, exported):
        environment, ticket = command.scope.name, command.ticket
        for key, value in exported.items():
            for other, _, before in self.writes.get(key, []):  # C5
                if before != value and self.unrelated(environment, other):
                    self.conflicts.append((key, other, environment))
            self.writes.setdefault(key, []).append((environment, ticket, value))
            if key in DEFAULT_ARGUMENTS:  # C6
                self.shadowed.append((key, ticket))
        if self.flow.deep:  # C2
            self.context = merge_patch(self.context, exported)
        else:
            self.context = dict(self.context, **exported)

    def unrelated(self, one, other):
        return (None not in (one, other) and one != other
                and other not in self.above(one) and one not in self.above(other))

    def above(self, name):
        found, todo = set(), [name]
        while todo:
            for parent in self.by_name[todo.pop()].depends:
                if parent not in found:
                    found.add(parent)
                    todo.append(parent)
        return found
