// SPDX-License-Identifier: Apache-2.0
//! Simulation: a release in virtual time, and what it did.
use crate::command::{ContextEntries, RunHook, Source};
use crate::context::{ContextConflict, ShadowedKey};
use crate::error::{Error, ErrorCode, Result};
use crate::flow::Flow;
use crate::raw::{buffer, certain, filled, list, make, stride, with_error, Handle, Views};
use crate::record::{Record, RecordKind};
use crate::release::{EnvironmentState, ReleaseInfo, ReleaseState, Start};
use crate::render::Render;
use crate::scenario::{Action, Outcome, Scenario, ScenarioParts};
use crate::values::{Point, ReleaseStatus, Selection, Timestamp};
use crate::Command;
use promoflow_sys as sys;
use std::fmt;
use std::ptr;
use std::time::Duration;

/// What a simulated release did, and the state at its end. It is immutable, and any number of
/// threads may use it.
pub struct Trace {
    handle: Handle<sys::promoflow_trace>,
    flow: Flow,
}

// SAFETY: the header says [shared] of all functions of traces.
unsafe impl Send for Trace {}
// SAFETY: likewise.
unsafe impl Sync for Trace {}

/// Runs a release of `flow` in virtual time. `None`: everything succeeds at once.
///
/// In tests, [`simulate!`](crate::simulate!) is shorter, and refuses rules for what the flow does
/// not have.
///
/// # Errors
/// [`InvalidContext`](ErrorCode::InvalidContext),
/// [`UnknownEnvironment`](ErrorCode::UnknownEnvironment): of the scenario's start;
/// [`LimitExceeded`](ErrorCode::LimitExceeded): more records than the default bound.
pub fn simulate(flow: &Flow, scenario: Option<&Scenario>) -> Result<Trace> {
    simulate_with(flow, scenario, 0)
}

/// The same with a bound on records; 0: the default.
///
/// # Errors
/// As [`simulate`].
pub fn simulate_with(flow: &Flow, scenario: Option<&Scenario>, records_max: u64) -> Result<Trace> {
    let scenario = scenario.map_or(ptr::null(), Scenario::get);
    // SAFETY: flow and scenario live until the call returns.
    let handle = make(|out, error| unsafe {
        sys::promoflow_simulate(flow.get(), scenario, records_max, out, error)
    })?;
    Ok(Trace {
        handle,
        flow: flow.clone(),
    })
}

impl Trace {
    /// How many records there are.
    pub fn len(&self) -> usize {
        let mut out = 0;
        // SAFETY: the trace lives.
        certain(unsafe { sys::promoflow_trace_size(self.handle.get(), &mut out) });
        out
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The record at `index`.
    pub fn get(&self, index: usize) -> Option<Record<'_>> {
        let mut raw = sys::promoflow_record::default();
        let mut command = sys::promoflow_command::default();
        let trace = self.handle.get();
        // SAFETY: the trace lives, and so do the texts.
        let status = unsafe { sys::promoflow_trace_record(trace, index, &mut raw, &mut command) };
        certain(status);
        // SAFETY: the trace does not change, and lives as long as it is borrowed.
        (status == sys::PROMOFLOW_OK).then(|| unsafe {
            let name = |id| self.flow.environment_at(id).name();
            Record::from_raw(&raw, &command, Source::Trace(trace), name)
        })
    }

    /// Everything that happened, in order.
    pub fn records(&self) -> impl ExactSizeIterator<Item = Record<'_>> + '_ {
        (0..self.len()).map(move |index| self.get(index).expect("below the length"))
    }

    /// The record at `index` as a line of a trace, without line end; `None`: there is none.
    ///
    /// # Errors
    /// [`OutOfMemory`](ErrorCode::OutOfMemory).
    pub fn record_json(&self, index: usize) -> Result<Option<String>> {
        // SAFETY: the trace lives.
        crate::raw::buffer_if(|out, error| unsafe {
            sys::promoflow_trace_record_json(self.handle.get(), index, out, error)
        })
    }

    /// All records as JSON Lines.
    ///
    /// # Errors
    /// [`OutOfMemory`](ErrorCode::OutOfMemory).
    pub fn jsonl(&self) -> Result<String> {
        // SAFETY: the trace lives.
        buffer(|out, error| unsafe { sys::promoflow_trace_jsonl(self.handle.get(), out, error) })
    }

    /// The time of the start.
    pub fn origin(&self) -> Timestamp {
        let mut out = 0;
        // SAFETY: the trace lives.
        certain(unsafe { sys::promoflow_trace_origin(self.handle.get(), &mut out) });
        Timestamp::from_millis(out)
    }

    /// Virtual time from the start to the last record.
    pub fn duration(&self) -> Duration {
        let last = self.len().checked_sub(1).and_then(|index| self.get(index));
        last.map_or(Duration::ZERO, |record| record.at.since(self.origin()))
    }

    /// The flow.
    pub fn flow(&self) -> &Flow {
        &self.flow
    }

