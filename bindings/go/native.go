// SPDX-License-Identifier: Apache-2.0

//go:build promoflow_cgo

package promoflow

// The system's library, found by pkg-config, in the place of the module: the same functions with
// the same values, but addresses are those of the process.

/*
#cgo pkg-config: promoflow_c
#include <promoflow/promoflow.h>
#include <promoflow/promoflow_batch.h>
#include <stdlib.h>

// Values of a call: an address, a text by its address, a number.
#define P(i) ((void*)(uintptr_t)values[i])
#define T(i) (*(const promoflow_str*)(uintptr_t)values[i])
#define N(i) ((int32_t)values[i])
#define L(i) ((int64_t)values[i])
#define Z(i) ((size_t)values[i])

// Every function that the package calls: RESULT gives a number, TEXT a text, VOID nothing.
#define FUNCTIONS(RESULT, TEXT, VOID) \
  RESULT(malloc, ((uint64_t)(uintptr_t)malloc(Z(0)))) \
  VOID(free, (P(0))) \
  TEXT(promoflow_version, ()) \
  RESULT(promoflow_abi_version, (promoflow_abi_version())) \
  RESULT(promoflow_batch_version, (promoflow_batch_version())) \
  RESULT(promoflow_batch_turn_view, (promoflow_batch_turn_view(P(0), T(1), P(2), P(3)))) \
  RESULT(promoflow_batch_journal, (promoflow_batch_journal(T(0), P(1), P(2)))) \
  TEXT(promoflow_buffer_text, (P(1))) \
  VOID(promoflow_buffer_free, (P(0))) \
  TEXT(promoflow_error_where, (P(1))) \
  TEXT(promoflow_error_message, (P(1))) \
  VOID(promoflow_error_free, (P(0))) \
  TEXT(promoflow_status_name, (N(1))) \
  TEXT(promoflow_point_name, (N(1))) \
  TEXT(promoflow_policy_action_name, (N(1))) \
  TEXT(promoflow_release_status_name, (N(1))) \
  TEXT(promoflow_environment_status_name, (N(1))) \
  TEXT(promoflow_diagnostic_code_name, (N(1))) \
  TEXT(promoflow_severity_name, (N(1))) \
  RESULT(promoflow_builder_new, (promoflow_builder_new(T(0), T(1), P(2), P(3)))) \
  VOID(promoflow_builder_free, (P(0))) \
  RESULT(promoflow_builder_options, (promoflow_builder_options(P(0), P(1), P(2), Z(3), P(4)))) \
  RESULT(promoflow_builder_step, (promoflow_builder_step(P(0), T(1), P(2), Z(3), P(4), P(5)))) \
  RESULT(promoflow_builder_hook, \
         (promoflow_builder_hook(P(0), N(1), P(2), P(3), Z(4), Z(5), P(6)))) \
  RESULT(promoflow_builder_build, (promoflow_builder_build(P(0), P(1), P(2)))) \
  RESULT(promoflow_manifest_read, (promoflow_manifest_read(T(0), P(1), P(2), P(3)))) \
  VOID(promoflow_manifest_free, (P(0))) \
  RESULT(promoflow_manifest_flow, (promoflow_manifest_flow(P(0), Z(1), P(2), P(3)))) \
  RESULT(promoflow_manifest_diagnostics, \
         (promoflow_manifest_diagnostics(P(0), P(1), Z(2), Z(3), P(4)))) \
  RESULT(promoflow_flow_load, (promoflow_flow_load(T(0), P(1), P(2), P(3)))) \
  VOID(promoflow_flow_free, (P(0))) \
  RESULT(promoflow_flow_name, (promoflow_flow_name(P(0), P(1)))) \
  RESULT(promoflow_flow_environment_count, (promoflow_flow_environment_count(P(0), P(1)))) \
  RESULT(promoflow_flow_environment_name, \
         (promoflow_flow_environment_name(P(0), (uint32_t)values[1], P(2)))) \
  RESULT(promoflow_flow_dependencies, \
         (promoflow_flow_dependencies(P(0), (uint32_t)values[1], P(2), Z(3), P(4)))) \
  RESULT(promoflow_flow_dependents, \
         (promoflow_flow_dependents(P(0), (uint32_t)values[1], P(2), Z(3), P(4)))) \
  RESULT(promoflow_flow_hooks, \
         (promoflow_flow_hooks(P(0), N(1), (uint32_t)values[2], P(3), Z(4), Z(5), P(6)))) \
  RESULT(promoflow_flow_write, (promoflow_flow_write(P(0), N(1), P(2), P(3)))) \
  RESULT(promoflow_flow_render, (promoflow_flow_render(P(0), P(1), P(2), P(3)))) \
  RESULT(promoflow_start_json, \
         (promoflow_start_json(P(0), P(1), L(2), T(3), P(4), P(5), P(6)))) \
  RESULT(promoflow_release_start_with, \
         (promoflow_release_start_with(P(0), P(1), L(2), T(3), P(4), P(5), P(6)))) \
  RESULT(promoflow_release_restore, (promoflow_release_restore(P(0), T(1), P(2), P(3)))) \
  RESULT(promoflow_release_recover, (promoflow_release_recover(P(0), T(1), P(2), P(3)))) \
  VOID(promoflow_release_free, (P(0))) \
  RESULT(promoflow_release_reissue, (promoflow_release_reissue(P(0), P(1)))) \
  RESULT(promoflow_release_describe, (promoflow_release_describe(P(0), P(1), P(2)))) \
  RESULT(promoflow_release_context_json, (promoflow_release_context_json(P(0), P(1), P(2)))) \
  RESULT(promoflow_release_snapshot, (promoflow_release_snapshot(P(0), P(1), P(2)))) \
  RESULT(promoflow_release_key, (promoflow_release_key(P(0), values[1], P(2), P(3)))) \
  RESULT(promoflow_release_render, (promoflow_release_render(P(0), P(1), P(2), P(3)))) \
  RESULT(promoflow_scenario_read, (promoflow_scenario_read(T(0), P(1), P(2), P(3), P(4)))) \
  VOID(promoflow_scenario_free, (P(0))) \
  RESULT(promoflow_scenario_diagnostics, \
         (promoflow_scenario_diagnostics(P(0), P(1), Z(2), Z(3), P(4)))) \
  RESULT(promoflow_scenario_release, (promoflow_scenario_release(P(0), P(1), P(2)))) \
  RESULT(promoflow_scenario_selection, (promoflow_scenario_selection(P(0), P(1)))) \
  RESULT(promoflow_scenario_outcomes, \
         (promoflow_scenario_outcomes(P(0), P(1), Z(2), Z(3), P(4)))) \
  RESULT(promoflow_scenario_actions, \
         (promoflow_scenario_actions(P(0), P(1), Z(2), Z(3), P(4)))) \
  RESULT(promoflow_simulate, (promoflow_simulate(P(0), P(1), values[2], P(3), P(4)))) \
  VOID(promoflow_trace_free, (P(0))) \
  RESULT(promoflow_trace_jsonl, (promoflow_trace_jsonl(P(0), P(1), P(2)))) \
  RESULT(promoflow_trace_state, (promoflow_trace_state(P(0), P(1)))) \
  RESULT(promoflow_trace_environment, \
         (promoflow_trace_environment(P(0), (uint32_t)values[1], P(2)))) \
  RESULT(promoflow_trace_context_json, (promoflow_trace_context_json(P(0), P(1), P(2)))) \
  RESULT(promoflow_trace_render, (promoflow_trace_render(P(0), P(1), P(2), P(3)))) \
  RESULT(promoflow_explore, (promoflow_explore(P(0), T(1), P(2), N(3), P(4), P(5)))) \
  RESULT(promoflow_diff, (promoflow_diff(P(0), P(1), T(2), P(3), N(4), P(5), P(6), P(7)))) \
  RESULT(promoflow_configuration_read, (promoflow_configuration_read(P(0), Z(1), P(2), P(3)))) \
  VOID(promoflow_configuration_free, (P(0))) \
  RESULT(promoflow_configuration_format, \
         (promoflow_configuration_format(P(0), P(1), Z(2), N(3), P(4), P(5)))) \
  RESULT(promoflow_configuration_resolve, \
         (promoflow_configuration_resolve(P(0), T(1), T(2), T(3), N(4), P(5), P(6)))) \
  RESULT(promoflow_configuration_flow, \
         (promoflow_configuration_flow(P(0), T(1), T(2), N(3), P(4), P(5)))) \
  RESULT(promoflow_configuration_context_uses, \
         (promoflow_configuration_context_uses(P(0), T(1), P(2), Z(3), Z(4), P(5), P(6)))) \
  RESULT(promoflow_configuration_render_context, \
         (promoflow_configuration_render_context(P(0), T(1), P(2), P(3), P(4)))) \
  RESULT(promoflow_queue_new, (promoflow_queue_new(N(0), (uint32_t)values[1], P(2), P(3)))) \
  VOID(promoflow_queue_free, (P(0))) \
  RESULT(promoflow_queue_apply, (promoflow_queue_apply(P(0), N(1), T(2), T(3), P(4)))) \
  RESULT(promoflow_queue_commands, \
         (promoflow_queue_commands(P(0), P(1), Z(2), Z(3), P(4), P(5)))) \
  RESULT(promoflow_queue_status, (promoflow_queue_status(P(0), T(1), P(2), P(3)))) \
  RESULT(promoflow_queue_holder, (promoflow_queue_holder(P(0), T(1), P(2), P(3)))) \
  RESULT(promoflow_queue_releases, (promoflow_queue_releases(P(0), P(1), Z(2), P(3), P(4)))) \
  RESULT(promoflow_queue_snapshot, (promoflow_queue_snapshot(P(0), P(1), P(2)))) \
  RESULT(promoflow_queue_restore, (promoflow_queue_restore(T(0), P(1), P(2))))

#define DEFINE_RESULT(name, body) \
  static uint64_t call_##name(const uint64_t* values) { (void)values; return (uint64_t)body; }
#define DEFINE_TEXT(name, parameters) \
  static uint64_t call_##name(const uint64_t* values) { \
    *(promoflow_str*)P(0) = name parameters; \
    return 0; \
  }
#define DEFINE_VOID(name, parameters) \
  static uint64_t call_##name(const uint64_t* values) { name parameters; return 0; }
FUNCTIONS(DEFINE_RESULT, DEFINE_TEXT, DEFINE_VOID)

typedef struct function {
  const char* name;
  uint64_t (*call)(const uint64_t* values);
} function;
#define ENTRY(name, ignored) {#name, call_##name},
static const function functions[] = {FUNCTIONS(ENTRY, ENTRY, ENTRY)};

static size_t function_count(void) { return sizeof functions / sizeof functions[0]; }
static const char* function_name(size_t index) { return functions[index].name; }
static uint64_t call_function(size_t index, const uint64_t* values) {
  return functions[index].call(values);
}

// An exploration asks now and then whether to go on.
static int32_t go_on(const promoflow_exploration_progress* progress, void* stopped) {
  (void)progress;
  return !__atomic_load_n((const int32_t*)stopped, __ATOMIC_RELAXED);
}
static uint64_t go_on_address(void) { return (uint64_t)(uintptr_t)go_on; }
static void set(uint64_t flag) {
  __atomic_store_n((int32_t*)(uintptr_t)flag, 1, __ATOMIC_RELAXED);
}
static uint64_t new_flag(void) { return (uint64_t)(uintptr_t)calloc(1, sizeof(int32_t)); }
static void free_flag(uint64_t flag) { free((void*)(uintptr_t)flag); }
*/
import "C"

