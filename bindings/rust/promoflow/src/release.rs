// SPDX-License-Identifier: Apache-2.0
//! Releases: events in, commands out.
use crate::command::{take, Command, Commands, ContextEntries, Outstanding, Source};
use crate::context::{ContextConflict, RejectedExport};
use crate::error::Result;
use crate::event::{without_time, Event, Export};
use crate::flow::{flow_of, Environment, Flow};
use crate::raw::{
    buffer, buffer_if, bytes_in, certain, filled, list, make, stride, text_in, text_out,
    with_error, Handle, Views,
};
use crate::record::Record;
use crate::render::Render;
use crate::values::{
    AdmissionBlock, EnvironmentStatus, ReleaseStatus, Selection, Ticket, Timestamp,
};
#[cfg(doc)]
use crate::ErrorCode;
use promoflow_sys as sys;
use std::fmt;
use std::marker::PhantomData;

/// How a release starts.
///
/// ```
/// use promoflow::{Selection, Start};
///
/// let start = Start::new("r-42")
///     .product("billing")
///     .version("1.4.0")
///     .context(r##"{"CHANNEL": "#ops"}"##)
///     .selection(Selection::Until(vec!["staging".into()]));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Start {
    info: ReleaseInfo,
    context: Vec<u8>,
    selection: Selection,
    at: Option<Timestamp>,
}

/// What hooks get to know of their release. Only the id is required.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReleaseInfo {
    /// Names the release; not empty.
    pub id: String,
    /// Where people find it.
    pub url: String,
    /// What is released.
    pub product: String,
    /// Which version of it.
    pub version: String,
    /// Which commit.
    pub commit_sha: String,
}

impl ReleaseInfo {
    pub(crate) fn raw(&self) -> sys::promoflow_release_info {
        sys::promoflow_release_info {
            id: text_in(&self.id),
            url: text_in(&self.url),
            product: text_in(&self.product),
            version: text_in(&self.version),
            commit_sha: text_in(&self.commit_sha),
            ..Default::default()
        }
    }

    /// # Safety
    /// The texts of `raw` live.
    pub(crate) unsafe fn from_raw(raw: &sys::promoflow_release_info) -> Self {
        // SAFETY: the caller's promise.
        let text = |text| unsafe { text_out(text) }.to_owned();
        Self {
            id: text(raw.id),
            url: text(raw.url),
            product: text(raw.product),
            version: text(raw.version),
            commit_sha: text(raw.commit_sha),
        }
    }
}

impl Start {
    /// A release of this id.
    pub fn new(id: impl Into<String>) -> Self {
        Self::of(ReleaseInfo {
            id: id.into(),
            ..ReleaseInfo::default()
        })
    }

    /// A release of which all this is known.
    pub fn of(info: ReleaseInfo) -> Self {
        Self {
            info,
            ..Self::default()
        }
    }

    /// Sets where people find it.
    #[must_use]
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.info.url = url.into();
        self
    }

    /// Sets what is released.
    #[must_use]
    pub fn product(mut self, product: impl Into<String>) -> Self {
        self.info.product = product.into();
        self
    }

    /// Sets which version of it.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.info.version = version.into();
        self
    }

    /// Sets which commit.
    #[must_use]
    pub fn commit_sha(mut self, commit_sha: impl Into<String>) -> Self {
        self.info.commit_sha = commit_sha.into();
        self
    }

    /// Sets the initial promotion context, one JSON object; empty: none.
    #[must_use]
    pub fn context<'a>(mut self, json: impl Export<'a>) -> Self {
        self.context = json.into_export().into_owned();
        self
    }

    /// Sets which environments it promotes to.
    #[must_use]
    pub fn selection(mut self, selection: Selection) -> Self {
        self.selection = selection;
        self
    }

    /// Sets the time; without it, it is that of the system's clock.
    #[must_use]
    pub fn at(mut self, at: impl Into<Timestamp>) -> Self {
        self.at = Some(at.into());
        self
    }

    pub(crate) fn info(&self) -> &ReleaseInfo {
        &self.info
    }

    pub(crate) fn context_in(&self) -> sys::promoflow_str {
        bytes_in(&self.context)
    }

    pub(crate) fn into_context(self) -> Vec<u8> {
        self.context
    }

    pub(crate) fn selected(&self) -> &Selection {
        &self.selection
    }

    fn millis(&self) -> i64 {
        self.at.unwrap_or_else(Timestamp::now).as_millis()
    }

    pub(crate) fn to_json(&self, flow: &Flow) -> Result<String> {
        if self.at.is_none() {
            return Err(without_time("start"));
        }
        let (info, context, at) = (self.info.raw(), self.context_in(), self.millis());
        // SAFETY: flow, structs and texts live until the call returns.
        self.selection.with_raw(|raw| {
            buffer(|out, error| unsafe {
                sys::promoflow_start_json(flow.get(), &info, at, context, raw, out, error)
            })
        })
    }
}

