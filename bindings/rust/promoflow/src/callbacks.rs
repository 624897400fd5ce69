// SPDX-License-Identifier: Apache-2.0
//! What the library calls during a run, and how panics get past it: they are caught here, end the
//! run, and go on in its caller.
use crate::command::Source;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::executor::{Control, Executor, HookCall, PromotionCall, Reply, RunOptions, Waiting};
use crate::flow::Flow;
use crate::raw::text_out;
use crate::record::Record;
use crate::values::{Ticket, Timestamp};
use promoflow_sys as sys;
use std::any::Any;
use std::ffi::c_void;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::ptr;

/// One run: what its callbacks find behind `user`. They are called on the thread of the run, one
/// at a time, so each has it for itself.
pub(crate) struct Run<'r> {
    flow: &'r Flow,
    executor: &'r mut dyn Executor,
    options: RunOptions<'r>,
    own_control: Option<Control>,
    panic: Option<Box<dyn Any + Send>>,
    problem: Option<Error>,
}

impl<'r> Run<'r> {
    pub(crate) fn new(
        flow: &'r Flow,
        executor: &'r mut dyn Executor,
        options: RunOptions<'r>,
    ) -> Result<Self> {
        let own_control = match options.control {
            Some(_) => None,
            None => Some(Control::new()?),
        };
        Ok(Self {
            flow,
            executor,
            options,
            own_control,
            panic: None,
            problem: None,
        })
    }

    fn control(&self) -> &Control {
        self.options
            .control
            .or(self.own_control.as_ref())
            .expect("one of the two")
    }

    /// Calls `body` with the structs of the run, and lets a panic of the host go on.
    pub(crate) fn drive<T>(
        mut self,
        body: impl FnOnce(&sys::promoflow_executor, &mut sys::promoflow_run_options) -> Result<T>,
    ) -> Result<T> {
        let goes_on = self.executor.cancelled_calls_go_on();
        let control = self.control().get();
        let (has_clock, has_observer) = (
            self.options.clock.is_some(),
            self.options.observer.is_some(),
        );
        let user: *mut Self = &mut self;
        let user = user.cast::<c_void>();
        let executor = sys::promoflow_executor {
            user,
            run_hook: Some(run_hook),
            promote: Some(promote),
            cancel: Some(cancel),
            reports: if goes_on {
                sys::PROMOFLOW_REPORTS_STOPPED
            } else {
                0
            },
            ..Default::default()
        };
        let clock = sys::promoflow_clock {
            user,
            now: Some(now),
            wait: Some(wait),
            ..Default::default()
        };
        let mut options = sys::promoflow_run_options {
            control,
            clock: if has_clock { &clock } else { ptr::null() },
            user,
            journal: Some(journal),
            observe: if has_observer { Some(observe) } else { None },
            ..Default::default()
        };
        let done = body(&executor, &mut options);
        if let Some(panic) = self.panic.take() {
            resume_unwind(panic);
        }
        match self.problem.take() {
            Some(problem) => Err(problem),
            None => done,
        }
    }

    /// Calls a function of the host. After a panic none is called any more, and the run ends: a
    /// forced termination is an event, and no event is applied when `journal` says so.
    ///
    /// # Safety
    /// `user` is a run that nobody else uses meanwhile.
    unsafe fn guarded<T>(
        user: *mut c_void,
        fallback: T,
        body: impl FnOnce(&mut Run<'_>) -> T,
    ) -> T {
        // SAFETY: the caller's promise; the run lives until drive() returns.
        let run = unsafe { &mut *user.cast::<Run<'_>>() };
        if run.panic.is_some() {
            return fallback;
        }
        match catch_unwind(AssertUnwindSafe(|| body(&mut *run))) {
            Ok(value) => value,
            Err(panic) => {
                run.panic = Some(panic);
                let _ = run.control().terminate_by_force("the host panicked", "");
                fallback
            }
        }
    }
}

unsafe extern "C" fn run_hook(
    call: *const sys::promoflow_hook_call,
    reply: *mut sys::promoflow_reply,
    user: *mut c_void,
) {
    // SAFETY: the library gives a call, which lives until this returns, and the reply to keep.
    unsafe {
        let reply = Reply::new(reply);
        let call = HookCall::from_raw(&*call);
        Run::guarded(user, (), |run| run.executor.run_hook(&call, reply));
    }
}

unsafe extern "C" fn promote(
    call: *const sys::promoflow_promotion_call,
    reply: *mut sys::promoflow_reply,
    user: *mut c_void,
) {
    // SAFETY: as for hooks.
    unsafe {
        let reply = Reply::new(reply);
        let call = PromotionCall::from_raw(&*call);
        Run::guarded(user, (), |run| run.executor.promote(&call, reply));
    }
}

unsafe extern "C" fn cancel(release_id: sys::promoflow_str, ticket: u64, user: *mut c_void) {
    // SAFETY: the text lives until this returns.
    unsafe {
        let id = text_out(release_id);
        Run::guarded(user, (), |run| run.executor.cancel(id, Ticket(ticket)));
    }
}

unsafe extern "C" fn journal(event: *const sys::promoflow_event, user: *mut c_void) -> i32 {
    // SAFETY: the event lives until this returns.
    unsafe {
        Run::guarded(user, 1, |run| {
            let (store, event) = match (&mut run.options.journal, Event::from_raw(&*event)) {
                (Some(store), Some(event)) => (store, event),
                _ => return 0,
            };
            match store(&event) {
                Ok(()) => 0,
                Err(cause) => {
                    run.problem = Some(Error::of_host("journal", cause));
                    1
                }
            }
        })
    }
}

unsafe extern "C" fn observe(
    release: *const sys::promoflow_release,
    record: *const sys::promoflow_record,
    command: *const sys::promoflow_command,
    user: *mut c_void,
) {
    // SAFETY: all three live, unchanged, until this returns.
    unsafe {
        let none = sys::promoflow_command::default();
        let command = if command.is_null() { &none } else { &*command };
        Run::guarded(user, (), |run| {
            let (flow, source) = (run.flow, Source::Release(release));
            let name = |id| flow.environment_at(id).name();
            let record = Record::from_raw(&*record, command, source, name);
            if let Some(observer) = &mut run.options.observer {
                observer(&record);
            }
        });
    }
}

unsafe extern "C" fn now(user: *mut c_void) -> i64 {
    let fallback = Timestamp::now().as_millis();
    // SAFETY: `user` is the run.
    unsafe {
        Run::guarded(user, fallback, |run| {
            run.options
                .clock
                .map_or(fallback, |clock| clock.now().as_millis())
        })
    }
}

unsafe extern "C" fn wait(
    waiting: *mut sys::promoflow_waiting,
    deadline_ms: i64,
    user: *mut c_void,
) {
    // SAFETY: `user` is the run; what is waited for lives until this returns.
    unsafe {
        let mut waiting = Waiting(&mut *waiting);
        Run::guarded(user, (), |run| {
            if let Some(clock) = run.options.clock {
                clock.wait(&mut waiting, Timestamp::from_raw(deadline_ms));
            }
        });
    }
}
