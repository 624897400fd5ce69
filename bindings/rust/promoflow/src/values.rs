// SPDX-License-Identifier: Apache-2.0
//! Small values: tickets, times, and the words that the library has numbers for.
use crate::raw::static_text;
use promoflow_sys as sys;
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Names a command of one release; its answer is given under it. With the release's id it is an
/// idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A moment in UTC, in whole milliseconds since 1970. The library reads no clock: each event
/// brings its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Milliseconds since 1970, UTC.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970, UTC.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The time of the system's clock.
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// The time from `earlier` until this, or zero if it is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0).max(0) as u64)
    }

    pub(crate) fn from_raw(millis: i64) -> Option<Self> {
        (millis != sys::PROMOFLOW_NO_TIME).then_some(Self(millis))
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        Self(match time.duration_since(UNIX_EPOCH) {
            Ok(after) => after.as_millis().min(i64::MAX as u128) as i64,
            Err(before) => -(before.duration().as_millis().min(i64::MAX as u128) as i64),
        })
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(millis_of(duration)))
    }
}

/// Whole milliseconds, rounded up: a limit of less than one is not taken for none.
pub(crate) fn millis_of(duration: Duration) -> i64 {
    let nanos = duration.as_nanos();
    let millis = nanos / 1_000_000 + u128::from(nanos % 1_000_000 != 0);
    millis.min(i64::MAX as u128) as i64
}

pub(crate) fn duration_of(millis: i64) -> Duration {
    Duration::from_millis(millis.max(0) as u64)
}

/// An enumeration over numbers of the C ABI. A library that is newer than this crate may know more.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $as_str:expr, $($(#[$of:meta])* $word:ident = $raw:ident,)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$of])* $word,)*
            /// One that this version of the crate does not know.
            Unknown,
        }

        impl $name {
            #[allow(dead_code)] // Of some only one direction is needed.
            pub(crate) fn from_raw(raw: i32) -> Self {
                match raw {
                    $(sys::$raw => Self::$word,)*
                    _ => Self::Unknown,
                }
            }

            #[allow(dead_code)]
            pub(crate) fn raw(self) -> i32 {
                match self {
                    $(Self::$word => sys::$raw,)*
                    Self::Unknown => -1, // Refused as out of range.
                }
            }

            /// The word that manifests, messages and traces have for it.
            pub fn as_str(self) -> &'static str {
                #[allow(clippy::redundant_closure_call)]
                ($as_str)(self.raw())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use words;

/// The word for a number, from the library.
macro_rules! named_by {
    ($function:ident) => {
        // SAFETY: any number is allowed.
        |raw| static_text(unsafe { sys::$function(raw) })
    };
}
pub(crate) use named_by;

words! {
    /// Where in a flow a hook stands.
    Point, named_by!(promoflow_point_name),
    /// When the release starts.
    ReleaseOnStart = PROMOFLOW_POINT_RELEASE_ON_START,
    /// When the release has succeeded.
    ReleaseOnSuccess = PROMOFLOW_POINT_RELEASE_ON_SUCCESS,
    /// When the release has failed.
    ReleaseOnFail = PROMOFLOW_POINT_RELEASE_ON_FAIL,
    /// Before an environment is promoted into.
    EnvironmentOnStart = PROMOFLOW_POINT_ENVIRONMENT_ON_START,
    /// After an environment was promoted into.
    EnvironmentOnSuccess = PROMOFLOW_POINT_ENVIRONMENT_ON_SUCCESS,
    /// When an environment has failed.
    EnvironmentOnFail = PROMOFLOW_POINT_ENVIRONMENT_ON_FAIL,
}

words! {
    /// The status of a release.
    ReleaseStatus, named_by!(promoflow_release_status_name),
    /// It goes on.
    Running = PROMOFLOW_RELEASE_RUNNING,
    /// It waits for a person.
    Suspended = PROMOFLOW_RELEASE_SUSPENDED,
    /// It is being terminated.
    Terminating = PROMOFLOW_RELEASE_TERMINATING,
    /// It has ended well.
    Succeeded = PROMOFLOW_RELEASE_SUCCEEDED,
    /// It has failed.
    Failed = PROMOFLOW_RELEASE_FAILED,
    /// It was terminated.
    Terminated = PROMOFLOW_RELEASE_TERMINATED,
}

impl ReleaseStatus {
    /// Whether a release in this status has ended. An operator can still retry it or skip an
    /// environment.
    pub fn is_final(self) -> bool {
        // SAFETY: any number is allowed.
        unsafe { sys::promoflow_is_final(self.raw()) == 1 }
    }
}

words! {
    /// The status of an environment.
    EnvironmentStatus, named_by!(promoflow_environment_status_name),
    /// It has not begun.
    Pending = PROMOFLOW_ENVIRONMENT_PENDING,
    /// It goes on.
    Running = PROMOFLOW_ENVIRONMENT_RUNNING,
    /// It waits for a person.
    Suspended = PROMOFLOW_ENVIRONMENT_SUSPENDED,
    /// It has ended well.
    Successful = PROMOFLOW_ENVIRONMENT_SUCCESSFUL,
    /// It has failed.
    Failed = PROMOFLOW_ENVIRONMENT_FAILED,
    /// It was terminated.
    Terminated = PROMOFLOW_ENVIRONMENT_TERMINATED,
    /// It is not promoted to.
    Skipped = PROMOFLOW_ENVIRONMENT_SKIPPED,
}

words! {
    /// How an environment is promoted into.
    PolicyAction, named_by!(promoflow_policy_action_name),
    /// A commit.
    Commit = PROMOFLOW_POLICY_COMMIT,
    /// A pull request.
    PullRequest = PROMOFLOW_POLICY_PR,
    /// Nothing is written.
    None = PROMOFLOW_POLICY_NONE,
}

words! {
    /// What happens to the rest of a release when an environment fails.
    FailurePolicy, named_by!(promoflow_failure_policy_name),
    /// Nothing new starts; what runs finishes.
    FailFast = PROMOFLOW_FAIL_FAST,
    /// What does not depend on the failed one goes on.
    Continue = PROMOFLOW_CONTINUE,
    /// Nothing new starts; what runs is cancelled.
    Abort = PROMOFLOW_ABORT,
}

words! {
    /// How the values that hooks export are merged into the promotion context.
    ContextMerge, named_by!(promoflow_context_merge_name),
    /// Key by key.
    Shallow = PROMOFLOW_MERGE_SHALLOW,
    /// Objects within objects, too.
    Deep = PROMOFLOW_MERGE_DEEP,
}

words! {
    /// What the failure of a hook means.
    OnError, named_by!(promoflow_on_error_name),
    /// Its environment, or the release, fails.
    Fail = PROMOFLOW_ON_ERROR_FAIL,
    /// It is recorded, and the next hook follows.
    Ignore = PROMOFLOW_ON_ERROR_IGNORE,
}

words! {
    /// Why no environment of a release begins at present.
    AdmissionBlock, named_by!(promoflow_block_name),
    /// They begin as their dependencies are met.
    None = PROMOFLOW_BLOCK_NONE,
    /// The release's `onStart` hooks have not succeeded yet.
    ReleaseStarting = PROMOFLOW_BLOCK_RELEASE_STARTING,
    /// One has failed or was terminated, and the failure policy is not `continue`.
    Failure = PROMOFLOW_BLOCK_FAILURE,
    /// The release is being terminated.
    Termination = PROMOFLOW_BLOCK_TERMINATION,
    /// The release has ended; a retry lets it go on.
    Final = PROMOFLOW_BLOCK_FINAL,
}

/// Which environments a release promotes to. Names must be those of the flow, and a list must not
/// be empty.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Selection {
    /// All of them.
    #[default]
    All,
    /// All but these.
    Skip(Vec<String>),
    /// These, and what they depend on.
    Until(Vec<String>),
    /// These alone.
    Only(Vec<String>),
}