    /// What the scenario gave of the release.
    pub fn info(&self) -> ReleaseInfo {
        let mut raw = sys::promoflow_release_info::default();
        // SAFETY: the texts live as long as the trace.
        unsafe {
            certain(sys::promoflow_trace_info_of(self.handle.get(), &mut raw));
            ReleaseInfo::from_raw(&raw)
        }
    }

    /// The hooks that ran at a point, in order, in all environments.
    pub fn hooks(&self, point: Point) -> Vec<RunHook<'_>> {
        self.hooks_of(point, sys::PROMOFLOW_NO_ENVIRONMENT)
    }

    /// The hooks that ran at a point of this environment, in order.
    pub fn environment_hooks(&self, point: Point, environment: &str) -> Vec<RunHook<'_>> {
        let found = self.flow.environment(environment);
        found.map_or_else(Vec::new, |one| self.hooks_of(point, one.index()))
    }

    fn hooks_of(&self, point: Point, environment: u32) -> Vec<RunHook<'_>> {
        if point == Point::Unknown {
            return Vec::new();
        }
        let (trace, stride) = (self.handle.get(), stride::<sys::promoflow_command>());
        // SAFETY: the texts live as long as the trace.
        unsafe {
            let raw: Vec<sys::promoflow_command> = list(|out, capacity, count| {
                let point = point.raw();
                sys::promoflow_trace_hooks(trace, point, environment, out, stride, capacity, count)
            });
            raw.iter()
                .filter_map(|raw| match Command::from_raw(raw, Source::Trace(trace)) {
                    Command::RunHook(hook) => Some(hook),
                    _ => None,
                })
                .collect()
        }
    }

    /// The environments that were promoted into, in order, one for each attempt.
    pub fn promotions(&self) -> Vec<&str> {
        self.records()
            .filter_map(|record| match record.kind {
                RecordKind::Command(Command::Promote(promotion)) => Some(promotion.environment()),
                _ => None,
            })
            .collect()
    }

    /// The release at the end.
    pub fn state(&self) -> ReleaseState<'_> {
        let mut raw = sys::promoflow_state::default();
        // SAFETY: the texts live as long as the trace.
        unsafe {
            certain(sys::promoflow_trace_state(self.handle.get(), &mut raw));
            ReleaseState::from_raw(&raw)
        }
    }

    /// The release's status at the end. One that is not final is that in which it waits for ever.
    pub fn status(&self) -> ReleaseStatus {
        self.state().status
    }

    /// An environment at the end; `None`: the flow has none of this name.
    pub fn environment(&self, name: &str) -> Option<EnvironmentState<'_>> {
        let id = self.flow.environment(name)?.index();
        let mut raw = sys::promoflow_state::default();
        // SAFETY: the texts live as long as the trace.
        unsafe {
            certain(sys::promoflow_trace_environment(
                self.handle.get(),
                id,
                &mut raw,
            ));
            Some(EnvironmentState::from_raw(&raw))
        }
    }

    /// The promotion context at the end, key by key.
    pub fn context(&self) -> ContextEntries<'_> {
        let (trace, stride) = (self.handle.get(), stride::<sys::promoflow_context_entry>());
        // SAFETY: the texts live as long as the trace.
        ContextEntries(unsafe {
            Views::filled(16, |out, capacity, count| {
                sys::promoflow_trace_context(trace, out, stride, capacity, count)
            })
        })
    }

    /// The promotion context at the end, as one compact JSON object.
    ///
    /// # Errors
    /// [`OutOfMemory`](ErrorCode::OutOfMemory).
    pub fn context_json(&self) -> Result<String> {
        // SAFETY: the trace lives.
        buffer(|out, error| unsafe {
            sys::promoflow_trace_context_json(self.handle.get(), out, error)
        })
    }

    /// Pairs of writes to one key whose order was left to chance.
    ///
    /// # Errors
    /// [`OutOfMemory`](ErrorCode::OutOfMemory).
    pub fn conflicts(&self) -> Result<Vec<ContextConflict>> {
        let stride = stride::<sys::promoflow_context_conflict>();
        // SAFETY: the texts live as long as the trace.
        unsafe {
            let found: Vec<sys::promoflow_context_conflict> = filled(8, |out, capacity, count| {
                with_error(|error| {
                    let trace = self.handle.get();
                    sys::promoflow_trace_conflicts(trace, out, stride, capacity, count, error)
                })
            })?;
            Ok(found
                .iter()
                .map(|raw| ContextConflict::from_raw(raw))
                .collect())
        }
    }

    /// Writes of keys that no hook gets.
    ///
    /// # Errors
    /// [`OutOfMemory`](ErrorCode::OutOfMemory).
    pub fn shadowed(&self) -> Result<Vec<ShadowedKey>> {
        let stride = stride::<sys::promoflow_shadowed_key>();
        // SAFETY: the texts live as long as the trace.
        unsafe {
            let found: Vec<sys::promoflow_shadowed_key> = filled(8, |out, capacity, count| {
                with_error(|error| {
                    let trace = self.handle.get();
                    sys::promoflow_trace_shadowed(trace, out, stride, capacity, count, error)
                })
            })?;
            Ok(found.iter().map(|raw| ShadowedKey::from_raw(raw)).collect())
        }
    }

    /// What happened, for people. The format is not read: it is text.
    ///
    /// # Errors
    /// [`OutOfMemory`](ErrorCode::OutOfMemory).
    pub fn timeline(&self, render: impl Into<Render>) -> Result<String> {
        let options = render.into().raw();
        // SAFETY: the trace and the options live.
        buffer(|out, error| unsafe {
            sys::promoflow_trace_render(self.handle.get(), &options, out, error)
        })
    }

    #[doc(hidden)]
    pub fn from_parts(flow: &Flow, parts: &ScenarioParts) -> Result<Self> {
        strict(flow, parts)?;
        simulate(flow, Some(&Scenario::new(parts)?))
    }
}

