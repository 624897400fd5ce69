// SPDX-License-Identifier: Apache-2.0
//! Records: everything that happens to a release, in order.
use crate::command::{Command, Source};
use crate::context::writer;
use crate::error::ErrorCode;
use crate::raw::{bytes_out, optional_out, text_out};
use crate::values::{EnvironmentStatus, ReleaseStatus, Ticket, Timestamp};
use promoflow_sys as sys;

/// Something that has happened to a release, and when. It is borrowed from the release, or the
/// trace, that it came from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Record<'a> {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: RecordKind<'a>,
}

/// What has happened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RecordKind<'a> {
    /// A tick was applied.
    Tick,
    /// A hook has succeeded.
    HookSucceeded {
        /// Of its command.
        ticket: Ticket,
        /// What it exported.
        context: Option<&'a [u8]>,
    },
    /// A hook has failed.
    HookFailed {
        /// Of its command.
        ticket: Ticket,
        /// Why.
        message: &'a str,
        /// What it exported.
        context: Option<&'a [u8]>,
    },
    /// A promotion has succeeded.
    PromotionSucceeded {
        /// Of its command.
        ticket: Ticket,
    },
    /// A promotion has failed.
    PromotionFailed {
        /// Of its command.
        ticket: Ticket,
        /// Why.
        message: &'a str,
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
        /// Who.
        by: Option<&'a str>,
    },
    /// A command waits for room.
    Queued {
        /// The command's.
        ticket: Ticket,
    },
    /// A command that was queued has begun.
    Started {
        /// The command's.
        ticket: Ticket,
    },
    /// An operator has ended the release.
    Terminate {
        /// Why.
        reason: &'a str,
        /// At once.
        force: bool,
        /// Who asked.
        by: Option<&'a str>,
    },
    /// An operator has let what failed go on.
    Retry {
        /// How many environments were named; 0: all of them. Their names are in the line of it.
        environment_count: u64,
        /// Who asked.
        by: Option<&'a str>,
    },
    /// An operator has skipped an environment.
    Skip {
        /// Which.
        environment: &'a str,
        /// Why.
        reason: &'a str,
        /// Who asked.
        by: Option<&'a str>,
    },
    /// The release took another status.
    Release {
        /// The new one.
        status: ReleaseStatus,
        /// Why, where there is a reason.
        message: &'a str,
    },
    /// An environment took another status.
    Environment {
        /// Which.
        environment: &'a str,
        /// The new one.
        status: EnvironmentStatus,
        /// Why, where there is a reason.
        message: &'a str,
    },
    /// A command was issued.
    Command(Command<'a>),
    /// An operator's action was refused. In traces only.
    Refused {
        /// `retry`, `skip` or `terminate`.
        action: &'a str,
        /// Why.
        code: ErrorCode,
        /// Who asked.
        by: Option<&'a str>,
    },
    /// An environment was watched, and nothing failed.
    Soaked {
        /// Of its promotion.
        ticket: Ticket,
    },
    /// Two writes to a key conflict.
    Conflict {
        /// The key.
        key: &'a str,
        /// Who wrote first.
        earlier: Ticket,
        /// Who wrote last.
        later: Ticket,
    },
    /// A key was written that no hook gets.
    Shadowed {
        /// The key.
        key: &'a str,
        /// Who wrote it; `None`: it was given at the start.
        writer: Option<Ticket>,
    },
    /// One that this version of the crate does not know.
    Unknown,
}

impl<'a> Record<'a> {
    /// The command, if one was issued.
    pub fn command(&self) -> Option<&Command<'a>> {
        match &self.kind {
            RecordKind::Command(command) => Some(command),
            _ => None,
        }
    }

    /// # Safety
    /// Both were given by `source`, which lives and does not change for `'a`.
    /// `name` gives the names of its flow's environments.
    pub(crate) unsafe fn from_raw(
        raw: &sys::promoflow_record,
        command: &sys::promoflow_command,
        source: Source,
        name: impl FnOnce(u32) -> &'a str,
    ) -> Self {
        // SAFETY: the caller's promise.
        let kind = unsafe { RecordKind::from_raw(raw, command, source, name) };
        Self {
            at: Timestamp::from_millis(raw.at_ms),
            kind,
        }
    }
}

impl<'a> RecordKind<'a> {
    /// # Safety
    /// As [`Record::from_raw`].
    unsafe fn from_raw(
        raw: &sys::promoflow_record,
        command: &sys::promoflow_command,
        source: Source,
        name: impl FnOnce(u32) -> &'a str,
    ) -> Self {
        let ticket = Ticket(raw.ticket);
        // SAFETY: the caller's promise.
        let (text, by, context) = unsafe {
            let has_context = !raw.context.data.is_null();
            let context = has_context.then(|| bytes_out(raw.context));
            (text_out(raw.text), optional_out(raw.by), context)
        };
        match raw.kind {
            sys::PROMOFLOW_EVENT_TICK => Self::Tick,
            sys::PROMOFLOW_EVENT_HOOK_SUCCEEDED => Self::HookSucceeded { ticket, context },
            sys::PROMOFLOW_EVENT_HOOK_FAILED => Self::HookFailed {
                ticket,
                message: text,
                context,
            },
            sys::PROMOFLOW_EVENT_PROMOTION_SUCCEEDED => Self::PromotionSucceeded { ticket },
            sys::PROMOFLOW_EVENT_PROMOTION_FAILED => Self::PromotionFailed {
                ticket,
                message: text,
            },
            sys::PROMOFLOW_EVENT_SUSPENDED => Self::Suspended { ticket },
            sys::PROMOFLOW_EVENT_RESUMED => Self::Resumed { ticket, by },
            sys::PROMOFLOW_EVENT_QUEUED => Self::Queued { ticket },
            sys::PROMOFLOW_EVENT_STARTED => Self::Started { ticket },
            sys::PROMOFLOW_EVENT_TERMINATE => Self::Terminate {
                reason: text,
                force: raw.force == 1,
                by,
            },
            sys::PROMOFLOW_EVENT_RETRY => Self::Retry {
                environment_count: raw.environment_count,
                by,
            },
            sys::PROMOFLOW_EVENT_SKIP => Self::Skip {
                environment: name(raw.environment),
                reason: text,
                by,
            },
            sys::PROMOFLOW_RECORD_RELEASE => Self::Release {
                status: ReleaseStatus::from_raw(raw.status),
                message: text,
            },
            sys::PROMOFLOW_RECORD_ENVIRONMENT => Self::Environment {
                environment: name(raw.environment),
                status: EnvironmentStatus::from_raw(raw.status),
                message: text,
            },
            sys::PROMOFLOW_RECORD_RUN_HOOK
            | sys::PROMOFLOW_RECORD_PROMOTE
            | sys::PROMOFLOW_RECORD_CANCEL => {
                // SAFETY: the caller's promise.
                Self::Command(unsafe { Command::from_raw(command, source) })
            }
            sys::PROMOFLOW_RECORD_REFUSED => Self::Refused {
                action: text,
                code: ErrorCode::from_raw(raw.status),
                by,
            },
            sys::PROMOFLOW_RECORD_SOAKED => Self::Soaked { ticket },
            sys::PROMOFLOW_RECORD_CONFLICT => Self::Conflict {
                key: text,
                earlier: Ticket(raw.earlier),
                later: ticket,
            },
            sys::PROMOFLOW_RECORD_SHADOWED => Self::Shadowed {
                key: text,
                writer: writer(raw.ticket),
            },
            _ => Self::Unknown,
        }
    }
}
