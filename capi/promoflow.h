/* SPDX-License-Identifier: Apache-2.0 */
/* The C ABI of promoflow: what a GitOps promotion release must run next, and with which arguments.
   This header is the reference; docs/c-abi.md is the guide. These rules hold for all of it:

   Status     0: done; positive: there is nothing (more); negative: an error, see the numbers below.
              Outputs are set with PROMOFLOW_OK only, or where a comment says so. After an error the
              handle that the call was made on is as it was before, and can be used again.
   Errors     The last parameter `error` may be NULL. Else *error is set to NULL, or to an error
              that the caller frees. Functions without it fail with
              PROMOFLOW_E_INVALID_ARGUMENT only, unless their comment says more.
   NULL       Every pointer is required unless its comment says so. NULL gives
              PROMOFLOW_E_INVALID_ARGUMENT, and so does an index or a number out of range.
   Memory     Each handle is freed by its own _free function, which accepts NULL; in any order: a
              handle keeps what it needs of others. Every function with `error` may give
              PROMOFLOW_E_OUT_OF_MEMORY.
   Text in    Pointer and length, UTF-8, copied before return. Other bytes become U+FFFD, except in
              manifests and scenarios (diagnostic `syntax`) and exported contexts (rule C4).
   Text out   Borrowed, not NUL-terminated; each comment says how long. data NULL: not given.
   Structs    Begin with struct_size: sizeof, or 0: the struct as it was in 0.1, without the fields
              that are marked "Since 0.2". In arrays the parameter `stride` says it (0 likewise),
              and struct_size is not read. Fields that the caller knows and this library does not
              must be zero, and are set to zero. Zero is the default of each field that goes in.
   Arrays     (out, stride, capacity, count): up to `capacity` elements are filled, *count is set to
              the number that exist. `out` may be NULL with capacity 0: to ask for the number.
   Lists in   (pointer, count): NULL with count 0 is no list, a pointer with count 0 an empty one.
   Threads    [shared]: any thread at any time. [confined]: one thread at a time for each handle;
              different handles are independent. _free is [confined]: no thread uses the handle.
   Callbacks  Called within promoflow_run() and its like only, or where a comment says so. They must
              not throw, and must not leave by longjmp.
   Since      Everything without "Since" has been there since 0.1. Rules such as R13 and C4 are in
              docs/semantics.md. */
#ifndef PROMOFLOW_H
#define PROMOFLOW_H

#include <stddef.h>
#include <stdint.h>

#if !defined(PROMOFLOW_API)
#if defined(_WIN32) && defined(PROMOFLOW_STATIC)
#define PROMOFLOW_API
#elif defined(_WIN32) && defined(PROMOFLOW_BUILDING)
#define PROMOFLOW_API __declspec(dllexport)
#elif defined(_WIN32)
#define PROMOFLOW_API __declspec(dllimport)
#else
#define PROMOFLOW_API __attribute__((visibility("default")))
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* --- numbers ---------------------------------------------------------------------------------- */

/* The library's version, as in promoflow/version.hpp. */
#define PROMOFLOW_VERSION_MAJOR 0
#define PROMOFLOW_VERSION_MINOR 2
#define PROMOFLOW_VERSION_PATCH 0
#define PROMOFLOW_VERSION "0.2.0"
#define PROMOFLOW_VERSION_NUMBER \
  (PROMOFLOW_VERSION_MAJOR * 10000 + PROMOFLOW_VERSION_MINOR * 100 + PROMOFLOW_VERSION_PATCH)

#define PROMOFLOW_ABI_MAJOR 0 /* The library's SOVERSION: another one is another interface. */
#define PROMOFLOW_ABI_MINOR 2 /* A higher one has all that a lower one has. */
#define PROMOFLOW_NO_ENVIRONMENT UINT32_MAX
#define PROMOFLOW_NO_TIME INT64_MIN
#define PROMOFLOW_CONTEXT_BYTES_MAX 1048576 /* Largest export, and largest context (C4). */
#define PROMOFLOW_CONTEXT_DEPTH_MAX 64      /* Deepest nesting of an export (C4). */

typedef int32_t promoflow_status;
enum {
  PROMOFLOW_OK = 0,
  PROMOFLOW_DONE = 1, /* Nothing more, or nothing found. */
  PROMOFLOW_E_INVALID_ARGUMENT = -1,
  PROMOFLOW_E_OUT_OF_MEMORY = -2,
  PROMOFLOW_E_INTERNAL = -3,
  PROMOFLOW_E_LIMIT_EXCEEDED = -4,
  PROMOFLOW_E_INVALID_MANIFEST = -10,
  PROMOFLOW_E_INVALID_SCENARIO = -11,
  PROMOFLOW_E_INVALID_FLOW = -12,
  PROMOFLOW_E_UNKNOWN_TICKET = -20, /* The release never issued this ticket (R13). */
  PROMOFLOW_E_SETTLED_TICKET = -21, /* It was answered or cancelled before (R13). */
  PROMOFLOW_E_WRONG_KIND = -22,     /* A hook's answer for a promotion, or the reverse (R13). */
  PROMOFLOW_E_NOT_ALLOWED = -23,    /* Not in this state (R13). */
  PROMOFLOW_E_UNKNOWN_ENVIRONMENT = -24, /* The flow has none of this name (R13). Since 0.2. */
  PROMOFLOW_E_INVALID_CONTEXT = -30,
  PROMOFLOW_E_INVALID_EVENT = -35,
  PROMOFLOW_E_INVALID_SNAPSHOT = -40,
  PROMOFLOW_E_SNAPSHOT_OF_OTHER_FLOW = -41,
  PROMOFLOW_E_SNAPSHOT_TOO_NEW = -42,
  PROMOFLOW_E_INVALID_STATE = -50 /* Of C++ only: an object that was moved from. Since 0.2. */
};
enum { /* int32_t point */
       PROMOFLOW_POINT_RELEASE_ON_START = 1,
       PROMOFLOW_POINT_RELEASE_ON_SUCCESS = 2,
       PROMOFLOW_POINT_RELEASE_ON_FAIL = 3,
       PROMOFLOW_POINT_ENVIRONMENT_ON_START = 4,
       PROMOFLOW_POINT_ENVIRONMENT_ON_SUCCESS = 5,
       PROMOFLOW_POINT_ENVIRONMENT_ON_FAIL = 6
};
enum { /* int32_t status of a release; the last three are final */
       PROMOFLOW_RELEASE_RUNNING = 1,
       PROMOFLOW_RELEASE_SUSPENDED = 2,
       PROMOFLOW_RELEASE_TERMINATING = 3,
       PROMOFLOW_RELEASE_SUCCEEDED = 4,
       PROMOFLOW_RELEASE_FAILED = 5,
       PROMOFLOW_RELEASE_TERMINATED = 6
};
enum { /* int32_t status of an environment */
       PROMOFLOW_ENVIRONMENT_PENDING = 1,
       PROMOFLOW_ENVIRONMENT_RUNNING = 2,
       PROMOFLOW_ENVIRONMENT_SUSPENDED = 3,
       PROMOFLOW_ENVIRONMENT_SUCCESSFUL = 4,
       PROMOFLOW_ENVIRONMENT_FAILED = 5,
       PROMOFLOW_ENVIRONMENT_TERMINATED = 6,
       PROMOFLOW_ENVIRONMENT_SKIPPED = 7 /* Not promoted to (R16). Since 0.2. */
};
enum {
  PROMOFLOW_COMMAND_RUN_HOOK = 1,
  PROMOFLOW_COMMAND_PROMOTE = 2,
  PROMOFLOW_COMMAND_CANCEL = 3
};
enum { /* int32_t kind of an event, and of the record of one; comments name the fields it uses */
       PROMOFLOW_EVENT_TICK = 1,                /* No field: the time has come. */
       PROMOFLOW_EVENT_HOOK_SUCCEEDED = 2,      /* ticket, context */
       PROMOFLOW_EVENT_HOOK_FAILED = 3,         /* ticket, text, context */
       PROMOFLOW_EVENT_PROMOTION_SUCCEEDED = 4, /* ticket */
       PROMOFLOW_EVENT_PROMOTION_FAILED = 5,    /* ticket, text; also while it soaks (R18) */
       PROMOFLOW_EVENT_SUSPENDED = 6,           /* ticket: waits for a person (R11) */
       PROMOFLOW_EVENT_RESUMED = 7,             /* ticket, by */
       PROMOFLOW_EVENT_TERMINATE = 8,           /* text, force, by (R6) */
       PROMOFLOW_EVENT_RETRY = 9,               /* environments, by (R12) */
       PROMOFLOW_EVENT_QUEUED = 10,  /* ticket: no room yet, its timeout stops (R19). Since 0.2. */
       PROMOFLOW_EVENT_STARTED = 11, /* ticket: begun, its timeout counts anew. Since 0.2. */
       PROMOFLOW_EVENT_SKIP = 12,    /* environment, text, by (R16). Since 0.2. */
       PROMOFLOW_EVENT_RELEASE_STARTED = 13, /* text: the whole line of it, as from
                                                promoflow_start_json(). Since 0.2. */
       /* Records only: */
       PROMOFLOW_RECORD_RELEASE = 20,     /* The release took another status. */
       PROMOFLOW_RECORD_ENVIRONMENT = 21, /* An environment did. */
       PROMOFLOW_RECORD_RUN_HOOK = 22,    /* A command was issued; likewise the next two. */
       PROMOFLOW_RECORD_PROMOTE = 23,
       PROMOFLOW_RECORD_CANCEL = 24,
       PROMOFLOW_RECORD_REFUSED = 25,  /* An operator's action was refused; in traces only. */
       PROMOFLOW_RECORD_SOAKED = 26,   /* An environment's soak ended well (R18). Since 0.2. */
       PROMOFLOW_RECORD_CONFLICT = 27, /* Two writes to a context key conflict (C5). Since 0.2. */
       PROMOFLOW_RECORD_SHADOWED = 28  /* A key was written that no hook gets (C6). Since 0.2. */
};
enum { /* int32_t code of a diagnostic (M6): errors, then warnings */
       PROMOFLOW_DIAGNOSTIC_SYNTAX = 1,
       PROMOFLOW_DIAGNOSTIC_MISSING_FIELD = 2,
       PROMOFLOW_DIAGNOSTIC_UNKNOWN_FIELD = 3,
       PROMOFLOW_DIAGNOSTIC_WRONG_TYPE = 4,
       PROMOFLOW_DIAGNOSTIC_INVALID_VALUE = 5,
       PROMOFLOW_DIAGNOSTIC_INVALID_NAME = 6,
       PROMOFLOW_DIAGNOSTIC_DUPLICATE_KEY = 7,
       PROMOFLOW_DIAGNOSTIC_DUPLICATE_ENVIRONMENT = 8,
       PROMOFLOW_DIAGNOSTIC_UNKNOWN_ENVIRONMENT = 9,
       PROMOFLOW_DIAGNOSTIC_SELF_DEPENDENCY = 10,
       PROMOFLOW_DIAGNOSTIC_DEPENDENCY_CYCLE = 11,
       PROMOFLOW_DIAGNOSTIC_TRIGGER_ENVIRONMENT_AS_STEP = 12,
       PROMOFLOW_DIAGNOSTIC_HOOK_ON_TRIGGER_ENVIRONMENT = 13,
       PROMOFLOW_DIAGNOSTIC_LIMIT_EXCEEDED = 14,
       PROMOFLOW_DIAGNOSTIC_DUPLICATE_FLOW = 15, /* Since 0.2. */
       PROMOFLOW_DIAGNOSTIC_DEPRECATED_LAYOUT = 101,
       PROMOFLOW_DIAGNOSTIC_DEPRECATED_FIELD = 102,
       PROMOFLOW_DIAGNOSTIC_EXTENSION_FIELD = 103,
       PROMOFLOW_DIAGNOSTIC_DUPLICATE_DEPENDENCY = 104,
       PROMOFLOW_DIAGNOSTIC_REDUNDANT_DEPENDENCY = 105,
       PROMOFLOW_DIAGNOSTIC_UNKNOWN_HOOK = 106,      /* Scenarios only. */
       PROMOFLOW_DIAGNOSTIC_RESERVED_ARGUMENT = 107, /* Since 0.2. */
       PROMOFLOW_DIAGNOSTIC_READ_DIFFERENTLY = 108,  /* Since 0.2. */
       PROMOFLOW_DIAGNOSTIC_SUSPICIOUS_NAME = 109,   /* Since 0.2. */
       /* Of configurations only. Since 0.2. */
       PROMOFLOW_DIAGNOSTIC_DUPLICATE_DOCUMENT = 16,
       PROMOFLOW_DIAGNOSTIC_AMBIGUOUS_NAME = 17,
       PROMOFLOW_DIAGNOSTIC_UNKNOWN_FLOW = 18,
       PROMOFLOW_DIAGNOSTIC_UNKNOWN_PROMOTION_TEMPLATE = 19,
       PROMOFLOW_DIAGNOSTIC_UNKNOWN_WORKFLOW = 20,
       PROMOFLOW_DIAGNOSTIC_INVALID_PARAMETER = 21,
       PROMOFLOW_DIAGNOSTIC_CONTEXT_KEY_NEVER_WRITTEN = 22,
       PROMOFLOW_DIAGNOSTIC_FAILURE_ARGUMENT_ELSEWHERE = 23,
       PROMOFLOW_DIAGNOSTIC_POLICY_NEVER_APPLIES = 110,
       PROMOFLOW_DIAGNOSTIC_NOT_A_PROMOTION_WORKFLOW = 111,
       PROMOFLOW_DIAGNOSTIC_MISSING_PERMISSION = 112,
       PROMOFLOW_DIAGNOSTIC_EXCESSIVE_PERMISSION = 113,
       PROMOFLOW_DIAGNOSTIC_CONTEXT_NOT_EXPORTED = 114,
       PROMOFLOW_DIAGNOSTIC_CONTEXT_KEY_MAY_BE_MISSING = 115,
       PROMOFLOW_DIAGNOSTIC_CONTEXT_KEY_RACE = 116,
       PROMOFLOW_DIAGNOSTIC_POLICY_TIE = 117,
       PROMOFLOW_DIAGNOSTIC_CONTEXT_KEY_UNUSED = 201
};
enum {
  PROMOFLOW_SEVERITY_ERROR = 1,
  PROMOFLOW_SEVERITY_WARNING = 2,
  PROMOFLOW_SEVERITY_NOTE = 3 /* Since 0.2. */
};
enum { PROMOFLOW_ORDER_DESCENDING = 1, PROMOFLOW_ORDER_ASCENDING = 2 };        /* of policies */
enum { PROMOFLOW_FAIL_FAST = 1, PROMOFLOW_CONTINUE = 2, PROMOFLOW_ABORT = 3 }; /* failure policy */
enum { PROMOFLOW_MERGE_SHALLOW = 1, PROMOFLOW_MERGE_DEEP = 2 };
enum { PROMOFLOW_ON_ERROR_FAIL = 1, PROMOFLOW_ON_ERROR_IGNORE = 2 };
enum { PROMOFLOW_POLICY_COMMIT = 1, PROMOFLOW_POLICY_PR = 2, PROMOFLOW_POLICY_NONE = 3 };
enum { /* Which environments a release promotes to (R16). Since 0.2. */
       PROMOFLOW_SELECT_ALL = 0,
       PROMOFLOW_SELECT_SKIP = 1,  /* All but those in the list. */
       PROMOFLOW_SELECT_UNTIL = 2, /* Those in the list, and what they depend on. */
       PROMOFLOW_SELECT_ONLY = 3   /* Those in the list. */
};
enum {                           /* Why no environment begins at present (R17). Since 0.2. */
       PROMOFLOW_BLOCK_NONE = 0, /* They begin as their dependencies are met. */
       PROMOFLOW_BLOCK_RELEASE_STARTING = 1, /* release.onStart has not succeeded yet. */
       PROMOFLOW_BLOCK_FAILURE = 2, /* One is Failed or Terminated; the policy is not continue. */
       PROMOFLOW_BLOCK_TERMINATION = 3, /* The release is being terminated. */
       PROMOFLOW_BLOCK_FINAL = 4        /* The release has ended; a RETRY lets it go on. */
};
enum { PROMOFLOW_TEXT_AUTO = 0, PROMOFLOW_TEXT_YAML = 1, PROMOFLOW_TEXT_JSON = 2 };
enum { /* How diagnostics are written */
       PROMOFLOW_DIAGNOSTICS_TEXT = 1,
       PROMOFLOW_DIAGNOSTICS_COLORED_TEXT = 2,
       PROMOFLOW_DIAGNOSTICS_JSON = 3
};
enum { /* How an exploration is written. Since 0.2. */
       PROMOFLOW_EXPLORATION_TEXT = 1,
       PROMOFLOW_EXPLORATION_JSON = 2
};
enum { /* How the difference of two flows is written. Since 0.2. */
       PROMOFLOW_DIFF_TEXT = 1,
       PROMOFLOW_DIFF_JSON = 2,
       PROMOFLOW_DIFF_MARKDOWN = 3
};
enum { /* How many commands may fail in one run of an exploration. Since 0.2. */
       PROMOFLOW_FAILURES_DEFAULT = 0, /* Two. */
       PROMOFLOW_FAILURES_LIMITED = 1, /* As many as failures_max says. */
       PROMOFLOW_FAILURES_ALL = 2      /* Any number. */
};
enum {
  PROMOFLOW_RENDER_TEXT = 1,
  PROMOFLOW_RENDER_MERMAID = 2,
  PROMOFLOW_RENDER_DOT = 3,
  PROMOFLOW_RENDER_SVG = 4
};

