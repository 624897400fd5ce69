/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks and promotions as programs, for C: libpromoflow_process, for POSIX systems. The rules at
   the head of promoflow.h hold here, too. docs/executors.md has the protocol that the programs see.
   Everything is there since 0.1, unless it says otherwise. */
#ifndef PROMOFLOW_PROCESS_H
#define PROMOFLOW_PROCESS_H

#include "promoflow.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Which program runs for which name, and diagnostics: immutable, [shared]. */
typedef struct promoflow_process_commands promoflow_process_commands;
/* Runs programs: [shared], several runs may use it at once. It has one thread, which starts and
   reaps them, and, unless it is durable, one guard process, which kills them if this one dies. */
typedef struct promoflow_process_executor promoflow_process_executor;

typedef struct promoflow_process_options { /* Only `work_directory` is required. */
  uint32_t struct_size;
  uint32_t parallel; /* Programs at once, to 1024; further ones are queued (R19). 0: 16. */
  const promoflow_process_commands* commands; /* Searched first; may be NULL. */
  /* Searched second: hooks by their names, promotions in its `promotions/`, by environment or else
     `default`. Empty: no directory. Paths are bytes, used as they are, without NUL. */
  promoflow_str directory;
  promoflow_str work_directory; /* For logs and arguments; created if it does not exist. */
  int64_t grace_ms;             /* Between SIGTERM and SIGKILL when a program is cancelled, to */
                                /* a day. Counts only with has_grace; else 10 seconds. */
  uint64_t log_bytes_max;       /* Per ticket; further output is dropped. 0: 1 MiB. */
  int32_t has_grace;
  int32_t promote_without_program; /* Promotions succeed where no program for any is configured. */
  /* Context keys that are variables of their own name, too, beside PROMOFLOW_CONTEXT_KEY; refused
     where the name decides which code runs (PATH, LD_..., ...). May be NULL. Since 0.2. */
  const promoflow_str* export_variables;
  uint64_t export_variable_count;
  /* Where the program promoflow-supervisor is; only with `durable`. data NULL, or empty: beside
     this program or library, or where it was installed. Since 0.2. */
  promoflow_str supervisor;
  /* Programs outlive this process, each with a supervisor of its own. For an engine, which goes on
     with them; promoflow_run() does not. Since 0.2. */
  int32_t durable;
  /* A program that ends with exit status 75 waits for a person, who answers by
     promoflow_engine_apply() or a request; 1: nobody could, so it has failed. Since 0.2. */
  int32_t no_suspension;
} promoflow_process_options;

/* --- commands --------------------------------------------------------------------------------- */

/* Reads `hooks:` and `promotions:` from YAML or JSON: for each name a program, or a list of a
   program and its arguments. A relative path with a `/` counts from `directory` (bytes; may be
   empty). Problems of the text are diagnostics, not errors of the call. `options` may be NULL.
   [shared] */
PROMOFLOW_API promoflow_status promoflow_process_commands_read(
    promoflow_str text, promoflow_str directory, const promoflow_read_options* options,
    promoflow_process_commands** out, promoflow_error** error);
PROMOFLOW_API void promoflow_process_commands_free(promoflow_process_commands* commands);
/* As those of manifests: borrowed as long as the commands live. [shared] */
PROMOFLOW_API promoflow_status promoflow_process_commands_diagnostics(
    const promoflow_process_commands* commands, promoflow_diagnostic* out, size_t stride,
    size_t capacity, size_t* count);
/* The diagnostics as a text that quotes the lines of `text`. `format`:
   PROMOFLOW_DIAGNOSTICS_... [shared] */
PROMOFLOW_API promoflow_status promoflow_process_commands_format(
    const promoflow_process_commands* commands, promoflow_str file, promoflow_str text,
    int32_t format, promoflow_buffer** out, promoflow_error** error);

/* --- the look-up ------------------------------------------------------------------------------ */

/* Looks up the program of every hook and promotion of the flow as the executor will, and runs
   nothing. `*errors` is the number of calls that would fail. `*out` has a line for each, then one
   for each program that the flow does not use (those begin with `warning: `); it may be empty.
   `selection` is that of the run and may be NULL: what it skips is not looked at. The work
   directory is not looked at. Errors: as promoflow_process_executor_new(). Since 0.2. [shared] */
PROMOFLOW_API promoflow_status promoflow_process_check(const promoflow_flow* flow,
                                                       const promoflow_process_options* options,
                                                       const promoflow_selection* selection,
                                                       promoflow_buffer** out, size_t* errors,
                                                       promoflow_error** error);

/* --- the executor ----------------------------------------------------------------------------- */

/* INVALID_ARGUMENT: `where` names the option; for commands with errors the message has their
   diagnostics. INTERNAL: the system refuses a process, a pipe or a thread. [shared] */
PROMOFLOW_API promoflow_status
promoflow_process_executor_new(const promoflow_process_options* options,
                               promoflow_process_executor** out, promoflow_error** error);
/* Programs go on until the last run that uses the executor returns; then those that are left are
   killed and reaped, or go on if the executor is durable. Not in a child that was forked: it must
   neither use nor free its copy, which has no thread to wait for. */
PROMOFLOW_API void promoflow_process_executor_free(promoflow_process_executor* executor);
/* Fills `out` (its struct_size is read) for one call of promoflow_run() or its like, which calls
   destroy(); or for promoflow_engine_new(), which goes on with the programs of a durable one. A
   caller that does not use it so calls out->destroy(out->user). It keeps what it needs
   of `executor`. Until then a host's own executor may also call its callbacks, from any thread,
   with a call and a reply that it got. A command for which memory runs out fails. [shared] */
PROMOFLOW_API promoflow_status promoflow_process_executor_callbacks(
    const promoflow_process_executor* executor, promoflow_executor* out, promoflow_error** error);
/* Waits until no program runs or is queued: after a run, cancelled programs may still be within
   their grace period. [shared] */
PROMOFLOW_API promoflow_status
promoflow_process_executor_wait_idle(const promoflow_process_executor* executor);
/* Sends SIGKILL to all programs and drops those that are queued. Programs that are started later
   are not affected. [shared] */
PROMOFLOW_API promoflow_status
promoflow_process_executor_kill_all(const promoflow_process_executor* executor);

#ifdef __cplusplus
}
#endif

#endif