/// The state of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReleaseState<'a> {
    /// Its status.
    pub status: ReleaseStatus,
    /// The finer word that dashboards show.
    pub phase: &'a str,
    /// Why it failed or was terminated; else empty.
    pub message: &'a str,
}

/// The state of an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EnvironmentState<'a> {
    /// Its status.
    pub status: EnvironmentStatus,
    /// The finer word that dashboards show.
    pub phase: &'a str,
    /// Why it failed, was terminated or skipped; else empty.
    pub message: &'a str,
}

impl ReleaseState<'_> {
    /// # Safety
    /// The texts of `raw` live.
    pub(crate) unsafe fn from_raw(raw: &sys::promoflow_state) -> Self {
        // SAFETY: the caller's promise.
        let (phase, message) = unsafe { (text_out(raw.phase), text_out(raw.message)) };
        Self {
            status: ReleaseStatus::from_raw(raw.status),
            phase,
            message,
        }
    }
}

impl EnvironmentState<'_> {
    /// # Safety
    /// The texts of `raw` live.
    pub(crate) unsafe fn from_raw(raw: &sys::promoflow_state) -> Self {
        // SAFETY: the caller's promise.
        let (phase, message) = unsafe { (text_out(raw.phase), text_out(raw.message)) };
        Self {
            status: EnvironmentStatus::from_raw(raw.status),
            phase,
            message,
        }
    }
}

/// Why an environment is Pending.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingReason<'a> {
    /// Why no environment begins at present.
    pub block: AdmissionBlock,
    /// Direct dependencies that are neither Successful nor Skipped.
    pub unmet: Vec<Environment<'a>>,
    /// Where the unmet dependencies end.
    pub causes: Vec<Environment<'a>>,
}

/// One release of a flow: a pure machine that reads no clock and does nothing by itself.
///
/// Take [`commands`](Release::commands) until there are none, carry them out, and
/// [`apply`](Release::apply) what became of them. One thread at a time may use it; it may go from
/// one thread to another. It lives on when its flow was dropped.
///
/// ```
/// use promoflow::{Command, Event, Flow, Start};
///
/// # let flow = Flow::load("{apiVersion: codefresh.io/v1beta1, kind: PromotionFlow, metadata: {name: x},
/// #   spec: {triggerEnvironment: dev, steps: [{environment: qa, dependsOn: [dev]}]}}")?;
/// let mut release = flow.start(&Start::new("r-42"))?;
/// while !release.is_final() {
///     let mut events = Vec::new();
///     for command in release.commands() {
///         match command {
///             Command::RunHook(hook) => events.push(Event::hook_succeeded(hook.ticket())),
///             Command::Promote(into) => events.push(Event::promotion_succeeded(into.ticket())),
///             Command::Cancel(_) => {}
///         }
///     }
///     for event in events {
///         release.apply(event)?;
///     }
/// }
/// # Ok::<(), promoflow::Error>(())
/// ```
///
/// What was borrowed from a release cannot outlive its next change:
///
/// ```compile_fail,E0499
/// # fn wrong(release: &mut promoflow::Release) -> promoflow::Result<()> {
/// let command = release.next_command()?;
/// release.apply(promoflow::Event::tick())?;
/// println!("{command:?}");
/// # Ok(())
/// # }
/// ```
pub struct Release {
    handle: Handle<sys::promoflow_release>,
    flow: Flow,
}