/// A misspelt name must not look like success.
fn strict(flow: &Flow, parts: &ScenarioParts) -> Result<()> {
    for outcome in &parts.outcomes {
        let environment = outcome.environment.as_deref();
        if let Some(name) = environment.filter(|name| flow.environment(name).is_none()) {
            let message = format!("a rule is for the environment {name:?}, which {flow:?} has not");
            return Err(Error::new(ErrorCode::InvalidScenario, name, message));
        }
        let hook = outcome.hook.as_deref();
        if let Some(name) = hook.filter(|name| !has_hook(flow, name)) {
            let message = format!("a rule is for the hook {name:?}, which {flow:?} has not");
            return Err(Error::new(ErrorCode::InvalidScenario, name, message));
        }
    }
    Ok(())
}

fn has_hook(flow: &Flow, name: &str) -> bool {
    let of_release = [
        Point::ReleaseOnStart,
        Point::ReleaseOnSuccess,
        Point::ReleaseOnFail,
    ];
    let of_environments = [
        Point::EnvironmentOnStart,
        Point::EnvironmentOnSuccess,
        Point::EnvironmentOnFail,
    ];
    of_release
        .iter()
        .any(|point| flow.hooks(*point).iter().any(|hook| hook.name == name))
        || flow.environments().any(|one| {
            of_environments
                .iter()
                .any(|point| one.hooks(*point).iter().any(|hook| hook.name == name))
        })
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Trace({:?}, {}, {} records)",
            self.info().id,
            self.status(),
            self.len()
        )
    }
}

/// What [`simulate!`](crate::simulate!) takes besides a flow.
pub trait ScenarioPart {
    /// Adds itself.
    fn add_to(self, parts: &mut ScenarioParts);
}

impl ScenarioPart for Outcome {
    fn add_to(self, parts: &mut ScenarioParts) {
        parts.outcomes.push(self);
    }
}

impl ScenarioPart for Action {
    fn add_to(self, parts: &mut ScenarioParts) {
        parts.actions.push(self);
    }
}

impl ScenarioPart for Selection {
    fn add_to(self, parts: &mut ScenarioParts) {
        parts.selection = self;
    }
}

impl ScenarioPart for Start {
    fn add_to(self, parts: &mut ScenarioParts) {
        parts.release = self.info().clone();
        parts.selection = self.selected().clone();
        parts.context = self.into_context();
    }
}

impl ScenarioPart for ScenarioParts {
    fn add_to(self, parts: &mut ScenarioParts) {
        *parts = self;
    }
}

/// Simulates a flow in a test: `simulate!(flow)`, or with [`Outcome`]s, [`Action`]s, a
/// [`Selection`] or a [`Start`] behind it. Panics with the error if it cannot be simulated, for
/// instance because a rule is for a hook that the flow does not have.
///
/// ```
/// use promoflow::{simulate, Flow, Outcome, Point, ReleaseStatus};
///
/// # let flow = Flow::load("{apiVersion: codefresh.io/v1beta1, kind: PromotionFlow, metadata: {name: x}, spec: {triggerEnvironment:
/// #   dev, hooks: {onFail: slack-fail}, steps: [{environment: staging, dependsOn: [dev]}]}}")?;
/// let trace = simulate!(flow, Outcome::promotion("staging").fails("Application degraded"));
/// assert_eq!(trace.status(), ReleaseStatus::Failed);
/// let hook = trace.hooks(Point::ReleaseOnFail)[0];
/// assert_eq!(hook.argument("ERROR_MESSAGE"), Some("Application degraded"));
/// # Ok::<(), promoflow::Error>(())
/// ```
#[macro_export]
macro_rules! simulate {
    ($flow:expr $(, $part:expr)* $(,)?) => {{
        #[allow(unused_mut)]
        let mut parts = $crate::ScenarioParts::default();
        $($crate::ScenarioPart::add_to($part, &mut parts);)*
        match $crate::Trace::from_parts(::std::borrow::Borrow::borrow(&$flow), &parts) {
            ::std::result::Result::Ok(trace) => trace,
            ::std::result::Result::Err(error) => panic!("simulate!: {}", error),
        }
    }};
}
