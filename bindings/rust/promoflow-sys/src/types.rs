// SPDX-License-Identifier: Apache-2.0
// Written by generate.py from promoflow.h.
//! The handles and structs of the C ABI.

use crate::promoflow_status;
use std::ffi::c_void;
use std::marker::{PhantomData, PhantomPinned};
use std::os::raw::c_char;

#[repr(C)]
pub struct promoflow_flow {
    _opaque: [u8; 0],
    _not_shared: PhantomData<(*mut u8, PhantomPinned)>,
}

#[repr(C)]
pub struct promoflow_manifest {
    _opaque: [u8; 0],
    _not_shared: PhantomData<(*mut u8, PhantomPinned)>,
}

#[repr(C)]
pub struct promoflow_configuration {
    _opaque: [u8; 0],
    _not_shared: PhantomData<(*mut u8, PhantomPinned)>,
}

#[repr(C)]
pub struct promoflow_builder {
    _opaque: [u8; 0],
    _not_shared: PhantomData<(*mut u8, PhantomPinned)>,
}

#[repr(C)]
pub struct promoflow_release {
    _opaque: [u8; 0],
    _not_shared: PhantomData<(*mut u8, PhantomPinned)>,
}

#[repr(C)]
pub struct promoflow_scenario {
    _opaque: [u8; 0],
    _not_shared: PhantomData<(*mut u8, PhantomPinned)>,
}

#[repr(C)]
pub struct promoflow_trace {
    _opaque: [u8; 0],
    _not_shared: PhantomData<(*mut u8, PhantomPinned)>,
}

#[repr(C)]
pub struct promoflow_reply {
    _opaque: [u8; 0],
    _not_shared: PhantomData<(*mut u8, PhantomPinned)>,
}

#[repr(C)]
pub struct promoflow_control {
    _opaque: [u8; 0],
    _not_shared: PhantomData<(*mut u8, PhantomPinned)>,
}

#[repr(C)]
pub struct promoflow_waiting {
    _opaque: [u8; 0],
    _not_shared: PhantomData<(*mut u8, PhantomPinned)>,
}

#[repr(C)]
pub struct promoflow_error {
    _opaque: [u8; 0],
    _not_shared: PhantomData<(*mut u8, PhantomPinned)>,
}

#[repr(C)]
pub struct promoflow_buffer {
    _opaque: [u8; 0],
    _not_shared: PhantomData<(*mut u8, PhantomPinned)>,
}

