// SPDX-License-Identifier: Apache-2.0
//! Events: what has happened, for a release.
use crate::error::{Error, ErrorCode, Result};
use crate::raw::{buffer, bytes_in, bytes_out, optional_in, optional_out, text_in, text_out, NONE};
use crate::values::{names_out, Ticket, Timestamp};
use promoflow_sys as sys;
use std::borrow::Cow;
use std::ptr;

/// What has happened, in one of the ways of [`EventKind`], and when.
///
/// Without [`at`](Event::at), an event is given the time of the system's clock when it is applied.
///
/// ```
/// use promoflow::{Event, Ticket, Timestamp};
///
/// let event = Event::hook_succeeded(Ticket(3)).exporting(r#"{"JIRA": "ABC-1"}"#);
/// let line = event.at(Timestamp::from_millis(1_700_000_000_000)).to_json()?;
/// assert!(line.contains("hook-succeeded"));
/// # Ok::<(), promoflow::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    kind: EventKind<'a>,
    at: Option<Timestamp>,
}

/// The kinds of events, and what each of them says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind<'a> {
    /// The time has come that [`Release::next_timer`](crate::Release::next_timer) has named.
    Tick,
    /// A hook has succeeded.
    HookSucceeded {
        /// Of its command.
        ticket: Ticket,
        /// What it exported: one JSON object, as it came from the hook.
        context: Option<Cow<'a, [u8]>>,
    },
    /// A hook has failed.
    HookFailed {
        /// Of its command.
        ticket: Ticket,
        /// Why, for people and for `onFail` hooks.
        message: Cow<'a, str>,
        /// What it exported nevertheless: it is recorded, not merged.
        context: Option<Cow<'a, [u8]>>,
    },
    /// A promotion has succeeded.
    PromotionSucceeded {
        /// Of its command.
        ticket: Ticket,
    },
    /// A promotion has failed, or an environment while it was watched.
    PromotionFailed {
        /// Of its command.
        ticket: Ticket,
        /// Why.
        message: Cow<'a, str>,
    },
    /// A command waits for a person.
    Suspended {
        /// The command's.
        ticket: Ticket,
    },
    /// The person has decided.
    Resumed {
        /// The command's.
        ticket: Ticket,
        /// Who has decided.
        by: Option<Cow<'a, str>>,
    },
    /// There is no room for a command yet: its timeout stops.
    Queued {
        /// The command's.
        ticket: Ticket,
    },
    /// The command has begun: its timeout counts anew.
    Started {
        /// The command's.
        ticket: Ticket,
    },
    /// An operator ends the release.
    Terminate {
        /// Why.
        reason: Cow<'a, str>,
        /// At once, without `onFail` hooks.
        force: bool,
        /// Who asked.
        by: Option<Cow<'a, str>>,
    },
    /// An operator lets what failed go on.
    Retry {
        /// These environments; `None`: all, in a release that has ended.
        environments: Option<Vec<Cow<'a, str>>>,
        /// Who asked.
        by: Option<Cow<'a, str>>,
    },
    /// An operator goes on without an environment.
    Skip {
        /// Which.
        environment: Cow<'a, str>,
        /// Why.
        reason: Cow<'a, str>,
        /// Who asked.
        by: Option<Cow<'a, str>>,
    },
    /// The first event of a run's journal: the line of [`Flow::start_json`](crate::Flow::start_json).
    ReleaseStarted {
        /// The whole line.
        line: Cow<'a, str>,
    },
}

/// What a hook exports: JSON text as it came, checked by the release.
pub trait Export<'a> {
    /// The text.
    fn into_export(self) -> Cow<'a, [u8]>;
}

macro_rules! exports {
    ($($kind:ty: |$text:ident| $body:expr;)*) => {
        $(impl<'a> Export<'a> for $kind {
            fn into_export(self) -> Cow<'a, [u8]> {
                let $text = self;
                $body
            }
        })*
    };
}

