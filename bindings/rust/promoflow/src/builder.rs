// SPDX-License-Identifier: Apache-2.0
//! Flows that are built in code.
use crate::error::{ErrorCode, Result};
use crate::flow::{argument_out, on_error_out, policy_out, Environment, Flow, FlowOptions};
use crate::library::check_library;
use crate::manifest::Manifest;
use crate::raw::{make, names_in, optional_in, optional_out, stride, text_in, text_out};
use crate::values::{duration_of, millis_of, OnError, Point, PolicyAction};
use promoflow_sys as sys;
use std::time::Duration;

/// A flow that is built in code. It is checked as a whole when it is built.
///
/// ```
/// use promoflow::{FlowBuilder, Hook, Point, Step};
///
/// let flow = FlowBuilder::new("billing", "dev")
///     .hook(Point::ReleaseOnFail, Hook::new("slack-fail").argument("CHANNEL", "#ops"))
///     .step(Step::new("staging").depends_on(["dev"]))
///     .step(
///         Step::new("production")
///             .depends_on(["staging"])
///             .hook(Point::EnvironmentOnSuccess, Hook::new("smoke-test")),
///     )
///     .build()?;
/// assert_eq!(flow.environment("production").unwrap().level(), 2);
/// # Ok::<(), promoflow::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct FlowBuilder {
    name: String,
    trigger: String,
    options: FlowOptions,
    annotations: Vec<(String, String)>,
    hooks: Vec<(Point, Hook)>,
    steps: Vec<Step>,
}

impl FlowBuilder {
    /// A flow without steps.
    pub fn new(name: impl Into<String>, trigger_environment: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            trigger: trigger_environment.into(),
            options: FlowOptions::default(),
            annotations: Vec::new(),
            hooks: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// What the flow says besides its steps and hooks.
    #[must_use]
    pub fn options(mut self, options: FlowOptions) -> Self {
        self.options = options;
        self
    }

    /// Adds an annotation.
    #[must_use]
    pub fn annotation(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.annotations.push((name.into(), value.into()));
        self
    }

    /// Appends a hook at a release point.
    #[must_use]
    pub fn hook(mut self, point: Point, hook: Hook) -> Self {
        self.hooks.push((point, hook));
        self
    }

    /// Adds a step behind those added before: this is the step order.
    #[must_use]
    pub fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Checks everything; the manifest has one flow, or none, and the diagnostics.
    ///
    /// # Errors
    /// [`InvalidArgument`](ErrorCode::InvalidArgument): a value out of range, such as an
    /// environment's point given for the release;
    /// [`NotAllowed`](ErrorCode::NotAllowed): the same where there is no step.
    pub fn check(&self) -> Result<Manifest> {
        check_library()?;
        // SAFETY: all texts live until the calls return.
        let mut builder = make(|out, error| unsafe {
            sys::promoflow_builder_new(text_in(&self.name), text_in(&self.trigger), out, error)
        })?;
        let options = sys::promoflow_flow_options {
            failure_policy: self.options.failure_policy.map_or(0, |policy| policy.raw()),
            context_merge: self.options.context_merge.map_or(0, |merge| merge.raw()),
            promotion_timeout_minutes: self.options.promotion_timeout_minutes,
            post_trigger: optional_in(self.options.post_trigger.as_deref()),
            hook_timeout_ms: millis_of(self.options.hook_timeout),
            termination_grace_period_ms: millis_of(self.options.termination_grace_period),
            ..Default::default()
        };
        let annotations: Vec<_> = self
            .annotations
            .iter()
            .map(|(name, value)| sys::promoflow_argument {
                name: text_in(name),
                value: text_in(value),
            })
            .collect();
        let builder = builder.get_mut();
        // SAFETY: as above.
        crate::raw::with_error(|error| unsafe {
            let (first, count) = (annotations.as_ptr(), annotations.len());
            sys::promoflow_builder_options(builder, &options, first, count, error)
        })?;
        for (point, hook) in &self.hooks {
            // SAFETY: the builder lives.
            unsafe { hook.add(builder, *point)? };
        }
        for step in &self.steps {
            // SAFETY: likewise.
            unsafe { step.add(builder)? };
        }
        // SAFETY: likewise.
        make(|out, error| unsafe { sys::promoflow_builder_build(builder, out, error) })
            .map(Manifest::from_handle)
    }

    /// Checks everything and gives the flow.
    ///
    /// # Errors
    /// [`InvalidFlow`](ErrorCode::InvalidFlow), with the diagnostics. Else as
    /// [`FlowBuilder::check`].
    pub fn build(&self) -> Result<Flow> {
        self.check()?.only_flow(ErrorCode::InvalidFlow, b"")
    }
}

/// How often and when something that failed is tried again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Retry {
    /// How many times at most.
    pub limit: u32,
    /// The time before the first of them.
    pub duration: Duration,
    /// By which the time grows from one to the next.
    pub factor: f64,
    /// The longest time between two; `None`: no bound.
    pub max_duration: Option<Duration>,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            limit: 0,
            duration: Duration::ZERO,
            factor: 1.0,
            max_duration: None,
        }
    }
}

