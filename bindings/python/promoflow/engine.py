# SPDX-License-Identifier: Apache-2.0
"""Engines: they drive releases of a store, each call in a thread of its own."""

from __future__ import annotations

import json
import logging
import threading
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Callable, Iterator, NamedTuple, Optional, Protocol, Union, cast

from . import _core
from .aio import CommandFailed, Suspension
from .errors import InvalidArgumentError
from .flow import Flow
from .store import Store, milliseconds
from .values import (ContextLike, Names, Point, PolicyAction, ReleaseInfo, ReleaseStatus, selected)

log = logging.getLogger("promoflow")

LineObserver = Callable[["StoredLine"], Any]
TroubleObserver = Callable[[Optional[str]], Any]
"""Hears why the store has begun to fail; ``None``: it works again."""
_LOST = {"fail": 1, "again": 2}


class WaitForAnswer(Exception):
    """Raise it in an executor: the command waits for a person, and nothing of it runs any more.
    Whoever decides answers with :meth:`Engine.apply`, or from another process with
    :meth:`Store.ask`; it waits for that across restarts, too."""


class StoredLine(NamedTuple):
    """A line of a release's trace, once it is stored."""

    release: str
    sequence: int
    """Of the event that brought it about; 0: of the start."""
    place: int
    """Among the lines of that event, from 0."""
    line: str


class _EngineCall:
    """What a hook and a promotion have in common."""

    def __init__(self, letter: _core.CallLetter) -> None:
        self.ticket: int = letter[2]
        self.attempt: int = letter[3]
        """From 1, and one more each time the same command is issued again."""
        self.arguments: dict[str, str] = letter[6]
        """Of a hook: those that it gets, in their order (A1 to A6); of a promotion: the six default
        ones."""
        self.release_id: str = letter[1]
        self.application: str = ""
        """Of the environment's applications the one to promote, where each is promoted on its own;
        else empty."""
        self.cancelled = threading.Event()
        """Set when the command is cancelled: whoever works in a thread should look at it."""
        self._reply = letter[4]

    @property
    def key(self) -> str:
        """``RELEASE_ID/ticket``, and ``/application`` of one: an idempotency key for what the
        command does, across restarts."""
        key = f"{self.release_id}/{self.ticket}"
        return f"{key}/{self.application}" if self.application else key

    @property
    def _id(self) -> tuple[str, int, str]:
        return self.release_id, self.ticket, self.application

    @property
    def release(self) -> ReleaseInfo:
        """The release that the command belongs to, as the default arguments say it."""
        given = self.arguments
        return ReleaseInfo(self.release_id, given.get("RELEASE_URL", ""),
                           given.get("PRODUCT_NAME", ""), given.get("VERSION", ""),
                           given.get("COMMIT_SHA", ""))

    @contextmanager
    def suspended(self) -> Iterator[Suspension]:
        """While inside, the command waits for a person: a pull request, an approval."""
        suspension = Suspension()
        self._reply.suspended()
        try:
            yield suspension
        finally:
            self._reply.resumed(suspension.by)

    @contextmanager
    def queued(self) -> Iterator[None]:
        """While inside, the command waits for room, such as a semaphore, and its timeout does not
        count; afterwards it has begun, and its timeout counts from there (R19)."""
        self._reply.queued()
        yield
        self._reply.started()


class EngineHookCall(_EngineCall):
    """A hook to run. It owns all of its values."""

    def __init__(self, letter: _core.CallLetter) -> None:
        super().__init__(letter)
        self.environment: Optional[str] = letter[5]
        """At environment points only."""
        self.hook: str = letter[7]
        self.point = cast(Point, letter[8])
        self._context = letter[9]

    @property
    def context(self) -> dict[str, Any]:
        """The promotion context that it sees."""
        return cast("dict[str, Any]", json.loads(self._context))

    def __repr__(self) -> str:
        return f"<EngineHookCall {self.key}: {self.hook} at {self.point}>"


