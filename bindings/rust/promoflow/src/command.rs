// SPDX-License-Identifier: Apache-2.0
//! Commands: what a release asks its host to do.
use crate::context::ContextEntry;
use crate::flow::policy_out;
use crate::raw::{buffer, optional_out, stride, text_out, with_error, Views};
use crate::values::{Point, PolicyAction, Ticket, Timestamp};
use promoflow_sys as sys;
use std::fmt;
use std::marker::PhantomData;

/// What a host is asked to do. It is borrowed from the release, or the trace, that it came from:
/// nothing of it was copied. [`to_owned`](Command::to_owned) copies it.
#[derive(Clone, Debug)]
pub enum Command<'a> {
    /// Run a hook; answer under its ticket.
    RunHook(RunHook<'a>),
    /// Promote into an environment; answer under its ticket.
    Promote(Promote<'a>),
    /// Stop what runs under this ticket. It needs no answer.
    Cancel(Ticket),
}

/// Where arguments and contexts of a command come from.
#[derive(Clone, Copy)]
pub(crate) enum Source {
    Release(*const sys::promoflow_release),
    Trace(*const sys::promoflow_trace),
}

impl<'a> Command<'a> {
    /// # Safety
    /// `raw` was given by `source`, which lives and does not change for `'a`.
    #[inline]
    pub(crate) unsafe fn from_raw(raw: &sys::promoflow_command, source: Source) -> Self {
        match raw.kind {
            sys::PROMOFLOW_COMMAND_RUN_HOOK => Self::RunHook(RunHook {
                raw: *raw,
                source,
                _from: PhantomData,
            }),
            sys::PROMOFLOW_COMMAND_PROMOTE => Self::Promote(Promote {
                raw: *raw,
                _from: PhantomData,
            }),
            _ => Self::Cancel(Ticket(raw.ticket)),
        }
    }

    /// Its ticket; of a cancellation, that of what is cancelled.
    pub fn ticket(&self) -> Ticket {
        match self {
            Self::RunHook(hook) => hook.ticket(),
            Self::Promote(promotion) => promotion.ticket(),
            Self::Cancel(ticket) => *ticket,
        }
    }

    /// A copy that can be kept, and handed to another thread.
    pub fn to_owned(&self) -> OwnedCommand {
        match self {
            Self::RunHook(hook) => OwnedCommand::RunHook(hook.to_owned()),
            Self::Promote(promotion) => OwnedCommand::Promote(promotion.to_owned()),
            Self::Cancel(ticket) => OwnedCommand::Cancel(*ticket),
        }
    }
}

/// A hook to run.
#[derive(Clone, Copy)]
pub struct RunHook<'a> {
    raw: sys::promoflow_command,
    source: Source,
    _from: PhantomData<&'a ()>,
}

/// An argument of a hook.
pub type ArgumentPair<'a> = (&'a str, &'a str);

impl<'a> RunHook<'a> {
    /// Its ticket.
    #[inline]
    pub fn ticket(&self) -> Ticket {
        Ticket(self.raw.ticket)
    }