/// An environment of a flow that is built, and what it depends on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    /// The environment's name.
    pub environment: String,
    /// The environments that must be Successful or Skipped before.
    pub depends_on: Vec<String>,
    /// How it is promoted into.
    pub policy_action: Option<PolicyAction>,
    /// What is done before.
    pub policy_pre_action: Option<String>,
    /// What is done afterwards.
    pub policy_post_action: Option<String>,
    /// The timeout of the promotion; zero: none.
    pub timeout: Duration,
    /// How the promotion is tried again.
    pub retry: Retry,
    /// How long the environment is watched before its `onSuccess` hooks; zero: not at all.
    pub soak: Duration,
    /// Its hooks, in order.
    pub hooks: Vec<(Point, Hook)>,
}

impl Step {
    /// A step of this environment.
    pub fn new(environment: impl Into<String>) -> Self {
        Self {
            environment: environment.into(),
            ..Self::default()
        }
    }

    /// Adds what it depends on.
    #[must_use]
    pub fn depends_on<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.depends_on.extend(names.into_iter().map(Into::into));
        self
    }

    /// Appends a hook.
    #[must_use]
    pub fn hook(mut self, point: Point, hook: Hook) -> Self {
        self.hooks.push((point, hook));
        self
    }

    /// Sets how it is promoted into.
    #[must_use]
    pub fn policy(mut self, action: PolicyAction) -> Self {
        self.policy_action = Some(action);
        self
    }

    /// Sets how long it is watched before its `onSuccess` hooks.
    #[must_use]
    pub fn soak(mut self, soak: Duration) -> Self {
        self.soak = soak;
        self
    }

    /// # Safety
    /// The builder lives.
    unsafe fn add(&self, builder: *mut sys::promoflow_builder) -> Result<()> {
        let raw = sys::promoflow_step {
            policy_action: self.policy_action.map_or(0, |action| action.raw()),
            policy_pre_action: optional_in(self.policy_pre_action.as_deref()),
            policy_post_action: optional_in(self.policy_post_action.as_deref()),
            timeout_ms: millis_of(self.timeout),
            retry_duration_ms: millis_of(self.retry.duration),
            retry_max_duration_ms: self.retry.max_duration.map_or(0, millis_of),
            retry_factor: self.retry.factor,
            retry_limit: self.retry.limit,
            has_retry_max_duration: i32::from(self.retry.max_duration.is_some()),
            soak_ms: millis_of(self.soak),
            ..Default::default()
        };
        let (name, on) = (text_in(&self.environment), names_in(&self.depends_on));
        // SAFETY: all texts live until the call returns.
        crate::raw::with_error(|error| unsafe {
            sys::promoflow_builder_step(builder, name, on.as_ptr(), on.len(), &raw, error)
        })?;
        for (point, hook) in &self.hooks {
            // SAFETY: the caller's promise.
            unsafe { hook.add(builder, *point)? };
        }
        Ok(())
    }

    /// # Safety
    /// The texts of `raw` live.
    pub(crate) unsafe fn from_raw(of: Environment<'_>, raw: &sys::promoflow_step) -> Self {
        // SAFETY: the caller's promise.
        let text = |text| unsafe { optional_out(text) }.map(str::to_owned);
        let has_max = raw.has_retry_max_duration == 1;
        Self {
            environment: of.name().to_owned(),
            depends_on: of
                .dependencies()
                .iter()
                .map(|on| on.name().to_owned())
                .collect(),
            policy_action: policy_out(raw.policy_action),
            policy_pre_action: text(raw.policy_pre_action),
            policy_post_action: text(raw.policy_post_action),
            timeout: duration_of(raw.timeout_ms),
            retry: Retry {
                limit: raw.retry_limit,
                duration: duration_of(raw.retry_duration_ms),
                factor: raw.retry_factor,
                max_duration: has_max.then(|| duration_of(raw.retry_max_duration_ms)),
            },
            soak: duration_of(raw.soak_ms),
            hooks: Vec::new(),
        }
    }
}