class EnginePromotionCall(_EngineCall):
    """An environment to promote into."""

    def __init__(self, letter: _core.CallLetter) -> None:
        super().__init__(letter)
        self.environment: str = letter[5] or ""
        self.application = self.arguments.get("APP_NAME", "")
        self.action = cast(Optional[PolicyAction], letter[8])
        self.pre_action: Optional[str] = letter[10]
        self.post_action: Optional[str] = letter[11]

    def __repr__(self) -> str:
        return f"<EnginePromotionCall {self.key}: {self.environment}>"


EngineCall = Union[EngineHookCall, EnginePromotionCall]


class EngineExecutor(Protocol):
    """What carries commands out, each in a thread of its own. What returns has succeeded; what
    raises has failed, with the exception's text as the message.

    Threads cannot be stopped: of a command that is cancelled, ``call.cancelled`` is set. Until it
    has returned no other call of its environment begins.

    It may have two more methods, which are called one at a time. ``settled(release_id, ticket)``:
    the outcome of a call, or its end after it was cancelled, is stored, and need not be kept; not
    repeated after a restart. ``force(release_id)``: the release was ended by force (R6), and what
    is cancelled of it is to end at once."""

    def run_hook(self, call: EngineHookCall) -> ContextLike:
        """Run a hook; what it returns, a mapping or JSON text, is what the hook exports."""

    def promote_environment(self, call: EnginePromotionCall) -> Any:
        """Promote the release into an environment. What it returns counts for an application
        alone (:class:`ArgoExecutor`)."""


class OnCluster:
    """An executor whose hooks do not run in Python; :class:`ArgoExecutor` is one."""

    _options: _core.ArgoOptions
    promotions: Any


class _Dispatcher:
    """Takes what the engine's thread calls for, on a thread of Python's. Subclasses say where calls
    run: :meth:`begin` begins one, :meth:`cancel` lets one end."""

    def __init__(self, core: _core.Engine, executor: Any, observer: Optional[LineObserver],
                 on_store_trouble: Optional[TroubleObserver]) -> None:
        self._executor = _carrier_of(executor)
        self._core, self._observer, self._on_trouble = core, observer, on_store_trouble
        self._lock = threading.Lock()
        # Those that run, and those that wait for an answer.
        self._calls: dict[tuple[str, int, str], EngineCall] = {}
        self._left: dict[tuple[str, int, str], _core.Reply] = {}
        self.thread = threading.Thread(target=self._take_all, name="promoflow engine", daemon=True)

    def begin(self, call: EngineCall) -> None:
        raise NotImplementedError

    def cancel(self, call: EngineCall) -> None:
        raise NotImplementedError

    def show(self, line: StoredLine) -> None:
        if self._observer is not None:
            self._observer(line)

    def tell(self, what: str, *words: Any) -> None:
        """That something is settled, or that a release was forced."""
        getattr(self._executor, what, _ignore)(*words)

    def give_up(self) -> None:
        """The engine has stopped: what still runs is as good as cancelled."""
        with self._lock:
            keys = {one[:2] for one in self._calls}
        for key in keys:
            self._take_cancel(key)

    def _take_all(self) -> None:
        while True:
            letter = self._core.next()
            if letter is None:
                return
            try:
                self._take(letter)
            except Exception:  # An observer's; the engine goes on.
                log.exception("an observer of an engine failed")

    def _take(self, letter: _core.Letter) -> None:
        if letter[0] == "record":
            self.show(StoredLine(*letter[1:]))
        elif letter[0] == "trouble":
            if self._on_trouble is not None:
                self._on_trouble(None if letter[1] == "ok" else letter[2])
        elif letter[0] == "notice":
            log.warning("%s", letter[1])
        elif letter[0] == "settled" or letter[0] == "force":
            self.tell(letter[0], *letter[1:])
        elif letter[0] == "cancel":
            self._take_cancel((letter[1], letter[2]))
        else:
            call: EngineCall = (EngineHookCall(letter) if letter[0] == "hook"
                                else EnginePromotionCall(letter))
            with self._lock:
                self._calls[call._id] = call
                self._left.pop(call._id, None)
            self.begin(call)

    def _take_cancel(self, key: tuple[str, int]) -> None:
        with self._lock:
            calls = [call for one, call in self._calls.items() if one[:2] == key]
            left = [self._left.pop(one) for one in list(self._left) if one[:2] == key]
        for reply in left:  # Nothing of it runs.
            reply.stopped()
        for call in calls:
            call.cancelled.set()
            self.cancel(call)

    # --- the end of a call -----------------------------------------------------------------------

    def succeeded(self, call: EngineCall, exported: ContextLike) -> None:
        self._forget(call)
        try:
            exports = isinstance(call, EngineHookCall) or call.application
            call._reply.succeeded(exported if exports else None)
        except (TypeError, ValueError) as wrong:  # What it returned cannot be JSON.
            self._fail(call, wrong)

    def failed(self, call: EngineCall, error: BaseException) -> None:
        self._forget(call)
        if isinstance(error, WaitForAnswer):
            with self._lock:
                is_cancelled = call.cancelled.is_set()
                if not is_cancelled:
                    self._left[call._id] = call._reply
            if is_cancelled:
                call._reply.stopped()
            else:
                call._reply.suspended()
        else:
            self._fail(call, error)

    def _fail(self, call: EngineCall, error: BaseException) -> None:
        if not isinstance(error, CommandFailed) and not call.cancelled.is_set():
            log.warning("%s failed", call.key, exc_info=error)
        context = error.context if isinstance(error, CommandFailed) else None
        call._reply.failed(str(error) or type(error).__name__, context)

    def _forget(self, call: EngineCall) -> None:
        with self._lock:
            self._calls.pop(call._id, None)


