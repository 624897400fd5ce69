// SPDX-License-Identifier: Apache-2.0
// Written by generate.py from promoflow.h.
//! The functions of the C ABI.

use crate::promoflow_status;
use crate::types::*;
use std::os::raw::c_char;

extern "C" {
    /// The library's version, such as 0.1.0. Static. \[shared\]
    pub fn promoflow_version() -> promoflow_str;
    /// Major \<\< 16 | minor. A binding goes on only if the major is the one that it was made with
    /// and the minor not lower: see PROMOFLOW_ABI_FITS. \[shared\]
    pub fn promoflow_abi_version() -> u32;
    /// A C string as a parameter: its length is measured; data NULL for NULL. Borrows it.
    /// \[shared\]
    pub fn promoflow_text(text: *const c_char) -> promoflow_str;
    /// An error's status, and its message for people: borrowed as long as the error lives; a NUL
    /// follows the text. NULL gives PROMOFLOW_OK and an empty text. \[shared\]
    pub fn promoflow_error_code(error: *const promoflow_error) -> promoflow_status;
    pub fn promoflow_error_message(error: *const promoflow_error) -> promoflow_str;
    /// The place: a parameter, a ticket, line:column; may be empty. Borrowed likewise. \[shared\]
    pub fn promoflow_error_where(error: *const promoflow_error) -> promoflow_str;
    pub fn promoflow_error_free(error: *mut promoflow_error);
    /// Makes an error, for libraries that extend this one and report errors in the same way.
    /// INVALID_ARGUMENT: `code` is not negative. OUT_OF_MEMORY: \*out is set all the same, to an
    /// error with that code. \[shared\]
    pub fn promoflow_error_new(
        code: promoflow_status,
        r#where: promoflow_str,
        message: promoflow_str,
        out: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// The text, borrowed as long as the buffer lives; NUL follows it. Empty for NULL. \[shared\]
    pub fn promoflow_buffer_text(buffer: *const promoflow_buffer) -> promoflow_str;
    pub fn promoflow_buffer_free(buffer: *mut promoflow_buffer);
    /// Makes a buffer with a copy of the text, for such libraries. \[shared\]
    pub fn promoflow_buffer_new(
        text: promoflow_str,
        out: *mut *mut promoflow_buffer,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// The word for a number, as manifests, messages and traces spell it: `settled-ticket`. Static
    /// storage; `unknown` for another number. \[shared\]
    pub fn promoflow_status_name(status: promoflow_status) -> promoflow_str;
    pub fn promoflow_point_name(point: i32) -> promoflow_str;
    pub fn promoflow_release_status_name(status: i32) -> promoflow_str;
    pub fn promoflow_environment_status_name(status: i32) -> promoflow_str;
    pub fn promoflow_diagnostic_code_name(code: i32) -> promoflow_str;
    pub fn promoflow_severity_name(severity: i32) -> promoflow_str;
    pub fn promoflow_failure_policy_name(failure_policy: i32) -> promoflow_str;
    pub fn promoflow_context_merge_name(context_merge: i32) -> promoflow_str;
    pub fn promoflow_on_error_name(on_error: i32) -> promoflow_str;
    pub fn promoflow_policy_action_name(action: i32) -> promoflow_str;
    /// PROMOFLOW_BLOCK_..., such as `release-starting`. Likewise. Since 0.2. \[shared\]
    pub fn promoflow_block_name(block: i32) -> promoflow_str;
    /// 1: a release in this status has ended and takes RETRY, SKIP and TICK at most; else 0.
    /// \[shared\]
    pub fn promoflow_is_final(status: i32) -> i32;
    /// A duration as Go prints it (M5): `1h30m`. \*out is the caller's. \[shared\]
    pub fn promoflow_duration_format(
        ms: i64,
        out: *mut *mut promoflow_buffer,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// A duration as Go reads it. INVALID_ARGUMENT: not a duration, not whole milliseconds, or
    /// beyond 292 years. \[shared\]
    pub fn promoflow_duration_parse(
        text: promoflow_str,
        out_ms: *mut i64,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// Reads all flows of a YAML or JSON text. Problems of the text are diagnostics, not errors of
    /// the call. `options` may be NULL. \[shared\]
    pub fn promoflow_manifest_read(
        text: promoflow_str,
        options: *const promoflow_read_options,
        out: *mut *mut promoflow_manifest,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    pub fn promoflow_manifest_free(manifest: *mut promoflow_manifest);
    /// The flow at `index`, from 0, as a new handle. DONE: no more. \[shared\]
    pub fn promoflow_manifest_flow(
        manifest: *const promoflow_manifest,
        index: usize,
        out: *mut *mut promoflow_flow,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// All problems in the order of the text, borrowed as long as the manifest lives. \[shared\]
    pub fn promoflow_manifest_diagnostics(
        manifest: *const promoflow_manifest,
        out: *mut promoflow_diagnostic,
        stride: usize,
        capacity: usize,
        count: *mut usize,
    ) -> promoflow_status;
    /// The problems as text in one of PROMOFLOW_DIAGNOSTICS_..., lines quoted from `text` (may be
    /// empty), under the name `file`. \[shared\]
    pub fn promoflow_manifest_format(
        manifest: *const promoflow_manifest,
        file: promoflow_str,
        text: promoflow_str,
        format: i32,
        out: *mut *mut promoflow_buffer,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// The problems of several files as one SARIF 2.1.0 log. \[shared\]
    pub fn promoflow_format_sarif(
        inputs: *const promoflow_sarif_input,
        stride: usize,
        count: usize,
        out: *mut *mut promoflow_buffer,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// Reads and checks the files of a configuration together: flows, the templates of their hooks,
    /// products, policies, permissions. Copies what it needs. Problems are no error of the call.
    /// Since 0.2. \[shared\]
    pub fn promoflow_configuration_read(
        files: *const promoflow_file,
        count: usize,
        out: *mut *mut promoflow_configuration,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    pub fn promoflow_configuration_free(configuration: *mut promoflow_configuration);
    /// Its problems as text; PROMOFLOW_DIAGNOSTICS_JSON: one object a line. `files` are those that
    /// were read, for their names and lines. Since 0.2. \[shared\]
    pub fn promoflow_configuration_format(
        configuration: *const promoflow_configuration,
        files: *const promoflow_file,
        count: usize,
        format: i32,
        out: *mut *mut promoflow_buffer,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// Which flow of a product a trigger starts, and the policies of its environments, as one JSON
    /// object; `message` and `revision` may be empty. PROMOFLOW_DONE: the configuration has errors.
    /// PROMOFLOW_E_INVALID_ARGUMENT: it has no such product. Since 0.2. \[shared\]
    pub fn promoflow_configuration_resolve(
        configuration: *const promoflow_configuration,
        product: promoflow_str,
        message: promoflow_str,
        revision: promoflow_str,
        order: i32,
        out: *mut *mut promoflow_buffer,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// The flow of a name, with the policies that a product, or an empty name, has filled in.
    /// PROMOFLOW_DONE: there is none, or the configuration has errors. Since 0.2. \[shared\]
    pub fn promoflow_configuration_flow(
        configuration: *const promoflow_configuration,
        flow: promoflow_str,
        product: promoflow_str,
        order: i32,
        out: *mut *mut promoflow_flow,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// JSON Schemas (draft 2020-12) of manifests and scenarios. Static. \[shared\]
    pub fn promoflow_manifest_schema() -> promoflow_str;
    pub fn promoflow_scenario_schema() -> promoflow_str;
    /// The one flow of a text. INVALID_MANIFEST: the text has errors, all of which are in the
    /// message, or several flows. `options` may be NULL.
    pub fn promoflow_flow_load(
        text: promoflow_str,
        options: *const promoflow_read_options,
        out: *mut *mut promoflow_flow,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// Another handle of the same flow: a few bytes.
    pub fn promoflow_flow_copy(
        flow: *const promoflow_flow,
        out: *mut *mut promoflow_flow,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    pub fn promoflow_flow_free(flow: *mut promoflow_flow);
    pub fn promoflow_flow_name(
        flow: *const promoflow_flow,
        out: *mut promoflow_str,
    ) -> promoflow_status;
    /// How many environments there are. They are numbered in step order: 0 is the trigger
    /// environment, i + 1 is step i (from 0).
    pub fn promoflow_flow_environment_count(
        flow: *const promoflow_flow,
        out: *mut u32,
    ) -> promoflow_status;
    pub fn promoflow_flow_dependency_count(
        flow: *const promoflow_flow,
        out: *mut u32,
    ) -> promoflow_status;
    pub fn promoflow_flow_environment_name(
        flow: *const promoflow_flow,
        environment: u32,
        out: *mut promoflow_str,
    ) -> promoflow_status;
    /// DONE: the flow has no environment of this name.
    pub fn promoflow_flow_find_environment(
        flow: *const promoflow_flow,
        name: promoflow_str,
        out: *mut u32,
    ) -> promoflow_status;
    /// What an environment directly depends on, in the manifest's order.
    pub fn promoflow_flow_dependencies(
        flow: *const promoflow_flow,
        environment: u32,
        out: *mut u32,
        capacity: usize,
        count: *mut usize,
    ) -> promoflow_status;
    /// What directly depends on it, in step order.
    pub fn promoflow_flow_dependents(
        flow: *const promoflow_flow,
        environment: u32,
        out: *mut u32,
        capacity: usize,
        count: *mut usize,
    ) -> promoflow_status;
    /// \*out: 1 if `environment` depends on `on`, directly or through others, else 0.
    pub fn promoflow_flow_depends_on(
        flow: *const promoflow_flow,
        environment: u32,
        on: u32,
        out: *mut i32,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// Length of the longest path from the trigger environment.
    pub fn promoflow_flow_level(
        flow: *const promoflow_flow,
        environment: u32,
        out: *mut u32,
    ) -> promoflow_status;
    /// What the flow says besides its name, steps and hooks; its annotations, in their order.
    pub fn promoflow_flow_options_of(
        flow: *const promoflow_flow,
        out: *mut promoflow_flow_options,
    ) -> promoflow_status;
    pub fn promoflow_flow_annotations(
        flow: *const promoflow_flow,
        out: *mut promoflow_argument,
        capacity: usize,
        count: *mut usize,
    ) -> promoflow_status;
    /// A step's policy, timeout, retry and soak; for the trigger environment what postTrigger
    /// means.
    pub fn promoflow_flow_step(
        flow: *const promoflow_flow,
        environment: u32,
        out: *mut promoflow_step,
    ) -> promoflow_status;
    /// The hooks of a point, in order. `environment` is not read for release points.
    pub fn promoflow_flow_hooks(
        flow: *const promoflow_flow,
        point: i32,
        environment: u32,
        out: *mut promoflow_hook,
        stride: usize,
        capacity: usize,
        count: *mut usize,
    ) -> promoflow_status;
    /// The arguments that the flow assigns to the hook at `index` of these, in their order.
    pub fn promoflow_flow_hook_arguments(
        flow: *const promoflow_flow,
        point: i32,
        environment: u32,
        index: usize,
        out: *mut promoflow_assigned,
        stride: usize,
        capacity: usize,
        count: *mut usize,
    ) -> promoflow_status;
    /// Hash of all that the flow says but its annotations: a snapshot is restored with a flow of
    /// the same hash only (R15).
    pub fn promoflow_flow_fingerprint(
        flow: *const promoflow_flow,
        out: *mut u64,
    ) -> promoflow_status;
    /// \*out: 1 if equal in all that a manifest can say (M8), else 0.
    pub fn promoflow_flow_equal(
        left: *const promoflow_flow,
        right: *const promoflow_flow,
        out: *mut i32,
    ) -> promoflow_status;
    /// The flow as a manifest, in PROMOFLOW_TEXT_...; AUTO writes YAML. Read again it is equal
    /// (M8).
    pub fn promoflow_flow_write(
        flow: *const promoflow_flow,
        format: i32,
        out: *mut *mut promoflow_buffer,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// The flow as a picture. `options` may be NULL.
    pub fn promoflow_flow_render(
        flow: *const promoflow_flow,
        options: *const promoflow_render_options,
        out: *mut *mut promoflow_buffer,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// A builder without steps. Problems of the flow are reported by promoflow_builder_build().
    pub fn promoflow_builder_new(
        name: promoflow_str,
        trigger_environment: promoflow_str,
        out: *mut *mut promoflow_builder,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    pub fn promoflow_builder_free(builder: *mut promoflow_builder);
    /// Sets the options and the annotations (may be NULL with count 0), and keeps the release's
    /// hooks.
    pub fn promoflow_builder_options(
        builder: *mut promoflow_builder,
        options: *const promoflow_flow_options,
        annotations: *const promoflow_argument,
        count: usize,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// Adds a step behind those added before: this is the step order. `step` may be NULL.
    pub fn promoflow_builder_step(
        builder: *mut promoflow_builder,
        environment: promoflow_str,
        depends_on: *const promoflow_str,
        count: usize,
        step: *const promoflow_step,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// Appends a hook: to the release at release points, else to the step added last. `arguments`
    /// may be NULL with count 0. NOT_ALLOWED: there is no step yet.
    pub fn promoflow_builder_hook(
        builder: *mut promoflow_builder,
        point: i32,
        hook: *const promoflow_hook,
        arguments: *const promoflow_assigned,
        stride: usize,
        count: usize,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// Checks everything and gives a manifest: with one flow, or none, and the diagnostics. The
    /// builder is not changed: more can be added, and it can be built again.
    pub fn promoflow_builder_build(
        builder: *const promoflow_builder,
        out: *mut *mut promoflow_manifest,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// Starts a release; its first commands are ready. `context`: the initial promotion context as
    /// JSON; empty: none. INVALID_ARGUMENT: no id. INVALID_CONTEXT: the context breaks C1 or C4.
    pub fn promoflow_release_start(
        flow: *const promoflow_flow,
        info: *const promoflow_release_info,
        now_ms: i64,
        context: promoflow_str,
        out: *mut *mut promoflow_release,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// The same with a selection of environments (R16); NULL: all. Also INVALID_ARGUMENT: an empty
    /// list; UNKNOWN_ENVIRONMENT: a name in it. Since 0.2.
    pub fn promoflow_release_start_with(
        flow: *const promoflow_flow,
        info: *const promoflow_release_info,
        now_ms: i64,
        context: promoflow_str,
        selection: *const promoflow_selection,
        out: *mut *mut promoflow_release,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// The release that a snapshot was taken of; its outstanding commands are ready to be taken
    /// again. Snapshots of older versions are read. INVALID_SNAPSHOT: damaged, or no snapshot;
    /// SNAPSHOT_OF_OTHER_FLOW; SNAPSHOT_TOO_NEW: of a newer version (R15).
    pub fn promoflow_release_restore(
        flow: *const promoflow_flow,
        snapshot: promoflow_str,
        out: *mut *mut promoflow_release,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    pub fn promoflow_release_free(release: *mut promoflow_release);
    /// Applies one event whole, or refuses it and changes nothing. Timers that are due by then fire
    /// first, and remain in effect if the event is refused (R10). Refusals (R13): UNKNOWN_TICKET,
    /// SETTLED_TICKET, WRONG_KIND, UNKNOWN_ENVIRONMENT, NOT_ALLOWED.
    pub fn promoflow_release_apply(
        release: *mut promoflow_release,
        event: *const promoflow_event,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// Applies events one after another. With `statuses` NULL it stops at the first refusal. Else
    /// `statuses` is an array of `count` to which each event's status is written, and it stops only
    /// at errors other than refusals. \*applied is always set: the number of events that were
    /// processed.
    pub fn promoflow_release_apply_many(
        release: *mut promoflow_release,
        events: *const promoflow_event,
        stride: usize,
        count: usize,
        statuses: *mut promoflow_status,
        applied: *mut usize,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// Takes the next command, in the order of issue, borrowed until the next change. Records in
    /// between are dropped. DONE: all are taken.
    pub fn promoflow_release_next_command(
        release: *mut promoflow_release,
        out: *mut promoflow_command,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// Takes as many commands as there are and `capacity` allows; \*count: how many were written to
    /// `out`. DONE: none. OUT_OF_MEMORY: \*count is set, and that many were taken.
    pub fn promoflow_release_take_commands(
        release: *mut promoflow_release,
        out: *mut promoflow_command,
        stride: usize,
        capacity: usize,
        count: *mut usize,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// Takes the next record of the same queue, borrowed until the next change. `command` may be
    /// NULL; it is filled when the record is one of a command, else its kind is 0. DONE: none.
    pub fn promoflow_release_next_record(
        release: *mut promoflow_release,
        out: *mut promoflow_record,
        command: *mut promoflow_command,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// The record taken last as one line of JSON (S5) without line end; `t` counts from
    /// `origin_ms`. DONE: none since the last change.
    pub fn promoflow_release_record_json(
        release: *const promoflow_release,
        origin_ms: i64,
        out: *mut *mut promoflow_buffer,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// The environments that the record taken last names, if it is one of a RETRY; else none.
    /// Borrowed until the next change. DONE: no record was taken since the last change. Since 0.2.
    pub fn promoflow_release_record_environments(
        release: *const promoflow_release,
        out: *mut promoflow_str,
        capacity: usize,
        count: *mut usize,
    ) -> promoflow_status;
    /// An event as one line of JSON without line end, for the host's journal: store it, then apply
    /// it. \[shared\]
    pub fn promoflow_event_json(
        event: *const promoflow_event,
        out: *mut *mut promoflow_buffer,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// The start of a release as one line of JSON without line end: the first line of its journal,
    /// to be stored before its first command is carried out. Parameters as
    /// promoflow_release_start_with(), which checks them. Since 0.2. \[shared\]
    pub fn promoflow_start_json(
        flow: *const promoflow_flow,
        info: *const promoflow_release_info,
        now_ms: i64,
        context: promoflow_str,
        selection: *const promoflow_selection,
        out: *mut *mut promoflow_buffer,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// The release of a journal: its lines, each with a line end, the first of them its start. It
    /// is as it was after the last event, and its outstanding commands are ready to be taken again.
    /// Events that were refused are refused again. A last line without a line end that cannot be
    /// read is a write that a crash cut short: it is ignored, and must be cut off before more is
    /// appended. INVALID_EVENT: a damaged line, named by the error's `where`; no start; nothing at
    /// all. SNAPSHOT_OF_OTHER_FLOW. Else as promoflow_release_start_with(). Since 0.2. \[shared\]
    pub fn promoflow_release_recover(
        flow: *const promoflow_flow,
        journal: promoflow_str,
        out: *mut *mut promoflow_release,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// Applies the event of a journal's line. INVALID_EVENT: promoflow_event_json() did not write
    /// it. Else as promoflow_release_apply().
    pub fn promoflow_release_apply_json(
        release: *mut promoflow_release,
        line: promoflow_str,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// `RELEASE_ID/ticket`, an idempotency key for what a command does (R1).
    pub fn promoflow_release_key(
        release: *const promoflow_release,
        ticket: u64,
        out: *mut *mut promoflow_buffer,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// Drops records that were not taken and issues every outstanding command again, for a host
    /// that starts again after a crash.
    pub fn promoflow_release_reissue(
        release: *mut promoflow_release,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// When to send the next event at the latest (a TICK does). DONE: no timer is armed (R10).
    pub fn promoflow_release_next_timer(
        release: *const promoflow_release,
        out_ms: *mut i64,
    ) -> promoflow_status;
    /// The release's flow, as a new handle.
    pub fn promoflow_release_flow(
        release: *const promoflow_release,
        out: *mut *mut promoflow_flow,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// The id and what else was given at start; borrowed as long as the release lives.
    pub fn promoflow_release_info_of(
        release: *const promoflow_release,
        out: *mut promoflow_release_info,
    ) -> promoflow_status;
    pub fn promoflow_release_status(
        release: *const promoflow_release,
        out: *mut i32,
    ) -> promoflow_status;
    /// Status, phase and message of the release, of one environment, of all in step order; borrowed
    /// until the next change.
    pub fn promoflow_release_state(
        release: *const promoflow_release,
        out: *mut promoflow_state,
    ) -> promoflow_status;
    pub fn promoflow_release_environment(
        release: *const promoflow_release,
        environment: u32,
        out: *mut promoflow_state,
    ) -> promoflow_status;
    pub fn promoflow_release_environments(
        release: *const promoflow_release,
        out: *mut promoflow_state,
        stride: usize,
        capacity: usize,
        count: *mut usize,
    ) -> promoflow_status;
    /// Why an environment is Pending (R17): no block and empty lists for one that is not. Borrowed
    /// until the next change or the next call of this. Since 0.2.
    pub fn promoflow_release_why_pending(
        release: *mut promoflow_release,
        environment: u32,
        out: *mut promoflow_pending,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// The commands that are neither answered nor cancelled, in ticket order, borrowed until the
    /// next change or the next call of this.
    pub fn promoflow_release_outstanding(
        release: *mut promoflow_release,
        out: *mut promoflow_command,
        stride: usize,
        capacity: usize,
        count: *mut usize,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// The arguments of a RUN_HOOK command of this release, in their order (A1 to A6), borrowed
    /// until the next change. INVALID_ARGUMENT: another kind of command, or the release has changed
    /// since.
    pub fn promoflow_command_arguments(
        release: *const promoflow_release,
        command: *const promoflow_command,
        out: *mut promoflow_argument,
        capacity: usize,
        count: *mut usize,
    ) -> promoflow_status;
    /// The same, as an array of the release's own: for one command always the same, borrowed until
    /// the next change or the next call of promoflow_release_outstanding(). Since 0.2.
    pub fn promoflow_command_argument_view(
        release: *const promoflow_release,
        command: *const promoflow_command,
        out: *mut *const promoflow_argument,
        count: *mut usize,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// The same as compact JSON; the context that the hook sees (C3), as JSON and key by key.
    pub fn promoflow_command_arguments_json(
        release: *const promoflow_release,
        command: *const promoflow_command,
        out: *mut *mut promoflow_buffer,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    pub fn promoflow_command_context_json(
        release: *const promoflow_release,
        command: *const promoflow_command,
        out: *mut *mut promoflow_buffer,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    pub fn promoflow_command_context(
        release: *const promoflow_release,
        command: *const promoflow_command,
        out: *mut promoflow_context_entry,
        stride: usize,
        capacity: usize,
        count: *mut usize,
    ) -> promoflow_status;
    /// The release's context now: key by key, in the order in which the keys first appeared,
    /// borrowed until the next change; and as one compact JSON object.
    pub fn promoflow_release_context(
        release: *const promoflow_release,
        out: *mut promoflow_context_entry,
        stride: usize,
        capacity: usize,
        count: *mut usize,
    ) -> promoflow_status;
    pub fn promoflow_release_context_json(
        release: *const promoflow_release,
        out: *mut *mut promoflow_buffer,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// Conflicts between writes to one key (C5), in the order of events; borrowed likewise.
    pub fn promoflow_release_conflicts(
        release: *const promoflow_release,
        out: *mut promoflow_context_conflict,
        stride: usize,
        capacity: usize,
        count: *mut usize,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// Exports that were not merged (C1, C4), in the order of events; borrowed likewise.
    pub fn promoflow_release_rejected(
        release: *const promoflow_release,
        out: *mut promoflow_rejected_export,
        stride: usize,
        capacity: usize,
        count: *mut usize,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// The whole state as one JSON object, for people and dashboards.
    pub fn promoflow_release_describe(
        release: *const promoflow_release,
        out: *mut *mut promoflow_buffer,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// The whole state as text for promoflow_release_restore() (R15).
    pub fn promoflow_release_snapshot(
        release: *const promoflow_release,
        out: *mut *mut promoflow_buffer,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// The state as a picture. `options` may be NULL.
    pub fn promoflow_release_render(
        release: *const promoflow_release,
        options: *const promoflow_render_options,
        out: *mut *mut promoflow_buffer,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// Reads a scenario from YAML or JSON. Problems of the text are diagnostics, not errors of the
    /// call. With `flow` (may be NULL), rules for environments and hooks that it does not have give
    /// warnings. `options` may be NULL.
    pub fn promoflow_scenario_read(
        text: promoflow_str,
        flow: *const promoflow_flow,
        options: *const promoflow_read_options,
        out: *mut *mut promoflow_scenario,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// A scenario made in code. `info` may be NULL (id `simulated`), arrays NULL with count 0.
    /// INVALID_ARGUMENT: a rule or an action out of range; `where` names the array.
    pub fn promoflow_scenario_new(
        info: *const promoflow_release_info,
        context: promoflow_str,
        outcomes: *const promoflow_outcome,
        outcome_stride: usize,
        outcome_count: usize,
        actions: *const promoflow_action,
        action_stride: usize,
        action_count: usize,
        out: *mut *mut promoflow_scenario,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// The same with a selection of environments (R16); NULL: all. Since 0.2.
    pub fn promoflow_scenario_new_with(
        info: *const promoflow_release_info,
        context: promoflow_str,
        selection: *const promoflow_selection,
        outcomes: *const promoflow_outcome,
        outcome_stride: usize,
        outcome_count: usize,
        actions: *const promoflow_action,
        action_stride: usize,
        action_count: usize,
        out: *mut *mut promoflow_scenario,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    pub fn promoflow_scenario_free(scenario: *mut promoflow_scenario);
    /// The diagnostics, as structs and as text; as those of manifests.
    pub fn promoflow_scenario_diagnostics(
        scenario: *const promoflow_scenario,
        out: *mut promoflow_diagnostic,
        stride: usize,
        capacity: usize,
        count: *mut usize,
    ) -> promoflow_status;
    pub fn promoflow_scenario_format(
        scenario: *const promoflow_scenario,
        file: promoflow_str,
        text: promoflow_str,
        format: i32,
        out: *mut *mut promoflow_buffer,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// The release and its initial context, the rules, the actions, the selection.
    /// INVALID_SCENARIO: the text has errors.
    pub fn promoflow_scenario_release(
        scenario: *const promoflow_scenario,
        info: *mut promoflow_release_info,
        context: *mut promoflow_str,
    ) -> promoflow_status;
    pub fn promoflow_scenario_outcomes(
        scenario: *const promoflow_scenario,
        out: *mut promoflow_outcome,
        stride: usize,
        capacity: usize,
        count: *mut usize,
    ) -> promoflow_status;
    pub fn promoflow_scenario_actions(
        scenario: *const promoflow_scenario,
        out: *mut promoflow_action,
        stride: usize,
        capacity: usize,
        count: *mut usize,
    ) -> promoflow_status;
    /// Since 0.2.
    pub fn promoflow_scenario_selection(
        scenario: *const promoflow_scenario,
        out: *mut promoflow_selection,
    ) -> promoflow_status;
    /// Runs a release through the scenario in virtual time. `scenario` NULL: everything succeeds at
    /// once. `records_max` 0: the default bound. INVALID_SCENARIO: it has errors. LIMIT_EXCEEDED:
    /// more records, or more than 1 GiB of memory for them; the message says what was repeated most
    /// often. Else as promoflow_release_start_with().
    pub fn promoflow_simulate(
        flow: *const promoflow_flow,
        scenario: *const promoflow_scenario,
        records_max: u64,
        out: *mut *mut promoflow_trace,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    pub fn promoflow_trace_free(trace: *mut promoflow_trace);
    /// How many records there are.
    pub fn promoflow_trace_size(trace: *const promoflow_trace, out: *mut usize)
        -> promoflow_status;
    /// The time of the start, in UTC milliseconds.
    pub fn promoflow_trace_origin(
        trace: *const promoflow_trace,
        out_ms: *mut i64,
    ) -> promoflow_status;
    /// The record at `index`, and its command as in promoflow_release_next_record() (may be NULL).
    /// DONE: no more.
    pub fn promoflow_trace_record(
        trace: *const promoflow_trace,
        index: usize,
        out: *mut promoflow_record,
        command: *mut promoflow_command,
    ) -> promoflow_status;
    /// As promoflow_release_record_environments(), of the record at `index`. DONE: no more. Since
    /// 0.2.
    pub fn promoflow_trace_record_environments(
        trace: *const promoflow_trace,
        index: usize,
        out: *mut promoflow_str,
        capacity: usize,
        count: *mut usize,
    ) -> promoflow_status;
    /// The record at `index` as a line of JSON without line end. DONE: no more.
    pub fn promoflow_trace_record_json(
        trace: *const promoflow_trace,
        index: usize,
        out: *mut *mut promoflow_buffer,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// All records as JSON Lines (S5).
    pub fn promoflow_trace_jsonl(
        trace: *const promoflow_trace,
        out: *mut *mut promoflow_buffer,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// The release's id and what else the scenario gave; the flow, as a new handle.
    pub fn promoflow_trace_info_of(
        trace: *const promoflow_trace,
        out: *mut promoflow_release_info,
    ) -> promoflow_status;
    pub fn promoflow_trace_flow(
        trace: *const promoflow_trace,
        out: *mut *mut promoflow_flow,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// At the end: the release (its phase is the status' name), one environment, the context.
    pub fn promoflow_trace_state(
        trace: *const promoflow_trace,
        out: *mut promoflow_state,
    ) -> promoflow_status;
    pub fn promoflow_trace_environment(
        trace: *const promoflow_trace,
        environment: u32,
        out: *mut promoflow_state,
    ) -> promoflow_status;
    pub fn promoflow_trace_context(
        trace: *const promoflow_trace,
        out: *mut promoflow_context_entry,
        stride: usize,
        capacity: usize,
        count: *mut usize,
    ) -> promoflow_status;
    pub fn promoflow_trace_context_json(
        trace: *const promoflow_trace,
        out: *mut *mut promoflow_buffer,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// Conflicts between writes to one key (C5), and writes of keys that no hook gets (C6), in
    /// order. Since 0.2.
    pub fn promoflow_trace_conflicts(
        trace: *const promoflow_trace,
        out: *mut promoflow_context_conflict,
        stride: usize,
        capacity: usize,
        count: *mut usize,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    pub fn promoflow_trace_shadowed(
        trace: *const promoflow_trace,
        out: *mut promoflow_shadowed_key,
        stride: usize,
        capacity: usize,
        count: *mut usize,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// The hooks that ran at a point, in order; of one environment, or of all with
    /// PROMOFLOW_NO_ENVIRONMENT.
    pub fn promoflow_trace_hooks(
        trace: *const promoflow_trace,
        point: i32,
        environment: u32,
        out: *mut promoflow_command,
        stride: usize,
        capacity: usize,
        count: *mut usize,
    ) -> promoflow_status;
    /// Arguments and context of a RUN_HOOK command of this trace, as those of a release's commands.
    /// INVALID_ARGUMENT: another kind of command, or of another trace.
    pub fn promoflow_trace_arguments(
        trace: *const promoflow_trace,
        command: *const promoflow_command,
        out: *mut promoflow_argument,
        capacity: usize,
        count: *mut usize,
    ) -> promoflow_status;
    pub fn promoflow_trace_arguments_json(
        trace: *const promoflow_trace,
        command: *const promoflow_command,
        out: *mut *mut promoflow_buffer,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    pub fn promoflow_trace_command_context(
        trace: *const promoflow_trace,
        command: *const promoflow_command,
        out: *mut promoflow_context_entry,
        stride: usize,
        capacity: usize,
        count: *mut usize,
    ) -> promoflow_status;
    /// A timeline for people. `options` may be NULL; its format is not read.
    pub fn promoflow_trace_render(
        trace: *const promoflow_trace,
        options: *const promoflow_render_options,
        out: *mut *mut promoflow_buffer,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// Starts a release and drives it to a final status with an executor: it blocks, and waits
    /// without spinning. `options` may be NULL. Errors: as promoflow_release_start_with();
    /// INVALID_ARGUMENT: the journal ended the run (`where` names it). After an error what is
    /// outstanding has been cancelled at the executor. \[shared\]
    pub fn promoflow_run(
        flow: *const promoflow_flow,
        info: *const promoflow_release_info,
        executor: *const promoflow_executor,
        options: *const promoflow_run_options,
        out: *mut *mut promoflow_release,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// Goes on with a release that was restored or replayed: its outstanding commands are carried
    /// out again under the same tickets. At once if it is final. Errors: as promoflow_run().
    /// \[confined\]
    pub fn promoflow_resume(
        release: *mut promoflow_release,
        executor: *const promoflow_executor,
        options: *const promoflow_run_options,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// Lets a failed or terminated release go on (R12), then as promoflow_resume(). NOT_ALLOWED: it
    /// is neither. \[confined\]
    pub fn promoflow_retry(
        release: *mut promoflow_release,
        executor: *const promoflow_executor,
        options: *const promoflow_run_options,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// The same for these environments only (R12); NULL with count 0: all. `by` says who asked;
    /// empty: not given. Also UNKNOWN_ENVIRONMENT. Since 0.2. \[confined\]
    pub fn promoflow_retry_with(
        release: *mut promoflow_release,
        environments: *const promoflow_str,
        count: usize,
        by: promoflow_str,
        executor: *const promoflow_executor,
        options: *const promoflow_run_options,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// Runs a release whose commands end as the scenario's outcomes say, in the time of the
    /// options' clock; the rest of the scenario is not read. INVALID_SCENARIO: it has errors. Else
    /// as promoflow_run(). \[shared\]
    pub fn promoflow_run_scripted(
        flow: *const promoflow_flow,
        info: *const promoflow_release_info,
        scenario: *const promoflow_scenario,
        options: *const promoflow_run_options,
        out: *mut *mut promoflow_release,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// Answers a command. The first of succeeded and failed counts; a later answer is dropped, and
    /// so is one after the command was cancelled or its run has returned. `context` may have data
    /// NULL: nothing was exported; it is not read for promotions. OUT_OF_MEMORY: the answer was not
    /// taken and can be given again. \[shared\]
    pub fn promoflow_reply_succeeded(
        reply: *const promoflow_reply,
        context: promoflow_str,
    ) -> promoflow_status;
    pub fn promoflow_reply_failed(
        reply: *const promoflow_reply,
        message: promoflow_str,
        context: promoflow_str,
    ) -> promoflow_status;
    /// The command waits for a person; the person has decided (R11). \[shared\]
    pub fn promoflow_reply_suspended(reply: *const promoflow_reply) -> promoflow_status;
    pub fn promoflow_reply_resumed(reply: *const promoflow_reply) -> promoflow_status;
    /// The person `by` has decided; empty: not given. OUT_OF_MEMORY: it was not taken and can be
    /// given again. Since 0.2. \[shared\]
    pub fn promoflow_reply_resumed_by(
        reply: *const promoflow_reply,
        by: promoflow_str,
    ) -> promoflow_status;
    /// There is no room for the command yet: its timeout stops. It has begun: its timeout counts
    /// from now (R19). Since 0.2. \[shared\]
    pub fn promoflow_reply_queued(reply: *const promoflow_reply) -> promoflow_status;
    pub fn promoflow_reply_started(reply: *const promoflow_reply) -> promoflow_status;
    /// The command was cancelled, and runs no more (PROMOFLOW_REPORTS_STOPPED). An answer that
    /// comes after the cancellation means the same. Ignored for a command that was not cancelled.
    /// Since 0.2. \[shared\]
    pub fn promoflow_reply_stopped(reply: *const promoflow_reply) -> promoflow_status;
    /// A reply whose answers go to the caller: for a loop of one's own that hands commands to an
    /// executor of callbacks, such as that of promoflow_process.h. Since 0.2. \[shared\]
    pub fn promoflow_reply_new(
        target: *const promoflow_reply_target,
        out: *mut *mut promoflow_reply,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    pub fn promoflow_reply_free(reply: *mut promoflow_reply);
    /// 1: the run has something to do, else 0; 0 for NULL. Within a clock's wait() only. \[shared\]
    pub fn promoflow_waiting_ready(waiting: *const promoflow_waiting) -> i32;
    /// Sleeps until it has, for `ms` of the machine's steady clock at most (PROMOFLOW_NO_TIME: no
    /// limit); may return earlier. Returns what promoflow_waiting_ready() does. \[shared\]
    pub fn promoflow_waiting_for(waiting: *mut promoflow_waiting, ms: i64) -> i32;
    /// Requests of an operator to the runs whose options name this control. While no run has it
    /// they are kept for the next one, 16 at most. One that the release refuses has no effect. Not
    /// for signal handlers. \[shared\]
    pub fn promoflow_control_new(
        out: *mut *mut promoflow_control,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// Terminates the release: what runs is cancelled, onFail hooks run (R6). \[shared\]
    pub fn promoflow_control_terminate(
        control: *const promoflow_control,
        reason: promoflow_str,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// The same; `force` 1: also when it is terminating, and at once. `by` says who asked; empty:
    /// not given; likewise below. Since 0.2. \[shared\]
    pub fn promoflow_control_terminate_with(
        control: *const promoflow_control,
        reason: promoflow_str,
        force: i32,
        by: promoflow_str,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// Retries these environments while the release runs (R12). Since 0.2. \[shared\]
    pub fn promoflow_control_retry(
        control: *const promoflow_control,
        environments: *const promoflow_str,
        count: usize,
        by: promoflow_str,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// Goes on without this environment (R16). `reason` may be empty. Since 0.2. \[shared\]
    pub fn promoflow_control_skip(
        control: *const promoflow_control,
        environment: promoflow_str,
        reason: promoflow_str,
        by: promoflow_str,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    pub fn promoflow_control_free(control: *mut promoflow_control);
    /// Explores a flow, and writes what it found in one of PROMOFLOW_EXPLORATION_...; the JSON is
    /// what `promoflow explore --format json` prints. `properties`: a properties file of the flow,
    /// which is checked, too, data NULL: none. `options` may be NULL. INVALID_ARGUMENT: the
    /// properties have errors, all of which are in the message. INVALID_SCENARIO: `exports` has.
    /// LIMIT_EXCEEDED: the flow is too large for any exploration. Since 0.2. \[shared\]
    pub fn promoflow_explore(
        flow: *const promoflow_flow,
        properties: promoflow_str,
        options: *const promoflow_exploration_options,
        format: i32,
        out: *mut *mut promoflow_buffer,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// Compares two flows, and writes the difference in one of PROMOFLOW_DIFF_...; `properties`, of
    /// the new flow, are checked in both. \*out_equal, which may be NULL: 1, nothing differs. Else
    /// as promoflow_explore(). Since 0.2. \[shared\]
    pub fn promoflow_diff(
        before: *const promoflow_flow,
        after: *const promoflow_flow,
        properties: promoflow_str,
        options: *const promoflow_exploration_options,
        format: i32,
        out: *mut *mut promoflow_buffer,
        out_equal: *mut i32,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// JSON Schema (draft 2020-12) of a properties file. Static. Since 0.2. \[shared\]
    pub fn promoflow_properties_schema() -> promoflow_str;
    /// `waiting_max`: releases that wait; the oldest is dropped for one more. The usual number is
    /// 50. \[shared\]
    pub fn promoflow_queue_new(
        mode: i32,
        waiting_max: u32,
        out: *mut *mut promoflow_queue,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    pub fn promoflow_queue_free(queue: *mut promoflow_queue);
    /// Applies an event whole, or refuses it with the queue as it was: NOT_ALLOWED, as
    /// promoflow/release_queue.hpp says; INVALID_EVENT, a name is empty. Ends what was borrowed.
    /// \[confined\]
    pub fn promoflow_queue_apply(
        queue: *mut promoflow_queue,
        kind: i32,
        release: promoflow_str,
        detail: promoflow_str,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// The commands of the latest event that was applied, to be carried out in their order; their
    /// texts are borrowed until the next. \*count: how many there are, of which `capacity` are
    /// written. \[confined\]
    pub fn promoflow_queue_commands(
        queue: *const promoflow_queue,
        out: *mut promoflow_queue_command,
        stride: usize,
        capacity: usize,
        count: *mut usize,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// DONE: the release is not known, or has ended. \[confined\]
    pub fn promoflow_queue_status(
        queue: *const promoflow_queue,
        release: promoflow_str,
        out: *mut i32,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// The active release that is in an environment, borrowed until the next event. DONE: none is.
    /// \[confined\]
    pub fn promoflow_queue_holder(
        queue: *const promoflow_queue,
        environment: promoflow_str,
        out: *mut promoflow_str,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// The releases that wait or are active, oldest first, borrowed until the next event.
    /// \[confined\]
    pub fn promoflow_queue_releases(
        queue: *const promoflow_queue,
        out: *mut promoflow_str,
        capacity: usize,
        count: *mut usize,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// The queue as JSON, for promoflow_queue_restore(). \[confined\]
    pub fn promoflow_queue_snapshot(
        queue: *const promoflow_queue,
        out: *mut *mut promoflow_buffer,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// An equal queue, without commands. INVALID_SNAPSHOT, SNAPSHOT_TOO_NEW. \[shared\]
    pub fn promoflow_queue_restore(
        snapshot: promoflow_str,
        out: *mut *mut promoflow_queue,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// What is known of a flow, by key, those that export it first; the texts live as long as the
    /// configuration. DONE: there is no such flow, or the configuration has errors. Since 0.2.
    /// \[shared\]
    pub fn promoflow_configuration_context_uses(
        configuration: *const promoflow_configuration,
        flow: promoflow_str,
        out: *mut promoflow_context_use,
        stride: usize,
        capacity: usize,
        count: *mut usize,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
    /// The same, drawn. DONE as above. Since 0.2. \[shared\]
    pub fn promoflow_configuration_render_context(
        configuration: *const promoflow_configuration,
        flow: promoflow_str,
        options: *const promoflow_render_options,
        out: *mut *mut promoflow_buffer,
        error: *mut *mut promoflow_error,
    ) -> promoflow_status;
}