/* --- handles and structs ---------------------------------------------------------------------- */

typedef struct promoflow_flow promoflow_flow;         /* A checked flow: immutable, [shared]. */
typedef struct promoflow_manifest promoflow_manifest; /* Flows and diagnostics: immutable. */
typedef struct promoflow_configuration promoflow_configuration; /* Immutable, as are its texts. */
typedef struct promoflow_builder promoflow_builder;
typedef struct promoflow_release promoflow_release;
typedef struct promoflow_scenario promoflow_scenario; /* A scenario and diagnostics: immutable. */
typedef struct promoflow_trace promoflow_trace;       /* A simulated release: immutable. */
typedef struct promoflow_reply promoflow_reply;       /* Where one answer goes: [shared]. */
typedef struct promoflow_control promoflow_control; /* An operator's requests to runs: [shared]. */
typedef struct promoflow_waiting promoflow_waiting; /* What a clock waits for, in its wait(). */
typedef struct promoflow_error promoflow_error;
typedef struct promoflow_buffer promoflow_buffer; /* Text that the caller owns. */

typedef struct promoflow_str {
  const char* data;
  size_t size;
} promoflow_str;

typedef struct promoflow_argument { /* Never grows: arrays of it need no stride. */
  promoflow_str name;
  promoflow_str value;
} promoflow_argument;

typedef struct promoflow_read_options { /* M7; zero: the default bound. */
  uint32_t struct_size;
  int32_t format; /* PROMOFLOW_TEXT_... */
  uint64_t text_bytes_max;
  uint64_t nodes_max;
  uint64_t name_bytes_max;
  uint64_t diagnostics_max;
  uint32_t depth_max;
  uint32_t reserved;
  uint64_t value_bytes_max;
  uint64_t work_max;
} promoflow_read_options;

typedef struct promoflow_diagnostic { /* M6 */
  uint32_t struct_size;
  int32_t code; /* PROMOFLOW_DIAGNOSTIC_... */
  int32_t severity;
  uint32_t document; /* Which document of the text, from 0. */
  uint32_t line;     /* From 1; 0: there is no text. */
  uint32_t column;   /* In characters, from 1. */
  uint32_t length;   /* Characters to underline. */
  uint32_t reserved;
  promoflow_str pointer; /* JSON pointer; empty: the root. */
  promoflow_str message;
  promoflow_str hint; /* May be empty. */
} promoflow_diagnostic;

typedef struct promoflow_file { /* A named text. Never grows: arrays of it need no stride. */
  promoflow_str name;
  promoflow_str text;
} promoflow_file;

typedef struct promoflow_sarif_input { /* Exactly one of the two handles. */
  uint32_t struct_size;
  uint32_t reserved;
  promoflow_str file;
  const promoflow_manifest* manifest;
  const promoflow_scenario* scenario;
} promoflow_sarif_input;

typedef struct promoflow_flow_options {
  uint32_t struct_size;
  int32_t failure_policy;
  int32_t context_merge;
  uint32_t reserved;
  int64_t promotion_timeout_minutes;   /* Default 1440. */
  promoflow_str post_trigger;          /* data NULL: none. */
  int64_t hook_timeout_ms;             /* Of hooks that give none (R8); 0: none. Since 0.2. */
  int64_t termination_grace_period_ms; /* 0: as promotion_timeout_minutes (R7). Since 0.2. */
} promoflow_flow_options;

typedef struct promoflow_step {
  uint32_t struct_size;
  int32_t policy_action;           /* 0: not given. */
  promoflow_str policy_pre_action; /* data NULL: not given; likewise the next. */
  promoflow_str policy_post_action;
  int64_t timeout_ms;            /* Of the promotion; 0: no limit. */
  int64_t retry_duration_ms;     /* R9 */
  int64_t retry_max_duration_ms; /* Counts only with has_retry_max_duration. */
  double retry_factor;           /* 0: 1. */
  uint32_t retry_limit;
  int32_t has_retry_max_duration;
  int64_t soak_ms; /* Wait before onSuccess hooks (R18); 0: none. Since 0.2. */
} promoflow_step;

typedef struct promoflow_assigned { /* An argument that the flow assigns to a hook. */
  uint32_t struct_size;
  int32_t json; /* `value` is JSON text of another kind than a string. */
  promoflow_str name;
  promoflow_str value;
} promoflow_assigned;

typedef struct promoflow_hook {
  uint32_t struct_size;
  int32_t on_error; /* Default: fail. */
  promoflow_str name;
  int64_t timeout_ms; /* 0: the flow's hook_timeout_ms (R8). */
  int64_t retry_duration_ms;
  int64_t retry_max_duration_ms;
  double retry_factor;
  uint32_t retry_limit;
  int32_t has_retry_max_duration;
  uint64_t argument_count; /* Out only: see promoflow_flow_hook_arguments(). */
} promoflow_hook;