#[repr(C)]
pub struct promoflow_queue {
    _opaque: [u8; 0],
    _not_shared: PhantomData<(*mut u8, PhantomPinned)>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_str {
    pub data: *const c_char,
    pub size: usize,
}

zero_default!(promoflow_str);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_argument {
    pub name: promoflow_str,
    pub value: promoflow_str,
}

zero_default!(promoflow_argument);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_read_options {
    pub struct_size: u32,
    pub format: i32,
    pub text_bytes_max: u64,
    pub nodes_max: u64,
    pub name_bytes_max: u64,
    pub diagnostics_max: u64,
    pub depth_max: u32,
    pub reserved: u32,
    pub value_bytes_max: u64,
    pub work_max: u64,
}

zero_default!(promoflow_read_options, struct_size);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_diagnostic {
    pub struct_size: u32,
    pub code: i32,
    pub severity: i32,
    pub document: u32,
    pub line: u32,
    pub column: u32,
    pub length: u32,
    pub reserved: u32,
    pub pointer: promoflow_str,
    pub message: promoflow_str,
    pub hint: promoflow_str,
}

zero_default!(promoflow_diagnostic, struct_size);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_file {
    pub name: promoflow_str,
    pub text: promoflow_str,
}

zero_default!(promoflow_file);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_sarif_input {
    pub struct_size: u32,
    pub reserved: u32,
    pub file: promoflow_str,
    pub manifest: *const promoflow_manifest,
    pub scenario: *const promoflow_scenario,
}

zero_default!(promoflow_sarif_input, struct_size);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_flow_options {
    pub struct_size: u32,
    pub failure_policy: i32,
    pub context_merge: i32,
    pub reserved: u32,
    pub promotion_timeout_minutes: i64,
    pub post_trigger: promoflow_str,
    pub hook_timeout_ms: i64,
    pub termination_grace_period_ms: i64,
}

zero_default!(promoflow_flow_options, struct_size);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_step {
    pub struct_size: u32,
    pub policy_action: i32,
    pub policy_pre_action: promoflow_str,
    pub policy_post_action: promoflow_str,
    pub timeout_ms: i64,
    pub retry_duration_ms: i64,
    pub retry_max_duration_ms: i64,
    pub retry_factor: f64,
    pub retry_limit: u32,
    pub has_retry_max_duration: i32,
    pub soak_ms: i64,
}

zero_default!(promoflow_step, struct_size);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_assigned {
    pub struct_size: u32,
    pub json: i32,
    pub name: promoflow_str,
    pub value: promoflow_str,
}

zero_default!(promoflow_assigned, struct_size);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_hook {
    pub struct_size: u32,
    pub on_error: i32,
    pub name: promoflow_str,
    pub timeout_ms: i64,
    pub retry_duration_ms: i64,
    pub retry_max_duration_ms: i64,
    pub retry_factor: f64,
    pub retry_limit: u32,
    pub has_retry_max_duration: i32,
    pub argument_count: u64,
}

zero_default!(promoflow_hook, struct_size);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_release_info {
    pub struct_size: u32,
    pub reserved: u32,
    pub id: promoflow_str,
    pub url: promoflow_str,
    pub product: promoflow_str,
    pub version: promoflow_str,
    pub commit_sha: promoflow_str,
}

zero_default!(promoflow_release_info, struct_size);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_event {
    pub struct_size: u32,
    pub kind: i32,
    pub at_ms: i64,
    pub ticket: u64,
    pub text: promoflow_str,
    pub context: promoflow_str,
    pub by: promoflow_str,
    pub environment: promoflow_str,
    pub environments: *const promoflow_str,
    pub environment_count: u64,
    pub force: i32,
    pub reserved: u32,
}

zero_default!(promoflow_event, struct_size);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_command {
    pub struct_size: u32,
    pub kind: i32,
    pub ticket: u64,
    pub point: i32,
    pub environment: u32,
    pub attempt: u32,
    pub suspended: i32,
    pub expires_ms: i64,
    pub environment_name: promoflow_str,
    pub hook: promoflow_str,
    pub argument_count: u64,
    pub reference: u64,
    pub policy_pre_action: promoflow_str,
    pub policy_post_action: promoflow_str,
    pub policy_action: i32,
    pub queued: u32,
}

zero_default!(promoflow_command, struct_size);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_record {
    pub struct_size: u32,
    pub kind: i32,
    pub at_ms: i64,
    pub ticket: u64,
    pub status: i32,
    pub environment: u32,
    pub text: promoflow_str,
    pub context: promoflow_str,
    pub by: promoflow_str,
    pub earlier: u64,
    pub environment_count: u64,
    pub force: i32,
    pub reserved: u32,
}

zero_default!(promoflow_record, struct_size);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_state {
    pub struct_size: u32,
    pub status: i32,
    pub phase: promoflow_str,
    pub message: promoflow_str,
}

zero_default!(promoflow_state, struct_size);

/// Which environments a release promotes to (R16). Since 0.2. An empty list is refused.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_selection {
    pub struct_size: u32,
    pub kind: i32,
    pub environments: *const promoflow_str,
    pub environment_count: u64,
}

zero_default!(promoflow_selection, struct_size);

/// Why an environment is Pending (R17). Since 0.2. Environments are in step order.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_pending {
    pub struct_size: u32,
    pub block: i32,
    pub unmet: *const u32,
    pub unmet_count: u64,
    pub causes: *const u32,
    pub cause_count: u64,
}

zero_default!(promoflow_pending, struct_size);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_context_entry {
    pub struct_size: u32,
    pub shadowed: i32,
    pub writer: u64,
    pub key: promoflow_str,
    pub json: promoflow_str,
    pub text: promoflow_str,
}

zero_default!(promoflow_context_entry, struct_size);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_context_conflict {
    pub struct_size: u32,
    pub reserved: u32,
    pub key: promoflow_str,
    pub earlier: u64,
    pub later: u64,
}

zero_default!(promoflow_context_conflict, struct_size);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_shadowed_key {
    pub struct_size: u32,
    pub reserved: u32,
    pub key: promoflow_str,
    pub ticket: u64,
}

