# SPDX-License-Identifier: Apache-2.0
"""Running a release with asyncio: an executor of two coroutines, and the loop around it."""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
import time
from collections import deque
from contextlib import contextmanager
from typing import Any, Callable, Coroutine, Iterator, Optional, Protocol, Union

from . import _core
from .errors import RefusedError
from .flow import Flow
from .release import Release
from .values import ContextLike, Names, Point, PolicyAction, Record, ReleaseInfo, selected

log = logging.getLogger("promoflow")

Clock = Callable[[], int]
"""The time in UTC milliseconds. It should not run backwards."""
Journal = Callable[[str], Any]
"""Gets each event as a line before it is applied, first the start: store it, and
:meth:`Flow.recover` gives the release again. May be a coroutine function."""
Observer = Callable[[Release, Record], Any]
"""Gets each record after its event is applied, before its commands are carried out."""
_Event = _core.Event
_Make = Callable[[int], _Event]
_Command = Union[_core.RunHook, _core.Promote]


class CommandFailed(Exception):
    """Raise it in an executor to fail a command: any exception does, but this one is expected and
    not logged. ``context``: what the hook exported nevertheless; it is recorded, not merged."""

    def __init__(self, message: str, context: ContextLike = None) -> None:
        super().__init__(message)
        self.context = context


class Suspension:
    """What a command waits for while it is suspended."""

    by: str = ""
    """Set it to who decided; it is recorded when the command goes on."""


class _Call:
    def __init__(self, driver: _Driver, command: Union[_core.RunHook, _core.Promote]) -> None:
        self._driver = driver
        self.ticket: int = command.ticket
        self.attempt: int = command.attempt
        """From 1, and one more each time the same command is issued again."""

    @property
    def release(self) -> ReleaseInfo:
        """The release that the command belongs to."""
        return self._driver.info

    @property
    def key(self) -> str:
        """``RELEASE_ID/ticket``: an idempotency key for what the command does."""
        return f"{self._driver.info.id}/{self.ticket}"

    @contextmanager
    def suspended(self) -> Iterator[Suspension]:
        """While inside, the command waits for a person: a pull request, an approval."""
        driver, ticket, suspension = self._driver, self.ticket, Suspension()
        driver.post(ticket, lambda at: _core.Suspended(ticket, at=at))
        try:
            yield suspension
        finally:
            driver.post(ticket, lambda at: _core.Resumed(ticket, by=suspension.by, at=at))

    @contextmanager
    def queued(self) -> Iterator[None]:
        """While inside, the command waits for room, such as a semaphore, and its timeout does not
        count; afterwards it has begun, and its timeout counts from there (R19)."""
        driver, ticket = self._driver, self.ticket
        driver.report_queued(ticket)
        yield
        driver.report_started(ticket)


class HookCall(_Call):
    """A hook to run. It may be kept: it owns all of its values."""

    def __init__(self, driver: _Driver, command: _core.RunHook) -> None:
        super().__init__(driver, command)
        self._command = command
        self.hook: str = command.hook
        self.point: Point = command.point
        self.environment: Optional[str] = command.environment
        """At environment points only."""

    @property
    def arguments(self) -> dict[str, str]:
        """The arguments that the hook gets, in their order (A1 to A6)."""
        return self._command.arguments

    @property
    def context(self) -> dict[str, Any]:
        """The promotion context that it sees."""
        return self._command.context

    def __repr__(self) -> str:
        return f"<HookCall {self.key}: {self.hook} at {self.point}>"


class PromotionCall(_Call):
    """An environment to promote into."""

    def __init__(self, driver: _Driver, command: _core.Promote) -> None:
        super().__init__(driver, command)
        self.environment: str = command.environment
        self.action: Optional[PolicyAction] = command.action
        self.pre_action: Optional[str] = command.pre_action
        self.post_action: Optional[str] = command.post_action

    def __repr__(self) -> str:
        return f"<PromotionCall {self.key}: {self.environment}>"