typedef struct promoflow_release_info { /* A1; only `id` is required. */
  uint32_t struct_size;
  uint32_t reserved;
  promoflow_str id;
  promoflow_str url;
  promoflow_str product;
  promoflow_str version;
  promoflow_str commit_sha;
} promoflow_release_info;

typedef struct promoflow_event {
  uint32_t struct_size;
  int32_t kind;          /* PROMOFLOW_EVENT_... */
  int64_t at_ms;         /* UTC milliseconds. */
  uint64_t ticket;       /* Of the command that it is about. */
  promoflow_str text;    /* A failure's message; the reason of TERMINATE and SKIP. */
  promoflow_str context; /* What a hook exported, as JSON text; data NULL: nothing. */
  /* Since 0.2: */
  promoflow_str by;          /* RESUMED, TERMINATE, RETRY, SKIP: who asked; empty: not given. */
  promoflow_str environment; /* SKIP: the environment's name. */
  const promoflow_str* environments; /* RETRY: the environments' names; NULL: all (R12). */
  uint64_t environment_count;
  int32_t force; /* TERMINATE: 1: end the release at once (R6). */
  uint32_t reserved;
} promoflow_event;

typedef struct promoflow_command {
  uint32_t struct_size;
  int32_t kind; /* PROMOFLOW_COMMAND_... */
  uint64_t ticket;
  int32_t point;                  /* RUN_HOOK; else 0. */
  uint32_t environment;           /* PROMOFLOW_NO_ENVIRONMENT at release points and for CANCEL. */
  uint32_t attempt;               /* R4; CANCEL: 0. */
  int32_t suspended;              /* From promoflow_release_outstanding() only, */
  int64_t expires_ms;             /* and so is this; else PROMOFLOW_NO_TIME. */
  promoflow_str environment_name; /* The flow's names live as long as the flow. */
  promoflow_str hook;
  uint64_t argument_count;         /* RUN_HOOK */
  uint64_t reference;              /* For the library: leads back to arguments and context. */
  promoflow_str policy_pre_action; /* PROMOTE; data NULL: not given. */
  promoflow_str policy_post_action;
  int32_t policy_action; /* PROMOTE; 0: not given. */
  uint32_t queued; /* From promoflow_release_outstanding() only (R19). Since 0.2; before: 0. */
} promoflow_command;

typedef struct promoflow_record {
  uint32_t struct_size;
  int32_t kind; /* PROMOFLOW_EVENT_... or PROMOFLOW_RECORD_... */
  int64_t at_ms;
  uint64_t ticket;       /* Of events, commands and SOAKED; of CONFLICT the later write's, of */
                         /* SHADOWED the write's (0: the context given at start). */
  int32_t status;        /* RELEASE, ENVIRONMENT: the new one. REFUSED: why, PROMOFLOW_E_... */
  uint32_t environment;  /* ENVIRONMENT, SKIP and commands; else PROMOFLOW_NO_ENVIRONMENT. */
  promoflow_str text;    /* Message or reason; REFUSED: the action; CONFLICT, SHADOWED: the key. */
  promoflow_str context; /* As in promoflow_event. */
  /* Since 0.2: */
  promoflow_str by;           /* As in promoflow_event, and of REFUSED; data NULL: not given. */
  uint64_t earlier;           /* CONFLICT: the ticket of the write that was replaced. */
  uint64_t environment_count; /* RETRY: how many it names, 0: all; the names are given by */
                              /* promoflow_release_record_environments() and its like. */
  int32_t force;              /* TERMINATE: 1: the release ended at once. */
  uint32_t reserved;
} promoflow_record;

typedef struct promoflow_state { /* Of a release or of one environment. */
  uint32_t struct_size;
  int32_t status;
  promoflow_str phase;   /* R14 */
  promoflow_str message; /* Why it failed, was terminated or skipped; else empty. */
} promoflow_state;

/* Which environments a release promotes to (R16). Since 0.2. An empty list is refused. */
typedef struct promoflow_selection {
  uint32_t struct_size;
  int32_t kind;                      /* PROMOFLOW_SELECT_... */
  const promoflow_str* environments; /* Their names; with ALL there is no list. */
  uint64_t environment_count;
} promoflow_selection;

/* Why an environment is Pending (R17). Since 0.2. Environments are in step order. */
typedef struct promoflow_pending {
  uint32_t struct_size;
  int32_t block;         /* PROMOFLOW_BLOCK_... */
  const uint32_t* unmet; /* Direct dependencies that are neither Successful nor Skipped. */
  uint64_t unmet_count;
  const uint32_t* causes; /* Where the unmet dependencies end: each of these is not Pending, or */
  uint64_t cause_count;   /* has no unmet dependency itself. */
} promoflow_pending;

typedef struct promoflow_context_entry {
  uint32_t struct_size;
  int32_t shadowed; /* 1: named as a default argument, so no hook gets it (C6). */
  uint64_t writer;  /* Ticket of the hook that wrote it last; 0: given at start (C5). */
  promoflow_str key;
  promoflow_str json; /* The value as JSON, */
  promoflow_str text; /* and as arguments hand it (A6). */
} promoflow_context_entry;

typedef struct promoflow_context_conflict { /* C5 */
  uint32_t struct_size;
  uint32_t reserved;
  promoflow_str key;
  uint64_t earlier; /* Tickets. */
  uint64_t later;   /* Its value remains. */
} promoflow_context_conflict;

typedef struct promoflow_shadowed_key { /* A write of a key that no hook gets (C6). Since 0.2. */
  uint32_t struct_size;
  uint32_t reserved;
  promoflow_str key;
  uint64_t ticket; /* Who wrote it; 0: given at start. */
} promoflow_shadowed_key;

typedef struct promoflow_rejected_export { /* C1, C4 */
  uint32_t struct_size;
  uint32_t reserved;
  uint64_t ticket;
  promoflow_str reason; /* Empty: the hook itself failed. */
  promoflow_str text;   /* To the byte. */
} promoflow_rejected_export;

typedef struct promoflow_outcome { /* S1, S2 */
  uint32_t struct_size;
  int32_t point;             /* 0: any. */
  promoflow_str hook;        /* data NULL: a rule for promotions; */
  promoflow_str environment; /* any; */
  promoflow_str fail;        /* does not fail; */
  promoflow_str context;     /* exports nothing. */
  int64_t after_ms;
  int64_t suspend_ms; /* Counts only with has_suspend. */
  int32_t has_suspend;
  uint32_t attempt; /* 0: any. */
  /* Since 0.2: */
  promoflow_str fail_in_soak; /* The message; data NULL: does not fail while it soaks. */
  int64_t fail_in_soak_after_ms;
  uint32_t place; /* Of the hook in its list, from 1; 0: any. */
  uint32_t reserved;
} promoflow_outcome;

typedef struct promoflow_action { /* What the operator does; fields as in promoflow_event. */
  uint32_t struct_size;
  int32_t kind;  /* PROMOFLOW_EVENT_RETRY, _SKIP or _TERMINATE. */
  int64_t at_ms; /* From the start. */
  promoflow_str reason;
  /* Since 0.2: */
  promoflow_str by;
  promoflow_str environment;
  const promoflow_str* environments;
  uint64_t environment_count;
  int32_t force;
  uint32_t reserved;
} promoflow_action;

typedef struct promoflow_render_options {
  uint32_t struct_size;
  int32_t format; /* Default: text. */
  int32_t color;  /* ANSI colours; this and the next two for text only. */
  int32_t ascii;  /* Nothing beyond ASCII. */
  uint32_t width; /* Columns; default 100, at least 40. */
  uint32_t reserved;
} promoflow_render_options;

typedef struct promoflow_hook_call { /* A hook to run. Borrowed for the call. */
  uint32_t struct_size;
  int32_t point;
  uint64_t ticket;
  promoflow_str release_id; /* With the ticket an idempotency key (R1). */
  promoflow_str hook;
  promoflow_str environment; /* data NULL at release points (A7). */
  promoflow_str context;     /* One JSON object (C3). */
  const promoflow_argument* arguments;
  uint64_t argument_count;
  uint32_t attempt;
  uint32_t reserved;
  uint64_t context_argument_count; /* How many of them, the last, are context keys. Since 0.2. */
  int64_t timeout_ms; /* After which the release cancels it (R8). 0: none. Since 0.2. */
} promoflow_hook_call;

typedef struct promoflow_promotion_call { /* An environment to promote into. As above. */
  uint32_t struct_size;
  int32_t policy_action; /* 0: not given. */
  uint64_t ticket;
  promoflow_str release_id;
  promoflow_str environment;
  promoflow_str policy_pre_action; /* data NULL: not given. */
  promoflow_str policy_post_action;
  const promoflow_argument* arguments; /* The six default ones (A1). */
  uint64_t argument_count;
  uint32_t attempt;
  uint32_t reserved;
  int64_t timeout_ms; /* As that of a hook. Since 0.2. */
} promoflow_promotion_call;

/* What an executor reports of its calls besides their answers. Since 0.2.
   STOPPED: the end of each call that was cancelled, with promoflow_reply_stopped() or an answer.
   The run then lets no two calls overlap: a call of an environment begins when the cancelled calls
   of that environment have stopped, one of the release when all have. Until then it is queued
   (R19). STARTED: promoflow_reply_started() for each call that begins, whether or not it was
   queued. Needed with STOPPED by an executor that reports queued: a call that the run held back is
   queued already. Without STARTED the run reports its start when it hands the call over. */
#define PROMOFLOW_REPORTS_STOPPED 1
#define PROMOFLOW_REPORTS_STARTED 2
/* Its calls go on when this process ends, and recover_...() finds them again: an engine that stops
   leaves them running. */
#define PROMOFLOW_REPORTS_SURVIVES 4

enum { /* What became of a call that an earlier process has handed to the executor. Since 0.2. */
       PROMOFLOW_RECOVERY_ATTACHED = 1, /* It runs; `reply` is used when it ends. */
       PROMOFLOW_RECOVERY_ENDED = 2,    /* It has ended, and `reply` has been used. */
       PROMOFLOW_RECOVERY_UNKNOWN = 3,  /* It never began: it is carried out now. */
       PROMOFLOW_RECOVERY_LOST = 4      /* It began and is gone; nobody knows how it ended. */
};

