// SPDX-License-Identifier: Apache-2.0
//! Scenarios: what hosts and operators do to a simulated release.
use crate::error::{Error, ErrorCode, Result};
use crate::event::Export;
use crate::flow::Flow;
use crate::library::check_library;
use crate::manifest::{diagnostics, Diagnostic, DiagnosticFormat, ReadOptions, Severity};
use crate::raw::{
    buffer, bytes_in, bytes_out, certain, list, make, names_in, optional_in, optional_out, stride,
    text_in, text_out, Handle, NONE,
};
use crate::release::ReleaseInfo;
use crate::values::{duration_of, millis_of, names_out, Point, Selection};
use promoflow_sys as sys;
use std::fmt;
use std::ptr;
use std::time::Duration;

/// What becomes of the commands that a rule matches. The first rule that matches decides; what no
/// rule matches succeeds at once.
///
/// ```
/// use promoflow::{Outcome, Point};
/// use std::time::Duration;
///
/// let rules = [
///     Outcome::promotion("staging").fails("Application degraded"),
///     Outcome::hook("smoke-test").at(Point::EnvironmentOnSuccess).attempt(1).fails("HTTP 503"),
///     Outcome::hook("approve").after(Duration::from_secs(60)).exports(r#"{"BY": "sam"}"#),
/// ];
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The hook's name; `None`: a rule for promotions, which must name the environment.
    pub hook: Option<String>,
    /// Its point; `None`: any.
    pub point: Option<Point>,
    /// The place of the hook in its list, from 1; `None`: any.
    pub place: Option<u32>,
    /// The environment; `None`: any.
    pub environment: Option<String>,
    /// The attempt; `None`: any.
    pub attempt: Option<u32>,
    /// How long it takes.
    pub after: Duration,
    /// For how long it waits for a person before.
    pub suspend: Option<Duration>,
    /// The message with which it fails; `None`: it succeeds.
    pub fail: Option<String>,
    /// What the hook exports, as JSON.
    pub context: Option<Vec<u8>>,
    /// When, after the promotion, the environment fails while it is watched, and why.
    pub fail_in_soak: Option<(Duration, String)>,
}

impl Outcome {
    /// A rule for hooks of this name.
    pub fn hook(name: impl Into<String>) -> Self {
        Self {
            hook: Some(name.into()),
            ..Self::default()
        }
    }

    /// A rule for promotions into this environment.
    pub fn promotion(environment: impl Into<String>) -> Self {
        Self {
            environment: Some(environment.into()),
            ..Self::default()
        }
    }

    /// Only at this point.
    #[must_use]
    pub fn at(mut self, point: Point) -> Self {
        self.point = Some(point);
        self
    }

    /// Only in this environment.
    #[must_use]
    pub fn environment(mut self, name: impl Into<String>) -> Self {
        self.environment = Some(name.into());
        self
    }

    /// Only at this attempt, from 1.
    #[must_use]
    pub fn attempt(mut self, attempt: u32) -> Self {
        self.attempt = Some(attempt);
        self
    }

    /// It fails.
    #[must_use]
    pub fn fails(mut self, message: impl Into<String>) -> Self {
        self.fail = Some(message.into());
        self
    }

    /// It takes so long.
    #[must_use]
    pub fn after(mut self, duration: Duration) -> Self {
        self.after = duration;
        self
    }

    /// It waits so long for a person before.
    #[must_use]
    pub fn suspends(mut self, duration: Duration) -> Self {
        self.suspend = Some(duration);
        self
    }