class _Threads(_Dispatcher):
    """Each call in a thread of its own."""

    def __init__(self, core: _core.Engine, executor: Any,
                 observer: Optional[LineObserver],
                 on_store_trouble: Optional[TroubleObserver]) -> None:
        super().__init__(core, executor, observer, on_store_trouble)

    def begin(self, call: EngineCall) -> None:
        threading.Thread(target=self._run, args=(call,), name=f"promoflow {call.key}",
                         daemon=True).start()

    def cancel(self, call: EngineCall) -> None:
        """It looks at ``call.cancelled`` itself."""

    def _run(self, call: EngineCall) -> None:
        call._reply.started()
        try:
            if isinstance(call, EngineHookCall):
                exported = self._executor.run_hook(call)
            else:
                exported = self._executor.promote_environment(call)
        except BaseException as error:
            self.failed(call, error)
        else:
            self.succeeded(call, exported)


def _ignore(*_: Any) -> None:
    """Of executors that do not want to be told."""


def _carrier_of(executor: Any) -> Any:
    """What of an executor is Python: of one on a cluster, what promotes."""
    return executor.promotions if isinstance(executor, OnCluster) else executor


def new_core(store: Store, executor: Any, *, lost: str, releases_max: int, commands_max: int,
             lease: float, heartbeat: float, request_interval: float,
             observes: bool) -> _core.Engine:
    """The compiled half of an engine; times in seconds."""
    if lost not in _LOST:
        raise InvalidArgumentError("it is 'fail' or 'again'", "invalid-argument", "lost")
    return _core.Engine._new(store, _LOST[lost], releases_max, commands_max, round(lease * 1000),
                             round(heartbeat * 1000), round(request_interval * 1000), observes,
                             hasattr(executor, "settled") or hasattr(executor, "force"),
                             executor._options if isinstance(executor, OnCluster) else None,
                             _carrier_of(executor) is not None)