typedef struct promoflow_executor { /* What carries commands out. */
  uint32_t struct_size;
  uint32_t reserved;
  void* user; /* Handed to each callback, last. */
  /* Called on the thread of promoflow_run(), one at a time. They should return soon; the answer
     goes to `reply`, now or later, from any thread. They own the reply and free it at any time. */
  void (*run_hook)(const promoflow_hook_call* call, promoflow_reply* reply, void* user);
  void (*promote)(const promoflow_promotion_call* call, promoflow_reply* reply, void* user);
  /* May be NULL. Stop what runs under this ticket; later answers are dropped, its end is reported
     if `reports` says so. */
  void (*cancel)(promoflow_str release_id, uint64_t ticket, void* user);
  /* For hosts without a thread of their own; both or neither may be NULL. When to call wake() at
     the latest, in UTC milliseconds (PROMOFLOW_NO_TIME: not at all); asked before each wait. */
  int64_t (*next_wake)(void* user);
  void (*wake)(int64_t now_ms, void* user);
  /* May be NULL. Called exactly once, before the function that was given the struct returns,
     whatever it returns; an engine that was made with it calls it when it is freed. Not called if
     struct_size is no valid size: `destroy` is unknown then. */
  void (*destroy)(void* user);
  /* PROMOFLOW_REPORTS_..., or 0. Since 0.2. */
  uint32_t reports;
  uint32_t reserved_2;
  /* For engines only, which go on with the calls of a process that is gone; each may be NULL.
     Since 0.2. By what a call is found again, such as a directory or a name: a text made with
     promoflow_buffer_new(), which the engine stores before it makes the call, and frees; NULL:
     none. */
  promoflow_buffer* (*reference)(promoflow_str release_id, uint64_t ticket, uint32_t attempt,
                                 void* user);
  /* What became of such a call: PROMOFLOW_RECOVERY_...; any other number, or no function, is LOST.
     They own the reply, whatever they return. */
  int32_t (*recover_hook)(const promoflow_hook_call* call, promoflow_str reference,
                          promoflow_reply* reply, void* user);
  int32_t (*recover_promotion)(const promoflow_promotion_call* call, promoflow_str reference,
                               promoflow_reply* reply, void* user);
  /* 1: a call that such a process has cancelled still runs; then cancel() is called again, and
     promoflow_reply_stopped() is due. It owns the reply. */
  int32_t (*recover_cancelled)(promoflow_str release_id, uint64_t ticket, promoflow_str reference,
                               promoflow_reply* reply, void* user);
  /* 1: the engine's store fails, answers are in memory only: wait with them. 0: it works again. */
  void (*hold)(int32_t wait, void* user);
  /* Also of runs; each may be NULL. Since 0.2. The outcome of a call, or its end after it was
     cancelled, is stored (by an engine) or applied (by a run): it need not be kept; if someone else
     answered it, stop what is left of it. Not repeated after a restart. */
  void (*settled)(promoflow_str release_id, uint64_t ticket, void* user);
  /* The release was ended by force (R6): what was cancelled of it, and what is cancelled by the
     calls of cancel() behind this one, is to end at once. */
  void (*force)(promoflow_str release_id, void* user);
  /* reference() for a hook; NULL: it is the same. */
  promoflow_buffer* (*hook_reference)(promoflow_str release_id, uint64_t ticket, uint32_t attempt,
                                      void* user);
} promoflow_executor;

enum { /* int32_t kind of an answer; comments name the fields it uses. Since 0.2. */
       PROMOFLOW_ANSWER_SUCCEEDED = 1, /* context */
       PROMOFLOW_ANSWER_FAILED = 2,    /* text, context */
       PROMOFLOW_ANSWER_SUSPENDED = 3,
       PROMOFLOW_ANSWER_RESUMED = 4, /* by */
       PROMOFLOW_ANSWER_QUEUED = 5,
       PROMOFLOW_ANSWER_STARTED = 6,
       PROMOFLOW_ANSWER_STOPPED = 7
};

typedef struct promoflow_answer { /* What a promoflow_reply_...() was given. Since 0.2. */
  uint32_t struct_size;
  int32_t kind; /* PROMOFLOW_ANSWER_... */
  promoflow_str text;
  promoflow_str context; /* data NULL: nothing was exported. */
  promoflow_str by;
} promoflow_answer;

typedef struct promoflow_reply_target { /* Where the answers of a caller's own reply go. Since 0.2.
                                         */
  uint32_t struct_size;
  uint32_t reserved;
  void* user;
  /* Called within promoflow_reply_...(), which returns what it returns: from any thread, and from
     several at once. The answer is borrowed for the call. */
  promoflow_status (*take)(const promoflow_answer* answer, void* user);
  /* May be NULL. Called exactly once: when the reply is freed, or when none was made. */
  void (*destroy)(void* user);
} promoflow_reply_target;

typedef struct promoflow_clock { /* The time that a run lives by. Both functions are needed. */
  uint32_t struct_size;
  uint32_t reserved;
  void* user;
  int64_t (*now)(void* user); /* UTC milliseconds; should not run backwards. */
  /* Returns when promoflow_waiting_ready(), or when now() has reached `deadline_ms`
     (PROMOFLOW_NO_TIME: none); may return earlier. */
  void (*wait)(promoflow_waiting* waiting, int64_t deadline_ms, void* user);
} promoflow_clock;

typedef struct promoflow_run_options { /* All may be zero. */
  uint32_t struct_size;
  uint32_t reserved;
  promoflow_str context;            /* Of a start only: the initial context; empty: none. */
  const promoflow_control* control; /* An operator's requests; NULL: none. */
  const promoflow_clock* clock;     /* NULL: the system's. */
  void* user;
  /* Called with each event before it is applied: store it, with promoflow_event_json(). Another
     result than 0 ends the run, and the event is not applied. The first event of promoflow_run() is
     RELEASE_STARTED, before the first command: see promoflow_release_recover(). */
  int32_t (*journal)(const promoflow_event* event, void* user);
  /* Called with each record after its event is applied and before its commands are carried out;
     `command` as in promoflow_release_next_record(). All borrowed for the call. */
  void (*observe)(const promoflow_release* release, const promoflow_record* record,
                  const promoflow_command* command, void* user);
  const promoflow_selection* selection; /* Of a start only; NULL: all. Since 0.2. */
} promoflow_run_options;

/* --- version, text, errors, names ------------------------------------------------------------- */

/* The library's version, such as 0.1.0. Static. [shared] */
PROMOFLOW_API promoflow_str promoflow_version(void);
/* Major << 16 | minor. A binding goes on only if the major is the one that it was made with and
   the minor not lower: see PROMOFLOW_ABI_FITS. [shared] */
PROMOFLOW_API uint32_t promoflow_abi_version(void);
#define PROMOFLOW_ABI_FITS(version) \
  ((version) >> 16 == PROMOFLOW_ABI_MAJOR && ((version)&0xffffu) >= PROMOFLOW_ABI_MINOR)

/* A C string as a parameter: its length is measured; data NULL for NULL. Borrows it. [shared] */
PROMOFLOW_API promoflow_str promoflow_text(const char* text);

/* An error's status, and its message for people: borrowed as long as the error lives; a NUL follows
   the text. NULL gives PROMOFLOW_OK and an empty text. [shared] */
PROMOFLOW_API promoflow_status promoflow_error_code(const promoflow_error* error);
PROMOFLOW_API promoflow_str promoflow_error_message(const promoflow_error* error);
/* The place: a parameter, a ticket, line:column; may be empty. Borrowed likewise. [shared] */
PROMOFLOW_API promoflow_str promoflow_error_where(const promoflow_error* error);
PROMOFLOW_API void promoflow_error_free(promoflow_error* error);
/* Makes an error, for libraries that extend this one and report errors in the same way.
   INVALID_ARGUMENT: `code` is not negative. OUT_OF_MEMORY: *out is set all the same, to an error
   with that code. [shared] */
PROMOFLOW_API promoflow_status promoflow_error_new(promoflow_status code, promoflow_str where,
                                                   promoflow_str message, promoflow_error** out);

/* The text, borrowed as long as the buffer lives; NUL follows it. Empty for NULL. [shared] */
PROMOFLOW_API promoflow_str promoflow_buffer_text(const promoflow_buffer* buffer);
PROMOFLOW_API void promoflow_buffer_free(promoflow_buffer* buffer);
/* Makes a buffer with a copy of the text, for such libraries. [shared] */
PROMOFLOW_API promoflow_status promoflow_buffer_new(promoflow_str text, promoflow_buffer** out,
                                                    promoflow_error** error);

/* The word for a number, as manifests, messages and traces spell it: `settled-ticket`. Static
   storage; `unknown` for another number. [shared] */
PROMOFLOW_API promoflow_str promoflow_status_name(promoflow_status status);
PROMOFLOW_API promoflow_str promoflow_point_name(int32_t point);
PROMOFLOW_API promoflow_str promoflow_release_status_name(int32_t status);
PROMOFLOW_API promoflow_str promoflow_environment_status_name(int32_t status);
PROMOFLOW_API promoflow_str promoflow_diagnostic_code_name(int32_t code);
PROMOFLOW_API promoflow_str promoflow_severity_name(int32_t severity);
PROMOFLOW_API promoflow_str promoflow_failure_policy_name(int32_t failure_policy);
PROMOFLOW_API promoflow_str promoflow_context_merge_name(int32_t context_merge);
PROMOFLOW_API promoflow_str promoflow_on_error_name(int32_t on_error);
PROMOFLOW_API promoflow_str promoflow_policy_action_name(int32_t action);
/* PROMOFLOW_BLOCK_..., such as `release-starting`. Likewise. Since 0.2. [shared] */
PROMOFLOW_API promoflow_str promoflow_block_name(int32_t block);
/* 1: a release in this status has ended and takes RETRY, SKIP and TICK at most; else 0. [shared] */
PROMOFLOW_API int32_t promoflow_is_final(int32_t status);

/* A duration as Go prints it (M5): `1h30m`. *out is the caller's. [shared] */
PROMOFLOW_API promoflow_status promoflow_duration_format(int64_t ms, promoflow_buffer** out,
                                                         promoflow_error** error);
/* A duration as Go reads it. INVALID_ARGUMENT: not a duration, not whole milliseconds, or beyond
   292 years. [shared] */
PROMOFLOW_API promoflow_status promoflow_duration_parse(promoflow_str text, int64_t* out_ms,
                                                        promoflow_error** error);

/* --- manifests -------------------------------------------------------------------------------- */

/* Reads all flows of a YAML or JSON text. Problems of the text are diagnostics, not errors of the
   call. `options` may be NULL. [shared] */
PROMOFLOW_API promoflow_status promoflow_manifest_read(promoflow_str text,
                                                       const promoflow_read_options* options,
                                                       promoflow_manifest** out,
                                                       promoflow_error** error);
PROMOFLOW_API void promoflow_manifest_free(promoflow_manifest* manifest);
/* The flow at `index`, from 0, as a new handle. DONE: no more. [shared] */
PROMOFLOW_API promoflow_status promoflow_manifest_flow(const promoflow_manifest* manifest,
                                                       size_t index, promoflow_flow** out,
                                                       promoflow_error** error);
/* All problems in the order of the text, borrowed as long as the manifest lives. [shared] */
PROMOFLOW_API promoflow_status promoflow_manifest_diagnostics(const promoflow_manifest* manifest,
                                                              promoflow_diagnostic* out,
                                                              size_t stride, size_t capacity,
                                                              size_t* count);
/* The problems as text in one of PROMOFLOW_DIAGNOSTICS_..., lines quoted from `text` (may be
   empty), under the name `file`. [shared] */
PROMOFLOW_API promoflow_status promoflow_manifest_format(const promoflow_manifest* manifest,
                                                         promoflow_str file, promoflow_str text,
                                                         int32_t format, promoflow_buffer** out,
                                                         promoflow_error** error);