zero_default!(promoflow_shadowed_key, struct_size);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_rejected_export {
    pub struct_size: u32,
    pub reserved: u32,
    pub ticket: u64,
    pub reason: promoflow_str,
    pub text: promoflow_str,
}

zero_default!(promoflow_rejected_export, struct_size);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_outcome {
    pub struct_size: u32,
    pub point: i32,
    pub hook: promoflow_str,
    pub environment: promoflow_str,
    pub fail: promoflow_str,
    pub context: promoflow_str,
    pub after_ms: i64,
    pub suspend_ms: i64,
    pub has_suspend: i32,
    pub attempt: u32,
    pub fail_in_soak: promoflow_str,
    pub fail_in_soak_after_ms: i64,
    pub place: u32,
    pub reserved: u32,
}

zero_default!(promoflow_outcome, struct_size);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_action {
    pub struct_size: u32,
    pub kind: i32,
    pub at_ms: i64,
    pub reason: promoflow_str,
    pub by: promoflow_str,
    pub environment: promoflow_str,
    pub environments: *const promoflow_str,
    pub environment_count: u64,
    pub force: i32,
    pub reserved: u32,
}

zero_default!(promoflow_action, struct_size);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_render_options {
    pub struct_size: u32,
    pub format: i32,
    pub color: i32,
    pub ascii: i32,
    pub width: u32,
    pub reserved: u32,
}

zero_default!(promoflow_render_options, struct_size);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_hook_call {
    pub struct_size: u32,
    pub point: i32,
    pub ticket: u64,
    pub release_id: promoflow_str,
    pub hook: promoflow_str,
    pub environment: promoflow_str,
    pub context: promoflow_str,
    pub arguments: *const promoflow_argument,
    pub argument_count: u64,
    pub attempt: u32,
    pub reserved: u32,
    pub context_argument_count: u64,
    pub timeout_ms: i64,
}

zero_default!(promoflow_hook_call, struct_size);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_promotion_call {
    pub struct_size: u32,
    pub policy_action: i32,
    pub ticket: u64,
    pub release_id: promoflow_str,
    pub environment: promoflow_str,
    pub policy_pre_action: promoflow_str,
    pub policy_post_action: promoflow_str,
    pub arguments: *const promoflow_argument,
    pub argument_count: u64,
    pub attempt: u32,
    pub reserved: u32,
    pub timeout_ms: i64,
}

zero_default!(promoflow_promotion_call, struct_size);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_executor {
    pub struct_size: u32,
    pub reserved: u32,
    pub user: *mut c_void,
    pub run_hook: Option<
        unsafe extern "C" fn(
            call: *const promoflow_hook_call,
            reply: *mut promoflow_reply,
            user: *mut c_void,
        ),
    >,
    pub promote: Option<
        unsafe extern "C" fn(
            call: *const promoflow_promotion_call,
            reply: *mut promoflow_reply,
            user: *mut c_void,
        ),
    >,
    pub cancel:
        Option<unsafe extern "C" fn(release_id: promoflow_str, ticket: u64, user: *mut c_void)>,
    pub next_wake: Option<unsafe extern "C" fn(user: *mut c_void) -> i64>,
    pub wake: Option<unsafe extern "C" fn(now_ms: i64, user: *mut c_void)>,
    pub destroy: Option<unsafe extern "C" fn(user: *mut c_void)>,
    pub reports: u32,
    pub reserved_2: u32,
    pub reference: Option<
        unsafe extern "C" fn(
            release_id: promoflow_str,
            ticket: u64,
            attempt: u32,
            user: *mut c_void,
        ) -> *mut promoflow_buffer,
    >,
    pub recover_hook: Option<
        unsafe extern "C" fn(
            call: *const promoflow_hook_call,
            reference: promoflow_str,
            reply: *mut promoflow_reply,
            user: *mut c_void,
        ) -> i32,
    >,
    pub recover_promotion: Option<
        unsafe extern "C" fn(
            call: *const promoflow_promotion_call,
            reference: promoflow_str,
            reply: *mut promoflow_reply,
            user: *mut c_void,
        ) -> i32,
    >,
    pub recover_cancelled: Option<
        unsafe extern "C" fn(
            release_id: promoflow_str,
            ticket: u64,
            reference: promoflow_str,
            reply: *mut promoflow_reply,
            user: *mut c_void,
        ) -> i32,
    >,
    pub hold: Option<unsafe extern "C" fn(wait: i32, user: *mut c_void)>,
    pub settled:
        Option<unsafe extern "C" fn(release_id: promoflow_str, ticket: u64, user: *mut c_void)>,
    pub force: Option<unsafe extern "C" fn(release_id: promoflow_str, user: *mut c_void)>,
    pub hook_reference: Option<
        unsafe extern "C" fn(
            release_id: promoflow_str,
            ticket: u64,
            attempt: u32,
            user: *mut c_void,
        ) -> *mut promoflow_buffer,
    >,
}

