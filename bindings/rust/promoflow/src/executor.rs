// SPDX-License-Identifier: Apache-2.0
//! Executors: the loop around a release, for hosts that have none of their own.
use crate::callbacks::Run;
use crate::error::Result;
use crate::event::{Event, Export};
use crate::flow::{policy_out, Flow};
use crate::library::check_library;
use crate::raw::{
    bytes_in, certain, make, names_in, optional_out, text_in, text_out, with_error, Handle, NONE,
};
use crate::record::Record;
use crate::release::{Release, Start};
use crate::values::{duration_of, Point, PolicyAction, Ticket, Timestamp};
#[cfg(doc)]
use crate::ErrorCode;
use promoflow_sys as sys;
use std::fmt;
use std::time::Duration;

/// What carries commands out. Its functions are called on the thread of the run, one at a time, and
/// should return soon: the [`Reply`] may go to another thread, and the answer come from there.
///
/// A panic in one of them ends the run, and goes on in the caller of [`run`].
///
/// ```
/// use promoflow::{run, Executor, Flow, HookCall, PromotionCall, ReleaseStatus, Reply, Start};
///
/// struct Printer;
///
/// impl Executor for Printer {
///     fn run_hook(&mut self, call: &HookCall<'_>, reply: Reply) {
///         println!("{} at {}", call.hook(), call.point());
///         std::thread::spawn(move || reply.succeeded());
///     }
///
///     fn promote(&mut self, call: &PromotionCall<'_>, reply: Reply) {
///         println!("promoting into {}", call.environment());
///         reply.succeeded();
///     }
/// }
///
/// # let flow = Flow::load("{apiVersion: codefresh.io/v1beta1, kind: PromotionFlow, metadata: {name: x}, spec: {triggerEnvironment:
/// #   dev, hooks: {onStart: a}, steps: [{environment: staging, dependsOn: [dev]}]}}")?;
/// let release = run(&flow, &Start::new("r-42"), &mut Printer, Default::default())?;
/// assert_eq!(release.status(), ReleaseStatus::Succeeded);
/// # Ok::<(), promoflow::Error>(())
/// ```
pub trait Executor {
    /// Runs a hook. What it exports goes to [`Reply::succeeded_with`].
    fn run_hook(&mut self, call: &HookCall<'_>, reply: Reply);

    /// Promotes the release into an environment.
    fn promote(&mut self, call: &PromotionCall<'_>, reply: Reply);

    /// Stops what runs under this ticket. Later answers are dropped.
    fn cancel(&mut self, release_id: &str, ticket: Ticket) {
        let _ = (release_id, ticket);
    }

    /// Whether cancelled calls go on for a while. If so, no call of their environment begins until
    /// their replies were dropped or used.
    fn cancelled_calls_go_on(&self) -> bool {
        false
    }
}

macro_rules! call {
    ($name:ident, $raw:ty) => {
        impl<'a> $name<'a> {
            /// # Safety
            /// What `raw` points to lives for `'a`.
            pub(crate) unsafe fn from_raw(raw: &'a $raw) -> Self {
                Self(raw)
            }

            /// The command's ticket.
            pub fn ticket(&self) -> Ticket {
                Ticket(self.0.ticket)
            }

            /// The release's id: with the ticket an idempotency key.
            pub fn release_id(&self) -> &'a str {
                // SAFETY: the texts live for 'a.
                unsafe { text_out(self.0.release_id) }
            }

            /// From 1, and one more each time the command is issued again.
            pub fn attempt(&self) -> u32 {
                self.0.attempt
            }

            /// The arguments, in their order.
            pub fn arguments(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
                let raw: &'a [sys::promoflow_argument] = match self.0.argument_count {
                    0 => &[],
                    // SAFETY: the library gives that many.
                    count => unsafe {
                        std::slice::from_raw_parts(self.0.arguments, count as usize)
                    },
                };
                // SAFETY: the texts live for 'a.
                raw.iter()
                    .map(|one| unsafe { (text_out(one.name), text_out(one.value)) })
            }

            /// After which the release cancels it; `None`: never.
            pub fn timeout(&self) -> Option<Duration> {
                (self.0.timeout_ms != 0).then(|| duration_of(self.0.timeout_ms))
            }
        }
    };
}

/// A hook to run. It is borrowed for the call.
#[derive(Clone, Copy)]
pub struct HookCall<'a>(&'a sys::promoflow_hook_call);

call!(HookCall, sys::promoflow_hook_call);