/* The problems of several files as one SARIF 2.1.0 log. [shared] */
PROMOFLOW_API promoflow_status promoflow_format_sarif(const promoflow_sarif_input* inputs,
                                                      size_t stride, size_t count,
                                                      promoflow_buffer** out,
                                                      promoflow_error** error);
/* Reads and checks the files of a configuration together: flows, the templates of their hooks,
   products, policies, permissions. Copies what it needs. Problems are no error of the call. Since
   0.2. [shared] */
PROMOFLOW_API promoflow_status promoflow_configuration_read(const promoflow_file* files,
                                                            size_t count,
                                                            promoflow_configuration** out,
                                                            promoflow_error** error);
PROMOFLOW_API void promoflow_configuration_free(promoflow_configuration* configuration);
/* Its problems as text; PROMOFLOW_DIAGNOSTICS_JSON: one object a line. `files` are those that were
   read, for their names and lines. Since 0.2. [shared] */
PROMOFLOW_API promoflow_status promoflow_configuration_format(
    const promoflow_configuration* configuration, const promoflow_file* files, size_t count,
    int32_t format, promoflow_buffer** out, promoflow_error** error);
/* Which flow of a product a trigger starts, and the policies of its environments, as one JSON
   object; `message` and `revision` may be empty. PROMOFLOW_DONE: the configuration has errors.
   PROMOFLOW_E_INVALID_ARGUMENT: it has no such product. Since 0.2. [shared] */
PROMOFLOW_API promoflow_status promoflow_configuration_resolve(
    const promoflow_configuration* configuration, promoflow_str product, promoflow_str message,
    promoflow_str revision, int32_t order, promoflow_buffer** out, promoflow_error** error);
/* The flow of a name, with the policies that a product, or an empty name, has filled in.
   PROMOFLOW_DONE: there is none, or the configuration has errors. Since 0.2. [shared] */
PROMOFLOW_API promoflow_status promoflow_configuration_flow(
    const promoflow_configuration* configuration, promoflow_str flow, promoflow_str product,
    int32_t order, promoflow_flow** out, promoflow_error** error);
/* JSON Schemas (draft 2020-12) of manifests and scenarios. Static. [shared] */
PROMOFLOW_API promoflow_str promoflow_manifest_schema(void);
PROMOFLOW_API promoflow_str promoflow_scenario_schema(void);

/* --- flows: all [shared]; what is borrowed lives as long as any handle of the flow ------------ */

/* The one flow of a text. INVALID_MANIFEST: the text has errors, all of which are in the message,
   or several flows. `options` may be NULL. */
PROMOFLOW_API promoflow_status promoflow_flow_load(promoflow_str text,
                                                   const promoflow_read_options* options,
                                                   promoflow_flow** out, promoflow_error** error);
/* Another handle of the same flow: a few bytes. */
PROMOFLOW_API promoflow_status promoflow_flow_copy(const promoflow_flow* flow, promoflow_flow** out,
                                                   promoflow_error** error);
PROMOFLOW_API void promoflow_flow_free(promoflow_flow* flow);

PROMOFLOW_API promoflow_status promoflow_flow_name(const promoflow_flow* flow, promoflow_str* out);
/* How many environments there are. They are numbered in step order: 0 is the trigger environment,
   i + 1 is step i (from 0). */
PROMOFLOW_API promoflow_status promoflow_flow_environment_count(const promoflow_flow* flow,
                                                                uint32_t* out);
PROMOFLOW_API promoflow_status promoflow_flow_dependency_count(const promoflow_flow* flow,
                                                               uint32_t* out);
PROMOFLOW_API promoflow_status promoflow_flow_environment_name(const promoflow_flow* flow,
                                                               uint32_t environment,
                                                               promoflow_str* out);
/* DONE: the flow has no environment of this name. */
PROMOFLOW_API promoflow_status promoflow_flow_find_environment(const promoflow_flow* flow,
                                                               promoflow_str name, uint32_t* out);
/* What an environment directly depends on, in the manifest's order. */
PROMOFLOW_API promoflow_status promoflow_flow_dependencies(const promoflow_flow* flow,
                                                           uint32_t environment, uint32_t* out,
                                                           size_t capacity, size_t* count);
/* What directly depends on it, in step order. */
PROMOFLOW_API promoflow_status promoflow_flow_dependents(const promoflow_flow* flow,
                                                         uint32_t environment, uint32_t* out,
                                                         size_t capacity, size_t* count);
/* *out: 1 if `environment` depends on `on`, directly or through others, else 0. */
PROMOFLOW_API promoflow_status promoflow_flow_depends_on(const promoflow_flow* flow,
                                                         uint32_t environment, uint32_t on,
                                                         int32_t* out, promoflow_error** error);
/* Length of the longest path from the trigger environment. */
PROMOFLOW_API promoflow_status promoflow_flow_level(const promoflow_flow* flow,
                                                    uint32_t environment, uint32_t* out);
/* What the flow says besides its name, steps and hooks; its annotations, in their order. */
PROMOFLOW_API promoflow_status promoflow_flow_options_of(const promoflow_flow* flow,
                                                         promoflow_flow_options* out);
PROMOFLOW_API promoflow_status promoflow_flow_annotations(const promoflow_flow* flow,
                                                          promoflow_argument* out, size_t capacity,
                                                          size_t* count);
/* A step's policy, timeout, retry and soak; for the trigger environment what postTrigger means. */
PROMOFLOW_API promoflow_status promoflow_flow_step(const promoflow_flow* flow, uint32_t environment,
                                                   promoflow_step* out);
/* The hooks of a point, in order. `environment` is not read for release points. */
PROMOFLOW_API promoflow_status promoflow_flow_hooks(const promoflow_flow* flow, int32_t point,
                                                    uint32_t environment, promoflow_hook* out,
                                                    size_t stride, size_t capacity, size_t* count);
/* The arguments that the flow assigns to the hook at `index` of these, in their order. */
PROMOFLOW_API promoflow_status promoflow_flow_hook_arguments(const promoflow_flow* flow,
                                                             int32_t point, uint32_t environment,
                                                             size_t index, promoflow_assigned* out,
                                                             size_t stride, size_t capacity,
                                                             size_t* count);
/* Hash of all that the flow says but its annotations: a snapshot is restored with a flow of the
   same hash only (R15). */
PROMOFLOW_API promoflow_status promoflow_flow_fingerprint(const promoflow_flow* flow,
                                                          uint64_t* out);
/* *out: 1 if equal in all that a manifest can say (M8), else 0. */
PROMOFLOW_API promoflow_status promoflow_flow_equal(const promoflow_flow* left,
                                                    const promoflow_flow* right, int32_t* out);
/* The flow as a manifest, in PROMOFLOW_TEXT_...; AUTO writes YAML. Read again it is equal (M8). */
PROMOFLOW_API promoflow_status promoflow_flow_write(const promoflow_flow* flow, int32_t format,
                                                    promoflow_buffer** out,
                                                    promoflow_error** error);
/* The flow as a picture. `options` may be NULL. */
PROMOFLOW_API promoflow_status promoflow_flow_render(const promoflow_flow* flow,
                                                     const promoflow_render_options* options,
                                                     promoflow_buffer** out,
                                                     promoflow_error** error);

/* --- a flow built in code: [confined] --------------------------------------------------------- */

/* A builder without steps. Problems of the flow are reported by promoflow_builder_build(). */
PROMOFLOW_API promoflow_status promoflow_builder_new(promoflow_str name,
                                                     promoflow_str trigger_environment,
                                                     promoflow_builder** out,
                                                     promoflow_error** error);
PROMOFLOW_API void promoflow_builder_free(promoflow_builder* builder);
/* Sets the options and the annotations (may be NULL with count 0), and keeps the release's hooks.
 */
PROMOFLOW_API promoflow_status promoflow_builder_options(promoflow_builder* builder,
                                                         const promoflow_flow_options* options,
                                                         const promoflow_argument* annotations,
                                                         size_t count, promoflow_error** error);
/* Adds a step behind those added before: this is the step order. `step` may be NULL. */
PROMOFLOW_API promoflow_status promoflow_builder_step(promoflow_builder* builder,
                                                      promoflow_str environment,
                                                      const promoflow_str* depends_on, size_t count,
                                                      const promoflow_step* step,
                                                      promoflow_error** error);
/* Appends a hook: to the release at release points, else to the step added last. `arguments` may be
   NULL with count 0. NOT_ALLOWED: there is no step yet. */
PROMOFLOW_API promoflow_status promoflow_builder_hook(promoflow_builder* builder, int32_t point,
                                                      const promoflow_hook* hook,
                                                      const promoflow_assigned* arguments,
                                                      size_t stride, size_t count,
                                                      promoflow_error** error);
/* Checks everything and gives a manifest: with one flow, or none, and the diagnostics. The builder
   is not changed: more can be added, and it can be built again. */
PROMOFLOW_API promoflow_status promoflow_builder_build(const promoflow_builder* builder,
                                                       promoflow_manifest** out,
                                                       promoflow_error** error);

/* --- releases: [confined] --------------------------------------------------------------------- */

/* "Until the next change" means: until apply, apply_many, apply_json, reissue, resume, retry,
   retry_with or free is called on the same release, whatever the call returns. */

/* Starts a release; its first commands are ready. `context`: the initial promotion context as JSON;
   empty: none. INVALID_ARGUMENT: no id. INVALID_CONTEXT: the context breaks C1 or C4. */
PROMOFLOW_API promoflow_status promoflow_release_start(const promoflow_flow* flow,
                                                       const promoflow_release_info* info,
                                                       int64_t now_ms, promoflow_str context,
                                                       promoflow_release** out,
                                                       promoflow_error** error);
/* The same with a selection of environments (R16); NULL: all. Also INVALID_ARGUMENT: an empty list;
   UNKNOWN_ENVIRONMENT: a name in it. Since 0.2. */
PROMOFLOW_API promoflow_status promoflow_release_start_with(const promoflow_flow* flow,
                                                            const promoflow_release_info* info,
                                                            int64_t now_ms, promoflow_str context,
                                                            const promoflow_selection* selection,
                                                            promoflow_release** out,
                                                            promoflow_error** error);
/* The release that a snapshot was taken of; its outstanding commands are ready to be taken again.
   Snapshots of older versions are read. INVALID_SNAPSHOT: damaged, or no snapshot;
   SNAPSHOT_OF_OTHER_FLOW; SNAPSHOT_TOO_NEW: of a newer version (R15). */
PROMOFLOW_API promoflow_status promoflow_release_restore(const promoflow_flow* flow,
                                                         promoflow_str snapshot,
                                                         promoflow_release** out,
                                                         promoflow_error** error);
PROMOFLOW_API void promoflow_release_free(promoflow_release* release);

/* Applies one event whole, or refuses it and changes nothing. Timers that are due by then fire
   first, and remain in effect if the event is refused (R10). Refusals (R13): UNKNOWN_TICKET,
   SETTLED_TICKET, WRONG_KIND, UNKNOWN_ENVIRONMENT, NOT_ALLOWED. */