// SAFETY: the header says [confined] of the functions of releases: one thread at a time, any
// thread. What a release shares with others, such as its flow, is immutable or locked.
unsafe impl Send for Release {}

impl Release {
    pub(crate) fn start(flow: &Flow, start: &Start) -> Result<Self> {
        let (info, context, at) = (start.info.raw(), start.context_in(), start.millis());
        // SAFETY: flow, structs and texts live until the call returns.
        let handle = start.selection.with_raw(|raw| {
            make(|out, error| unsafe {
                let flow = flow.get();
                sys::promoflow_release_start_with(flow, &info, at, context, raw, out, error)
            })
        })?;
        Ok(Self {
            handle,
            flow: flow.clone(),
        })
    }

    pub(crate) fn restore(flow: &Flow, snapshot: &str) -> Result<Self> {
        // SAFETY: flow and text live until the call returns.
        let handle = make(|out, error| unsafe {
            sys::promoflow_release_restore(flow.get(), text_in(snapshot), out, error)
        })?;
        Ok(Self {
            handle,
            flow: flow.clone(),
        })
    }

    pub(crate) fn recover(flow: &Flow, journal: &str) -> Result<Self> {
        // SAFETY: flow and text live until the call returns.
        let handle = make(|out, error| unsafe {
            sys::promoflow_release_recover(flow.get(), text_in(journal), out, error)
        })?;
        Ok(Self {
            handle,
            flow: flow.clone(),
        })
    }

    pub(crate) fn from_handle(handle: Handle<sys::promoflow_release>) -> Result<Self> {
        // SAFETY: the release lives.
        let flow =
            flow_of(|out, error| unsafe { sys::promoflow_release_flow(handle.get(), out, error) })?;
        Ok(Self { handle, flow })
    }

    pub(crate) fn get_mut(&mut self) -> *mut sys::promoflow_release {
        self.handle.get_mut()
    }

    /// Applies one event whole, or refuses it and changes nothing. Timers that are due by then fire
    /// first, also if the event is refused.
    ///
    /// # Errors
    /// [`UnknownTicket`](ErrorCode::UnknownTicket), [`SettledTicket`](ErrorCode::SettledTicket),
    /// [`WrongKind`](ErrorCode::WrongKind), [`NotAllowed`](ErrorCode::NotAllowed),
    /// [`UnknownEnvironment`](ErrorCode::UnknownEnvironment): refused;
    /// [`OutOfMemory`](ErrorCode::OutOfMemory): nothing was changed either.
    #[inline]
    pub fn apply(&mut self, event: Event<'_>) -> Result<()> {
        let release = self.handle.get_mut();
        // SAFETY: the struct and its texts live until the call returns.
        event.with_raw(|raw| {
            with_error(|error| unsafe { sys::promoflow_release_apply(release, raw, error) })
        })?;
        Ok(())
    }

    /// Applies the event of a journal's line, as [`Event::to_json`] wrote it.
    ///
    /// # Errors
    /// [`InvalidEvent`](ErrorCode::InvalidEvent). Else as [`Release::apply`].
    pub fn apply_json(&mut self, line: &str) -> Result<()> {
        let release = self.handle.get_mut();
        // SAFETY: the text lives until the call returns.
        with_error(|error| unsafe {
            sys::promoflow_release_apply_json(release, text_in(line), error)
        })?;
        Ok(())
    }