    /// The hook's name.
    #[inline]
    pub fn hook(&self) -> &'a str {
        // SAFETY: the texts live for 'a.
        unsafe { text_out(self.raw.hook) }
    }

    /// Where it stands.
    pub fn point(&self) -> Point {
        Point::from_raw(self.raw.point)
    }

    /// Its environment; `None` at a release point.
    pub fn environment(&self) -> Option<&'a str> {
        // SAFETY: the texts live for 'a.
        unsafe { optional_out(self.raw.environment_name) }
    }

    /// From 1, and one more each time it is issued again.
    pub fn attempt(&self) -> u32 {
        self.raw.attempt
    }

    /// The arguments that the hook gets, in their order. The last of them are the keys of the
    /// promotion context.
    ///
    /// # Panics
    /// If memory runs out, as Rust's own collections do.
    #[inline]
    pub fn arguments(&self) -> Arguments<'a> {
        match self.source {
            Source::Release(release) => {
                let (mut first, mut count) = (std::ptr::null(), 0);
                // SAFETY: the command is of the release, which has not changed, and keeps for 'a
                // what it gives: so many arguments, at least the default ones.
                let found = unsafe {
                    with_error(|error| {
                        let (first, count) = (&mut first, &mut count);
                        sys::promoflow_command_argument_view(
                            release, &self.raw, first, count, error,
                        )
                    })
                    .expect("memory for the arguments");
                    std::slice::from_raw_parts(first, count)
                };
                Arguments(Views::Borrowed(found.iter()))
            }
            Source::Trace(trace) => {
                let probably = self.raw.argument_count as usize;
                // SAFETY: the command is of the trace; all is written as asked.
                Arguments(unsafe {
                    Views::filled(probably, |out, capacity, count| {
                        sys::promoflow_trace_arguments(trace, &self.raw, out, capacity, count)
                    })
                })
            }
        }
    }

    /// The value of an argument.
    pub fn argument(&self, name: &str) -> Option<&'a str> {
        self.arguments()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    /// The arguments as one compact JSON object.
    ///
    /// # Errors
    /// [`OutOfMemory`](crate::ErrorCode::OutOfMemory).
    pub fn arguments_json(&self) -> crate::Result<String> {
        // SAFETY: the command is of its source, which has not changed.
        buffer(|out, error| unsafe {
            match self.source {
                Source::Release(release) => {
                    sys::promoflow_command_arguments_json(release, &self.raw, out, error)
                }
                Source::Trace(trace) => {
                    sys::promoflow_trace_arguments_json(trace, &self.raw, out, error)
                }
            }
        })
    }

    /// The promotion context that the hook sees, key by key.
    #[inline]
    pub fn context(&self) -> ContextEntries<'a> {
        let stride = stride::<sys::promoflow_context_entry>();
        // SAFETY: the command is of its source, which has not changed; all is written as asked.
        ContextEntries(unsafe {
            Views::filled(16, |out, capacity, count| match self.source {
                Source::Release(release) => {
                    sys::promoflow_command_context(release, &self.raw, out, stride, capacity, count)
                }
                Source::Trace(trace) => sys::promoflow_trace_command_context(
                    trace, &self.raw, out, stride, capacity, count,
                ),
            })
        })
    }

    /// A copy that can be kept.
    pub fn to_owned(&self) -> OwnedRunHook {
        OwnedRunHook {
            ticket: self.ticket(),
            hook: self.hook().to_owned(),
            point: self.point(),
            environment: self.environment().map(str::to_owned),
            attempt: self.attempt(),
            arguments: copied(self.arguments()),
            context: self
                .context()
                .map(|entry| (entry.key.to_owned(), entry.json.to_owned()))
                .collect(),
        }
    }
}

fn copied(arguments: Arguments<'_>) -> Vec<(String, String)> {
    arguments
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

impl fmt::Debug for RunHook<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunHook")
            .field("ticket", &self.ticket().0)
            .field("hook", &self.hook())
            .field("point", &self.point())
            .field("environment", &self.environment())
            .field("attempt", &self.attempt())
            .finish()
    }
}

/// An environment to promote into.
#[derive(Clone, Copy)]
pub struct Promote<'a> {
    raw: sys::promoflow_command,
    _from: PhantomData<&'a ()>,
}

impl<'a> Promote<'a> {
    /// Its ticket.
    pub fn ticket(&self) -> Ticket {
        Ticket(self.raw.ticket)
    }

    /// The environment.
    pub fn environment(&self) -> &'a str {
        // SAFETY: the texts live for 'a.
        unsafe { text_out(self.raw.environment_name) }
    }

    /// How; `None`: the flow does not say.
    pub fn action(&self) -> Option<PolicyAction> {
        policy_out(self.raw.policy_action)
    }

    /// What is done before.
    pub fn pre_action(&self) -> Option<&'a str> {
        // SAFETY: the texts live for 'a.
        unsafe { optional_out(self.raw.policy_pre_action) }
    }

    /// What is done afterwards.
    pub fn post_action(&self) -> Option<&'a str> {
        // SAFETY: the texts live for 'a.
        unsafe { optional_out(self.raw.policy_post_action) }
    }

    /// From 1, and one more each time it is issued again.
    pub fn attempt(&self) -> u32 {
        self.raw.attempt
    }

    /// A copy that can be kept.
    pub fn to_owned(&self) -> OwnedPromote {
        OwnedPromote {
            ticket: self.ticket(),
            environment: self.environment().to_owned(),
            action: self.action(),
            pre_action: self.pre_action().map(str::to_owned),
            post_action: self.post_action().map(str::to_owned),
            attempt: self.attempt(),
        }
    }
}

impl fmt::Debug for Promote<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Promote")
            .field("ticket", &self.ticket().0)
            .field("environment", &self.environment())
            .field("attempt", &self.attempt())
            .finish()
    }
}