PROMOFLOW_API promoflow_status promoflow_release_apply(promoflow_release* release,
                                                       const promoflow_event* event,
                                                       promoflow_error** error);
/* Applies events one after another. With `statuses` NULL it stops at the first refusal. Else
   `statuses` is an array of `count` to which each event's status is written, and it stops only at
   errors other than refusals. *applied is always set: the number of events that were processed. */
PROMOFLOW_API promoflow_status promoflow_release_apply_many(
    promoflow_release* release, const promoflow_event* events, size_t stride, size_t count,
    promoflow_status* statuses, size_t* applied, promoflow_error** error);
/* Takes the next command, in the order of issue, borrowed until the next change. Records in between
   are dropped. DONE: all are taken. */
PROMOFLOW_API promoflow_status promoflow_release_next_command(promoflow_release* release,
                                                              promoflow_command* out,
                                                              promoflow_error** error);
/* Takes as many commands as there are and `capacity` allows; *count: how many were written to
   `out`. DONE: none. OUT_OF_MEMORY: *count is set, and that many were taken. */
PROMOFLOW_API promoflow_status promoflow_release_take_commands(promoflow_release* release,
                                                               promoflow_command* out,
                                                               size_t stride, size_t capacity,
                                                               size_t* count,
                                                               promoflow_error** error);
/* Takes the next record of the same queue, borrowed until the next change. `command` may be NULL;
   it is filled when the record is one of a command, else its kind is 0. DONE: none. */
PROMOFLOW_API promoflow_status promoflow_release_next_record(promoflow_release* release,
                                                             promoflow_record* out,
                                                             promoflow_command* command,
                                                             promoflow_error** error);
/* The record taken last as one line of JSON (S5) without line end; `t` counts from `origin_ms`.
   DONE: none since the last change. */
PROMOFLOW_API promoflow_status promoflow_release_record_json(const promoflow_release* release,
                                                             int64_t origin_ms,
                                                             promoflow_buffer** out,
                                                             promoflow_error** error);
/* The environments that the record taken last names, if it is one of a RETRY; else none. Borrowed
   until the next change. DONE: no record was taken since the last change. Since 0.2. */
PROMOFLOW_API promoflow_status promoflow_release_record_environments(
    const promoflow_release* release, promoflow_str* out, size_t capacity, size_t* count);
/* An event as one line of JSON without line end, for the host's journal: store it, then apply it.
   [shared] */
PROMOFLOW_API promoflow_status promoflow_event_json(const promoflow_event* event,
                                                    promoflow_buffer** out,
                                                    promoflow_error** error);
/* The start of a release as one line of JSON without line end: the first line of its journal, to be
   stored before its first command is carried out. Parameters as promoflow_release_start_with(),
   which checks them. Since 0.2. [shared] */
PROMOFLOW_API promoflow_status promoflow_start_json(const promoflow_flow* flow,
                                                    const promoflow_release_info* info,
                                                    int64_t now_ms, promoflow_str context,
                                                    const promoflow_selection* selection,
                                                    promoflow_buffer** out,
                                                    promoflow_error** error);
/* The release of a journal: its lines, each with a line end, the first of them its start. It is as
   it was after the last event, and its outstanding commands are ready to be taken again. Events
   that were refused are refused again. A last line without a line end that cannot be read is a
   write that a crash cut short: it is ignored, and must be cut off before more is appended.
   INVALID_EVENT: a damaged line, named by the error's `where`; no start; nothing at all.
   SNAPSHOT_OF_OTHER_FLOW. Else as promoflow_release_start_with(). Since 0.2. [shared] */
PROMOFLOW_API promoflow_status promoflow_release_recover(const promoflow_flow* flow,
                                                         promoflow_str journal,
                                                         promoflow_release** out,
                                                         promoflow_error** error);
/* Applies the event of a journal's line. INVALID_EVENT: promoflow_event_json() did not write it.
   Else as promoflow_release_apply(). */
PROMOFLOW_API promoflow_status promoflow_release_apply_json(promoflow_release* release,
                                                            promoflow_str line,
                                                            promoflow_error** error);
/* `RELEASE_ID/ticket`, an idempotency key for what a command does (R1). */
PROMOFLOW_API promoflow_status promoflow_release_key(const promoflow_release* release,
                                                     uint64_t ticket, promoflow_buffer** out,
                                                     promoflow_error** error);
/* Drops records that were not taken and issues every outstanding command again, for a host that
   starts again after a crash. */
PROMOFLOW_API promoflow_status promoflow_release_reissue(promoflow_release* release,
                                                         promoflow_error** error);
/* When to send the next event at the latest (a TICK does). DONE: no timer is armed (R10). */
PROMOFLOW_API promoflow_status promoflow_release_next_timer(const promoflow_release* release,
                                                            int64_t* out_ms);

/* The release's flow, as a new handle. */
PROMOFLOW_API promoflow_status promoflow_release_flow(const promoflow_release* release,
                                                      promoflow_flow** out,
                                                      promoflow_error** error);
/* The id and what else was given at start; borrowed as long as the release lives. */
PROMOFLOW_API promoflow_status promoflow_release_info_of(const promoflow_release* release,
                                                         promoflow_release_info* out);
PROMOFLOW_API promoflow_status promoflow_release_status(const promoflow_release* release,
                                                        int32_t* out);
/* Status, phase and message of the release, of one environment, of all in step order; borrowed
   until the next change. */
PROMOFLOW_API promoflow_status promoflow_release_state(const promoflow_release* release,
                                                       promoflow_state* out);
PROMOFLOW_API promoflow_status promoflow_release_environment(const promoflow_release* release,
                                                             uint32_t environment,
                                                             promoflow_state* out);
PROMOFLOW_API promoflow_status promoflow_release_environments(const promoflow_release* release,
                                                              promoflow_state* out, size_t stride,
                                                              size_t capacity, size_t* count);
/* Why an environment is Pending (R17): no block and empty lists for one that is not. Borrowed until
   the next change or the next call of this. Since 0.2. */
PROMOFLOW_API promoflow_status promoflow_release_why_pending(promoflow_release* release,
                                                             uint32_t environment,
                                                             promoflow_pending* out,
                                                             promoflow_error** error);
/* The commands that are neither answered nor cancelled, in ticket order, borrowed until the next
   change or the next call of this. */
PROMOFLOW_API promoflow_status promoflow_release_outstanding(promoflow_release* release,
                                                             promoflow_command* out, size_t stride,
                                                             size_t capacity, size_t* count,
                                                             promoflow_error** error);

/* The arguments of a RUN_HOOK command of this release, in their order (A1 to A6), borrowed until
   the next change. INVALID_ARGUMENT: another kind of command, or the release has changed since. */
PROMOFLOW_API promoflow_status promoflow_command_arguments(const promoflow_release* release,
                                                           const promoflow_command* command,
                                                           promoflow_argument* out, size_t capacity,
                                                           size_t* count);
/* The same, as an array of the release's own: for one command always the same, borrowed until the
   next change or the next call of promoflow_release_outstanding(). Since 0.2. */
PROMOFLOW_API promoflow_status promoflow_command_argument_view(const promoflow_release* release,
                                                               const promoflow_command* command,
                                                               const promoflow_argument** out,
                                                               size_t* count,
                                                               promoflow_error** error);
/* The same as compact JSON; the context that the hook sees (C3), as JSON and key by key. */
PROMOFLOW_API promoflow_status promoflow_command_arguments_json(const promoflow_release* release,
                                                                const promoflow_command* command,
                                                                promoflow_buffer** out,
                                                                promoflow_error** error);
PROMOFLOW_API promoflow_status promoflow_command_context_json(const promoflow_release* release,
                                                              const promoflow_command* command,
                                                              promoflow_buffer** out,
                                                              promoflow_error** error);
PROMOFLOW_API promoflow_status promoflow_command_context(const promoflow_release* release,
                                                         const promoflow_command* command,
                                                         promoflow_context_entry* out,
                                                         size_t stride, size_t capacity,
                                                         size_t* count);

/* The release's context now: key by key, in the order in which the keys first appeared, borrowed
   until the next change; and as one compact JSON object. */
PROMOFLOW_API promoflow_status promoflow_release_context(const promoflow_release* release,
                                                         promoflow_context_entry* out,
                                                         size_t stride, size_t capacity,
                                                         size_t* count);
PROMOFLOW_API promoflow_status promoflow_release_context_json(const promoflow_release* release,
                                                              promoflow_buffer** out,
                                                              promoflow_error** error);
/* Conflicts between writes to one key (C5), in the order of events; borrowed likewise. */
PROMOFLOW_API promoflow_status promoflow_release_conflicts(const promoflow_release* release,
                                                           promoflow_context_conflict* out,
                                                           size_t stride, size_t capacity,
                                                           size_t* count, promoflow_error** error);
/* Exports that were not merged (C1, C4), in the order of events; borrowed likewise. */
PROMOFLOW_API promoflow_status promoflow_release_rejected(const promoflow_release* release,
                                                          promoflow_rejected_export* out,
                                                          size_t stride, size_t capacity,
                                                          size_t* count, promoflow_error** error);
/* The whole state as one JSON object, for people and dashboards. */
PROMOFLOW_API promoflow_status promoflow_release_describe(const promoflow_release* release,
                                                          promoflow_buffer** out,
                                                          promoflow_error** error);
/* The whole state as text for promoflow_release_restore() (R15). */
PROMOFLOW_API promoflow_status promoflow_release_snapshot(const promoflow_release* release,
                                                          promoflow_buffer** out,
                                                          promoflow_error** error);
/* The state as a picture. `options` may be NULL. */
PROMOFLOW_API promoflow_status promoflow_release_render(const promoflow_release* release,
                                                        const promoflow_render_options* options,
                                                        promoflow_buffer** out,
                                                        promoflow_error** error);

/* --- scenarios: all [shared]; what is borrowed lives as long as the scenario ------------------ */

/* Reads a scenario from YAML or JSON. Problems of the text are diagnostics, not errors of the call.
   With `flow` (may be NULL), rules for environments and hooks that it does not have give warnings.
   `options` may be NULL. */
PROMOFLOW_API promoflow_status promoflow_scenario_read(promoflow_str text,
                                                       const promoflow_flow* flow,
                                                       const promoflow_read_options* options,
                                                       promoflow_scenario** out,
                                                       promoflow_error** error);
/* A scenario made in code. `info` may be NULL (id `simulated`), arrays NULL with count 0.
   INVALID_ARGUMENT: a rule or an action out of range; `where` names the array. */
PROMOFLOW_API promoflow_status promoflow_scenario_new(
    const promoflow_release_info* info, promoflow_str context, const promoflow_outcome* outcomes,
    size_t outcome_stride, size_t outcome_count, const promoflow_action* actions,
    size_t action_stride, size_t action_count, promoflow_scenario** out, promoflow_error** error);
/* The same with a selection of environments (R16); NULL: all. Since 0.2. */
PROMOFLOW_API promoflow_status promoflow_scenario_new_with(
    const promoflow_release_info* info, promoflow_str context, const promoflow_selection* selection,
    const promoflow_outcome* outcomes, size_t outcome_stride, size_t outcome_count,
    const promoflow_action* actions, size_t action_stride, size_t action_count,
    promoflow_scenario** out, promoflow_error** error);