exports! {
    &'a str: |text| Cow::Borrowed(text.as_bytes());
    &'a String: |text| Cow::Borrowed(text.as_bytes());
    &'a [u8]: |text| Cow::Borrowed(text);
    String: |text| Cow::Owned(text.into_bytes());
    Vec<u8>: |text| Cow::Owned(text);
    Cow<'a, [u8]>: |text| text;
}

impl<'a> Event<'a> {
    fn new(kind: EventKind<'a>) -> Self {
        Self { kind, at: None }
    }

    /// The time has come.
    pub fn tick() -> Self {
        Self::new(EventKind::Tick)
    }

    /// A hook has succeeded.
    pub fn hook_succeeded(ticket: Ticket) -> Self {
        Self::new(EventKind::HookSucceeded {
            ticket,
            context: None,
        })
    }

    /// A hook has failed.
    pub fn hook_failed(ticket: Ticket, message: impl Into<Cow<'a, str>>) -> Self {
        Self::new(EventKind::HookFailed {
            ticket,
            message: message.into(),
            context: None,
        })
    }

    /// A promotion has succeeded.
    pub fn promotion_succeeded(ticket: Ticket) -> Self {
        Self::new(EventKind::PromotionSucceeded { ticket })
    }

    /// A promotion has failed, or an environment while it was watched.
    pub fn promotion_failed(ticket: Ticket, message: impl Into<Cow<'a, str>>) -> Self {
        Self::new(EventKind::PromotionFailed {
            ticket,
            message: message.into(),
        })
    }

    /// A command waits for a person.
    pub fn suspended(ticket: Ticket) -> Self {
        Self::new(EventKind::Suspended { ticket })
    }

    /// The person has decided.
    pub fn resumed(ticket: Ticket) -> Self {
        Self::new(EventKind::Resumed { ticket, by: None })
    }

    /// There is no room for a command yet.
    pub fn queued(ticket: Ticket) -> Self {
        Self::new(EventKind::Queued { ticket })
    }

    /// A command that was queued has begun.
    pub fn started(ticket: Ticket) -> Self {
        Self::new(EventKind::Started { ticket })
    }

    /// An operator ends the release: what runs is cancelled, `onFail` hooks run.
    pub fn terminate(reason: impl Into<Cow<'a, str>>) -> Self {
        Self::new(EventKind::Terminate {
            reason: reason.into(),
            force: false,
            by: None,
        })
    }

    /// An operator ends the release at once.
    pub fn terminate_by_force(reason: impl Into<Cow<'a, str>>) -> Self {
        Self::new(EventKind::Terminate {
            reason: reason.into(),
            force: true,
            by: None,
        })
    }

    /// An operator lets everything that failed go on, in a release that has ended.
    pub fn retry() -> Self {
        Self::new(EventKind::Retry {
            environments: None,
            by: None,
        })
    }

