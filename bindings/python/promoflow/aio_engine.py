# SPDX-License-Identifier: Apache-2.0
"""Engines with asyncio: each call is a task of the loop that made the engine."""

from __future__ import annotations

import asyncio
import json
from types import TracebackType
from typing import Any, Callable, Coroutine, Optional, Protocol, TypeVar, Union, cast

from . import _core
from .engine import (EngineCall, EngineHookCall, LineObserver, OnCluster, StoredLine,
                     TroubleObserver, _Dispatcher, new_core)
from .errors import PromoflowError
from .flow import Flow
from .store import Store
from .values import ContextLike, Names, ReleaseStatus, selected

_T = TypeVar("_T")
_LOOK_AGAIN = 5.0  # Seconds: how often one looks whether a release is still driven here.


class AsyncEngineExecutor(Protocol):
    """What carries commands out: an executor of :func:`promoflow.run` is one, for calls are alike.
    A coroutine is cancelled when its command is; until it has ended no other call of its
    environment begins. It may have ``settled()`` and ``force()``, as
    :class:`promoflow.EngineExecutor` has them, which are called in the loop."""

    async def run_hook(self, call: Any) -> ContextLike:
        """Run a hook, an :class:`EngineHookCall`; what it returns, a mapping or JSON text, is what
        the hook exports."""

    async def promote_environment(self, call: Any) -> Any:
        """Promote the release into an environment: an :class:`EnginePromotionCall`."""


class _Tasks(_Dispatcher):
    """Each call as a task. begin(), cancel() and show() are called on the dispatcher's thread."""

    def __init__(self, core: _core.Engine, executor: Any,
                 observer: Optional[LineObserver],
                 on_store_trouble: Optional[TroubleObserver]) -> None:
        super().__init__(core, executor, observer, on_store_trouble)
        self._loop = asyncio.get_running_loop()
        self._tasks: dict[EngineCall, asyncio.Task[ContextLike]] = {}
        self.waiters: dict[str, set[asyncio.Event]] = {}

    def post(self, function: Callable[..., Any], *arguments: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:  # The loop is closed: nobody is left to do it.
            pass

    def begin(self, call: EngineCall) -> None:
        self.post(self._begin, call)

    def cancel(self, call: EngineCall) -> None:
        self.post(self._cancel, call)

    def show(self, line: StoredLine) -> None:
        self.post(self._show, line)

    def tell(self, what: str, *words: Any) -> None:
        self.post(super().tell, what, *words)

    async def end(self) -> None:
        """Waits until no call runs; those that do are cancelled."""
        for task in list(self._tasks.values()):
            task.cancel()
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()))

    # --- on the loop's thread --------------------------------------------------------------------

    async def _run(self, call: EngineCall) -> ContextLike:
        call._reply.started()
        if isinstance(call, EngineHookCall):
            exported: ContextLike = await self._executor.run_hook(call)
            return exported
        said: ContextLike = await self._executor.promote_environment(call)
        return said

    def _begin(self, call: EngineCall) -> None:
        body: Coroutine[Any, Any, ContextLike] = self._run(call)
        task = self._loop.create_task(body, name=f"promoflow {call.key}")
        self._tasks[call] = task
        task.add_done_callback(lambda done: self._ended(call, done))
        if call.cancelled.is_set():
            task.cancel()

    def _cancel(self, call: EngineCall) -> None:
        task = self._tasks.get(call)
        if task is not None:
            task.cancel()

    def _ended(self, call: EngineCall, task: asyncio.Task[ContextLike]) -> None:
        del self._tasks[call]
        error = asyncio.CancelledError("cancelled") if task.cancelled() else task.exception()
        if error is None:
            self.succeeded(call, task.result())
        else:
            self.failed(call, error)

    def _show(self, line: StoredLine) -> None:
        super().show(line)
        if '"event":"release"' not in line.line:
            return
        for waiter in self.waiters.get(line.release, ()):
            waiter.set()


