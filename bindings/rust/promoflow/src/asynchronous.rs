// SPDX-License-Identifier: Apache-2.0
//! An executor of futures, for any runtime: the loop of a host in which commands are futures.
use crate::command::{Command, OwnedPromote, OwnedRunHook};
use crate::error::{Error, Result};
use crate::event::Event;
use crate::executor::HostError;
use crate::flow::Flow;
use crate::release::{Release, ReleaseInfo, Start};
use crate::values::{Ticket, Timestamp};
use futures_util::future::poll_fn;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// A future that was put on the heap, of which only the result is known.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Why a command failed, and what its hook exported nevertheless.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Failure {
    /// Why, for people and for `onFail` hooks.
    pub message: String,
    /// What the hook exported, as it came; it is recorded, not merged.
    pub context: Option<Vec<u8>>,
}

impl<T: fmt::Display> From<T> for Failure {
    fn from(why: T) -> Self {
        Self {
            message: why.to_string(),
            context: None,
        }
    }
}

/// What carries commands out. A future is dropped when its command is cancelled: at a timeout, a
/// termination, or when the run itself is dropped. With the next command of its environment the
/// executor is called only afterwards, so no two overlap.
pub trait AsyncExecutor: Send + Sync {
    /// Runs a hook; gives what it exports, one JSON object, if anything.
    fn run_hook(
        &self,
        call: AsyncCall<OwnedRunHook>,
    ) -> BoxFuture<'_, Result<Option<String>, Failure>>;

    /// Promotes the release into an environment.
    fn promote(&self, call: AsyncCall<OwnedPromote>) -> BoxFuture<'_, Result<(), Failure>>;
}

/// The time of a run; of the runtime that it is in, or virtual.
pub trait AsyncClock: Send + Sync {
    /// The time now. It should not run backwards.
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    /// Ends after so long, such as `tokio::time::sleep`.
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()>;
}

/// A command that is carried out. It owns what it says of the command.
#[derive(Clone)]
pub struct AsyncCall<T> {
    /// The command.
    pub command: T,
    /// The release that it belongs to.
    pub release: Arc<ReleaseInfo>,
    ticket: Ticket,
    inbox: AsyncControl,
}

impl<T> AsyncCall<T> {
    /// `RELEASE_ID/ticket`: an idempotency key for what the command does.
    pub fn key(&self) -> String {
        format!("{}/{}", self.release.id, self.ticket)
    }

    /// It waits for a person.
    pub fn suspended(&self) {
        self.inbox.request(Event::suspended(self.ticket));
    }

    /// The person has decided; `by` says who, and may be empty.
    pub fn resumed(&self, by: &str) {
        let event = Event::resumed(self.ticket);
        self.inbox.request(if by.is_empty() {
            event
        } else {
            event.by(by.to_owned())
        });
    }

    /// There is no room for it yet: its timeout stops.
    pub fn queued(&self) {
        self.inbox.request(Event::queued(self.ticket));
    }

    /// It has begun: its timeout counts from now.
    pub fn started(&self) {
        self.inbox.request(Event::started(self.ticket));
    }
}

impl<T: fmt::Debug> fmt::Debug for AsyncCall<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AsyncCall({}, {:?})", self.key(), self.command)
    }
}

/// An operator's requests to a run, from any thread; clones are the same one. What the release
/// refuses has no effect.
#[derive(Clone, Default)]
pub struct AsyncControl(Arc<Mutex<Inbox>>);

#[derive(Default)]
struct Inbox {
    events: VecDeque<Event<'static>>,
    waker: Option<Waker>,
}