    /// An operator lets these environments go on, also while others run.
    pub fn retry_environments<S: Into<Cow<'a, str>>>(names: impl IntoIterator<Item = S>) -> Self {
        let environments = Some(names.into_iter().map(Into::into).collect());
        Self::new(EventKind::Retry {
            environments,
            by: None,
        })
    }

    /// An operator goes on without an environment. `reason` may be empty.
    pub fn skip(environment: impl Into<Cow<'a, str>>, reason: impl Into<Cow<'a, str>>) -> Self {
        let (environment, reason) = (environment.into(), reason.into());
        Self::new(EventKind::Skip {
            environment,
            reason,
            by: None,
        })
    }

    /// Sets what a hook exported: JSON text, as it came. Other events have no export, and are left
    /// as they are.
    #[must_use]
    pub fn exporting(mut self, export: impl Export<'a>) -> Self {
        if let EventKind::HookSucceeded { context, .. } | EventKind::HookFailed { context, .. } =
            &mut self.kind
        {
            *context = Some(export.into_export());
        }
        self
    }

    /// Sets who asked for it, or who has decided. Other events than an operator's and
    /// [`EventKind::Resumed`] are left as they are.
    #[must_use]
    pub fn by(mut self, who: impl Into<Cow<'a, str>>) -> Self {
        if let EventKind::Resumed { by, .. }
        | EventKind::Terminate { by, .. }
        | EventKind::Retry { by, .. }
        | EventKind::Skip { by, .. } = &mut self.kind
        {
            *by = Some(who.into());
        }
        self
    }

    /// Sets the time. Time never runs backwards in a release: an earlier one counts as the latest.
    #[must_use]
    pub fn at(mut self, at: impl Into<Timestamp>) -> Self {
        self.at = Some(at.into());
        self
    }

    /// What has happened.
    pub fn kind(&self) -> &EventKind<'a> {
        &self.kind
    }

    /// When, if it was given.
    pub fn time(&self) -> Option<Timestamp> {
        self.at
    }

    /// One line of JSON without line end, for the host's journal: store it, then apply the event.
    ///
    /// # Errors
    /// [`InvalidArgument`](ErrorCode::InvalidArgument): the event has no time, so that what is
    /// stored and what is applied could differ.
    pub fn to_json(&self) -> Result<String> {
        if self.at.is_none() {
            return Err(without_time("event"));
        }
        // SAFETY: the struct and its texts live until the call returns.
        self.with_raw(|raw| {
            buffer(|out, error| unsafe { sys::promoflow_event_json(raw, out, error) })
        })
    }

    /// Calls `body` with the struct, which lives until it returns.
    #[inline]
    pub(crate) fn with_raw<T>(&self, body: impl FnOnce(&sys::promoflow_event) -> T) -> T {
        let at = self.at.unwrap_or_else(Timestamp::now);
        let mut raw = sys::promoflow_event {
            at_ms: at.as_millis(),
            ..Default::default()
        };
        let mut names = Vec::new();
        self.kind.fill(&mut raw, &mut names);
        if raw.environment_count != 0 {
            raw.environments = names.as_ptr();
        }
        body(&raw)
    }

    /// # Safety
    /// What `raw` points to lives for `'a`.
    pub(crate) unsafe fn from_raw(raw: &sys::promoflow_event) -> Option<Self> {
        // SAFETY: the caller's promise.
        let kind = unsafe { EventKind::from_raw(raw) }?;
        Some(Self {
            kind,
            at: Some(Timestamp::from_millis(raw.at_ms)),
        })
    }
}

pub(crate) fn without_time(what: &str) -> Error {
    let message = format!("an {what} that is stored needs a time: give it one with at()");
    Error::new(ErrorCode::InvalidArgument, "at", message)
}