impl<'a> HookCall<'a> {
    /// The hook's name.
    pub fn hook(&self) -> &'a str {
        // SAFETY: the texts live for 'a.
        unsafe { text_out(self.0.hook) }
    }

    /// Where it stands.
    pub fn point(&self) -> Point {
        Point::from_raw(self.0.point)
    }

    /// Its environment; `None` at a release point.
    pub fn environment(&self) -> Option<&'a str> {
        // SAFETY: the texts live for 'a.
        unsafe { optional_out(self.0.environment) }
    }

    /// The promotion context that it sees, as one JSON object.
    pub fn context_json(&self) -> &'a str {
        // SAFETY: the texts live for 'a.
        unsafe { text_out(self.0.context) }
    }
}

impl fmt::Debug for HookCall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "HookCall({}/{}: {})",
            self.release_id(),
            self.ticket(),
            self.hook()
        )
    }
}

/// An environment to promote into. It is borrowed for the call.
#[derive(Clone, Copy)]
pub struct PromotionCall<'a>(&'a sys::promoflow_promotion_call);

call!(PromotionCall, sys::promoflow_promotion_call);

impl<'a> PromotionCall<'a> {
    /// The environment.
    pub fn environment(&self) -> &'a str {
        // SAFETY: the texts live for 'a.
        unsafe { text_out(self.0.environment) }
    }

    /// How; `None`: the flow does not say.
    pub fn action(&self) -> Option<PolicyAction> {
        policy_out(self.0.policy_action)
    }

    /// What is done before.
    pub fn pre_action(&self) -> Option<&'a str> {
        // SAFETY: the texts live for 'a.
        unsafe { optional_out(self.0.policy_pre_action) }
    }

    /// What is done afterwards.
    pub fn post_action(&self) -> Option<&'a str> {
        // SAFETY: the texts live for 'a.
        unsafe { optional_out(self.0.policy_post_action) }
    }
}

impl fmt::Debug for PromotionCall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "PromotionCall({}/{}: {})",
            self.release_id(),
            self.ticket(),
            self.environment()
        )
    }
}

/// Where the answer to one command goes, from any thread. An answer that comes after the command
/// was cancelled, or after its run has returned, is dropped. A reply that is dropped without an
/// answer fails its command.
pub struct Reply {
    handle: Handle<sys::promoflow_reply>,
    is_answered: bool,
}

// SAFETY: the header says [shared] of all functions of replies; it is freed once, by its owner.
unsafe impl Send for Reply {}
// SAFETY: likewise.
unsafe impl Sync for Reply {}

impl Reply {
    /// # Safety
    /// `raw` is the caller's.
    pub(crate) unsafe fn new(raw: *mut sys::promoflow_reply) -> Self {
        // SAFETY: the caller's promise.
        Self {
            handle: unsafe { Handle::new(raw) },
            is_answered: false,
        }
    }

    fn answer(mut self, call: impl FnOnce(*const sys::promoflow_reply) -> i32) {
        self.is_answered = true;
        certain(call(self.handle.get()));
    }

    /// It has succeeded.
    ///
    /// # Panics
    /// As all functions of replies, if memory runs out.
    pub fn succeeded(self) {
        // SAFETY: the reply lives.
        self.answer(|reply| unsafe { sys::promoflow_reply_succeeded(reply, NONE) });
    }

    /// The hook has succeeded and exports one JSON object. Not read for promotions.
    pub fn succeeded_with<'a>(self, export: impl Export<'a>) {
        let export = export.into_export();
        // SAFETY: reply and text live.
        self.answer(|reply| unsafe { sys::promoflow_reply_succeeded(reply, bytes_in(&export)) });
    }

    /// It has failed.
    pub fn failed(self, message: &str) {
        // SAFETY: reply and text live.
        self.answer(|reply| unsafe { sys::promoflow_reply_failed(reply, text_in(message), NONE) });
    }

    /// The hook has failed; what it exported nevertheless is recorded, not merged.
    pub fn failed_with<'a>(self, message: &str, export: impl Export<'a>) {
        let export = export.into_export();
        // SAFETY: reply and texts live.
        self.answer(|reply| unsafe {
            sys::promoflow_reply_failed(reply, text_in(message), bytes_in(&export))
        });
    }

    /// The command waits for a person.
    pub fn suspended(&self) {
        // SAFETY: the reply lives.
        certain(unsafe { sys::promoflow_reply_suspended(self.handle.get()) });
    }

    /// The person has decided; `by` says who, and may be empty.
    pub fn resumed(&self, by: &str) {
        // SAFETY: reply and text live.
        certain(unsafe { sys::promoflow_reply_resumed_by(self.handle.get(), text_in(by)) });
    }

    /// There is no room for the command yet: its timeout stops.
    pub fn queued(&self) {
        // SAFETY: the reply lives.
        certain(unsafe { sys::promoflow_reply_queued(self.handle.get()) });
    }

    /// It has begun: its timeout counts from now.
    pub fn started(&self) {
        // SAFETY: the reply lives.
        certain(unsafe { sys::promoflow_reply_started(self.handle.get()) });
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if !self.is_answered {
            let why = text_in("the executor dropped the command without an answer");
            // SAFETY: the reply lives. If memory runs out, the command's timeout remains.
            unsafe { sys::promoflow_reply_failed(self.handle.get(), why, NONE) };
        }
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reply")
    }
}

