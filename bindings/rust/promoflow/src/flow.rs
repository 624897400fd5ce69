// SPDX-License-Identifier: Apache-2.0
//! Checked flows, and what they say.
use crate::builder::{Argument, Hook, Step};
use crate::error::{ErrorCode, Result};
use crate::manifest::{Manifest, ReadOptions, TextFormat};
use crate::raw::{buffer, certain, list, make, optional_out, stride, text_in, text_out, Handle};
use crate::release::{Release, Start};
use crate::render::Render;
use crate::values::{duration_of, ContextMerge, FailurePolicy, OnError, Point, PolicyAction};
use promoflow_sys as sys;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A checked flow. It is immutable; a clone is the same flow, and any number of threads may use it.
///
/// ```
/// use promoflow::{Flow, Start};
///
/// let flow = Flow::load("
/// apiVersion: codefresh.io/v1beta1
/// kind: PromotionFlow
/// metadata: {name: billing}
/// spec:
///   triggerEnvironment: dev
///   steps:
///   - {environment: staging, dependsOn: [dev]}
/// ")?;
/// assert_eq!(flow.environments().map(|one| one.name()).collect::<Vec<_>>(), ["dev", "staging"]);
/// let release = flow.start(&Start::new("r-42"))?;
/// # Ok::<(), promoflow::Error>(())
/// ```
#[derive(Clone)]
pub struct Flow(Arc<Shared>);

struct Shared(Handle<sys::promoflow_flow>);

// SAFETY: the header says [shared] of all functions of flows.
unsafe impl Send for Shared {}
// SAFETY: likewise.
unsafe impl Sync for Shared {}

/// What a flow says besides its name, steps and hooks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowOptions {
    /// What a failure means for the rest; `None`: fail fast.
    pub failure_policy: Option<FailurePolicy>,
    /// How exports are merged; `None`: shallow.
    pub context_merge: Option<ContextMerge>,
    /// For how many minutes a release may take; 0: the default, 1440.
    pub promotion_timeout_minutes: i64,
    /// What is done to the trigger environment.
    pub post_trigger: Option<String>,
    /// The timeout of hooks that give none; zero: none.
    pub hook_timeout: Duration,
    /// How long a termination may take; zero: as the promotion's timeout.
    pub termination_grace_period: Duration,
}

impl Flow {
    /// The one flow of a YAML or JSON text.
    ///
    /// # Errors
    /// [`InvalidManifest`](ErrorCode::InvalidManifest): the text has errors, which are in
    /// [`diagnostics()`](crate::Error::diagnostics), or not exactly one flow.
    pub fn load(text: impl AsRef<[u8]>) -> Result<Self> {
        Self::load_with(text, &ReadOptions::default())
    }

    /// The same with bounds.
    ///
    /// # Errors
    /// As [`Flow::load`].
    pub fn load_with(text: impl AsRef<[u8]>, options: &ReadOptions) -> Result<Self> {
        let text = text.as_ref();
        Manifest::read_with(text, options)?.only_flow(ErrorCode::InvalidManifest, text)
    }

    pub(crate) fn from_handle(handle: Handle<sys::promoflow_flow>) -> Self {
        Self(Arc::new(Shared(handle)))
    }

    pub(crate) fn get(&self) -> *const sys::promoflow_flow {
        self.0 .0.get()
    }

    /// Starts a release; its first commands are ready.
    ///
    /// # Errors
    /// [`InvalidArgument`](ErrorCode::InvalidArgument): no id, or an empty selection;
    /// [`InvalidContext`](ErrorCode::InvalidContext);
    /// [`UnknownEnvironment`](ErrorCode::UnknownEnvironment): a name of the selection.
    pub fn start(&self, start: &Start) -> Result<Release> {
        Release::start(self, start)
    }

    /// The release that a snapshot was taken of; its outstanding commands are ready to be taken
    /// again, under the same tickets.
    ///
    /// # Errors
    /// [`InvalidSnapshot`](ErrorCode::InvalidSnapshot),
    /// [`SnapshotOfOtherFlow`](ErrorCode::SnapshotOfOtherFlow),
    /// [`SnapshotTooNew`](ErrorCode::SnapshotTooNew).
    pub fn restore(&self, snapshot: &str) -> Result<Release> {
        Release::restore(self, snapshot)
    }

    /// The release of a journal: the line of [`Flow::start_json`] and those of
    /// [`Event::to_json`](crate::Event::to_json), each with a line end. A last line that a crash
    /// cut short is ignored.
    ///
    /// # Errors
    /// [`InvalidEvent`](ErrorCode::InvalidEvent): a damaged line, which the error's place names;
    /// [`SnapshotOfOtherFlow`](ErrorCode::SnapshotOfOtherFlow).
    pub fn recover(&self, journal: &str) -> Result<Release> {
        Release::recover(self, journal)
    }