    /// Takes commands, in the order of issue, until there are none. Records in between are dropped.
    ///
    /// # Panics
    /// The iterator panics if memory runs out, as Rust's own collections do;
    /// [`next_command`](Release::next_command) gives that as an error.
    #[inline]
    pub fn commands(&mut self) -> Commands<'_> {
        Commands::new(self.handle.get_mut())
    }

    /// Takes the next command; `None`: all are taken.
    ///
    /// # Errors
    /// [`OutOfMemory`](ErrorCode::OutOfMemory): it was not taken.
    #[inline]
    pub fn next_command(&mut self) -> Result<Option<Command<'_>>> {
        // SAFETY: the release is borrowed as long as the command.
        unsafe { take(self.handle.get_mut()) }
    }

    /// Takes records until there are none: everything that happened, commands among it, instead of
    /// [`commands`](Release::commands).
    ///
    /// # Panics
    /// As [`commands`](Release::commands).
    pub fn records(&mut self) -> Records<'_> {
        Records {
            release: self.handle.get_mut(),
            flow: &self.flow,
            _from: PhantomData,
        }
    }

    /// Takes the next record; `None`: all are taken.
    ///
    /// # Errors
    /// [`OutOfMemory`](ErrorCode::OutOfMemory): it was not taken.
    pub fn next_record(&mut self) -> Result<Option<Record<'_>>> {
        // SAFETY: the release is borrowed as long as the record.
        unsafe { take_record(self.handle.get_mut(), &self.flow) }
    }

    /// The record that was taken last as a line of a trace, without line end; times count from
    /// `origin`. `None`: none was taken since the last change.
    ///
    /// # Errors
    /// [`OutOfMemory`](ErrorCode::OutOfMemory).
    pub fn record_json(&self, origin: Timestamp) -> Result<Option<String>> {
        // SAFETY: the release lives.
        buffer_if(|out, error| unsafe {
            let (release, origin) = (self.handle.get(), origin.as_millis());
            sys::promoflow_release_record_json(release, origin, out, error)
        })
    }

    /// Drops records that were not taken and issues every outstanding command again, under the same
    /// ticket: for a host that starts again after a crash.
    ///
    /// # Errors
    /// [`OutOfMemory`](ErrorCode::OutOfMemory).
    pub fn reissue(&mut self) -> Result<()> {
        let release = self.handle.get_mut();
        // SAFETY: the release lives.
        with_error(|error| unsafe { sys::promoflow_release_reissue(release, error) })?;
        Ok(())
    }

    /// When to send the next event at the latest; a [tick](Event::tick) does. `None`: no timer is
    /// armed.
    pub fn next_timer(&self) -> Option<Timestamp> {
        let mut out = 0;
        // SAFETY: the release lives.
        let status = unsafe { sys::promoflow_release_next_timer(self.handle.get(), &mut out) };
        certain(status);
        (status == sys::PROMOFLOW_OK).then_some(Timestamp::from_millis(out))
    }

    /// The release's flow.
    pub fn flow(&self) -> &Flow {
        &self.flow
    }

    /// The id and what else was given at the start.
    pub fn info(&self) -> ReleaseInfo {
        let mut raw = sys::promoflow_release_info::default();
        // SAFETY: the texts live as long as the release.
        unsafe {
            certain(sys::promoflow_release_info_of(self.handle.get(), &mut raw));
            ReleaseInfo::from_raw(&raw)
        }
    }

    /// `RELEASE_ID/ticket`: an idempotency key for what a command does.
    pub fn key(&self, ticket: Ticket) -> String {
        // SAFETY: the release lives.
        buffer(|out, error| unsafe {
            sys::promoflow_release_key(self.handle.get(), ticket.0, out, error)
        })
        .expect("memory for a key")
    }

    /// The status.
    #[inline]
    pub fn status(&self) -> ReleaseStatus {
        let mut out = 0;
        // SAFETY: the release lives.
        certain(unsafe { sys::promoflow_release_status(self.handle.get(), &mut out) });
        ReleaseStatus::from_raw(out)
    }

    /// Whether it has ended.
    pub fn is_final(&self) -> bool {
        self.status().is_final()
    }

    /// Status, phase and message.
    pub fn state(&self) -> ReleaseState<'_> {
        let mut raw = sys::promoflow_state::default();
        // SAFETY: the texts live until the next change.
        unsafe {
            certain(sys::promoflow_release_state(self.handle.get(), &mut raw));
            ReleaseState::from_raw(&raw)
        }
    }

    /// The state of the environment of this name; `None`: the flow has none.
    pub fn environment(&self, name: &str) -> Option<EnvironmentState<'_>> {
        let id = self.flow.environment(name)?.index();
        let mut raw = sys::promoflow_state::default();
        // SAFETY: the texts live until the next change.
        unsafe {
            certain(sys::promoflow_release_environment(
                self.handle.get(),
                id,
                &mut raw,
            ));
            Some(EnvironmentState::from_raw(&raw))
        }
    }

    /// All environments and their states, in step order.
    pub fn environments(&self) -> Vec<(Environment<'_>, EnvironmentState<'_>)> {
        // SAFETY: the texts live until the next change.
        let states: Vec<sys::promoflow_state> = unsafe {
            list(|out, capacity, count| {
                let (release, stride) = (self.handle.get(), stride::<sys::promoflow_state>());
                sys::promoflow_release_environments(release, out, stride, capacity, count)
            })
        };
        // SAFETY: likewise.
        let states = states
            .iter()
            .map(|raw| unsafe { EnvironmentState::from_raw(raw) });
        self.flow.environments().zip(states).collect()
    }

    /// Why an environment is Pending: no block and empty lists for one that is not. `None`: the
    /// flow has no environment of this name.
    ///
    /// # Errors
    /// [`OutOfMemory`](ErrorCode::OutOfMemory).
    pub fn why_pending(&mut self, name: &str) -> Result<Option<PendingReason<'_>>> {
        let id = match self.flow.environment(name) {
            Some(environment) => environment.index(),
            None => return Ok(None),
        };
        let mut raw = sys::promoflow_pending::default();
        let release = self.handle.get_mut();
        // SAFETY: the release lives.
        with_error(|error| unsafe {
            sys::promoflow_release_why_pending(release, id, &mut raw, error)
        })?;
        // SAFETY: the arrays live until the next call of this, which needs the release anew.
        let found = |first: *const u32, count: u64| -> Vec<Environment<'_>> {
            if first.is_null() {
                return Vec::new();
            }
            let ids = unsafe { std::slice::from_raw_parts(first, count as usize) };
            ids.iter().map(|id| self.flow.environment_at(*id)).collect()
        };
        Ok(Some(PendingReason {
            block: AdmissionBlock::from_raw(raw.block),
            unmet: found(raw.unmet, raw.unmet_count),
            causes: found(raw.causes, raw.cause_count),
        }))
    }

    /// The commands that are neither answered nor cancelled, in ticket order.
    ///
    /// # Errors
    /// [`OutOfMemory`](ErrorCode::OutOfMemory).
    pub fn outstanding(&mut self) -> Result<Vec<Outstanding<'_>>> {
        let release = self.handle.get_mut();
        let stride = stride::<sys::promoflow_command>();
        // SAFETY: the release lives, and is borrowed as long as the commands.
        unsafe {
            let found: Vec<sys::promoflow_command> = filled(8, |out, capacity, count| {
                with_error(|error| {
                    sys::promoflow_release_outstanding(release, out, stride, capacity, count, error)
                })
            })?;
            let source = Source::Release(release);
            Ok(found
                .iter()
                .map(|raw| Outstanding::from_raw(raw, source))
                .collect())
        }
    }

    /// The promotion context now, key by key, in the order in which the keys first appeared.
    pub fn context(&self) -> ContextEntries<'_> {
        let (release, stride) = (self.handle.get(), stride::<sys::promoflow_context_entry>());
        // SAFETY: the texts live until the next change.
        ContextEntries(unsafe {
            Views::filled(16, |out, capacity, count| {
                sys::promoflow_release_context(release, out, stride, capacity, count)
            })
        })
    }

    /// The promotion context now, as one compact JSON object.
    ///
    /// # Errors
    /// [`OutOfMemory`](ErrorCode::OutOfMemory).
    pub fn context_json(&self) -> Result<String> {
        // SAFETY: the release lives.
        buffer(|out, error| unsafe {
            sys::promoflow_release_context_json(self.handle.get(), out, error)
        })
    }

    /// Pairs of writes to one key whose order was left to chance, in the order of events.
    ///
    /// # Errors
    /// [`OutOfMemory`](ErrorCode::OutOfMemory).
    pub fn conflicts(&self) -> Result<Vec<ContextConflict>> {
        let stride = stride::<sys::promoflow_context_conflict>();
        // SAFETY: the texts live until the next change.
        unsafe {
            let found: Vec<sys::promoflow_context_conflict> = filled(8, |out, capacity, count| {
                with_error(|error| {
                    let release = self.handle.get();
                    sys::promoflow_release_conflicts(release, out, stride, capacity, count, error)
                })
            })?;
            Ok(found
                .iter()
                .map(|raw| ContextConflict::from_raw(raw))
                .collect())
        }
    }

    /// Exports that were not merged, in the order of events.
    ///
    /// # Errors
    /// [`OutOfMemory`](ErrorCode::OutOfMemory).
    pub fn rejected(&self) -> Result<Vec<RejectedExport>> {
        let stride = stride::<sys::promoflow_rejected_export>();
        // SAFETY: the texts live until the next change.
        unsafe {
            let found: Vec<sys::promoflow_rejected_export> = filled(8, |out, capacity, count| {
                with_error(|error| {
                    let release = self.handle.get();
                    sys::promoflow_release_rejected(release, out, stride, capacity, count, error)
                })
            })?;
            Ok(found
                .iter()
                .map(|raw| RejectedExport::from_raw(raw))
                .collect())
        }
    }

    /// The whole state as one JSON object, for people and dashboards.
    ///
    /// # Errors
    /// [`OutOfMemory`](ErrorCode::OutOfMemory).
    pub fn describe(&self) -> Result<String> {
        // SAFETY: the release lives.
        buffer(|out, error| unsafe {
            sys::promoflow_release_describe(self.handle.get(), out, error)
        })
    }

    /// The whole state as text for [`Flow::restore`].
    ///
    /// # Errors
    /// [`OutOfMemory`](ErrorCode::OutOfMemory).
    pub fn snapshot(&self) -> Result<String> {
        // SAFETY: the release lives.
        buffer(|out, error| unsafe {
            sys::promoflow_release_snapshot(self.handle.get(), out, error)
        })
    }

    /// A picture of the state.
    ///
    /// # Errors
    /// [`OutOfMemory`](ErrorCode::OutOfMemory).
    pub fn render(&self, render: impl Into<Render>) -> Result<String> {
        let options = render.into().raw();
        // SAFETY: the release and the options live.
        buffer(|out, error| unsafe {
            sys::promoflow_release_render(self.handle.get(), &options, out, error)
        })
    }
}

