// SPDX-License-Identifier: Apache-2.0
//! Errors as values: code, place, message, diagnostics.
use crate::manifest::{Diagnostic, Severity};
use crate::raw::{status_name, text_out, Handle};
use promoflow_sys as sys;
use std::fmt;

/// What every function that can fail returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, as one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// An argument is out of range or does not fit; [`Error::place`] names it.
    InvalidArgument,
    /// Memory ran out. Nothing was changed.
    OutOfMemory,
    /// A defect of the library.
    Internal,
    /// A bound was reached, such as that of a simulation's records.
    LimitExceeded,
    /// A manifest has errors: see [`Error::diagnostics`].
    InvalidManifest,
    /// A scenario has errors: see [`Error::diagnostics`].
    InvalidScenario,
    /// A flow that was built in code has errors: see [`Error::diagnostics`].
    InvalidFlow,
    /// The release never issued this ticket.
    UnknownTicket,
    /// The ticket was answered or cancelled before. A host that delivers each answer at least once
    /// ignores this.
    SettledTicket,
    /// The answer of a hook for a promotion, or the reverse.
    WrongKind,
    /// The release does not allow it in the state that it is in.
    NotAllowed,
    /// The flow has no environment of this name.
    UnknownEnvironment,
    /// A promotion context that is not one JSON object within the bounds.
    InvalidContext,
    /// A line of a journal that was not written as one.
    InvalidEvent,
    /// A snapshot that is damaged, or none at all.
    InvalidSnapshot,
    /// A snapshot or a journal of a release of another flow.
    SnapshotOfOtherFlow,
    /// A snapshot that a newer version of the library has written.
    SnapshotTooNew,
    /// The library that was loaded is not of the interface that this crate was made with.
    IncompatibleLibrary,
    /// A function of the host, such as a journal, has ended the run: see
    /// [`source()`](std::error::Error::source).
    Host,
    /// A code that this version of the crate does not know.
    Unknown,
}

const CODES: [(ErrorCode, i32); 17] = [
    (
        ErrorCode::InvalidArgument,
        sys::PROMOFLOW_E_INVALID_ARGUMENT,
    ),
    (ErrorCode::OutOfMemory, sys::PROMOFLOW_E_OUT_OF_MEMORY),
    (ErrorCode::Internal, sys::PROMOFLOW_E_INTERNAL),
    (ErrorCode::LimitExceeded, sys::PROMOFLOW_E_LIMIT_EXCEEDED),
    (
        ErrorCode::InvalidManifest,
        sys::PROMOFLOW_E_INVALID_MANIFEST,
    ),
    (
        ErrorCode::InvalidScenario,
        sys::PROMOFLOW_E_INVALID_SCENARIO,
    ),
    (ErrorCode::InvalidFlow, sys::PROMOFLOW_E_INVALID_FLOW),
    (ErrorCode::UnknownTicket, sys::PROMOFLOW_E_UNKNOWN_TICKET),
    (ErrorCode::SettledTicket, sys::PROMOFLOW_E_SETTLED_TICKET),
    (ErrorCode::WrongKind, sys::PROMOFLOW_E_WRONG_KIND),
    (ErrorCode::NotAllowed, sys::PROMOFLOW_E_NOT_ALLOWED),
    (
        ErrorCode::UnknownEnvironment,
        sys::PROMOFLOW_E_UNKNOWN_ENVIRONMENT,
    ),
    (ErrorCode::InvalidContext, sys::PROMOFLOW_E_INVALID_CONTEXT),
    (ErrorCode::InvalidEvent, sys::PROMOFLOW_E_INVALID_EVENT),
    (
        ErrorCode::InvalidSnapshot,
        sys::PROMOFLOW_E_INVALID_SNAPSHOT,
    ),
    (
        ErrorCode::SnapshotOfOtherFlow,
        sys::PROMOFLOW_E_SNAPSHOT_OF_OTHER_FLOW,
    ),
    (ErrorCode::SnapshotTooNew, sys::PROMOFLOW_E_SNAPSHOT_TOO_NEW),
];