class Executor(Protocol):
    """What carries commands out. A coroutine that returns has succeeded; one that raises has
    failed, with the exception's text as the message. It is cancelled when its command is: at a
    timeout, a termination, or when the run itself is cancelled.

    No two calls overlap: a call of an environment begins when every cancelled coroutine of that
    environment has ended, a call of the release (its own hooks) when all have. Until then it is
    queued, so its timeout does not count."""

    async def run_hook(self, call: HookCall) -> ContextLike:
        """Run a hook; what it returns, a mapping or JSON text, is what the hook exports."""

    async def promote_environment(self, call: PromotionCall) -> None:
        """Promote the release into an environment."""


class Control:
    """An operator's requests to the runs that it was given to. Any thread may use it. While no run
    has it, requests are kept for the next one. What the release refuses has no effect."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._drivers: list[_Driver] = []
        self._kept: list[_Make] = []

    def terminate(self, reason: str = "terminated", *, force: bool = False,
                  by: Optional[str] = None) -> None:
        """Terminate the release: what runs is cancelled, onFail hooks run. A second time is
        refused; with ``force`` the release ends at once (R6)."""
        self._request(lambda at: _core.Terminate(reason, force=force, by=by, at=at))

    def retry(self, environments: Names, *, by: Optional[str] = None) -> None:
        """Retry these environments while the release runs (R12)."""
        names = (environments,) if isinstance(environments, str) else tuple(environments)
        self._request(lambda at: _core.Retry(names, by=by, at=at))

    def skip(self, environment: str, reason: Optional[str] = None, *,
             by: Optional[str] = None) -> None:
        """Go on without this environment (R16)."""
        self._request(lambda at: _core.Skip(environment, reason, by=by, at=at))

    def _request(self, make: _Make) -> None:
        make(0)  # A wrong type is an error of the caller's, not of the run's.
        with self._lock:
            for driver in self._drivers:
                driver.request(make)
            if not self._drivers:
                self._kept.append(make)

    def _attach(self, driver: _Driver) -> None:
        with self._lock:
            self._drivers.append(driver)
            kept, self._kept = self._kept, []
        for make in kept:
            driver.request(make)

    def _detach(self, driver: _Driver) -> None:
        with self._lock:
            self._drivers.remove(driver)


def system_clock() -> Clock:
    """The wall clock's time now, counted on by the monotonic clock: setting the wall clock back
    has no effect on it."""
    offset = time.time_ns() - time.monotonic_ns()
    return lambda: (offset + time.monotonic_ns()) // 1_000_000


async def run(flow: Flow, executor: Executor, *, id: str, url: str = "", product: str = "",
              version: str = "", commit_sha: str = "", context: ContextLike = None,
              skip: Optional[Names] = None, until: Optional[Names] = None,
              only: Optional[Names] = None, clock: Optional[Clock] = None,
              control: Optional[Control] = None, journal: Optional[Journal] = None,
              observer: Optional[Observer] = None) -> Release:
    """Start a release and drive it to a final status; returns it, whatever that is.

    ``skip``, ``until`` and ``only`` choose where it promotes to, as in :meth:`Flow.start`.
    ``control.terminate()`` stops the release as an operator does. Cancelling the task that awaits
    this stops the *run*: the executor's coroutines are cancelled and awaited, and the release keeps
    its state. To go on with it later, use :meth:`Flow.recover` of its journal, or start it
    yourself, and then :func:`resume`.
    """
    now = clock or system_clock()
    kind, names = selected(skip, until, only)
    names = names if names is None or isinstance(names, str) else tuple(names)
    start = (id, url, product, version, commit_sha, context, now(), kind, names)
    release = Release._start(flow, *start)
    driver = _Driver(release, executor, now, journal, observer)
    if journal is not None:
        await driver.store(Release._start_json(flow, *start))
    await driver.drive(control)
    return release


async def resume(release: Release, executor: Executor, *, clock: Optional[Clock] = None,
                 control: Optional[Control] = None, journal: Optional[Journal] = None,
                 observer: Optional[Observer] = None) -> None:
    """Drive a release that was started, restored or replayed: its outstanding commands are carried
    out again, under the same tickets."""
    release.reissue()
    await _Driver(release, executor, clock or system_clock(), journal, observer).drive(control)


async def retry(release: Release, executor: Executor, environments: Optional[Names] = None, *,
                by: Optional[str] = None, clock: Optional[Clock] = None,
                control: Optional[Control] = None, journal: Optional[Journal] = None,
                observer: Optional[Observer] = None) -> None:
    """Let a failed or terminated release go on from the point of failure, with all that failed or
    with these environments only (R12). :class:`RefusedError`: the release does not allow it."""
    driver = _Driver(release, executor, clock or system_clock(), journal, observer)
    retried = _core.Retry(environments, by=by, at=0).environments
    await driver.apply(lambda at: _core.Retry(retried, by=by, at=at), must=True)
    await driver.drive(control)


class _Driver:
    """One run: commands become tasks, the results of tasks become events."""

    def __init__(self, release: Release, executor: Executor, now: Clock,
                 journal: Optional[Journal], observer: Optional[Observer]) -> None:
        self.info = release.info
        self._release, self._executor, self._now = release, executor, now
        self._journal, self._observer = journal, observer
        self._loop = asyncio.get_running_loop()
        self._inbox: deque[_Make] = deque()
        self._wake = asyncio.Event()
        self._tasks: dict[int, asyncio.Task[ContextLike]] = {}
        self._owners: dict[int, Optional[str]] = {}  # The tasks' environments.
        self._ending: dict[asyncio.Task[ContextLike], Optional[str]] = {}  # Cancelled ones.
        self._held: dict[int, _Command] = {}  # They begin when what was cancelled has ended.
        self._queued: set[int] = set()  # Commands that have been reported as queued.
        self._waiting: set[int] = set()  # Those that wait for room.

    async def drive(self, control: Optional[Control]) -> None:
        if control is not None:
            control._attach(self)
        try:
            self._queued = {known.ticket for known in self._release.outstanding() if known.queued}
            await self._carry_out()
            while not self._release.is_final:
                await self.apply(await self._next())
                await self._carry_out()
        finally:
            if control is not None:
                control._detach(self)
            self._held.clear()
            for ticket in list(self._tasks):
                self._cancel(ticket)
            if self._ending:
                await asyncio.wait(self._ending)

    async def store(self, line: str) -> None:
        assert self._journal is not None
        stored = self._journal(line)
        if inspect.isawaitable(stored):
            await stored

    async def apply(self, make: _Make, must: bool = False) -> None:
        """Store, then apply. A refused event changes nothing: an answer that came too late, or a
        request that is not allowed; it raises only if the event ``must`` be taken."""
        event = make(self._now())
        if self._journal is not None:
            await self.store(event.to_json())
        try:
            self._release.apply(event)
        except RefusedError as refused:
            if must:
                raise
            log.debug("%s: %s", self.info.id, refused)

    async def _next(self) -> _Make:
        """The next answer or request; a Tick if the release's next timer is due before."""
        while not self._inbox:
            due = self._release.next_timer
            delay = None if due is None else (due - self._now()) / 1000
            if delay is not None and delay <= 0:
                return lambda at: _core.Tick(at=at)
            alarm = None if delay is None else self._loop.call_later(delay, self._wake.set)
            try:
                await self._wake.wait()
            finally:
                if alarm is not None:
                    alarm.cancel()
            self._wake.clear()
        return self._inbox.popleft()

    def post(self, ticket: int, make: _Make) -> None:
        """An answer of a task; dropped if its command was cancelled meanwhile."""
        if ticket in self._tasks:
            self._push(make)

    def report_queued(self, ticket: int) -> None:
        """Once for each command: it may be queued already, because it was held."""
        if ticket not in self._tasks:
            return
        self._waiting.add(ticket)
        if ticket not in self._queued:
            self._queued.add(ticket)
            self._push(lambda at: _core.Queued(ticket, at=at))

    def report_started(self, ticket: int) -> None:
        self._waiting.discard(ticket)
        self.post(ticket, lambda at: _core.Started(ticket, at=at))

    def request(self, make: _Make) -> None:
        """An operator's event, from any thread."""
        self._loop.call_soon_threadsafe(self._push, make)

    def _push(self, make: _Make) -> None:
        self._inbox.append(make)
        self._wake.set()

    # --- commands --------------------------------------------------------------------------------

    async def _carry_out(self) -> None:
        commands: list[_core.Command] = []
        if self._observer is None:
            commands += self._release.commands()
        else:
            for record in self._release.records():
                self._observer(self._release, record)
                if record.command is not None:
                    commands.append(record.command)
        for command in commands:
            if not isinstance(command, (_core.RunHook, _core.Promote)):
                self._cancel(command.ticket)
                continue
            # A coroutine that cleans nothing up has ended after a few turns of the loop.
            for _ in range(3):
                if self._is_blocked(command):
                    await asyncio.sleep(0)
            if self._is_blocked(command):
                self._hold(command)
            else:
                self._begin(command)

    def _is_blocked(self, command: _Command) -> bool:
        """Whether a cancelled call that must not overlap with this one still runs."""
        owners = self._ending.values()
        return bool(owners) if command.environment is None else command.environment in owners

    def _hold(self, command: _Command) -> None:
        ticket = command.ticket
        self._held[ticket] = command
        self._queued.add(ticket)
        self._push(lambda at: _core.Queued(ticket, at=at))

    def _begin_held(self) -> None:
        for ticket, command in list(self._held.items()):
            if self._is_blocked(command):
                continue
            del self._held[ticket]
            self._begin(command)

    def _report_begun(self, ticket: int) -> None:
        if ticket not in self._waiting:
            self.report_started(ticket)

    async def _run_hook(self, call: HookCall) -> ContextLike:
        return await self._executor.run_hook(call)

    async def _promote(self, call: PromotionCall) -> ContextLike:
        await self._executor.promote_environment(call)
        return None

    def _begin(self, command: _Command) -> None:
        ticket, is_hook = command.ticket, isinstance(command, _core.RunHook)
        self._owners[ticket] = command.environment
        body: Coroutine[Any, Any, ContextLike]
        if isinstance(command, _core.RunHook):
            body = self._run_hook(HookCall(self, command))
        else:
            body = self._promote(PromotionCall(self, command))
        task: asyncio.Task[ContextLike] = self._loop.create_task(
            body, name=f"promoflow {self.info.id}/{ticket}")
        self._tasks[ticket] = task
        if ticket in self._queued:
            # After the coroutine's first step, in which it may say that it waits for room itself.
            self._loop.call_soon(self._report_begun, ticket)
        task.add_done_callback(lambda done: self._ended(ticket, is_hook, done))

    def _cancel(self, ticket: int) -> None:
        self._held.pop(ticket, None)
        self._forget(ticket)
        task = self._tasks.pop(ticket, None)
        if task is not None:
            task.cancel()
            self._ending[task] = self._owners.pop(ticket)  # The run ends when it has ended.
            task.add_done_callback(self._stopped)

    def _forget(self, ticket: int) -> None:
        self._queued.discard(ticket)
        self._waiting.discard(ticket)

    def _stopped(self, task: asyncio.Task[ContextLike]) -> None:
        del self._ending[task]
        self._begin_held()

    def _ended(self, ticket: int, is_hook: bool, task: asyncio.Task[ContextLike]) -> None:
        if self._tasks.get(ticket) is not task:
            if not task.cancelled():
                task.exception()  # Retrieved, so that asyncio does not report it.
            return
        self.post(ticket, _answer(ticket, is_hook, task))
        del self._tasks[ticket], self._owners[ticket]
        self._forget(ticket)


def _answer(ticket: int, is_hook: bool, task: asyncio.Task[ContextLike]) -> _Make:
    """The result of a task as an event."""
    error = asyncio.CancelledError("cancelled") if task.cancelled() else task.exception()
    if error is None and not is_hook:
        return lambda at: _core.PromotionSucceeded(ticket, at=at)
    if error is None:
        exported = task.result()
        try:
            _core.HookSucceeded(ticket, exported, at=0)
        except (TypeError, ValueError) as wrong:  # What it returned cannot be JSON.
            error = wrong
        else:
            return lambda at: _core.HookSucceeded(ticket, exported, at=at)
    if not isinstance(error, (CommandFailed, asyncio.CancelledError)):
        log.warning("%s failed", task.get_name(), exc_info=error)
    message = str(error) or type(error).__name__
    context = error.context if isinstance(error, CommandFailed) else None
    if is_hook:
        return lambda at: _core.HookFailed(ticket, message, context, at=at)
    return lambda at: _core.PromotionFailed(ticket, message, at=at)


if hasattr(_core, "Store"):  # Here, because it needs what is above.
    from .aio_engine import AsyncEngineExecutor as AsyncEngineExecutor
    from .aio_engine import Engine as Engine