impl Selection {
    fn parts(&self) -> (i32, &[String]) {
        match self {
            Self::All => (sys::PROMOFLOW_SELECT_ALL, &[]),
            Self::Skip(names) => (sys::PROMOFLOW_SELECT_SKIP, names),
            Self::Until(names) => (sys::PROMOFLOW_SELECT_UNTIL, names),
            Self::Only(names) => (sys::PROMOFLOW_SELECT_ONLY, names),
        }
    }

    /// Calls `body` with the struct, which lives until it returns.
    pub(crate) fn with_raw<T>(&self, body: impl FnOnce(&sys::promoflow_selection) -> T) -> T {
        let (kind, names) = self.parts();
        let names = crate::raw::names_in(names);
        let is_list = kind != sys::PROMOFLOW_SELECT_ALL;
        body(&sys::promoflow_selection {
            kind,
            environments: if is_list {
                names.as_ptr()
            } else {
                std::ptr::null()
            },
            environment_count: names.len() as u64,
            ..Default::default()
        })
    }

    /// # Safety
    /// The names of `raw` live.
    pub(crate) unsafe fn from_raw(raw: &sys::promoflow_selection) -> Self {
        // SAFETY: the caller's promise.
        let names = unsafe { names_out(raw.environments, raw.environment_count) };
        match raw.kind {
            sys::PROMOFLOW_SELECT_SKIP => Self::Skip(names),
            sys::PROMOFLOW_SELECT_UNTIL => Self::Until(names),
            sys::PROMOFLOW_SELECT_ONLY => Self::Only(names),
            _ => Self::All,
        }
    }
}

/// # Safety
/// `names` are `count` texts that live, or NULL.
pub(crate) unsafe fn names_out(names: *const sys::promoflow_str, count: u64) -> Vec<String> {
    if names.is_null() {
        return Vec::new();
    }
    // SAFETY: the caller's promise.
    let names = unsafe { std::slice::from_raw_parts(names, count as usize) };
    // SAFETY: likewise.
    names
        .iter()
        .map(|name| unsafe { crate::raw::text_out(*name) }.to_owned())
        .collect()
}

/// A duration as Go prints it: `1h30m`.
///
/// # Errors
/// [`InvalidArgument`](crate::ErrorCode::InvalidArgument): beyond 292 years.
pub fn format_duration(duration: Duration) -> crate::Result<String> {
    let millis = millis_of(duration);
    // SAFETY: out parameters of this call.
    crate::raw::buffer(|out, error| unsafe { sys::promoflow_duration_format(millis, out, error) })
}

/// A duration as Go reads it, in whole milliseconds.
///
/// # Errors
/// [`InvalidArgument`](crate::ErrorCode::InvalidArgument): none, or beyond 292 years.
pub fn parse_duration(text: &str) -> crate::Result<Duration> {
    let mut millis = 0;
    // SAFETY: out parameters of this call.
    crate::raw::with_error(|error| unsafe {
        sys::promoflow_duration_parse(crate::raw::text_in(text), &mut millis, error)
    })?;
    Ok(duration_of(millis))
}