    /// The start of a release as the first line of its journal, without line end: to be stored
    /// before its first command is carried out. `start` must have a time.
    ///
    /// # Errors
    /// As [`Flow::start`]; [`InvalidArgument`](ErrorCode::InvalidArgument): no time.
    pub fn start_json(&self, start: &Start) -> Result<String> {
        start.to_json(self)
    }

    /// The flow's name.
    pub fn name(&self) -> &str {
        let mut out = crate::raw::NONE;
        // SAFETY: the name lives as long as the flow.
        unsafe {
            certain(sys::promoflow_flow_name(self.get(), &mut out));
            text_out(out)
        }
    }

    /// The environments in step order: first the trigger environment, then the steps.
    pub fn environments(&self) -> impl ExactSizeIterator<Item = Environment<'_>> + '_ {
        let mut count = 0;
        // SAFETY: the flow lives.
        certain(unsafe { sys::promoflow_flow_environment_count(self.get(), &mut count) });
        (0..count).map(move |id| Environment { flow: self, id })
    }

    /// The environment of this name.
    pub fn environment(&self, name: &str) -> Option<Environment<'_>> {
        let mut id = 0;
        // SAFETY: the flow and the name live.
        let status =
            unsafe { sys::promoflow_flow_find_environment(self.get(), text_in(name), &mut id) };
        certain(status);
        (status == sys::PROMOFLOW_OK).then_some(Environment { flow: self, id })
    }

    pub(crate) fn environment_at(&self, id: u32) -> Environment<'_> {
        Environment { flow: self, id }
    }

    /// The hooks of a release point, in order; empty for a point of environments.
    pub fn hooks(&self, point: Point) -> Vec<Hook> {
        hooks(self, point, sys::PROMOFLOW_NO_ENVIRONMENT)
    }

    /// What the flow says besides its name, steps and hooks.
    pub fn options(&self) -> FlowOptions {
        let mut raw = sys::promoflow_flow_options::default();
        // SAFETY: the texts live as long as the flow.
        unsafe {
            certain(sys::promoflow_flow_options_of(self.get(), &mut raw));
            FlowOptions {
                failure_policy: Some(FailurePolicy::from_raw(raw.failure_policy)),
                context_merge: Some(ContextMerge::from_raw(raw.context_merge)),
                promotion_timeout_minutes: raw.promotion_timeout_minutes,
                post_trigger: optional_out(raw.post_trigger).map(str::to_owned),
                hook_timeout: duration_of(raw.hook_timeout_ms),
                termination_grace_period: duration_of(raw.termination_grace_period_ms),
            }
        }
    }

    /// The annotations, in their order.
    pub fn annotations(&self) -> Vec<(String, String)> {
        // SAFETY: the texts live as long as the flow.
        unsafe {
            list(|out, capacity, count| {
                sys::promoflow_flow_annotations(self.get(), out, capacity, count)
            })
            .iter()
            .map(|raw: &sys::promoflow_argument| {
                (
                    text_out(raw.name).to_owned(),
                    text_out(raw.value).to_owned(),
                )
            })
            .collect()
        }
    }

    /// A hash of all that the flow says but its annotations. Snapshots fit flows of the same one.
    pub fn fingerprint(&self) -> u64 {
        let mut out = 0;
        // SAFETY: the flow lives.
        certain(unsafe { sys::promoflow_flow_fingerprint(self.get(), &mut out) });
        out
    }

    /// The flow as a manifest; read again, it is equal.
    ///
    /// # Errors
    /// [`OutOfMemory`](ErrorCode::OutOfMemory).
    pub fn write(&self, format: TextFormat) -> Result<String> {
        // SAFETY: the flow lives.
        buffer(|out, error| unsafe {
            sys::promoflow_flow_write(self.get(), format.raw(), out, error)
        })
    }

    /// A picture of the flow.
    ///
    /// # Errors
    /// [`OutOfMemory`](ErrorCode::OutOfMemory).
    pub fn render(&self, render: impl Into<Render>) -> Result<String> {
        let options = render.into().raw();
        // SAFETY: the flow and the options live.
        buffer(|out, error| unsafe { sys::promoflow_flow_render(self.get(), &options, out, error) })
    }
}

impl PartialEq for Flow {
    /// Equal in all that a manifest can say.
    fn eq(&self, other: &Self) -> bool {
        let mut out = 0;
        // SAFETY: both flows live.
        certain(unsafe { sys::promoflow_flow_equal(self.get(), other.get(), &mut out) });
        out == 1
    }
}

impl Eq for Flow {}

impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Flow({:?}, {} environments)",
            self.name(),
            self.environments().len()
        )
    }
}

/// An environment of a flow.
#[derive(Clone, Copy)]
pub struct Environment<'f> {
    flow: &'f Flow,
    id: u32,
}

impl<'f> Environment<'f> {
    /// Its place in step order, from 0, the trigger environment.
    pub fn index(self) -> u32 {
        self.id
    }