zero_default!(promoflow_executor, struct_size);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_answer {
    pub struct_size: u32,
    pub kind: i32,
    pub text: promoflow_str,
    pub context: promoflow_str,
    pub by: promoflow_str,
}

zero_default!(promoflow_answer, struct_size);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_reply_target {
    pub struct_size: u32,
    pub reserved: u32,
    pub user: *mut c_void,
    pub take: Option<
        unsafe extern "C" fn(
            answer: *const promoflow_answer,
            user: *mut c_void,
        ) -> promoflow_status,
    >,
    pub destroy: Option<unsafe extern "C" fn(user: *mut c_void)>,
}

zero_default!(promoflow_reply_target, struct_size);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_clock {
    pub struct_size: u32,
    pub reserved: u32,
    pub user: *mut c_void,
    pub now: Option<unsafe extern "C" fn(user: *mut c_void) -> i64>,
    pub wait: Option<
        unsafe extern "C" fn(waiting: *mut promoflow_waiting, deadline_ms: i64, user: *mut c_void),
    >,
}

zero_default!(promoflow_clock, struct_size);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_run_options {
    pub struct_size: u32,
    pub reserved: u32,
    pub context: promoflow_str,
    pub control: *const promoflow_control,
    pub clock: *const promoflow_clock,
    pub user: *mut c_void,
    pub journal:
        Option<unsafe extern "C" fn(event: *const promoflow_event, user: *mut c_void) -> i32>,
    pub observe: Option<
        unsafe extern "C" fn(
            release: *const promoflow_release,
            record: *const promoflow_record,
            command: *const promoflow_command,
            user: *mut c_void,
        ),
    >,
    pub selection: *const promoflow_selection,
}

zero_default!(promoflow_run_options, struct_size);

/// --- exploration: what can happen to a release at all, and what a change changes
/// --------------
#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_exploration_progress {
    pub struct_size: u32,
    pub failures: u32,
    pub states: u64,
    pub transitions: u64,
    pub outcomes: u64,
}

zero_default!(promoflow_exploration_progress, struct_size);

/// What may happen in a run, and how far to look. Zero: the default. Since 0.2.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_exploration_options {
    pub struct_size: u32,
    pub failures: i32,
    pub failures_max: u32,
    pub retries_max: u32,
    pub terminate: i32,
    pub skip: i32,
    pub suspend: i32,
    pub timeouts: i32,
    pub all_orders: i32,
    pub reserved: u32,
    pub states_max: u64,
    pub memory_bytes_max: u64,
    pub exports: *const promoflow_scenario,
    pub progress: Option<
        unsafe extern "C" fn(
            progress: *const promoflow_exploration_progress,
            user: *mut c_void,
        ) -> i32,
    >,
    pub user: *mut c_void,
}

zero_default!(promoflow_exploration_options, struct_size);

#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_queue_command {
    pub struct_size: u32,
    pub kind: i32,
    pub release: promoflow_str,
    pub flow: promoflow_str,
    pub environment: promoflow_str,
    pub reason: promoflow_str,
}

zero_default!(promoflow_queue_command, struct_size);

/// One hook that exports or reads a key of the promotion context. Since 0.2.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct promoflow_context_use {
    pub struct_size: u32,
    pub point: i32,
    pub environment: u32,
    pub writes: i32,
    pub required: i32,
    pub reserved: u32,
    pub hook: promoflow_str,
    pub key: promoflow_str,
}

zero_default!(promoflow_context_use, struct_size);