class Engine:
    """Drives many releases from one store; as :class:`promoflow.Engine`, with coroutines::

        async with promoflow.aio.Engine(store, Executor()) as engine:
            await engine.resume_all()
            await engine.start(flow, id="r-42", version="1.4")
            print(await engine.wait("r-42"))

    Made and used in one loop. A coroutine that waits for the store blocks a thread of the loop's
    default executor, not the loop."""

    def __init__(self, store: Store, executor: Union[AsyncEngineExecutor, OnCluster], *,
                 observer: Optional[LineObserver] = None,
                 on_store_trouble: Optional[TroubleObserver] = None, lost: str = "fail",
                 releases_max: int = 1000, commands_max: int = 1000, lease: float = 30,
                 heartbeat: float = 10, request_interval: float = 0.5) -> None:
        self._core = new_core(store, executor, lost=lost, releases_max=releases_max,
                              commands_max=commands_max, lease=lease, heartbeat=heartbeat,
                              request_interval=request_interval, observes=True)
        self._tasks = _Tasks(self._core, executor, observer, on_store_trouble)
        self._tasks.thread.start()

    async def _call(self, function: Callable[..., _T], *arguments: Any) -> _T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, function, *arguments)

    async def start(self, flow: Flow, *, id: str, url: str = "", product: str = "",
                    version: str = "", commit_sha: str = "", context: ContextLike = None,
                    skip: Optional[Names] = None, until: Optional[Names] = None,
                    only: Optional[Names] = None, run: str = "") -> None:
        """Start a release; from then on it ends, whatever becomes of the process. ``run``: any
        text, kept for whoever resumes it."""
        kind, names = selected(skip, until, only)
        await self._call(self._core.start, flow, id, url, product, version, commit_sha, context,
                         kind, names, run)

    async def resume(self, release: str) -> None:
        """Go on with a release that nobody drives. :class:`NotOwnerError`: somebody does."""
        await self._call(self._core.resume, release)

    async def resume_all(self) -> tuple[str, ...]:
        """Resume all that have not ended and that nobody drives. Their ids."""
        return tuple(json.loads(await self._call(self._core.resume_all)))

    async def apply(self, release: str, event: _core.Event) -> None:
        """Apply an answer, or an operator's event, at the engine's time."""
        await self._call(self._core.apply, release, event)

    async def terminate(self, release: str, reason: str, *, force: bool = False,
                        by: Optional[str] = None) -> None:
        """What runs is cancelled, onFail hooks run; with ``force`` it ends at once (R6)."""
        await self.apply(release, _core.Terminate(reason, force=force, by=by))

    async def retry(self, release: str, environments: Optional[Names] = None, *,
                    by: str = "") -> None:
        """What failed or was terminated goes on (R12); a release that has ended is resumed."""
        await self._call(self._core.retry, release, environments, by)

    async def skip(self, release: str, environment: str, reason: Optional[str] = None, *,
                   by: Optional[str] = None) -> None:
        """The release goes on without this environment (R16)."""
        await self.apply(release, _core.Skip(environment, reason, by=by))

    async def wait(self, release: str) -> ReleaseStatus:
        """Wait until the release has ended or is not driven here: its status then. It may be
        cancelled, as by ``asyncio.wait_for()``."""
        changed = asyncio.Event()
        waiters = self._tasks.waiters.setdefault(release, set())
        waiters.add(changed)
        try:
            while True:
                changed.clear()
                status = await self._call(self._core.wait, release, 0)
                if status in ("Succeeded", "Failed", "Terminated"):
                    return status
                if not await self._call(self._is_driven, release):  # It may have ended just now.
                    return await self._call(self._core.wait, release, 0)
                try:
                    await asyncio.wait_for(changed.wait(), _LOOK_AGAIN)
                except asyncio.TimeoutError:
                    pass
        finally:
            waiters.discard(changed)
            if not waiters:
                self._tasks.waiters.pop(release, None)

    def _is_driven(self, release: str) -> bool:
        try:
            self._core.describe(release)
        except PromoflowError:
            return False
        return True

    async def describe(self, release: str) -> dict[str, Any]:
        """The whole state of a release that is driven here."""
        return cast("dict[str, Any]", json.loads(await self._call(self._core.describe, release)))

    async def stop(self) -> None:
        """Stop in order: what was answered is stored, ownership is given up, and calls that run are
        cancelled and awaited; their commands are lost commands for the next engine."""
        if not self._core.closed:
            await self._call(self._core.stop)
        await self._call(self._tasks.thread.join)
        await asyncio.sleep(0)  # Calls that were about to begin.
        await self._tasks.end()

    async def close(self) -> None:
        """:meth:`stop`, and free the handle."""
        await self.stop()
        self._core.close()

    async def __aenter__(self) -> Engine:
        return self

    async def __aexit__(self, kind: Optional[type[BaseException]],
                        value: Optional[BaseException],
                        traceback: Optional[TracebackType]) -> None:
        await self.close()