impl ErrorCode {
    pub(crate) fn from_raw(status: i32) -> Self {
        CODES
            .iter()
            .find(|(_, raw)| *raw == status)
            .map_or(Self::Unknown, |(code, _)| *code)
    }

    /// The code's word, as traces and messages spell it: `settled-ticket`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IncompatibleLibrary => "incompatible-library",
            Self::Host => "host",
            _ => CODES
                .iter()
                .find(|(code, _)| *code == self)
                .map_or("unknown", |(_, raw)| status_name(*raw)),
        }
    }

    /// Whether a release refused an event, which changed nothing.
    pub fn is_refusal(self) -> bool {
        matches!(
            self,
            Self::UnknownTicket
                | Self::SettledTicket
                | Self::WrongKind
                | Self::NotAllowed
                | Self::UnknownEnvironment
        )
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

type Cause = Box<dyn std::error::Error + Send + Sync>;

struct Inner {
    code: ErrorCode,
    place: String,
    message: String,
    diagnostics: Vec<Diagnostic>,
    cause: Option<Cause>,
}

/// An error: what happened, where, and of texts all problems with their positions.
///
/// ```
/// use promoflow::{ErrorCode, Flow};
///
/// let error = Flow::load("kind: PromotionFlow\nspec: {steps: 7}").unwrap_err();
/// assert_eq!(error.code(), ErrorCode::InvalidManifest);
/// let first = &error.diagnostics()[0];
/// assert_eq!((first.line, first.code.as_str()), (1, "missing-field"));
/// ```
pub struct Error(Box<Inner>);

impl Error {
    pub(crate) fn new(code: ErrorCode, place: &str, message: impl Into<String>) -> Self {
        let (place, message) = (place.to_owned(), message.into());
        Self(Box::new(Inner {
            code,
            place,
            message,
            diagnostics: Vec::new(),
            cause: None,
        }))
    }

    pub(crate) fn of_host(what: &str, cause: Cause) -> Self {
        let mut error = Self::new(ErrorCode::Host, what, format!("the {what} failed: {cause}"));
        error.0.cause = Some(cause);
        error
    }

    pub(crate) fn of_diagnostics(
        code: ErrorCode,
        message: String,
        diagnostics: Vec<Diagnostic>,
    ) -> Self {
        let mut error = Self::new(code, "", message);
        if let Some(first) = diagnostics
            .iter()
            .find(|found| found.severity == Severity::Error)
        {
            error.0.place = format!("{}:{}", first.line, first.column);
        }
        error.0.diagnostics = diagnostics;
        error
    }

    /// # Safety
    /// `error` is NULL or an error of the library that is the caller's.
    pub(crate) unsafe fn take(status: i32, error: *mut sys::promoflow_error) -> Self {
        let code = ErrorCode::from_raw(status);
        if error.is_null() {
            return Self::new(code, "", status_name(status));
        }
        // SAFETY: the caller's promise; the texts are copied while the error lives.
        unsafe {
            let error = Handle::new(error);
            let place = text_out(sys::promoflow_error_where(error.get()));
            Self::new(
                code,
                place,
                text_out(sys::promoflow_error_message(error.get())),
            )
        }
    }

    /// What went wrong, as one word.
    pub fn code(&self) -> ErrorCode {
        self.0.code
    }

    /// What went wrong and what to do, for people.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The place: a parameter, a ticket, `line:column`; may be empty.
    pub fn place(&self) -> &str {
        &self.0.place
    }

    /// All problems of a text, in its order; empty for other errors.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.0.diagnostics
    }

    /// Whether a release refused an event, which changed nothing.
    pub fn is_refusal(&self) -> bool {
        self.code().is_refusal()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("code", &self.0.code)
            .field("place", &self.0.place)
            .field("message", &self.0.message)
            .field("diagnostics", &self.0.diagnostics.len())
            .finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0
            .cause
            .as_deref()
            .map(|cause| cause as &(dyn std::error::Error + 'static))
    }
}