impl AsyncControl {
    /// One that no run has yet; requests are kept for it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Applies an event, such as [`Event::terminate`], at the time when the run gets to it.
    pub fn request(&self, event: Event<'static>) {
        let waker = {
            let mut inbox = self.0.lock().expect("nothing panics with it");
            inbox.events.push_back(event);
            inbox.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn poll(&self, context: &Context<'_>) -> Option<Event<'static>> {
        let mut inbox = self.0.lock().expect("nothing panics with it");
        let event = inbox.events.pop_front();
        if event.is_none() {
            inbox.waker = Some(context.waker().clone());
        }
        event
    }
}

impl fmt::Debug for AsyncControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AsyncControl")
    }
}

/// Stores a line before what it says is done.
type AsyncJournal<'r> = Box<dyn FnMut(&str) -> Result<(), HostError> + Send + 'r>;

/// What a run has besides a flow, an executor and a clock.
#[derive(Default)]
pub struct AsyncRunOptions<'r> {
    control: AsyncControl,
    journal: Option<AsyncJournal<'r>>,
}

impl<'r> AsyncRunOptions<'r> {
    /// None of them.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an operator's requests from there.
    #[must_use]
    pub fn control(mut self, control: &AsyncControl) -> Self {
        self.control = control.clone();
        self
    }

    /// Is called with each line of the journal, without line end, before its event is applied;
    /// first with the start. [`Flow::recover`] reads them. An error ends the run.
    #[must_use]
    pub fn journal(
        mut self,
        journal: impl FnMut(&str) -> Result<(), HostError> + Send + 'r,
    ) -> Self {
        self.journal = Some(Box::new(journal));
        self
    }

    fn store(&mut self, line: impl FnOnce() -> Result<String>) -> Result<()> {
        match &mut self.journal {
            Some(journal) => journal(&line()?).map_err(|cause| Error::of_host("journal", cause)),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for AsyncRunOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AsyncRunOptions")
    }
}

/// Starts a release and drives it to a final status; gives it, whatever that status is. The start's
/// time is not read: it is that of the clock. If the future is dropped, so are those of the
/// commands; to keep the release then, start it and use [`resume_async`].
///
/// # Errors
/// As [`Flow::start`]; [`Host`](crate::ErrorCode::Host): the journal failed.
pub async fn run_async(
    flow: &Flow,
    start: &Start,
    executor: &dyn AsyncExecutor,
    clock: &dyn AsyncClock,
    mut options: AsyncRunOptions<'_>,
) -> Result<Release> {
    let start = start.clone().at(clock.now());
    let mut release = flow.start(&start)?;
    options.store(|| flow.start_json(&start))?;
    drive(&mut release, executor, clock, options).await?;
    Ok(release)
}

/// Drives a release that was started, restored or recovered: its outstanding commands are carried
/// out again, under the same tickets.
///
/// # Errors
/// [`Host`](crate::ErrorCode::Host): the journal failed.
pub async fn resume_async(
    release: &mut Release,
    executor: &dyn AsyncExecutor,
    clock: &dyn AsyncClock,
    options: AsyncRunOptions<'_>,
) -> Result<()> {
    release.reissue()?;
    drive(release, executor, clock, options).await
}

/// A future of a command. Its answer is an event; there is none after it was cancelled.
#[derive(Clone)]
struct Running<'e>(Arc<Mutex<Cell<'e>>>);

struct Cell<'e> {
    future: Option<BoxFuture<'e, Event<'static>>>,
    waker: Option<Waker>,
}

impl<'e> Running<'e> {
    fn new(future: BoxFuture<'e, Event<'static>>) -> Self {
        Self(Arc::new(Mutex::new(Cell {
            future: Some(future),
            waker: None,
        })))
    }