    /// The hook exports one JSON object.
    #[must_use]
    pub fn exports<'a>(mut self, json: impl Export<'a>) -> Self {
        self.context = Some(json.into_export().into_owned());
        self
    }

    /// The promotion succeeds, and the environment fails while it is watched.
    #[must_use]
    pub fn fails_in_soak(mut self, after: Duration, message: impl Into<String>) -> Self {
        self.fail_in_soak = Some((after, message.into()));
        self
    }

    fn raw(&self) -> sys::promoflow_outcome {
        let (soak_after, soak_fail) = match &self.fail_in_soak {
            Some((after, message)) => (millis_of(*after), text_in(message)),
            None => (0, NONE),
        };
        sys::promoflow_outcome {
            point: self.point.map_or(0, Point::raw),
            hook: optional_in(self.hook.as_deref()),
            environment: optional_in(self.environment.as_deref()),
            fail: optional_in(self.fail.as_deref()),
            context: self.context.as_deref().map_or(NONE, bytes_in),
            after_ms: millis_of(self.after),
            suspend_ms: self.suspend.map_or(0, millis_of),
            has_suspend: i32::from(self.suspend.is_some()),
            attempt: self.attempt.unwrap_or(0),
            fail_in_soak: soak_fail,
            fail_in_soak_after_ms: soak_after,
            place: self.place.unwrap_or(0),
            ..Default::default()
        }
    }

    /// # Safety
    /// The texts of `raw` live.
    unsafe fn from_raw(raw: &sys::promoflow_outcome) -> Self {
        // SAFETY: the caller's promise.
        let text = |text| unsafe { optional_out(text) }.map(str::to_owned);
        let has_context = !raw.context.data.is_null();
        let soak_after = duration_of(raw.fail_in_soak_after_ms);
        Self {
            hook: text(raw.hook),
            point: (raw.point != 0).then(|| Point::from_raw(raw.point)),
            place: (raw.place != 0).then_some(raw.place),
            environment: text(raw.environment),
            attempt: (raw.attempt != 0).then_some(raw.attempt),
            after: duration_of(raw.after_ms),
            suspend: (raw.has_suspend == 1).then(|| duration_of(raw.suspend_ms)),
            fail: text(raw.fail),
            // SAFETY: the caller's promise.
            context: has_context.then(|| unsafe { bytes_out(raw.context) }.to_vec()),
            fail_in_soak: text(raw.fail_in_soak).map(|message| (soak_after, message)),
        }
    }
}

/// What an operator does to a simulated release, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// The time from the start.
    pub at: Duration,
    /// What.
    pub kind: ActionKind,
    /// Who asks.
    pub by: Option<String>,
}

/// What an operator does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ActionKind {
    /// Lets what failed go on.
    Retry {
        /// These environments; `None`: all.
        environments: Option<Vec<String>>,
    },
    /// Goes on without an environment.
    Skip {
        /// Which.
        environment: String,
        /// Why; may be empty.
        reason: String,
    },
    /// Ends the release.
    Terminate {
        /// Why.
        reason: String,
        /// At once.
        force: bool,
    },
}

impl Action {
    fn new(at: Duration, kind: ActionKind) -> Self {
        Self { at, kind, by: None }
    }

    /// Lets everything that failed go on.
    pub fn retry(at: Duration) -> Self {
        Self::new(at, ActionKind::Retry { environments: None })
    }

    /// Lets these environments go on.
    pub fn retry_environments<S: Into<String>>(
        at: Duration,
        names: impl IntoIterator<Item = S>,
    ) -> Self {
        let environments = Some(names.into_iter().map(Into::into).collect());
        Self::new(at, ActionKind::Retry { environments })
    }

    /// Goes on without an environment.
    pub fn skip(at: Duration, environment: impl Into<String>, reason: impl Into<String>) -> Self {
        let (environment, reason) = (environment.into(), reason.into());
        Self::new(
            at,
            ActionKind::Skip {
                environment,
                reason,
            },
        )
    }

    /// Ends the release.
    pub fn terminate(at: Duration, reason: impl Into<String>) -> Self {
        Self::new(
            at,
            ActionKind::Terminate {
                reason: reason.into(),
                force: false,
            },
        )
    }

    /// Ends the release at once.
    pub fn terminate_by_force(at: Duration, reason: impl Into<String>) -> Self {
        Self::new(
            at,
            ActionKind::Terminate {
                reason: reason.into(),
                force: true,
            },
        )
    }

    /// Sets who asks.
    #[must_use]
    pub fn by(mut self, who: impl Into<String>) -> Self {
        self.by = Some(who.into());
        self
    }