/// An operator's requests to the runs that it was given to, from any thread. While no run has it,
/// requests are kept for the next one, 16 at most. What the release refuses has no effect.
pub struct Control(Handle<sys::promoflow_control>);

// SAFETY: the header says [shared] of all functions of controls; it is freed once, by its owner.
unsafe impl Send for Control {}
// SAFETY: likewise.
unsafe impl Sync for Control {}

impl Control {
    /// One that no run has yet.
    ///
    /// # Errors
    /// [`OutOfMemory`](ErrorCode::OutOfMemory),
    /// [`IncompatibleLibrary`](ErrorCode::IncompatibleLibrary).
    pub fn new() -> Result<Self> {
        check_library()?;
        // SAFETY: out parameters of this call.
        make(|out, error| unsafe { sys::promoflow_control_new(out, error) }).map(Self)
    }

    pub(crate) fn get(&self) -> *const sys::promoflow_control {
        self.0.get()
    }

    /// Ends the release: what runs is cancelled, `onFail` hooks run. `by` says who asks, and may be
    /// empty.
    ///
    /// # Errors
    /// [`LimitExceeded`](ErrorCode::LimitExceeded): too many requests are kept.
    pub fn terminate(&self, reason: &str, by: &str) -> Result<()> {
        self.end(reason, false, by)
    }

    /// Ends the release at once.
    ///
    /// # Errors
    /// As [`Control::terminate`].
    pub fn terminate_by_force(&self, reason: &str, by: &str) -> Result<()> {
        self.end(reason, true, by)
    }

    fn end(&self, reason: &str, force: bool, by: &str) -> Result<()> {
        let (reason, by, force) = (text_in(reason), text_in(by), i32::from(force));
        // SAFETY: control and texts live.
        with_error(|error| unsafe {
            sys::promoflow_control_terminate_with(self.get(), reason, force, by, error)
        })?;
        Ok(())
    }

    /// Lets these environments go on while the release runs.
    ///
    /// # Errors
    /// As [`Control::terminate`].
    pub fn retry<S: AsRef<str>>(&self, environments: &[S], by: &str) -> Result<()> {
        let names = names_in(environments);
        // SAFETY: control and texts live.
        with_error(|error| unsafe {
            let (first, count) = (names.as_ptr(), names.len());
            sys::promoflow_control_retry(self.get(), first, count, text_in(by), error)
        })?;
        Ok(())
    }

    /// Goes on without an environment. `reason` may be empty.
    ///
    /// # Errors
    /// As [`Control::terminate`].
    pub fn skip(&self, environment: &str, reason: &str, by: &str) -> Result<()> {
        let (environment, reason, by) = (text_in(environment), text_in(reason), text_in(by));
        // SAFETY: control and texts live.
        with_error(|error| unsafe {
            sys::promoflow_control_skip(self.get(), environment, reason, by, error)
        })?;
        Ok(())
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Control")
    }
}

/// The time that a run lives by.
pub trait Clock {
    /// The time now. It should not run backwards.
    fn now(&self) -> Timestamp;

    /// Returns when [`waiting`](Waiting) is ready, or when the time has reached `deadline` (`None`:
    /// there is none); may return earlier.
    fn wait(&self, waiting: &mut Waiting<'_>, deadline: Option<Timestamp>);
}

/// What a clock waits for.
pub struct Waiting<'a>(pub(crate) &'a mut sys::promoflow_waiting);

impl Waiting<'_> {
    /// Whether the run has something to do.
    pub fn is_ready(&self) -> bool {
        // SAFETY: it is borrowed from the library for this call of the clock.
        unsafe { sys::promoflow_waiting_ready(&*self.0) == 1 }
    }

    /// Sleeps until it has, for `at_most` of the system's time (`None`: no limit); may return
    /// earlier. Returns whether it is ready.
    pub fn sleep(&mut self, at_most: Option<Duration>) -> bool {
        let limit = at_most.map_or(sys::PROMOFLOW_NO_TIME, crate::values::millis_of);
        // SAFETY: as above.
        unsafe { sys::promoflow_waiting_for(self.0, limit) == 1 }
    }
}