import (
	"context"
	"encoding/binary"
	"fmt"
	"unsafe"
)

const (
	wordBytes   = 4 << (^uintptr(0) >> 63)
	libraryName = "libpromoflow_c"
)

var order = binary.NativeEndian

var functions = func() map[string]C.size_t {
	all := map[string]C.size_t{}
	for i := range C.function_count() {
		all[C.GoString(C.function_name(i))] = i
	}
	return all
}()

type native struct{}

func openNative(Options) (library, error) { return native{}, nil }

var openCore, openExploration, openConfiguration opener = openNative, openNative, openNative

func (native) open() (machine, error) { return &nativeMachine{}, nil }
func (native) close() error           { return nil }

type nativeMachine struct{}

func (*nativeMachine) call(_ context.Context, name string, values []uint64) (uint64, error) {
	index, found := functions[name]
	if !found {
		return 0, fmt.Errorf("native.go has no function %s", name)
	}
	return uint64(C.call_function(index, (*C.uint64_t)(unsafe.SliceData(values)))), nil
}

// read gives memory that C has.
func (*nativeMachine) read(at, size uint64) []byte {
	address := uintptr(at)
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&address)), size)
}

func (*nativeMachine) close() {}

// A stop ends an exploration when its context is done.
type stop struct {
	progress, user uint64
	watching       func() bool
	done           chan struct{}
}

func newStop(ctx context.Context) *stop {
	s := &stop{progress: uint64(C.go_on_address()), user: uint64(C.new_flag()),
		done: make(chan struct{})}
	s.watching = context.AfterFunc(ctx, func() {
		C.set(C.uint64_t(s.user))
		close(s.done)
	})
	return s
}

func (s *stop) close() {
	if !s.watching() {
		<-s.done
	}
	C.free_flag(C.uint64_t(s.user))
}