/// An argument that a flow assigns to a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    name: String,
    value: String,
    is_json: bool,
}

impl Argument {
    /// A text.
    pub fn text(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
            is_json: false,
        }
    }

    /// A value of another kind than a text, as JSON.
    pub fn json(name: impl Into<String>, json: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: json.into(),
            is_json: true,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its text, or its JSON.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether the value is JSON of another kind than a text.
    pub fn is_json(&self) -> bool {
        self.is_json
    }
}

/// A hook of a flow.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hook {
    /// Its name.
    pub name: String,
    /// What its failure means; `None`: the point fails.
    pub on_error: Option<OnError>,
    /// Its timeout; zero: the flow's.
    pub timeout: Duration,
    /// How it is tried again.
    pub retry: Retry,
    /// The arguments that the flow assigns to it, in their order.
    pub arguments: Vec<Argument>,
}

impl Hook {
    /// A hook of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// Assigns an argument that is a text.
    #[must_use]
    pub fn argument(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.arguments.push(Argument::text(name, value));
        self
    }

    /// Sets its timeout.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// # Safety
    /// The builder lives.
    unsafe fn add(&self, builder: *mut sys::promoflow_builder, point: Point) -> Result<()> {
        let raw = sys::promoflow_hook {
            on_error: self.on_error.map_or(0, |on_error| on_error.raw()),
            name: text_in(&self.name),
            timeout_ms: millis_of(self.timeout),
            retry_duration_ms: millis_of(self.retry.duration),
            retry_max_duration_ms: self.retry.max_duration.map_or(0, millis_of),
            retry_factor: self.retry.factor,
            retry_limit: self.retry.limit,
            has_retry_max_duration: i32::from(self.retry.max_duration.is_some()),
            ..Default::default()
        };
        let assigned: Vec<_> = self
            .arguments
            .iter()
            .map(|argument| sys::promoflow_assigned {
                json: i32::from(argument.is_json),
                name: text_in(&argument.name),
                value: text_in(&argument.value),
                ..Default::default()
            })
            .collect();
        let (first, count) = (assigned.as_ptr(), assigned.len());
        let stride = stride::<sys::promoflow_assigned>();
        // SAFETY: all texts live until the call returns.
        crate::raw::with_error(|error| unsafe {
            sys::promoflow_builder_hook(builder, point.raw(), &raw, first, stride, count, error)
        })?;
        Ok(())
    }

    /// # Safety
    /// The texts of `raw` live.
    pub(crate) unsafe fn from_raw(
        raw: &sys::promoflow_hook,
        arguments: &[sys::promoflow_assigned],
    ) -> Self {
        let has_max = raw.has_retry_max_duration == 1;
        Self {
            // SAFETY: the caller's promise.
            name: unsafe { text_out(raw.name) }.to_owned(),
            on_error: on_error_out(raw.on_error),
            timeout: duration_of(raw.timeout_ms),
            retry: Retry {
                limit: raw.retry_limit,
                duration: duration_of(raw.retry_duration_ms),
                factor: raw.retry_factor,
                max_duration: has_max.then(|| duration_of(raw.retry_max_duration_ms)),
            },
            arguments: arguments.iter().map(argument_out).collect(),
        }
    }
}