impl fmt::Debug for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Release({:?}, {})", self.info().id, self.status())
    }
}

/// The records of a release, as they are taken: see [`Release::records`].
pub struct Records<'a> {
    release: *mut sys::promoflow_release,
    flow: &'a Flow,
    _from: PhantomData<&'a mut ()>,
}

impl<'a> Records<'a> {
    /// The record that was taken last as a line of a trace, without line end; times count from
    /// `origin`.
    ///
    /// # Errors
    /// [`OutOfMemory`](ErrorCode::OutOfMemory).
    pub fn json(&self, origin: Timestamp) -> Result<Option<String>> {
        // SAFETY: the release is borrowed.
        buffer_if(|out, error| unsafe {
            sys::promoflow_release_record_json(self.release, origin.as_millis(), out, error)
        })
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        // SAFETY: the release is borrowed for 'a, so it neither changes nor ends meanwhile.
        unsafe { take_record(self.release, self.flow) }.expect("memory for the next record")
    }
}

impl fmt::Debug for Records<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Records")
    }
}

/// # Safety
/// The release lives and does not change for `'a`.
unsafe fn take_record<'a>(
    release: *mut sys::promoflow_release,
    flow: &'a Flow,
) -> Result<Option<Record<'a>>> {
    let mut raw = sys::promoflow_record::default();
    let mut command = sys::promoflow_command::default();
    // SAFETY: the caller's promise.
    let status = with_error(|error| unsafe {
        sys::promoflow_release_next_record(release, &mut raw, &mut command, error)
    })?;
    if status != sys::PROMOFLOW_OK {
        return Ok(None);
    }
    let source = Source::Release(release);
    // SAFETY: likewise.
    Ok(Some(unsafe {
        Record::from_raw(&raw, &command, source, |id| flow.environment_at(id).name())
    }))
}