macro_rules! views {
    ($(#[$doc:meta])* $name:ident, $raw:ty, $item:ty, |$one:ident| $convert:expr) => {
        $(#[$doc])*
        pub struct $name<'a>(pub(crate) Views<'a, $raw>);

        impl<'a> Iterator for $name<'a> {
            type Item = $item;

            #[inline]
            fn next(&mut self) -> Option<$item> {
                let raw = self.0.next()?;
                let $one = &raw;
                // SAFETY: the texts live for 'a.
                Some(unsafe { $convert })
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                (self.0.left(), Some(self.0.left()))
            }
        }

        impl ExactSizeIterator for $name<'_> {}

        impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({} left)"), self.len())
            }
        }
    };
}

views! {
    /// The arguments of a hook: names and values, borrowed.
    Arguments, sys::promoflow_argument, ArgumentPair<'a>,
    |one| (text_out(one.name), text_out(one.value))
}

views! {
    /// The keys of a promotion context, borrowed.
    ContextEntries, sys::promoflow_context_entry, ContextEntry<'a>,
    |one| ContextEntry::from_raw(one)
}

/// A command that is neither answered nor cancelled.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outstanding<'a> {
    /// The command.
    pub command: Command<'a>,
    /// Whether it waits for a person.
    pub is_suspended: bool,
    /// Whether it waits for room.
    pub is_queued: bool,
    /// When the release cancels it.
    pub expires: Option<Timestamp>,
}

impl Outstanding<'_> {
    /// # Safety
    /// As [`Command::from_raw`].
    pub(crate) unsafe fn from_raw(raw: &sys::promoflow_command, source: Source) -> Self {
        Self {
            // SAFETY: the caller's promise.
            command: unsafe { Command::from_raw(raw, source) },
            is_suspended: raw.suspended == 1,
            is_queued: raw.queued == 1,
            expires: Timestamp::from_raw(raw.expires_ms),
        }
    }
}

/// A copy of a [`Command`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnedCommand {
    /// Run a hook.
    RunHook(OwnedRunHook),
    /// Promote into an environment.
    Promote(OwnedPromote),
    /// Stop what runs under this ticket.
    Cancel(Ticket),
}

/// A copy of a [`RunHook`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OwnedRunHook {
    /// Its ticket.
    pub ticket: Ticket,
    /// The hook's name.
    pub hook: String,
    /// Where it stands.
    pub point: Point,
    /// Its environment; `None` at a release point.
    pub environment: Option<String>,
    /// From 1, and one more each time it is issued again.
    pub attempt: u32,
    /// The arguments that the hook gets, in their order.
    pub arguments: Vec<(String, String)>,
    /// The promotion context that it sees: keys, and values as JSON.
    pub context: Vec<(String, String)>,
}

impl OwnedRunHook {
    /// The value of an argument.
    pub fn argument(&self, name: &str) -> Option<&str> {
        self.arguments
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// A copy of a [`Promote`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OwnedPromote {
    /// Its ticket.
    pub ticket: Ticket,
    /// The environment.
    pub environment: String,
    /// How; `None`: the flow does not say.
    pub action: Option<PolicyAction>,
    /// What is done before.
    pub pre_action: Option<String>,
    /// What is done afterwards.
    pub post_action: Option<String>,
    /// From 1, and one more each time it is issued again.
    pub attempt: u32,
}

/// The commands of a release, as they are taken: see [`Release::commands`](crate::Release::commands).
pub struct Commands<'a> {
    release: *mut sys::promoflow_release,
    _from: PhantomData<&'a mut ()>,
}

impl Commands<'_> {
    pub(crate) fn new(release: *mut sys::promoflow_release) -> Self {
        Self {
            release,
            _from: PhantomData,
        }
    }
}

impl<'a> Iterator for Commands<'a> {
    type Item = Command<'a>;

    #[inline]
    fn next(&mut self) -> Option<Command<'a>> {
        // SAFETY: the release is borrowed for 'a, so it neither changes nor ends meanwhile.
        unsafe { take(self.release) }.expect("memory for the next command")
    }
}

impl fmt::Debug for Commands<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Commands")
    }
}

/// Takes the next command.
///
/// # Safety
/// The release lives and does not change for `'a`.
#[inline]
pub(crate) unsafe fn take<'a>(
    release: *mut sys::promoflow_release,
) -> crate::Result<Option<Command<'a>>> {
    let mut raw = sys::promoflow_command::default();
    // SAFETY: the caller's promise.
    let status = with_error(|error| unsafe {
        sys::promoflow_release_next_command(release, &mut raw, error)
    })?;
    if status != sys::PROMOFLOW_OK {
        return Ok(None);
    }
    // SAFETY: likewise.
    Ok(Some(unsafe {
        Command::from_raw(&raw, Source::Release(release))
    }))
}