PROMOFLOW_API void promoflow_scenario_free(promoflow_scenario* scenario);
/* The diagnostics, as structs and as text; as those of manifests. */
PROMOFLOW_API promoflow_status promoflow_scenario_diagnostics(const promoflow_scenario* scenario,
                                                              promoflow_diagnostic* out,
                                                              size_t stride, size_t capacity,
                                                              size_t* count);
PROMOFLOW_API promoflow_status promoflow_scenario_format(const promoflow_scenario* scenario,
                                                         promoflow_str file, promoflow_str text,
                                                         int32_t format, promoflow_buffer** out,
                                                         promoflow_error** error);
/* The release and its initial context, the rules, the actions, the selection. INVALID_SCENARIO: the
   text has errors. */
PROMOFLOW_API promoflow_status promoflow_scenario_release(const promoflow_scenario* scenario,
                                                          promoflow_release_info* info,
                                                          promoflow_str* context);
PROMOFLOW_API promoflow_status promoflow_scenario_outcomes(const promoflow_scenario* scenario,
                                                           promoflow_outcome* out, size_t stride,
                                                           size_t capacity, size_t* count);
PROMOFLOW_API promoflow_status promoflow_scenario_actions(const promoflow_scenario* scenario,
                                                          promoflow_action* out, size_t stride,
                                                          size_t capacity, size_t* count);

/* Since 0.2. */
PROMOFLOW_API promoflow_status promoflow_scenario_selection(const promoflow_scenario* scenario,
                                                            promoflow_selection* out);

/* --- simulation: all [shared]; what is borrowed lives as long as the trace -------------------- */

/* Runs a release through the scenario in virtual time. `scenario` NULL: everything succeeds at
   once. `records_max` 0: the default bound. INVALID_SCENARIO: it has errors. LIMIT_EXCEEDED: more
   records, or more than 1 GiB of memory for them; the message says what was repeated most often.
   Else as promoflow_release_start_with(). */
PROMOFLOW_API promoflow_status promoflow_simulate(const promoflow_flow* flow,
                                                  const promoflow_scenario* scenario,
                                                  uint64_t records_max, promoflow_trace** out,
                                                  promoflow_error** error);
PROMOFLOW_API void promoflow_trace_free(promoflow_trace* trace);
/* How many records there are. */
PROMOFLOW_API promoflow_status promoflow_trace_size(const promoflow_trace* trace, size_t* out);
/* The time of the start, in UTC milliseconds. */
PROMOFLOW_API promoflow_status promoflow_trace_origin(const promoflow_trace* trace,
                                                      int64_t* out_ms);
/* The record at `index`, and its command as in promoflow_release_next_record() (may be NULL). DONE:
   no more. */
PROMOFLOW_API promoflow_status promoflow_trace_record(const promoflow_trace* trace, size_t index,
                                                      promoflow_record* out,
                                                      promoflow_command* command);
/* As promoflow_release_record_environments(), of the record at `index`. DONE: no more. Since 0.2.
 */
PROMOFLOW_API promoflow_status promoflow_trace_record_environments(const promoflow_trace* trace,
                                                                   size_t index, promoflow_str* out,
                                                                   size_t capacity, size_t* count);
/* The record at `index` as a line of JSON without line end. DONE: no more. */
PROMOFLOW_API promoflow_status promoflow_trace_record_json(const promoflow_trace* trace,
                                                           size_t index, promoflow_buffer** out,
                                                           promoflow_error** error);
/* All records as JSON Lines (S5). */
PROMOFLOW_API promoflow_status promoflow_trace_jsonl(const promoflow_trace* trace,
                                                     promoflow_buffer** out,
                                                     promoflow_error** error);
/* The release's id and what else the scenario gave; the flow, as a new handle. */
PROMOFLOW_API promoflow_status promoflow_trace_info_of(const promoflow_trace* trace,
                                                       promoflow_release_info* out);
PROMOFLOW_API promoflow_status promoflow_trace_flow(const promoflow_trace* trace,
                                                    promoflow_flow** out, promoflow_error** error);
/* At the end: the release (its phase is the status' name), one environment, the context. */
PROMOFLOW_API promoflow_status promoflow_trace_state(const promoflow_trace* trace,
                                                     promoflow_state* out);
PROMOFLOW_API promoflow_status promoflow_trace_environment(const promoflow_trace* trace,
                                                           uint32_t environment,
                                                           promoflow_state* out);
PROMOFLOW_API promoflow_status promoflow_trace_context(const promoflow_trace* trace,
                                                       promoflow_context_entry* out, size_t stride,
                                                       size_t capacity, size_t* count);
PROMOFLOW_API promoflow_status promoflow_trace_context_json(const promoflow_trace* trace,
                                                            promoflow_buffer** out,
                                                            promoflow_error** error);
/* Conflicts between writes to one key (C5), and writes of keys that no hook gets (C6), in order.
   Since 0.2. */
PROMOFLOW_API promoflow_status promoflow_trace_conflicts(const promoflow_trace* trace,
                                                         promoflow_context_conflict* out,
                                                         size_t stride, size_t capacity,
                                                         size_t* count, promoflow_error** error);
PROMOFLOW_API promoflow_status promoflow_trace_shadowed(const promoflow_trace* trace,
                                                        promoflow_shadowed_key* out, size_t stride,
                                                        size_t capacity, size_t* count,
                                                        promoflow_error** error);
/* The hooks that ran at a point, in order; of one environment, or of all with
   PROMOFLOW_NO_ENVIRONMENT. */
PROMOFLOW_API promoflow_status promoflow_trace_hooks(const promoflow_trace* trace, int32_t point,
                                                     uint32_t environment, promoflow_command* out,
                                                     size_t stride, size_t capacity, size_t* count);
/* Arguments and context of a RUN_HOOK command of this trace, as those of a release's commands.
   INVALID_ARGUMENT: another kind of command, or of another trace. */
PROMOFLOW_API promoflow_status promoflow_trace_arguments(const promoflow_trace* trace,
                                                         const promoflow_command* command,
                                                         promoflow_argument* out, size_t capacity,
                                                         size_t* count);
PROMOFLOW_API promoflow_status promoflow_trace_arguments_json(const promoflow_trace* trace,
                                                              const promoflow_command* command,
                                                              promoflow_buffer** out,
                                                              promoflow_error** error);
PROMOFLOW_API promoflow_status promoflow_trace_command_context(const promoflow_trace* trace,
                                                               const promoflow_command* command,
                                                               promoflow_context_entry* out,
                                                               size_t stride, size_t capacity,
                                                               size_t* count);
/* A timeline for people. `options` may be NULL; its format is not read. */
PROMOFLOW_API promoflow_status promoflow_trace_render(const promoflow_trace* trace,
                                                      const promoflow_render_options* options,
                                                      promoflow_buffer** out,
                                                      promoflow_error** error);

/* --- executors: a loop that drives a release -------------------------------------------------- */

/* Starts a release and drives it to a final status with an executor: it blocks, and waits without
   spinning. `options` may be NULL. Errors: as promoflow_release_start_with(); INVALID_ARGUMENT: the
   journal ended the run (`where` names it). After an error what is outstanding has been cancelled
   at the executor. [shared] */
PROMOFLOW_API promoflow_status promoflow_run(const promoflow_flow* flow,
                                             const promoflow_release_info* info,
                                             const promoflow_executor* executor,
                                             const promoflow_run_options* options,
                                             promoflow_release** out, promoflow_error** error);
/* Goes on with a release that was restored or replayed: its outstanding commands are carried out
   again under the same tickets. At once if it is final. Errors: as promoflow_run(). [confined] */
PROMOFLOW_API promoflow_status promoflow_resume(promoflow_release* release,
                                                const promoflow_executor* executor,
                                                const promoflow_run_options* options,
                                                promoflow_error** error);
/* Lets a failed or terminated release go on (R12), then as promoflow_resume(). NOT_ALLOWED: it is
   neither. [confined] */
PROMOFLOW_API promoflow_status promoflow_retry(promoflow_release* release,
                                               const promoflow_executor* executor,
                                               const promoflow_run_options* options,
                                               promoflow_error** error);
/* The same for these environments only (R12); NULL with count 0: all. `by` says who asked; empty:
   not given. Also UNKNOWN_ENVIRONMENT. Since 0.2. [confined] */
PROMOFLOW_API promoflow_status promoflow_retry_with(promoflow_release* release,
                                                    const promoflow_str* environments, size_t count,
                                                    promoflow_str by,
                                                    const promoflow_executor* executor,
                                                    const promoflow_run_options* options,
                                                    promoflow_error** error);
/* Runs a release whose commands end as the scenario's outcomes say, in the time of the options'
   clock; the rest of the scenario is not read. INVALID_SCENARIO: it has errors. Else as
   promoflow_run(). [shared] */
PROMOFLOW_API promoflow_status promoflow_run_scripted(const promoflow_flow* flow,
                                                      const promoflow_release_info* info,
                                                      const promoflow_scenario* scenario,
                                                      const promoflow_run_options* options,
                                                      promoflow_release** out,
                                                      promoflow_error** error);

/* Answers a command. The first of succeeded and failed counts; a later answer is dropped, and so is
   one after the command was cancelled or its run has returned. `context` may have data NULL:
   nothing was exported; it is not read for promotions. OUT_OF_MEMORY: the answer was not taken and
   can be given again. [shared] */
PROMOFLOW_API promoflow_status promoflow_reply_succeeded(const promoflow_reply* reply,
                                                         promoflow_str context);
PROMOFLOW_API promoflow_status promoflow_reply_failed(const promoflow_reply* reply,
                                                      promoflow_str message, promoflow_str context);
/* The command waits for a person; the person has decided (R11). [shared] */
PROMOFLOW_API promoflow_status promoflow_reply_suspended(const promoflow_reply* reply);
PROMOFLOW_API promoflow_status promoflow_reply_resumed(const promoflow_reply* reply);
/* The person `by` has decided; empty: not given. OUT_OF_MEMORY: it was not taken and can be given
   again. Since 0.2. [shared] */
PROMOFLOW_API promoflow_status promoflow_reply_resumed_by(const promoflow_reply* reply,
                                                          promoflow_str by);
/* There is no room for the command yet: its timeout stops. It has begun: its timeout counts from
   now (R19). Since 0.2. [shared] */
PROMOFLOW_API promoflow_status promoflow_reply_queued(const promoflow_reply* reply);
PROMOFLOW_API promoflow_status promoflow_reply_started(const promoflow_reply* reply);
/* The command was cancelled, and runs no more (PROMOFLOW_REPORTS_STOPPED). An answer that comes
   after the cancellation means the same. Ignored for a command that was not cancelled. Since 0.2.
   [shared] */
PROMOFLOW_API promoflow_status promoflow_reply_stopped(const promoflow_reply* reply);
/* A reply whose answers go to the caller: for a loop of one's own that hands commands to an
   executor of callbacks, such as that of promoflow_process.h. Since 0.2. [shared] */
PROMOFLOW_API promoflow_status promoflow_reply_new(const promoflow_reply_target* target,
                                                   promoflow_reply** out, promoflow_error** error);
