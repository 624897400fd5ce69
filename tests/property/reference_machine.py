# SPDX-License-Identifier: Apache-2.0
"""The release machine of the reference: section 2 of docs/semantics.md, rule by rule."""

from reference_arguments import arguments_of
from reference_checks import Refused, check, has_ended_badly, skipped_at_start
from reference_context import Context, InvalidContext, is_blank, parse_context
from reference_model import (
    FINAL, MESSAGE_BYTES_MAX, ON_FAIL, ON_START, ON_SUCCESS, PROMOTE, RESERVED, Flow, cut_text,
    message_of, print_duration)


class Command:
    """An outstanding command, or an attempt that waits with the ticket that failed (R9)."""

    def __init__(self, ticket, scope, point, index, due):
        self.ticket, self.scope, self.point, self.index = ticket, scope, point, index
        self.due = due  # when it expires, or when the waiting attempt is issued; None: never
        self.suspended = False
        self.queue = None  # R19: None, "queued" or "started"


class Release:
    """The machine. `effects` collects the lines of S5, events and what they cause, in order."""

    def __init__(self, manifest, fields=None):
        self.flow = Flow(manifest)
        self.release, self.environments = self.flow.release, self.flow.environments
        self.by_name = self.flow.by_name
        self.fields = fields or {}
        self.context = None
        self.now = 0
        self.effects = []
        self.tickets = 0           # R1: the last one issued
        self.outstanding = {}      # ticket -> Command, in ticket order
        self.waiting = []          # attempts not yet issued (R9)
        self.attempts = {}         # R4: (environment, point, index) -> times issued
        self.retries = {}          # R9: the same -> further attempts used
        self.flow_deadline = None  # R7
        self.end_deadline = None   # R7
        self.opened = False        # release.onStart is over
        self.terminated = False
        self.outcome = None        # the final status, if the release was not terminated

    def emit(self, event, **fields):
        """A line of the trace; fields that are None were not given."""
        given = {key: value for key, value in fields.items() if value is not None}
        self.effects.append(dict({"t": self.now, "event": event}, **given))

    def set_status(self, scope, status):
        scope.status = status
        if scope is self.release:
            self.emit("release", status=status)
        else:
            self.emit("environment", environment=scope.name, status=status)

    # Events

    def start(self, now=0, context=None, skip=None, until=None, only=None):
        """`context`: JSON text; the last three: lists of names (R16)."""
        skipped = skipped_at_start(self.flow, skip, until, only)
        given = {} if context is None or is_blank(context) else parse_context(context)  # C1
        self.context = Context(self.flow, given)  # C4: bounded as what results, too
        self.now = now
        self.set_status(self.release, "Running")
        for key in given:
            if key in RESERVED:  # C6
                self.emit("shadowed", key=key, ticket=0)
        self.flow_deadline = self.now + self.flow.limit  # R7
        for scope in skipped:
            self.set_status(scope, "Skipped")
        self.run_chain(self.release, ON_START, 0)
        self.decide_suspension()

    def apply(self, time, event):
        """One event, a dict like its line in the trace: {"event": "resumed", "ticket": 3}."""
        before = self.now
        self.now = max(self.now, time)  # R10: time never runs backwards
        fired = False
        while self.timers_due():
            self.fire_timer()  # R10: each an event of its own, before the event
            self.decide_suspension()
            fired = True
        if event["event"] == "tick":
            return
        try:
            check(self, event)
        except Refused:
            if not fired:
                self.now = before  # R13: the state unchanged
            raise
        self.carry_out(event)
        self.decide_suspension()

    def carry_out(self, event):
        kind, by = event["event"], event.get("by") or None
        if kind == "terminate":
            reason = message_of(event["reason"])  # R5
            (self.force if event.get("force") else self.terminate)(reason, by)
        elif kind == "retry":
            self.retry(event.get("environments"), by)
        elif kind == "skip":
            self.skip(self.by_name[event["environment"]], event.get("reason"), by)
        elif event["ticket"] not in self.outstanding:  # R18: bad news from a soak
            self.fail_in_soak(event["ticket"], message_of(event["message"]))
        elif kind in ("suspended", "resumed"):
            self.suspend(self.outstanding[event["ticket"]], kind, by)
        elif kind in ("queued", "started"):
            self.queue(self.outstanding[event["ticket"]], kind)
        else:
            self.complete(self.outstanding.pop(event["ticket"]), event)

    # Timers (R10)

    def timers(self):
        """((0 for a deadline of R7 else 1, time, ticket), what fires) of each timer."""
        found = [((0, time, 0), fire) for time, fire in (
            (self.flow_deadline, self.pass_flow_deadline),
            (self.end_deadline, self.pass_end_deadline)) if time is not None]
        found += [((1, command.due, command.ticket), lambda command=command: self.expire(command))
                  for command in self.outstanding.values() if command.due is not None]
        found += [((1, attempt.due, attempt.ticket), lambda attempt=attempt: self.repeat(attempt))
                  for attempt in self.waiting]
        found += [((1, scope.soak_end, scope.promotion), lambda scope=scope: self.soaked(scope))
                  for scope in self.environments if scope.soak_end is not None]
        return found

    def next_timer(self):
        return min((key[1] for key, _ in self.timers()), default=None)

    def timers_due(self):
        return [timer for timer in self.timers() if timer[0][1] <= self.now]

    def fire_timer(self):
        _, fire = min(self.timers_due(), key=lambda timer: timer[0])
        fire()

    def pass_flow_deadline(self):
        self.terminate("promotion flow timed out after " + print_duration(self.flow.limit))

    def pass_end_deadline(self):
        self.force("termination grace period of %s is over" % print_duration(self.flow.grace))

    def repeat(self, attempt):
        """R9: a waiting attempt is issued."""
        self.waiting.remove(attempt)
        self.issue(attempt.scope, attempt.point, attempt.index, again=True)

    def expire(self, command):
        """R8: an expired command is cancelled, then fails."""
        self.cancel(command)
        timeout = command.scope.timeout_of(command.point, command.index)
        self.fail_command(command, "timed out after " + print_duration(timeout))

    # How commands end

    def complete(self, command, event):
        """The host reports that a command ended."""
        kind, ticket = event["event"], event["ticket"]
        if kind in ("hook-failed", "promotion-failed"):
            self.fail_command(command, message_of(event["message"]))
            return
        exported = None
        text = event.get("context")
        if text is not None and not is_blank(text):  # C1
            try:
                exported = parse_context(text)
                self.context.merged(exported)
            except InvalidContext as why:  # C4
                self.fail_command(command, "exported an invalid promotion context: %s" % why)
                return
        self.emit(kind, ticket=ticket, context=exported)
        for record, fields in self.merge(command, exported):
            self.emit(record, **fields)  # C5, C6
        self.unsuspend(command)
        if command.point != PROMOTE:
            self.run_chain(command.scope, command.point, command.index + 1)
        elif command.scope.soak:
            self.begin_soak(command.scope)
        else:
            self.run_chain(command.scope, ON_SUCCESS, 0)

    def merge(self, command, exported):
        if exported is None:
            return []
        return self.context.merge(command.scope.name, command.ticket, exported)

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

    # Soak (R18)

    def begin_soak(self, scope):
        scope.soak_end = self.now + scope.soak

    def soaked(self, scope):
        scope.soak_end = None
        self.emit("soaked", ticket=scope.promotion)
        self.run_chain(scope, ON_SUCCESS, 0)

    def fail_in_soak(self, ticket, message):
        scope = next(scope for scope in self.environments if scope.promotion == ticket)
        scope.soak_end = None
        self.fail_command(Command(ticket, scope, PROMOTE, 0, None), message)

    # The normative algorithm

    def run_chain(self, scope, point, index):
        """chain: issue the hook at `index`, or go on to what follows the chain."""
        if index < len(scope.hooks[point]):
            self.issue(scope, point, index)
            return
        scope.chain = None
        if scope is self.release:
            {ON_START: self.open, ON_SUCCESS: self.finish, ON_FAIL: self.finish}[point]()
        elif point == ON_START:
            self.issue(scope, PROMOTE, 0)
        elif point == ON_SUCCESS:  # R2
            self.succeed(scope)
        else:
            self.settle()

    def open(self):
        self.opened = True
        self.release.cursor = None
        trigger = self.flow.trigger
        if trigger.status == "Skipped":
            self.admit()
            self.settle()
        elif self.flow.post_trigger is None:
            self.succeed(trigger)
        else:
            self.set_status(trigger, "Running")
            self.issue(trigger, PROMOTE, 0)

    def succeed(self, environment):
        self.set_status(environment, "Successful")
        self.admit()
        self.settle()

    def admitted(self):
        return self.opened and self.release.status != "Terminating" and (
            self.flow.policy == "continue"  # R3
            or all(scope.status not in ("Failed", "Terminated") for scope in self.environments))

    def ready(self):
        """The Pending environments without unmet dependencies, in step order, if admitted."""
        return [scope for scope in self.environments
                if scope.status == "Pending" and self.admitted()
                and all(self.by_name[name].status in ("Successful", "Skipped")  # met
                        for name in scope.depends)]

    def admit(self):
        for scope in self.ready():
            self.set_status(scope, "Running")
            self.run_chain(scope, ON_START, 0)

    def fail(self, environment, why):
        environment.cut = False
        environment.message = why
        if self.release.message is None:
            self.release.message = why
        self.set_status(environment, "Failed")
        self.run_chain(environment, ON_FAIL, 0)
        if self.flow.policy == "abort":  # R3
            self.cut_all("aborted: environment '%s' failed" % environment.name)

    def cut_all(self, reason):
        for scope in self.environments:
            if scope.status in ("Running", "Suspended"):
                self.cut(scope, reason)

    def cut(self, environment, reason):
        self.drop(environment)
        self.stop(environment, reason)
        self.run_chain(environment, ON_FAIL, 0)

    def stop(self, environment, reason):
        """It is Terminated, wherever it was; its hooks are the caller's matter."""
        environment.cut_in_soak = environment.soak_end is not None
        environment.soak_end = None
        environment.cut = True
        environment.message = reason
        self.set_status(environment, "Terminated")

    def settle(self):
        busy = any(scope.status in ("Running", "Suspended") or scope.chain == ON_FAIL
                   for scope in self.environments)
        if not self.opened or self.release.chain or self.release.status in FINAL or busy:
            return
        if self.ready():  # what depends on Skipped environments only, when postTrigger has failed
            self.admit()
            return
        if all(scope.status in ("Successful", "Skipped") for scope in self.environments):
            self.release.message = None
            self.outcome = "Succeeded"
            self.run_chain(self.release, ON_SUCCESS, 0)
        else:
            self.end("Failed")

    def end(self, status):
        self.outcome = status
        self.arm_end_deadline()
        self.run_chain(self.release, ON_FAIL, 0)

    def finish(self):
        """The release takes its final status."""
        self.flow_deadline = self.end_deadline = None
        self.set_status(self.release, "Terminated" if self.terminated else self.outcome)

    def arm_end_deadline(self):
        """R7: once, when release.onFail begins or the release is Terminating."""
        self.flow_deadline = None
        if self.end_deadline is None:
            self.end_deadline = self.now + self.flow.grace

    def set_termination(self, reason):
        """R6: the release's message names the first failure, too."""
        first = self.release.message
        self.release.message = reason
        if first is not None:
            self.release.message += " (first failure: %s)" % first
        self.terminated = True

    def terminate(self, reason, by=None):
        """R6, without force."""
        self.emit("terminate", reason=reason, by=by)
        self.set_termination(reason)
        self.arm_end_deadline()
        self.set_status(self.release, "Terminating")
        if self.release.chain is not None:  # release.onStart or release.onSuccess
            self.drop(self.release)
            self.end("Terminated")
        else:
            self.cut_all(reason)

    def force(self, reason, by=None):
        """R6, with force."""
        self.emit("terminate", reason=reason, force=True, by=by)
        if self.release.status != "Terminating" and self.release.chain != ON_FAIL:
            self.set_termination(reason)
        for command in list(self.outstanding.values()):
            self.cancel(command)
        self.waiting = []  # R9
        for scope in self.environments:
            if scope.status in ("Running", "Suspended"):
                self.stop(scope, reason)
        for scope in [self.release] + self.environments:
            scope.chain = None
        self.outcome = "Failed"
        self.finish()

    def retry(self, names, by):
        """R12."""
        self.emit("retry", environments=names, by=by)
        chosen = [scope for scope in self.environments
                  if has_ended_badly(scope) and (names is None or scope.name in names)]
        if self.release.status in FINAL:
            others = [scope.message for scope in self.environments
                      if has_ended_badly(scope) and scope not in chosen]
            self.release.message = others[0] if others else None
            self.terminated, self.outcome = False, None
            self.end_deadline, self.flow_deadline = None, self.now + self.flow.limit
            self.set_status(self.release, "Running")
            if self.release.cursor is not None:
                if self.release.cursor[0] == ON_SUCCESS:
                    self.outcome = "Succeeded"
                self.issue(self.release, *self.release.cursor)
                return
        for scope in chosen:
            self.resume(scope)
        self.admit()
        self.settle()

    def resume(self, scope):
        """R12: an environment goes on from where it failed or was cut."""
        scope.message = None
        self.set_status(scope, "Running")
        if scope.cut_in_soak:
            scope.cut_in_soak = False
            self.retries[(scope.name, PROMOTE, 0)] = 0  # R9 counted anew
            self.begin_soak(scope)
        else:
            self.issue(scope, *scope.cursor)

    def skip(self, environment, reason, by):
        """R16."""
        environment.message = cut_text(reason or "", MESSAGE_BYTES_MAX)  # R5
        self.emit("skip", environment=environment.name, reason=environment.message or None, by=by)
        self.set_status(environment, "Skipped")
        if self.release.status not in FINAL:
            self.admit()
            self.settle()

    # Commands

    def issue(self, scope, point, index, again=False):
        key = (scope.name, point, index)
        self.attempts[key] = self.attempts.get(key, 0) + 1  # R4
        if not again:
            self.retries[key] = 0  # R9: counted anew after a Retry
        if point != ON_FAIL:
            scope.cursor = (point, index)
        scope.chain = None if point == PROMOTE else point
        self.tickets += 1  # R1
        if point == PROMOTE:
            scope.promotion = self.tickets
        timeout = scope.timeout_of(point, index)  # R8
        self.outstanding[self.tickets] = Command(self.tickets, scope, point, index,
                                                 None if timeout is None else self.now + timeout)
        if point == PROMOTE:
            self.emit("promote", ticket=self.tickets, environment=scope.name,
                      attempt=self.attempts[key], policy=scope.policy)
        else:
            hook = scope.hooks[point][index]
            self.emit("hook", ticket=self.tickets, hook=hook.name, point=scope.point(point),
                      environment=scope.name, attempt=self.attempts[key],
                      arguments=arguments_of(self, scope, point, hook))

    def cancel(self, command):
        del self.outstanding[command.ticket]
        self.emit("cancel", ticket=command.ticket)

    def drop(self, scope):
        """Cancel the outstanding command of a scope; drop its waiting attempt (R9)."""
        for command in [c for c in self.outstanding.values() if c.scope is scope]:
            self.cancel(command)
        self.waiting = [attempt for attempt in self.waiting if attempt.scope is not scope]

    # R11, R14, R19

    def suspend(self, command, kind, by):
        self.emit(kind, ticket=command.ticket, by=by)
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
                 and all(command.suspended for command in self.outstanding.values())
                 and all(scope.soak_end is None for scope in self.environments))
        status = "Suspended" if waits else "Running"
        if self.release.status != status:
            self.set_status(self.release, status)

    def queue(self, command, kind):
        """R19: the timeout stops, and counts anew."""
        self.emit(kind, ticket=command.ticket)
        command.queue = kind
        timeout = command.scope.timeout_of(command.point, command.index)
        command.due = None if kind == "queued" or timeout is None else self.now + timeout

    def phase(self, scope):
        """R14: the finer word, derived."""
        if scope.chain in (ON_SUCCESS, ON_FAIL):
            ended = self.terminated if scope is self.release else scope.cut
            return "FinalizingTermination" if ended else "Finalizing"
        if scope.chain == ON_START:
            return "Initializing"
        return scope.status if scope.soak_end is None else "Soaking"