    fn raw(&self, names: &[sys::promoflow_str]) -> sys::promoflow_action {
        let mut raw = sys::promoflow_action {
            at_ms: millis_of(self.at),
            by: optional_in(self.by.as_deref()),
            ..Default::default()
        };
        match &self.kind {
            ActionKind::Retry { environments } => {
                raw.kind = sys::PROMOFLOW_EVENT_RETRY;
                let is_list = environments.is_some();
                raw.environments = if is_list { names.as_ptr() } else { ptr::null() };
                raw.environment_count = names.len() as u64;
            }
            ActionKind::Skip {
                environment,
                reason,
            } => {
                raw.kind = sys::PROMOFLOW_EVENT_SKIP;
                raw.environment = text_in(environment);
                raw.reason = text_in(reason);
            }
            ActionKind::Terminate { reason, force } => {
                raw.kind = sys::PROMOFLOW_EVENT_TERMINATE;
                raw.reason = text_in(reason);
                raw.force = i32::from(*force);
            }
        }
        raw
    }

    fn names(&self) -> Vec<sys::promoflow_str> {
        match &self.kind {
            ActionKind::Retry {
                environments: Some(names),
            } => names_in(names),
            _ => Vec::new(),
        }
    }

    /// # Safety
    /// The texts of `raw` live.
    unsafe fn from_raw(raw: &sys::promoflow_action) -> Self {
        // SAFETY: the caller's promise.
        let text = |text| unsafe { text_out(text) }.to_owned();
        // SAFETY: likewise.
        let names = unsafe { names_out(raw.environments, raw.environment_count) };
        let kind = match raw.kind {
            sys::PROMOFLOW_EVENT_RETRY => {
                let is_list = !raw.environments.is_null();
                ActionKind::Retry {
                    environments: is_list.then_some(names),
                }
            }
            sys::PROMOFLOW_EVENT_SKIP => ActionKind::Skip {
                environment: text(raw.environment),
                reason: text(raw.reason),
            },
            _ => ActionKind::Terminate {
                reason: text(raw.reason),
                force: raw.force == 1,
            },
        };
        // SAFETY: likewise.
        let by = unsafe { optional_out(raw.by) }
            .filter(|by| !by.is_empty())
            .map(str::to_owned);
        Self {
            at: duration_of(raw.at_ms),
            kind,
            by,
        }
    }
}

/// The parts of a scenario that is made in code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScenarioParts {
    /// What is known of the release; an empty id: `simulated`.
    pub release: ReleaseInfo,
    /// Its initial context, as JSON; empty: none.
    pub context: Vec<u8>,
    /// Which environments it promotes to.
    pub selection: Selection,
    /// What becomes of commands; the first rule that matches decides.
    pub outcomes: Vec<Outcome>,
    /// What the operator does.
    pub actions: Vec<Action>,
}

/// What hosts and operators do to a simulated release. It is immutable, any number of threads may
/// use it, and it can be simulated any number of times.
pub struct Scenario(Handle<sys::promoflow_scenario>);

// SAFETY: the header says [shared] of all functions of scenarios.
unsafe impl Send for Scenario {}
// SAFETY: likewise.
unsafe impl Sync for Scenario {}

impl Scenario {
    /// The scenario of a YAML or JSON text. With a flow, rules for environments and hooks that it
    /// does not have are warnings.
    ///
    /// # Errors
    /// [`InvalidScenario`](ErrorCode::InvalidScenario), with the diagnostics.
    pub fn load(text: impl AsRef<[u8]>, flow: Option<&Flow>) -> Result<Self> {
        Self::load_with(text, flow, &ReadOptions::default())
    }