    /// Its name.
    pub fn name(self) -> &'f str {
        let mut out = crate::raw::NONE;
        // SAFETY: the name lives as long as the flow.
        unsafe {
            certain(sys::promoflow_flow_environment_name(
                self.flow.get(),
                self.id,
                &mut out,
            ));
            text_out(out)
        }
    }

    /// What it directly depends on, in the manifest's order.
    pub fn dependencies(self) -> Vec<Environment<'f>> {
        // SAFETY: the flow lives.
        let ids = unsafe {
            list(|out, capacity, count| {
                sys::promoflow_flow_dependencies(self.flow.get(), self.id, out, capacity, count)
            })
        };
        ids.into_iter()
            .map(|id| Environment {
                flow: self.flow,
                id,
            })
            .collect()
    }

    /// What directly depends on it, in step order.
    pub fn dependents(self) -> Vec<Environment<'f>> {
        // SAFETY: the flow lives.
        let ids = unsafe {
            list(|out, capacity, count| {
                sys::promoflow_flow_dependents(self.flow.get(), self.id, out, capacity, count)
            })
        };
        ids.into_iter()
            .map(|id| Environment {
                flow: self.flow,
                id,
            })
            .collect()
    }

    /// Whether it depends on `other`, directly or through others.
    ///
    /// # Errors
    /// [`OutOfMemory`](ErrorCode::OutOfMemory);
    /// [`InvalidArgument`](ErrorCode::InvalidArgument): one of a larger flow.
    pub fn depends_on(self, other: Environment<'_>) -> Result<bool> {
        let mut out = 0;
        // SAFETY: the flow lives.
        crate::raw::with_error(|error| unsafe {
            sys::promoflow_flow_depends_on(self.flow.get(), self.id, other.id, &mut out, error)
        })?;
        Ok(out == 1)
    }

    /// The length of the longest path from the trigger environment.
    pub fn level(self) -> u32 {
        let mut out = 0;
        // SAFETY: the flow lives.
        certain(unsafe { sys::promoflow_flow_level(self.flow.get(), self.id, &mut out) });
        out
    }

    /// Its policy, timeout, retries and soak, without its hooks.
    pub fn step(self) -> Step {
        let mut raw = sys::promoflow_step::default();
        // SAFETY: the texts live as long as the flow.
        unsafe {
            certain(sys::promoflow_flow_step(self.flow.get(), self.id, &mut raw));
            Step::from_raw(self, &raw)
        }
    }

    /// Its hooks at a point, in order; empty for a point of the release.
    pub fn hooks(self, point: Point) -> Vec<Hook> {
        hooks(self.flow, point, self.id)
    }
}

impl PartialEq for Environment<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.flow.get() == other.flow.get()
    }
}

impl Eq for Environment<'_> {}

impl fmt::Debug for Environment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Environment({:?})", self.name())
    }
}

fn hooks(flow: &Flow, point: Point, environment: u32) -> Vec<Hook> {
    let is_release = matches!(
        point,
        Point::ReleaseOnStart | Point::ReleaseOnSuccess | Point::ReleaseOnFail
    );
    if is_release != (environment == sys::PROMOFLOW_NO_ENVIRONMENT) || point == Point::Unknown {
        return Vec::new();
    }
    let (flow, point) = (flow.get(), point.raw());
    // SAFETY: the texts live as long as the flow.
    unsafe {
        let raw: Vec<sys::promoflow_hook> = list(|out, capacity, count| {
            let stride = stride::<sys::promoflow_hook>();
            sys::promoflow_flow_hooks(flow, point, environment, out, stride, capacity, count)
        });
        let mut found = Vec::with_capacity(raw.len());
        for (index, raw) in raw.iter().enumerate() {
            let arguments: Vec<sys::promoflow_assigned> = list(|out, capacity, count| {
                let stride = stride::<sys::promoflow_assigned>();
                sys::promoflow_flow_hook_arguments(
                    flow,
                    point,
                    environment,
                    index,
                    out,
                    stride,
                    capacity,
                    count,
                )
            });
            found.push(Hook::from_raw(raw, &arguments));
        }
        found
    }
}

pub(crate) fn policy_out(raw: i32) -> Option<PolicyAction> {
    (raw != 0).then(|| PolicyAction::from_raw(raw))
}

pub(crate) fn on_error_out(raw: i32) -> Option<OnError> {
    (raw != 0).then(|| OnError::from_raw(raw))
}

pub(crate) fn argument_out(raw: &sys::promoflow_assigned) -> Argument {
    // SAFETY: the texts live as long as their flow.
    let (name, value) = unsafe {
        (
            text_out(raw.name).to_owned(),
            text_out(raw.value).to_owned(),
        )
    };
    if raw.json == 1 {
        Argument::json(name, value)
    } else {
        Argument::text(name, value)
    }
}

/// The flow of a handle's owner, such as a release.
pub(crate) fn flow_of(
    call: impl FnOnce(*mut *mut sys::promoflow_flow, *mut *mut sys::promoflow_error) -> i32,
) -> Result<Flow> {
    make(call).map(Flow::from_handle)
}
