/* SPDX-License-Identifier: Apache-2.0 */
/* The header on its own, as C99; and the sizes and places that bindings rely on. */
#include <promoflow/promoflow.h>

#define HOLDS(name, condition) typedef char name[(condition) ? 1 : -1]
#define SIZE(type, bytes) HOLDS(size_of_##type, sizeof(type) == (bytes) || sizeof(void*) != 8)
#define PLACE(type, field, bytes) \
  HOLDS(place_of_##type##_##field, offsetof(type, field) == (bytes) || sizeof(void*) != 8)

SIZE(promoflow_str, 16);
PLACE(promoflow_str, size, 8);
SIZE(promoflow_argument, 32);
PLACE(promoflow_argument, value, 16);
SIZE(promoflow_read_options, 64);
PLACE(promoflow_read_options, depth_max, 40);
PLACE(promoflow_read_options, work_max, 56);
SIZE(promoflow_diagnostic, 80);
PLACE(promoflow_diagnostic, pointer, 32);
PLACE(promoflow_diagnostic, hint, 64);
SIZE(promoflow_sarif_input, 40);
PLACE(promoflow_sarif_input, scenario, 32);
SIZE(promoflow_flow_options, 56);
PLACE(promoflow_flow_options, post_trigger, 24);
PLACE(promoflow_flow_options, hook_timeout_ms, 40);
SIZE(promoflow_step, 88);
PLACE(promoflow_step, retry_factor, 64);
PLACE(promoflow_step, has_retry_max_duration, 76);
PLACE(promoflow_step, soak_ms, 80);
SIZE(promoflow_assigned, 40);
PLACE(promoflow_assigned, value, 24);
SIZE(promoflow_hook, 72);
PLACE(promoflow_hook, retry_factor, 48);
PLACE(promoflow_hook, argument_count, 64);
SIZE(promoflow_release_info, 88);
PLACE(promoflow_release_info, commit_sha, 72);
SIZE(promoflow_event, 112);
PLACE(promoflow_event, ticket, 16);
PLACE(promoflow_event, context, 40);
PLACE(promoflow_event, by, 56);
PLACE(promoflow_event, environments, 88);
PLACE(promoflow_event, force, 104);
SIZE(promoflow_command, 128);
PLACE(promoflow_command, ticket, 8);
PLACE(promoflow_command, expires_ms, 32);
PLACE(promoflow_command, hook, 56);
PLACE(promoflow_command, reference, 80);
PLACE(promoflow_command, policy_action, 120);
PLACE(promoflow_command, queued, 124);
SIZE(promoflow_record, 104);
PLACE(promoflow_record, status, 24);
PLACE(promoflow_record, context, 48);
PLACE(promoflow_record, by, 64);
PLACE(promoflow_record, earlier, 80);
PLACE(promoflow_record, force, 96);
SIZE(promoflow_state, 40);
PLACE(promoflow_state, message, 24);
SIZE(promoflow_selection, 24);
PLACE(promoflow_selection, environments, 8);
SIZE(promoflow_pending, 40);
PLACE(promoflow_pending, unmet, 8);
PLACE(promoflow_pending, cause_count, 32);
SIZE(promoflow_context_entry, 64);
PLACE(promoflow_context_entry, text, 48);
SIZE(promoflow_context_conflict, 40);
PLACE(promoflow_context_conflict, later, 32);
SIZE(promoflow_shadowed_key, 32);
PLACE(promoflow_shadowed_key, ticket, 24);
SIZE(promoflow_rejected_export, 48);
PLACE(promoflow_rejected_export, text, 32);
SIZE(promoflow_outcome, 128);
PLACE(promoflow_outcome, after_ms, 72);
PLACE(promoflow_outcome, attempt, 92);
PLACE(promoflow_outcome, fail_in_soak, 96);
PLACE(promoflow_outcome, place, 120);
SIZE(promoflow_action, 88);
PLACE(promoflow_action, reason, 16);
PLACE(promoflow_action, by, 32);
PLACE(promoflow_action, force, 80);
SIZE(promoflow_render_options, 24);
PLACE(promoflow_render_options, width, 16);
SIZE(promoflow_hook_call, 120);
PLACE(promoflow_hook_call, arguments, 80);
PLACE(promoflow_hook_call, attempt, 96);
PLACE(promoflow_hook_call, context_argument_count, 104);
PLACE(promoflow_hook_call, timeout_ms, 112);
SIZE(promoflow_promotion_call, 112);
PLACE(promoflow_promotion_call, arguments, 80);
PLACE(promoflow_promotion_call, timeout_ms, 104);
SIZE(promoflow_executor, 136);
PLACE(promoflow_executor, user, 8);
PLACE(promoflow_executor, destroy, 56);
PLACE(promoflow_executor, reports, 64);
PLACE(promoflow_executor, reference, 72);
PLACE(promoflow_executor, hold, 104);
PLACE(promoflow_executor, settled, 112);
PLACE(promoflow_executor, hook_reference, 128);
SIZE(promoflow_answer, 56);
PLACE(promoflow_answer, by, 40);
SIZE(promoflow_reply_target, 32);
PLACE(promoflow_reply_target, take, 16);
SIZE(promoflow_clock, 32);
PLACE(promoflow_clock, wait, 24);
SIZE(promoflow_run_options, 72);
PLACE(promoflow_run_options, observe, 56);
PLACE(promoflow_run_options, selection, 64);

int promoflow_header_is_c(void);
int promoflow_header_is_c(void) { return PROMOFLOW_ABI_FITS(promoflow_abi_version()) ? 1 : 0; }