class Engine:
    """Drives many releases from one store, on a thread of its own: kill the process at any moment,
    make another engine on the same store, and :meth:`resume_all`::

        with promoflow.Store.open("promoflow.db") as store:
            with promoflow.Engine(store, Executor()) as engine:
                engine.resume_all()
                engine.start(flow, id="r-42", version="1.4")
                print(engine.wait("r-42"))

    Any thread may use it. What is called returns once what it did is stored. Calls do not outlive
    the process: of one that was handed out when it ended, nobody knows how it ended. With ``lost``
    ``fail`` (the default) such a command fails, and its further attempts apply; with ``again`` it
    is carried out again under the same ``key``.
    ``commands_max`` bounds the calls, and so the threads, at once. ``observer`` gets each line once
    it is stored, on a thread of the engine's; what it has not taken is kept in memory.
    :mod:`promoflow.aio` has the same for coroutines."""

    def __init__(self, store: Store, executor: Union[EngineExecutor, OnCluster], *,
                 observer: Optional[LineObserver] = None,
                 on_store_trouble: Optional[TroubleObserver] = None, lost: str = "fail",
                 releases_max: int = 1000, commands_max: int = 16, lease: float = 30,
                 heartbeat: float = 10, request_interval: float = 0.5) -> None:
        self._core = new_core(store, executor, lost=lost, releases_max=releases_max,
                              commands_max=commands_max, lease=lease, heartbeat=heartbeat,
                              request_interval=request_interval, observes=observer is not None)
        self._threads = _Threads(self._core, executor, observer, on_store_trouble)
        self._threads.thread.start()

    def start(self, flow: Flow, *, id: str, url: str = "", product: str = "", version: str = "",
              commit_sha: str = "", context: ContextLike = None, skip: Optional[Names] = None,
              until: Optional[Names] = None, only: Optional[Names] = None, run: str = "") -> None:
        """Start a release; from then on it ends, whatever becomes of the process. ``run``: any
        text, kept for whoever resumes it."""
        kind, names = selected(skip, until, only)
        self._core.start(flow, id, url, product, version, commit_sha, context, kind, names, run)

    def resume(self, release: str) -> None:
        """Go on with a release that nobody drives. :class:`NotOwnerError`: somebody does; the
        message says who, since when."""
        self._core.resume(release)

    def resume_all(self) -> tuple[str, ...]:
        """Resume all that have not ended and that nobody drives. Their ids. Where one cannot be
        resumed the others are all the same, and the error is that of the first one."""
        return tuple(json.loads(self._core.resume_all()))

    def apply(self, release: str, event: _core.Event) -> None:
        """Apply an answer, or an operator's event, at the engine's time. :class:`RefusedError`: it
        is refused; :class:`UnknownReleaseError`: the release is not driven here."""
        self._core.apply(release, event)

    def terminate(self, release: str, reason: str, *, force: bool = False,
                  by: Optional[str] = None) -> None:
        """What runs is cancelled, onFail hooks run; with ``force`` it ends at once (R6)."""
        self._core.apply(release, _core.Terminate(reason, force=force, by=by))

    def retry(self, release: str, environments: Optional[Names] = None, *,
              by: str = "") -> None:
        """What failed or was terminated goes on (R12); a release that has ended is resumed."""
        self._core.retry(release, environments, by)

    def skip(self, release: str, environment: str, reason: Optional[str] = None, *,
             by: Optional[str] = None) -> None:
        """The release goes on without this environment (R16)."""
        self._core.apply(release, _core.Skip(environment, reason, by=by))

    def wait(self, release: str, timeout: Optional[float] = None) -> ReleaseStatus:
        """Wait until the release has ended or is not driven here, at most for ``timeout`` seconds.
        Its status then."""
        return self._core.wait(release, milliseconds(timeout))

    def describe(self, release: str) -> dict[str, Any]:
        """The whole state of a release that is driven here."""
        return cast("dict[str, Any]", json.loads(self._core.describe(release)))

    def stop(self) -> None:
        """Stop in order: what was answered is stored, and ownership is given up. Calls that run are
        cancelled; their commands are lost commands for the next engine."""
        if not self._core.closed:
            self._core.stop()
            self._threads.give_up()
        if self._threads.thread is not threading.current_thread():
            self._threads.thread.join()

    def close(self) -> None:
        """:meth:`stop`, and free the handle."""
        self.stop()
        self._core.close()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, kind: Optional[type[BaseException]], value: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self.close()