    /// The same with bounds.
    ///
    /// # Errors
    /// As [`Scenario::load`].
    pub fn load_with(
        text: impl AsRef<[u8]>,
        flow: Option<&Flow>,
        options: &ReadOptions,
    ) -> Result<Self> {
        check_library()?;
        let text = bytes_in(text.as_ref());
        let flow = flow.map_or(ptr::null(), Flow::get);
        // SAFETY: text, flow and options live until the call returns.
        let read = Self(make(|out, error| unsafe {
            sys::promoflow_scenario_read(text, flow, &options.raw(), out, error)
        })?);
        let found = read.diagnostics();
        if !found.iter().any(|one| one.severity == Severity::Error) {
            return Ok(read);
        }
        // SAFETY: scenario and text live until the call returns.
        let shown = buffer(|out, error| unsafe {
            let (handle, format) = (read.0.get(), DiagnosticFormat::Text.raw());
            sys::promoflow_scenario_format(handle, text_in("<scenario>"), text, format, out, error)
        })?;
        let shown = shown.trim_end().to_owned();
        Err(Error::of_diagnostics(
            ErrorCode::InvalidScenario,
            shown,
            found,
        ))
    }

    /// A scenario that is made in code.
    ///
    /// # Errors
    /// [`InvalidArgument`](ErrorCode::InvalidArgument): a rule or an action out of range;
    /// [`InvalidContext`](ErrorCode::InvalidContext).
    pub fn new(parts: &ScenarioParts) -> Result<Self> {
        check_library()?;
        let outcomes: Vec<_> = parts.outcomes.iter().map(Outcome::raw).collect();
        let names: Vec<_> = parts.actions.iter().map(Action::names).collect();
        let actions: Vec<_> = parts
            .actions
            .iter()
            .zip(&names)
            .map(|(action, names)| action.raw(names))
            .collect();
        let info = parts.release.raw();
        let info = if parts.release.id.is_empty() {
            ptr::null()
        } else {
            &info as *const _
        };
        // SAFETY: structs and texts live until the call returns.
        let handle = parts.selection.with_raw(|selection| {
            make(|out, error| unsafe {
                sys::promoflow_scenario_new_with(
                    info,
                    bytes_in(&parts.context),
                    selection,
                    outcomes.as_ptr(),
                    stride::<sys::promoflow_outcome>(),
                    outcomes.len(),
                    actions.as_ptr(),
                    stride::<sys::promoflow_action>(),
                    actions.len(),
                    out,
                    error,
                )
            })
        })?;
        Ok(Self(handle))
    }

    pub(crate) fn get(&self) -> *const sys::promoflow_scenario {
        self.0.get()
    }

    /// The warnings that the text gave.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        // SAFETY: the texts live as long as the scenario.
        unsafe {
            diagnostics(|out, capacity, count| {
                let stride = stride::<sys::promoflow_diagnostic>();
                sys::promoflow_scenario_diagnostics(self.0.get(), out, stride, capacity, count)
            })
        }
    }

    /// What it says.
    pub fn parts(&self) -> ScenarioParts {
        let mut info = sys::promoflow_release_info::default();
        let mut selection = sys::promoflow_selection::default();
        let mut context = NONE;
        let handle = self.0.get();
        // SAFETY: the texts live as long as the scenario.
        unsafe {
            certain(sys::promoflow_scenario_release(
                handle,
                &mut info,
                &mut context,
            ));
            certain(sys::promoflow_scenario_selection(handle, &mut selection));
            let outcomes: Vec<sys::promoflow_outcome> = list(|out, capacity, count| {
                let stride = stride::<sys::promoflow_outcome>();
                sys::promoflow_scenario_outcomes(handle, out, stride, capacity, count)
            });
            let actions: Vec<sys::promoflow_action> = list(|out, capacity, count| {
                let stride = stride::<sys::promoflow_action>();
                sys::promoflow_scenario_actions(handle, out, stride, capacity, count)
            });
            ScenarioParts {
                release: ReleaseInfo::from_raw(&info),
                context: bytes_out(context).to_vec(),
                selection: Selection::from_raw(&selection),
                outcomes: outcomes.iter().map(|raw| Outcome::from_raw(raw)).collect(),
                actions: actions.iter().map(|raw| Action::from_raw(raw)).collect(),
            }
        }
    }
}

impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.parts();
        let (outcomes, actions) = (parts.outcomes.len(), parts.actions.len());
        write!(f, "Scenario({outcomes} outcomes, {actions} actions)")
    }
}