impl<'a> EventKind<'a> {
    fn fill(&self, raw: &mut sys::promoflow_event, names: &mut Vec<sys::promoflow_str>) {
        let export = |context: &Option<Cow<'a, [u8]>>| context.as_deref().map_or(NONE, bytes_in);
        let who = |by: &Option<Cow<'a, str>>| optional_in(by.as_deref());
        let (kind, ticket) = match self {
            Self::Tick => (sys::PROMOFLOW_EVENT_TICK, 0),
            Self::HookSucceeded { ticket, context } => {
                raw.context = export(context);
                (sys::PROMOFLOW_EVENT_HOOK_SUCCEEDED, ticket.0)
            }
            Self::HookFailed {
                ticket,
                message,
                context,
            } => {
                raw.text = text_in(message);
                raw.context = export(context);
                (sys::PROMOFLOW_EVENT_HOOK_FAILED, ticket.0)
            }
            Self::PromotionSucceeded { ticket } => {
                (sys::PROMOFLOW_EVENT_PROMOTION_SUCCEEDED, ticket.0)
            }
            Self::PromotionFailed { ticket, message } => {
                raw.text = text_in(message);
                (sys::PROMOFLOW_EVENT_PROMOTION_FAILED, ticket.0)
            }
            Self::Suspended { ticket } => (sys::PROMOFLOW_EVENT_SUSPENDED, ticket.0),
            Self::Resumed { ticket, by } => {
                raw.by = who(by);
                (sys::PROMOFLOW_EVENT_RESUMED, ticket.0)
            }
            Self::Queued { ticket } => (sys::PROMOFLOW_EVENT_QUEUED, ticket.0),
            Self::Started { ticket } => (sys::PROMOFLOW_EVENT_STARTED, ticket.0),
            Self::Terminate { reason, force, by } => {
                raw.text = text_in(reason);
                raw.force = i32::from(*force);
                raw.by = who(by);
                (sys::PROMOFLOW_EVENT_TERMINATE, 0)
            }
            Self::Retry { environments, by } => {
                raw.by = who(by);
                if let Some(environments) = environments {
                    names.extend(environments.iter().map(|name| text_in(name)));
                    raw.environment_count = names.len() as u64;
                    raw.environments = ptr::NonNull::dangling().as_ptr(); // An empty list is one.
                }
                (sys::PROMOFLOW_EVENT_RETRY, 0)
            }
            Self::Skip {
                environment,
                reason,
                by,
            } => {
                raw.environment = text_in(environment);
                raw.text = text_in(reason);
                raw.by = who(by);
                (sys::PROMOFLOW_EVENT_SKIP, 0)
            }
            Self::ReleaseStarted { line } => {
                raw.text = text_in(line);
                (sys::PROMOFLOW_EVENT_RELEASE_STARTED, 0)
            }
        };
        raw.kind = kind;
        raw.ticket = ticket;
    }

    /// # Safety
    /// What `raw` points to lives for `'a`.
    unsafe fn from_raw(raw: &sys::promoflow_event) -> Option<Self> {
        let ticket = Ticket(raw.ticket);
        // SAFETY: the caller's promise.
        let (message, by, environment, context, names) = unsafe {
            let by = optional_out(raw.by).filter(|by| !by.is_empty());
            let has_context = !raw.context.data.is_null();
            let context: Option<Cow<'a, [u8]>> = has_context.then(|| bytes_out(raw.context).into());
            let names = names_out(raw.environments, raw.environment_count);
            let message: Cow<'a, str> = text_out(raw.text).into();
            (
                message,
                by.map(Cow::from),
                text_out(raw.environment),
                context,
                names,
            )
        };
        Some(match raw.kind {
            sys::PROMOFLOW_EVENT_TICK => Self::Tick,
            sys::PROMOFLOW_EVENT_HOOK_SUCCEEDED => Self::HookSucceeded { ticket, context },
            sys::PROMOFLOW_EVENT_HOOK_FAILED => Self::HookFailed {
                ticket,
                message,
                context,
            },
            sys::PROMOFLOW_EVENT_PROMOTION_SUCCEEDED => Self::PromotionSucceeded { ticket },
            sys::PROMOFLOW_EVENT_PROMOTION_FAILED => Self::PromotionFailed { ticket, message },
            sys::PROMOFLOW_EVENT_SUSPENDED => Self::Suspended { ticket },
            sys::PROMOFLOW_EVENT_RESUMED => Self::Resumed { ticket, by },
            sys::PROMOFLOW_EVENT_QUEUED => Self::Queued { ticket },
            sys::PROMOFLOW_EVENT_STARTED => Self::Started { ticket },
            sys::PROMOFLOW_EVENT_TERMINATE => Self::Terminate {
                reason: message,
                force: raw.force == 1,
                by,
            },
            sys::PROMOFLOW_EVENT_RETRY => {
                let names: Vec<Cow<'a, str>> = names.into_iter().map(Cow::from).collect();
                Self::Retry {
                    environments: (!raw.environments.is_null()).then_some(names),
                    by,
                }
            }
            sys::PROMOFLOW_EVENT_SKIP => Self::Skip {
                environment: environment.into(),
                reason: message,
                by,
            },
            sys::PROMOFLOW_EVENT_RELEASE_STARTED => Self::ReleaseStarted { line: message },
            _ => return None,
        })
    }
}
