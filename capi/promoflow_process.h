/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks and promotions as programs, for C: libpromoflow_process, for POSIX systems. What holds
   everywhere is said in promoflow.h, and holds here. docs/executors.md has the protocol that the
   programs see. All of it since 0.1. */
#ifndef PROMOFLOW_PROCESS_H
#define PROMOFLOW_PROCESS_H

#include "promoflow.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Which program runs for which name, and diagnostics: immutable, [shared]. */
typedef struct promoflow_process_commands promoflow_process_commands;
/* What runs programs: [shared], several runs may have it at once. It has one thread, which starts
   and reaps, and one guard process, which kills the programs should this process die. */
typedef struct promoflow_process_executor promoflow_process_executor;

typedef struct promoflow_process_options { /* Only `work_directory` is required. */
  uint32_t struct_size;
  uint32_t parallel; /* Programs at once, to 1024; further ones wait their turn. 0: 16. */
  const promoflow_process_commands* commands; /* Looked at first; may be NULL. */
  /* Paths are bytes, taken as they are; a NUL in them is refused. Then programs are taken from
     here: hooks by their names, promotions from `promotions/` in it, by environment or else
     `default`. Empty: no directory. */
  promoflow_str directory;
  promoflow_str work_directory; /* For logs and arguments; made if it is not there. */
  int64_t grace_ms;             /* Between SIGTERM and SIGKILL when a program is cancelled, to */
                                /* a day. Counts only with has_grace; else 10 seconds. */
  uint64_t log_bytes_max;       /* Per ticket; what is printed beyond it is dropped. 0: 1 MiB. */
  int32_t has_grace;
  int32_t promote_without_program; /* Promotions succeed where no program for any is configured. */
} promoflow_process_options;

/* --- commands --------------------------------------------------------------------------------- */

/* Reads `hooks:` and `promotions:` from YAML or JSON: names to a program, or to a list of a program
   and its arguments. Programs with a `/` are taken from `directory` (bytes; may be empty), unless
   they begin with one. What is wrong is in the diagnostics. `options` may be NULL. [shared] */
PROMOFLOW_API promoflow_status promoflow_process_commands_read(
    promoflow_str text, promoflow_str directory, const promoflow_read_options* options,
    promoflow_process_commands** out, promoflow_error** error);
PROMOFLOW_API void promoflow_process_commands_free(promoflow_process_commands* commands);
/* As those of manifests: borrowed as long as the commands live. [shared] */
PROMOFLOW_API promoflow_status promoflow_process_commands_diagnostics(
    const promoflow_process_commands* commands, promoflow_diagnostic* out, size_t stride,
    size_t capacity, size_t* count);
/* The diagnostics as a text, with the lines of `text` that they are about. `format`:
   PROMOFLOW_DIAGNOSTICS_... [shared] */
PROMOFLOW_API promoflow_status promoflow_process_commands_format(
    const promoflow_process_commands* commands, promoflow_str file, promoflow_str text,
    int32_t format, promoflow_buffer** out, promoflow_error** error);

/* --- the executor ----------------------------------------------------------------------------- */

/* INVALID_ARGUMENT (`where` names the option; for commands that have errors the message is their
   diagnostics), INTERNAL (the system refuses a process, a pipe or a thread). [shared] */
PROMOFLOW_API promoflow_status
promoflow_process_executor_new(const promoflow_process_options* options,
                               promoflow_process_executor** out, promoflow_error** error);
/* What is running goes on until the last of the runs that have it returns; then what is left is
   killed and reaped. */
PROMOFLOW_API void promoflow_process_executor_free(promoflow_process_executor* executor);
/* Fills `out`, whose struct_size says how much of it there is, for one call of promoflow_run() or
   its like, which calls its destroy(); who gives it to none calls out->destroy(out->user). It keeps
   what it needs of `executor`. Until then its callbacks may also be called by an executor of the
   host's, with the call and the reply that this was handed, from any thread. For want of memory a
   command fails. [shared] */
PROMOFLOW_API promoflow_status promoflow_process_executor_callbacks(
    const promoflow_process_executor* executor, promoflow_executor* out, promoflow_error** error);
/* Waits until nothing runs and nothing waits: after a run, cancelled programs may still be within
   their grace period. [shared] */
PROMOFLOW_API promoflow_status
promoflow_process_executor_wait_idle(const promoflow_process_executor* executor);
/* SIGKILL to all that runs; what waits is dropped. What is started later is not concerned.
   [shared] */
PROMOFLOW_API promoflow_status
promoflow_process_executor_kill_all(const promoflow_process_executor* executor);

#ifdef __cplusplus
}
#endif

#endif
