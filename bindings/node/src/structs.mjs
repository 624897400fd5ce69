// SPDX-License-Identifier: Apache-2.0
// The structs of promoflow.h that this package uses, in the order of their members.

import {layout} from './memory.mjs';

const head = ['struct_size', 'u32'];
export const DIAGNOSTIC = layout(head, ['code', 'i32'], ['severity', 'i32'], ['document', 'u32'],
  ['line', 'u32'], ['column', 'u32'], ['length', 'u32'], ['reserved', 'u32'], ['pointer', 'str'],
  ['message', 'str'], ['hint', 'str']);
export const FLOW_OPTIONS = layout(head, ['failure_policy', 'i32'], ['context_merge', 'i32'],
  ['reserved', 'u32'], ['promotion_timeout_minutes', 'i64'], ['post_trigger', 'str'],
  ['hook_timeout_ms', 'i64'], ['termination_grace_period_ms', 'i64']);
export const STEP = layout(head, ['policy_action', 'i32'], ['policy_pre_action', 'str'],
  ['policy_post_action', 'str'], ['timeout_ms', 'i64'], ['retry_duration_ms', 'i64'],
  ['retry_max_duration_ms', 'i64'], ['retry_factor', 'f64'], ['retry_limit', 'u32'],
  ['has_retry_max_duration', 'i32'], ['soak_ms', 'i64']);
export const ASSIGNED = layout(head, ['json', 'i32'], ['name', 'str'], ['value', 'str']);
export const HOOK = layout(head, ['on_error', 'i32'], ['name', 'str'], ['timeout_ms', 'i64'],
  ['retry_duration_ms', 'i64'], ['retry_max_duration_ms', 'i64'], ['retry_factor', 'f64'],
  ['retry_limit', 'u32'], ['has_retry_max_duration', 'i32'], ['argument_count', 'u64']);
export const ARGUMENT = layout(['name', 'str'], ['value', 'str']);
export const INFO = layout(head, ['reserved', 'u32'], ['id', 'str'], ['url', 'str'],
  ['product', 'str'], ['version', 'str'], ['commit_sha', 'str']);
export const SELECTION = layout(head, ['kind', 'i32'], ['environments', 'ptr'],
  ['environment_count', 'u64']);
export const STATE = layout(head, ['status', 'i32'], ['phase', 'str'], ['message', 'str']);
export const RENDER = layout(head, ['format', 'i32'], ['color', 'i32'], ['ascii', 'i32'],
  ['width', 'u32'], ['reserved', 'u32']);
export const OUTCOME = layout(head, ['point', 'i32'], ['hook', 'str'], ['environment', 'str'],
  ['fail', 'str'], ['context', 'str'], ['after_ms', 'i64'], ['suspend_ms', 'i64'],
  ['has_suspend', 'i32'], ['attempt', 'u32'], ['fail_in_soak', 'str'],
  ['fail_in_soak_after_ms', 'i64'], ['place', 'u32'], ['reserved', 'u32']);
export const ACTION = layout(head, ['kind', 'i32'], ['at_ms', 'i64'], ['reason', 'str'],
  ['by', 'str'], ['environment', 'str'], ['environments', 'ptr'], ['environment_count', 'u64'],
  ['force', 'i32'], ['reserved', 'u32']);

export const EXPLORATION = layout(head, ['failures', 'i32'], ['failures_max', 'u32'],
  ['retries_max', 'u32'], ['terminate', 'i32'], ['skip', 'i32'], ['suspend', 'i32'],
  ['timeouts', 'i32'], ['all_orders', 'i32'], ['reserved', 'u32'], ['states_max', 'u64'],
  ['memory_bytes_max', 'u64'], ['exports', 'ptr'], ['progress', 'ptr'], ['user', 'ptr']);

export const FILE = layout(['name', 'str'], ['text', 'str']);
export const CONTEXT_USE = layout(head, ['point', 'i32'], ['environment', 'u32'],
  ['writes', 'i32'], ['required', 'i32'], ['reserved', 'u32'], ['hook', 'str'], ['key', 'str']);
export const QUEUE_COMMAND = layout(head, ['kind', 'i32'], ['release', 'str'], ['flow', 'str'],
  ['environment', 'str'], ['reason', 'str']);

export const POLICY_ORDERS = {descending: 1, ascending: 2};
export const QUEUE_MODES = {queue: 1, terminate: 2};
export const DIFF_FORMATS = {text: 1, json: 2, markdown: 3};
export const EXPLORATION_FORMATS = {text: 1, json: 2};
export const FAILURES_LIMITED = 1;
export const FAILURES_ALL = 2;
export const RENDER_FORMATS = {text: 1, mermaid: 2, dot: 3, svg: 4};
export const TEXT_FORMATS = {yaml: 1, json: 2};
export const FAILURE_POLICIES = {failFast: 1, continue: 2, abort: 3};
export const MERGES = {shallow: 1, deep: 2};
export const ON_ERROR = {fail: 1, ignore: 2};
export const POLICY_ACTIONS = {commit: 1, pr: 2, none: 3};
export const POINTS = {
  'release.onStart': 1, 'release.onSuccess': 2, 'release.onFail': 3,
  'environment.onStart': 4, 'environment.onSuccess': 5, 'environment.onFail': 6,
};

/** The number of a word; TypeError: there is no such word. */
export function numberOf(words, word, what) {
  if (word === undefined) return 0;
  if (!Object.hasOwn(words, word)) {
    throw new TypeError(`${what} is one of ${Object.keys(words).join(', ')}, not ${String(word)}`);
  }
  return words[word];
}