    /// Drops the future now, and lets the set of all know.
    fn cancel(&self) {
        let (future, waker) = match self.0.lock() {
            Ok(mut cell) => (cell.future.take(), cell.waker.take()),
            Err(_) => return, // Its future has panicked, and is not polled again.
        };
        drop(future);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Future for Running<'_> {
    type Output = Option<Event<'static>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut cell = match self.0.lock() {
            Ok(cell) => cell,
            Err(_) => return Poll::Ready(None),
        };
        let future = match &mut cell.future {
            Some(future) => future,
            None => return Poll::Ready(None),
        };
        match future.as_mut().poll(context) {
            Poll::Ready(event) => {
                cell.future = None;
                Poll::Ready(Some(event))
            }
            Poll::Pending => {
                cell.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

async fn drive(
    release: &mut Release,
    executor: &dyn AsyncExecutor,
    clock: &dyn AsyncClock,
    mut options: AsyncRunOptions<'_>,
) -> Result<()> {
    let info = Arc::new(release.info());
    let inbox = options.control.clone();
    let mut all = FuturesUnordered::new();
    let mut running = HashMap::new();
    loop {
        while let Some(command) = release.next_command()? {
            let ticket = command.ticket();
            let future = match &command {
                Command::RunHook(hook) => {
                    of_hook(executor, call(hook.to_owned(), ticket, &info, &inbox))
                }
                Command::Promote(into) => {
                    of_promotion(executor, call(into.to_owned(), ticket, &info, &inbox))
                }
                Command::Cancel(ticket) => {
                    running.remove(ticket).iter().for_each(Running::cancel);
                    continue;
                }
            };
            let future = Running::new(future);
            running.insert(ticket, future.clone());
            all.push(future);
        }
        if release.is_final() {
            return Ok(());
        }
        let due = release.next_timer(); // No borrow of the release waits: it is not Sync.
        let event = next(due, clock, &inbox, &mut all).await.at(clock.now());
        if let Some(ticket) = answered(&event) {
            running.remove(&ticket);
        }
        options.store(|| event.to_json())?;
        match release.apply(event) {
            Err(error) if !error.is_refusal() => return Err(error),
            _ => {} // A refused event changes nothing: it came too late.
        }
    }
}

/// The next event: an operator's, an answer, or a tick when the release's timer is due.
async fn next(
    due: Option<Timestamp>,
    clock: &dyn AsyncClock,
    inbox: &AsyncControl,
    all: &mut FuturesUnordered<Running<'_>>,
) -> Event<'static> {
    let mut alarm = due.map(|due| clock.sleep(due.since(clock.now())));
    poll_fn(|context| {
        if let Some(event) = inbox.poll(context) {
            return Poll::Ready(event);
        }
        while let Poll::Ready(Some(ended)) = all.poll_next_unpin(context) {
            if let Some(event) = ended {
                return Poll::Ready(event);
            }
        }
        match &mut alarm {
            Some(alarm) => alarm.as_mut().poll(context).map(|()| Event::tick()),
            None => Poll::Pending,
        }
    })
    .await
}

fn answered(event: &Event<'_>) -> Option<Ticket> {
    use crate::event::EventKind::{HookFailed, HookSucceeded, PromotionFailed, PromotionSucceeded};
    match event.kind() {
        HookSucceeded { ticket, .. }
        | HookFailed { ticket, .. }
        | PromotionSucceeded { ticket }
        | PromotionFailed { ticket, .. } => Some(*ticket),
        _ => None,
    }
}

fn call<T>(
    command: T,
    ticket: Ticket,
    release: &Arc<ReleaseInfo>,
    inbox: &AsyncControl,
) -> AsyncCall<T> {
    AsyncCall {
        command,
        release: Arc::clone(release),
        ticket,
        inbox: inbox.clone(),
    }
}

fn of_hook(
    executor: &dyn AsyncExecutor,
    call: AsyncCall<OwnedRunHook>,
) -> BoxFuture<'_, Event<'static>> {
    let ticket = call.ticket;
    let future = executor.run_hook(call);
    Box::pin(async move {
        match future.await {
            Ok(None) => Event::hook_succeeded(ticket),
            Ok(Some(export)) => Event::hook_succeeded(ticket).exporting(export),
            Err(Failure {
                message,
                context: None,
            }) => Event::hook_failed(ticket, message),
            Err(Failure {
                message,
                context: Some(context),
            }) => Event::hook_failed(ticket, message).exporting(context),
        }
    })
}

fn of_promotion(
    executor: &dyn AsyncExecutor,
    call: AsyncCall<OwnedPromote>,
) -> BoxFuture<'_, Event<'static>> {
    let ticket = call.ticket;
    let future = executor.promote(call);
    Box::pin(async move {
        match future.await {
            Ok(()) => Event::promotion_succeeded(ticket),
            Err(failure) => Event::promotion_failed(ticket, failure.message),
        }
    })
}