impl fmt::Debug for Waiting<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Waiting(ready: {})", self.is_ready())
    }
}

/// Any error of a host's own.
pub type HostError = Box<dyn std::error::Error + Send + Sync>;
pub(crate) type Journal<'r> = Box<dyn FnMut(&Event<'_>) -> Result<(), HostError> + 'r>;
pub(crate) type Observer<'r> = Box<dyn FnMut(&Record<'_>) + 'r>;

/// What a run has besides a flow and an executor.
#[derive(Default)]
pub struct RunOptions<'r> {
    pub(crate) control: Option<&'r Control>,
    pub(crate) clock: Option<&'r dyn Clock>,
    pub(crate) journal: Option<Journal<'r>>,
    pub(crate) observer: Option<Observer<'r>>,
}

impl<'r> RunOptions<'r> {
    /// None of them.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an operator's requests from there.
    #[must_use]
    pub fn control(mut self, control: &'r Control) -> Self {
        self.control = Some(control);
        self
    }

    /// Takes the time from there instead of from the system.
    #[must_use]
    pub fn clock(mut self, clock: &'r dyn Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Is called with each event before it is applied: store its [`to_json`](Event::to_json), and
    /// [`Flow::recover`] gives the release again. The first is the start of the release. An error
    /// ends the run, and the event is not applied.
    #[must_use]
    pub fn journal(
        mut self,
        journal: impl FnMut(&Event<'_>) -> Result<(), HostError> + 'r,
    ) -> Self {
        self.journal = Some(Box::new(journal));
        self
    }

    /// Is called with each record after its event was applied and before its commands are carried
    /// out.
    #[must_use]
    pub fn observer(mut self, observer: impl FnMut(&Record<'_>) + 'r) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }
}

impl fmt::Debug for RunOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RunOptions({:?})", self.control)
    }
}

/// Starts a release and drives it to a final status with an executor; returns it, whatever that
/// status is. It blocks its thread, and waits without spinning. The start's time is not read: it is
/// that of the run's clock.
///
/// # Errors
/// As [`Flow::start`]; [`Host`](ErrorCode::Host): the journal failed, and what was outstanding has
/// been cancelled at the executor.
pub fn run(
    flow: &Flow,
    start: &Start,
    executor: &mut dyn Executor,
    options: RunOptions<'_>,
) -> Result<Release> {
    let info = start.info().raw();
    let handle = start.selected().with_raw(|selection| {
        Run::new(flow, executor, options)?.drive(|raw, options| {
            options.context = start.context_in();
            options.selection = selection;
            // SAFETY: all that is pointed to lives until the call returns.
            make(|out, error| unsafe {
                sys::promoflow_run(flow.get(), &info, raw, options, out, error)
            })
        })
    })?;
    Release::from_handle(handle)
}

/// Goes on with a release that was started, restored or recovered: its outstanding commands are
/// carried out again, under the same tickets.
///
/// # Errors
/// As [`run`].
pub fn resume(
    release: &mut Release,
    executor: &mut dyn Executor,
    options: RunOptions<'_>,
) -> Result<()> {
    let flow = release.flow().clone();
    Run::new(&flow, executor, options)?.drive(|raw, options| {
        // SAFETY: all that is pointed to lives until the call returns.
        with_error(|error| unsafe { sys::promoflow_resume(release.get_mut(), raw, options, error) })
    })?;
    Ok(())
}

/// Lets a failed or terminated release go on with these environments, or with all that failed if
/// there are none, then as [`resume`]. `by` says who asked, and may be empty.
///
/// # Errors
/// [`NotAllowed`](ErrorCode::NotAllowed): it is neither;
/// [`UnknownEnvironment`](ErrorCode::UnknownEnvironment). Else as [`run`].
pub fn retry(
    release: &mut Release,
    environments: &[&str],
    by: &str,
    executor: &mut dyn Executor,
    options: RunOptions<'_>,
) -> Result<()> {
    let (flow, names) = (release.flow().clone(), names_in(environments));
    let first = if names.is_empty() {
        std::ptr::null()
    } else {
        names.as_ptr()
    };
    Run::new(&flow, executor, options)?.drive(|raw, options| {
        let (release, by, count) = (release.get_mut(), text_in(by), names.len());
        // SAFETY: all that is pointed to lives until the call returns.
        with_error(|error| unsafe {
            sys::promoflow_retry_with(release, first, count, by, raw, options, error)
        })
    })?;
    Ok(())
}