PROMOFLOW_API void promoflow_reply_free(promoflow_reply* reply);

/* 1: the run has something to do, else 0; 0 for NULL. Within a clock's wait() only. [shared] */
PROMOFLOW_API int32_t promoflow_waiting_ready(const promoflow_waiting* waiting);
/* Sleeps until it has, for `ms` of the machine's steady clock at most (PROMOFLOW_NO_TIME: no
   limit); may return earlier. Returns what promoflow_waiting_ready() does. [shared] */
PROMOFLOW_API int32_t promoflow_waiting_for(promoflow_waiting* waiting, int64_t ms);

/* Requests of an operator to the runs whose options name this control. While no run has it they are
   kept for the next one, 16 at most. One that the release refuses has no effect. Not for signal
   handlers. [shared] */
PROMOFLOW_API promoflow_status promoflow_control_new(promoflow_control** out,
                                                     promoflow_error** error);
/* Terminates the release: what runs is cancelled, onFail hooks run (R6). [shared] */
PROMOFLOW_API promoflow_status promoflow_control_terminate(const promoflow_control* control,
                                                           promoflow_str reason,
                                                           promoflow_error** error);
/* The same; `force` 1: also when it is terminating, and at once. `by` says who asked; empty: not
   given; likewise below. Since 0.2. [shared] */
PROMOFLOW_API promoflow_status promoflow_control_terminate_with(const promoflow_control* control,
                                                                promoflow_str reason, int32_t force,
                                                                promoflow_str by,
                                                                promoflow_error** error);
/* Retries these environments while the release runs (R12). Since 0.2. [shared] */
PROMOFLOW_API promoflow_status promoflow_control_retry(const promoflow_control* control,
                                                       const promoflow_str* environments,
                                                       size_t count, promoflow_str by,
                                                       promoflow_error** error);
/* Goes on without this environment (R16). `reason` may be empty. Since 0.2. [shared] */
PROMOFLOW_API promoflow_status promoflow_control_skip(const promoflow_control* control,
                                                      promoflow_str environment,
                                                      promoflow_str reason, promoflow_str by,
                                                      promoflow_error** error);
PROMOFLOW_API void promoflow_control_free(promoflow_control* control);

/* --- exploration: what can happen to a release at all, and what a change changes -------------- */

typedef struct promoflow_exploration_progress {
  uint32_t struct_size;
  uint32_t failures;    /* Runs with fewer failures than this are complete. */
  uint64_t states;      /* Found so far; likewise the next. */
  uint64_t transitions; /* Tried so far. */
  uint64_t outcomes;
} promoflow_exploration_progress;

/* What may happen in a run, and how far to look. Zero: the default. Since 0.2. */
typedef struct promoflow_exploration_options {
  uint32_t struct_size;
  int32_t failures;      /* PROMOFLOW_FAILURES_... */
  uint32_t failures_max; /* With PROMOFLOW_FAILURES_LIMITED only. */
  uint32_t retries_max;  /* Retries of a release that has ended, in one run. */
  int32_t terminate;     /* 1: the operator terminates, and then forces, once each. */
  int32_t skip;          /* 1: the operator skips one environment. */
  int32_t suspend;       /* 1: commands wait for a person, and go on. */
  int32_t timeouts;      /* 1: timeouts and deadlines come due. */
  int32_t all_orders;    /* 1: every order, also where it cannot matter. */
  uint32_t reserved;
  uint64_t states_max;               /* 0: 1000000. */
  uint64_t memory_bytes_max;         /* 0: 2 GiB. */
  const promoflow_scenario* exports; /* What hooks export: the contexts of its rules. NULL: none. */
  /* Called every few thousand states, on the thread of the call; 0 ends the exploration as a bound
     does. NULL: it is not. */
  int32_t (*progress)(const promoflow_exploration_progress* progress, void* user);
  void* user;
} promoflow_exploration_options;

/* Explores a flow, and writes what it found in one of PROMOFLOW_EXPLORATION_...; the JSON is what
   `promoflow explore --format json` prints. `properties`: a properties file of the flow, which is
   checked, too, data NULL: none. `options` may be NULL. INVALID_ARGUMENT: the properties have
   errors, all of which are in the message. INVALID_SCENARIO: `exports` has. LIMIT_EXCEEDED: the
   flow is too large for any exploration. Since 0.2. [shared] */
PROMOFLOW_API promoflow_status promoflow_explore(const promoflow_flow* flow,
                                                 promoflow_str properties,
                                                 const promoflow_exploration_options* options,
                                                 int32_t format, promoflow_buffer** out,
                                                 promoflow_error** error);
/* Compares two flows, and writes the difference in one of PROMOFLOW_DIFF_...; `properties`, of the
   new flow, are checked in both. *out_equal, which may be NULL: 1, nothing differs. Else as
   promoflow_explore(). Since 0.2. [shared] */
PROMOFLOW_API promoflow_status promoflow_diff(const promoflow_flow* before,
                                              const promoflow_flow* after, promoflow_str properties,
                                              const promoflow_exploration_options* options,
                                              int32_t format, promoflow_buffer** out,
                                              int32_t* out_equal, promoflow_error** error);
/* JSON Schema (draft 2020-12) of a properties file. Static. Since 0.2. [shared] */
PROMOFLOW_API promoflow_str promoflow_properties_schema(void);

/* --- queue: which releases of one product may run --------------------------------------------- */

typedef struct promoflow_queue promoflow_queue; /* Confined. Since 0.2, like all of this part. */

enum {                                    /* int32_t mode */
       PROMOFLOW_QUEUE_MODE_QUEUE = 1,    /* A release waits until all before it have ended. */
       PROMOFLOW_QUEUE_MODE_TERMINATE = 2 /* It starts at once, and terminates an older one whose
                                             environment it needs. */
};
enum {                                /* int32_t kind of an event; what its `detail` is */
       PROMOFLOW_QUEUE_REQUESTED = 1, /* The flow, which the command START gives back. */
       PROMOFLOW_QUEUE_BEGAN = 2, /* The environment that is about to begin: it begins on BEGIN. */
       PROMOFLOW_QUEUE_LEFT = 3,  /* The environment that is not Running or Suspended any more. */
       PROMOFLOW_QUEUE_ENDED = 4, /* Not looked at; likewise the next. */
       PROMOFLOW_QUEUE_CANCELLED = 5 /* The release is not wanted any more. */
};
enum { /* int32_t kind of a command */
       PROMOFLOW_QUEUE_START = 1,
       PROMOFLOW_QUEUE_BEGIN = 2,     /* The environment is free for the release. */
       PROMOFLOW_QUEUE_TERMINATE = 3, /* With a reason. */
       PROMOFLOW_QUEUE_DROP = 4       /* The release never starts, for a reason. */
};
enum { /* int32_t status of a release in a queue */
       PROMOFLOW_QUEUE_STATUS_QUEUED = 1,
       PROMOFLOW_QUEUE_STATUS_ACTIVE = 2
};

typedef struct promoflow_queue_command {
  uint32_t struct_size;
  int32_t kind; /* PROMOFLOW_QUEUE_START, ... */
  promoflow_str release;
  promoflow_str flow;        /* Of START; else empty, likewise the next two. */
  promoflow_str environment; /* Of BEGIN. */
  promoflow_str reason;      /* Of TERMINATE and DROP. */
} promoflow_queue_command;

/* `waiting_max`: releases that wait; the oldest is dropped for one more. The usual number is 50.
   [shared] */
PROMOFLOW_API promoflow_status promoflow_queue_new(int32_t mode, uint32_t waiting_max,
                                                   promoflow_queue** out, promoflow_error** error);
PROMOFLOW_API void promoflow_queue_free(promoflow_queue* queue);
/* Applies an event whole, or refuses it with the queue as it was: NOT_ALLOWED, as
   promoflow/release_queue.hpp says; INVALID_EVENT, a name is empty. Ends what was borrowed.
   [confined] */
PROMOFLOW_API promoflow_status promoflow_queue_apply(promoflow_queue* queue, int32_t kind,
                                                     promoflow_str release, promoflow_str detail,
                                                     promoflow_error** error);
/* The commands of the latest event that was applied, to be carried out in their order; their texts
   are borrowed until the next. *count: how many there are, of which `capacity` are written.
   [confined] */
PROMOFLOW_API promoflow_status promoflow_queue_commands(const promoflow_queue* queue,
                                                        promoflow_queue_command* out, size_t stride,
                                                        size_t capacity, size_t* count,
                                                        promoflow_error** error);
/* DONE: the release is not known, or has ended. [confined] */
PROMOFLOW_API promoflow_status promoflow_queue_status(const promoflow_queue* queue,
                                                      promoflow_str release, int32_t* out,
                                                      promoflow_error** error);
/* The active release that is in an environment, borrowed until the next event. DONE: none is.
   [confined] */
PROMOFLOW_API promoflow_status promoflow_queue_holder(const promoflow_queue* queue,
                                                      promoflow_str environment, promoflow_str* out,
                                                      promoflow_error** error);
/* The releases that wait or are active, oldest first, borrowed until the next event. [confined] */
PROMOFLOW_API promoflow_status promoflow_queue_releases(const promoflow_queue* queue,
                                                        promoflow_str* out, size_t capacity,
                                                        size_t* count, promoflow_error** error);
/* The queue as JSON, for promoflow_queue_restore(). [confined] */
PROMOFLOW_API promoflow_status promoflow_queue_snapshot(const promoflow_queue* queue,
                                                        promoflow_buffer** out,
                                                        promoflow_error** error);
/* An equal queue, without commands. INVALID_SNAPSHOT, SNAPSHOT_TOO_NEW. [shared] */
PROMOFLOW_API promoflow_status promoflow_queue_restore(promoflow_str snapshot,
                                                       promoflow_queue** out,
                                                       promoflow_error** error);

/* --- context of a configuration: who exports which key to whom -------------------------------- */

/* One hook that exports or reads a key of the promotion context. Since 0.2. */
typedef struct promoflow_context_use {
  uint32_t struct_size;
  int32_t point;        /* PROMOFLOW_POINT_... */
  uint32_t environment; /* PROMOFLOW_NO_ENVIRONMENT: a hook of the release. */
  int32_t writes;       /* 1: it exports the key; 0: it reads it. */
  int32_t required;     /* 1: it reads the key, and has no value without it. */
  uint32_t reserved;
  promoflow_str hook;
  promoflow_str key;
} promoflow_context_use;

/* What is known of a flow, by key, those that export it first; the texts live as long as the
   configuration. DONE: there is no such flow, or the configuration has errors. Since 0.2. [shared]
 */
PROMOFLOW_API promoflow_status promoflow_configuration_context_uses(
    const promoflow_configuration* configuration, promoflow_str flow, promoflow_context_use* out,
    size_t stride, size_t capacity, size_t* count, promoflow_error** error);
/* The same, drawn. DONE as above. Since 0.2. [shared] */
PROMOFLOW_API promoflow_status promoflow_configuration_render_context(
    const promoflow_configuration* configuration, promoflow_str flow,
    const promoflow_render_options* options, promoflow_buffer** out, promoflow_error** error);

#ifdef __cplusplus
}
#endif

#endif
