// SPDX-License-Identifier: Apache-2.0
#![doc = include_str!("../README.md")]
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]
#![warn(missing_debug_implementations, rust_2018_idioms)]

#[cfg(feature = "async")]
mod asynchronous;
mod builder;
mod callbacks;
mod command;
mod context;
mod error;
mod event;
mod executor;
mod flow;
mod library;
mod manifest;
mod raw;
mod record;
mod release;
mod render;
mod scenario;
mod simulation;
mod values;

#[cfg(feature = "async")]
pub use asynchronous::{
    resume_async, run_async, AsyncCall, AsyncClock, AsyncControl, AsyncExecutor, AsyncRunOptions,
    BoxFuture, Failure,
};
pub use builder::{Argument, FlowBuilder, Hook, Retry, Step};
pub use command::{
    ArgumentPair, Arguments, Command, Commands, ContextEntries, Outstanding, OwnedCommand,
    OwnedPromote, OwnedRunHook, Promote, RunHook,
};
pub use context::{ContextConflict, ContextEntry, RejectedExport, ShadowedKey};
pub use error::{Error, ErrorCode, Result};
pub use event::{Event, EventKind, Export};
pub use executor::{
    resume, retry, run, Clock, Control, Executor, HookCall, HostError, PromotionCall, Reply,
    RunOptions, Waiting,
};
pub use flow::{Environment, Flow, FlowOptions};
pub use library::{check_library, manifest_schema, scenario_schema, version};
pub use manifest::{
    Diagnostic, DiagnosticCode, DiagnosticFormat, Manifest, ReadOptions, Severity, TextFormat,
};
pub use record::{Record, RecordKind};
pub use release::{
    EnvironmentState, PendingReason, Records, Release, ReleaseInfo, ReleaseState, Start,
};
pub use render::{Render, RenderFormat};
pub use scenario::{Action, ActionKind, Outcome, Scenario, ScenarioParts};
pub use simulation::{simulate, simulate_with, ScenarioPart, Trace};
pub use values::{
    format_duration, parse_duration, AdmissionBlock, ContextMerge, EnvironmentStatus,
    FailurePolicy, OnError, Point, PolicyAction, ReleaseStatus, Selection, Ticket, Timestamp,
};
