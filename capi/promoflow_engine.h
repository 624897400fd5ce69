/* SPDX-License-Identifier: Apache-2.0 */
/* Many releases driven from one store, for C: libpromoflow_engine, for POSIX systems. The process
   may be killed at any moment, and the next one goes on. The rules at the head of promoflow.h hold
   here, too; docs/engine.md and docs/store.md say what survives what. Everything is there since
   0.2.

   Texts that have no struct here are JSON. Those of lists are JSON Lines: one object in each line,
   each line ended by a line feed. Times in them are RFC 3339 in UTC, with milliseconds.

   A child that was forked must neither use nor free its copies of engines and stores: it has no
   copy of the engine's thread, for which promoflow_engine_free() would wait for ever, and the locks
   of a store's file are of one process. */
#ifndef PROMOFLOW_ENGINE_H
#define PROMOFLOW_ENGINE_H

#include "promoflow.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { /* Further errors; promoflow_status_name() knows them, too. */
       PROMOFLOW_E_STORE_FAILED =
           -60, /* The disk is full or fails: nothing was written; try again. */
       PROMOFLOW_E_STORE_DAMAGED = -61,  /* The store's file is damaged. */
       PROMOFLOW_E_STORE_FOREIGN = -62,  /* The file is not a promoflow store. */
       PROMOFLOW_E_STORE_TOO_NEW = -63,  /* Written by a newer version of the library. */
       PROMOFLOW_E_NOT_OWNER = -64,      /* Another engine drives this release; or nobody does. */
       PROMOFLOW_E_RELEASE_EXISTS = -65, /* The store has a release of this id. */
       PROMOFLOW_E_UNKNOWN_RELEASE = -66 /* The store, or the engine, has no release of this id. */
};
enum {                            /* What a store is opened for. */
       PROMOFLOW_STORE_DRIVE = 1, /* For an engine: the file is made if it does not exist. */
       PROMOFLOW_STORE_ASK = 2    /* To read, and to ask the owners of releases; it must exist. */
};
enum {                          /* What an engine does about a command that is LOST. */
       PROMOFLOW_LOST_FAIL = 1, /* It fails, and its message says so; further attempts apply. */
       PROMOFLOW_LOST_AGAIN = 2 /* It is carried out again, under the same ticket. */
};

/* The journal of many releases: [shared]. */
typedef struct promoflow_store promoflow_store;
/* Drives releases of one store, on a thread of its own: [shared], but for its _free. */
typedef struct promoflow_engine promoflow_engine;

typedef struct promoflow_store_options { /* All may be zero. */
  uint32_t struct_size;
  int32_t access;   /* PROMOFLOW_STORE_...; 0: DRIVE. */
  int32_t no_check; /* 1: the file is not read through when it is opened. */
  uint32_t reserved;
} promoflow_store_options;

typedef struct promoflow_store_filter { /* All may be zero. */
  uint32_t struct_size;
  int32_t status;        /* PROMOFLOW_RELEASE_...; 0: any. */
  promoflow_str product; /* data NULL: any. */
  promoflow_str after;   /* Id of the last release of the page before; empty: the first page. */
  int64_t since_ms;      /* Created then or later. Counts only with has_since. */
  int32_t has_since;
  int32_t unfinished; /* 1: only those whose status is not final. */
  uint32_t limit;     /* At most 10,000. 0: 100. */
  uint32_t reserved;
} promoflow_store_filter;

typedef struct promoflow_engine_executor { /* Never grows: arrays of it need no stride. */
  promoflow_str name;
  const promoflow_executor* callbacks; /* Required; copied before return. */
} promoflow_engine_executor;

typedef struct promoflow_engine_record { /* A trace line (S5), once it is stored. */
  uint32_t struct_size;
  uint32_t index;    /* Among the lines of that event, from 0. */
  uint64_t sequence; /* Of the event that brought it about; 0: of the start. */
  promoflow_str release;
  promoflow_str line; /* Without its end. */
} promoflow_engine_record;

typedef struct promoflow_engine_options { /* Only `executors` are required. */
  uint32_t struct_size;
  int32_t lost; /* PROMOFLOW_LOST_...; 0: FAIL. */
  /* Releases name one of them when they start; the first is the default. */
  const promoflow_engine_executor* executors;
  uint64_t executor_count;
  uint32_t releases_max;       /* Driven at once, to 1,000,000. 0: 1000. */
  uint32_t commands_max;       /* Handed out at once, to 1,000,000. 0: 1000. */
  int64_t lease_ms;            /* Without a heartbeat for so long, an owner is gone. 0: 30 s. */
  int64_t heartbeat_ms;        /* At most a third of the lease. 0: 10 s. */
  int64_t request_interval_ms; /* How often requests are looked for. 0: 500 ms. */
  void* user;                  /* Handed to the next three, last. */
  /* May be NULL. Called on the engine's thread, with each trace line once in the engine's life. The
     record is borrowed for the call. */
  void (*observe)(const promoflow_engine_record* record, void* user);
  /* May be NULL. Called on the engine's thread when the store begins to fail, with the error,
     borrowed for the call; and with NULL when it works again. */
  void (*store_trouble)(const promoflow_error* error, void* user);
  /* May be NULL. Called exactly once: when the engine is freed, or when none was made. */
  void (*destroy)(void* user);
} promoflow_engine_options;

typedef struct promoflow_engine_start_options { /* All may be zero. */
  uint32_t struct_size;
  uint32_t reserved;
  promoflow_str context;                /* Initial promotion context; empty: none. */
  const promoflow_selection* selection; /* NULL: all environments. */
  promoflow_str executor;               /* Its name; empty: the first one. */
  promoflow_str run;                    /* Any text: kept for whoever resumes the release. */
} promoflow_engine_start_options;

/* --- stores ----------------------------------------------------------------------------------- */

/* The version of SQLite that is linked, such as 3.40.1. Static. [shared] */
PROMOFLOW_API promoflow_str promoflow_store_sqlite_version(void);

/* Opens or makes the store in the file at `path` (bytes, used as they are, without NUL). `options`
   may be NULL. INVALID_ARGUMENT: there is no such file or directory, or it is on a network file
   system; STORE_FOREIGN, STORE_TOO_NEW, STORE_DAMAGED; STORE_FAILED: read-only, full, no
   permission. After each of them the file is as it was. [shared] */
PROMOFLOW_API promoflow_status promoflow_store_open(promoflow_str path,
                                                    const promoflow_store_options* options,
                                                    promoflow_store** out, promoflow_error** error);
/* A store in memory, for tests: it lives as long as the handle and the engines on it. [shared] */
PROMOFLOW_API promoflow_status promoflow_store_new_memory(promoflow_store** out,
                                                          promoflow_error** error);
/* Another handle of the same store, for whoever uses it at a time of his own. [shared] */
PROMOFLOW_API promoflow_status promoflow_store_share(const promoflow_store* store,
                                                     promoflow_store** out,
                                                     promoflow_error** error);
/* Engines that were made with it keep what they need. */
PROMOFLOW_API void promoflow_store_free(promoflow_store* store);

/* The functions below wait for the disk. All may fail with STORE_FAILED (trying again may help) and
   STORE_DAMAGED, and with UNKNOWN_RELEASE where a release is named. */

/* Releases, the newest first, as JSON Lines: `id`, `flow`, `status`, `phase`, `product`, `version`,
   `createdAt`, `updatedAt`, and `owner`: null, or an object of `host`, `process`, `since` and
   `heartbeat`; an owner that is gone is none. `filter` may be NULL. [shared] */
PROMOFLOW_API promoflow_status promoflow_store_list(const promoflow_store* store,
                                                    const promoflow_store_filter* filter,
                                                    promoflow_buffer** out,
                                                    promoflow_error** error);
/* One release: an object with the members of a list's, and `message`; `environments`, in step
   order, of `name`, `status`, `phase`, `message`, `waitsFor`; `commands`, in the order of tickets,
   of `ticket`, `hook` with `point` unless it is a promotion, `environment` unless it is the
   release's, `attempt`, `state` (waiting, queued, running, suspended, succeeded, failed,
   cancelled), `message`, `log` (null here); `context`, `contextWriters` (tickets, 0: given at the
   start), and `conflicts` of `key`, `earlier`, `later`. [shared] */
PROMOFLOW_API promoflow_status promoflow_store_show(const promoflow_store* store,
                                                    promoflow_str release, promoflow_buffer** out,
                                                    promoflow_error** error);
/* What the release was started with: an object of `id`, `url`, `product`, `version`, `commitSha`,
   `flow`, `manifest` (its canonical text), `at`, `libraryVersion`, `executor` (its name) and `run`
   (the host's own text). [shared] */
PROMOFLOW_API promoflow_status promoflow_store_start(const promoflow_store* store,
                                                     promoflow_str release, promoflow_buffer** out,
                                                     promoflow_error** error);
/* *settled is 1 if the outcome of a command is stored, or its end after it was cancelled: then
   nobody asks its executor for it any more, as promoflow_argo_options.is_settled wants to know;
   else 0. UNKNOWN_TICKET. [shared] */
PROMOFLOW_API promoflow_status promoflow_store_is_settled(const promoflow_store* store,
                                                          promoflow_str release, uint64_t ticket,
                                                          int32_t* settled,
                                                          promoflow_error** error);
/* The trace lines (S5), as JSON Lines: of at most `limit` events (to 10,000) after the number
   `after`; with `after` 0 those of the start are before them. *last is the number of the last event
   that was read, to go on from; it is `after` if there is none. [shared] */
PROMOFLOW_API promoflow_status promoflow_store_trace(const promoflow_store* store,
                                                     promoflow_str release, uint64_t after,
                                                     uint32_t limit, promoflow_buffer** out,
                                                     uint64_t* last, promoflow_error** error);

/* Walks the chain of hashes from the start to the last event. An object of `fits`; if it is false,
   also `sequence` (of the first event that does not fit; 0: the start or the release itself),
   `message`, `stored` and `replayed` (trace lines; null where there is none). [shared] */
PROMOFLOW_API promoflow_status promoflow_store_verify(const promoflow_store* store,
                                                      promoflow_str release, promoflow_buffer** out,
                                                      promoflow_error** error);
/* Applies the events anew, and compares each trace line with the stored one: the same object.
   [shared] */
PROMOFLOW_API promoflow_status promoflow_store_replay(const promoflow_store* store,
                                                      promoflow_str release, promoflow_buffer** out,
                                                      promoflow_error** error);

/* Asks the engine that drives the release, which may be one of another process, to apply an event:
   TERMINATE, RETRY, SKIP, or an answer to a command. Its time is that of the engine. `by` says who
   asks; may be empty. *request is its number. NOT_OWNER: nobody drives it, so nothing was asked.
   [shared] */
PROMOFLOW_API promoflow_status promoflow_store_ask(const promoflow_store* store,
                                                   promoflow_str release,
                                                   const promoflow_event* event, promoflow_str by,
                                                   uint64_t* request, promoflow_error** error);
/* What became of a request: waits until it is decided, for `wait_ms` at most (0: not at all,
   PROMOFLOW_NO_TIME: no limit). An object of `id`, `release`, `event` (an object), `by`, `askedAt`,
   `decidedAt` (null: not yet), `applied` and `message` (why it was refused). NOT_OWNER: it is not
   decided, and nobody drives the release any more; it is applied when somebody does.
   INVALID_ARGUMENT: there is no such request. [shared] */
PROMOFLOW_API promoflow_status promoflow_store_request(const promoflow_store* store,
                                                       uint64_t request, int64_t wait_ms,
                                                       promoflow_buffer** out,
                                                       promoflow_error** error);

/* Ids of releases that have ended before that time, the oldest first, at most `limit`: an array of
   texts. [shared] */
PROMOFLOW_API promoflow_status promoflow_store_ended_before(const promoflow_store* store,
                                                            int64_t before_ms, uint32_t limit,
                                                            promoflow_buffer** out,
                                                            promoflow_error** error);
/* Removes a release with all that belongs to it. NOT_ALLOWED: it has not ended, or is driven.
   [shared] */
PROMOFLOW_API promoflow_status promoflow_store_remove(const promoflow_store* store,
                                                      promoflow_str release,
                                                      promoflow_error** error);

/* --- engines ---------------------------------------------------------------------------------- */

/* Makes an engine, with a thread of its own. Executors and the options' callbacks are called on
   that thread, one call at a time; they should return soon. They must not free the engine; its
   other functions fail with NOT_ALLOWED there. Replies may be used from any thread, also after the
   engine was freed: then they have no effect. Each executor's destroy() is called exactly once:
   when the engine is freed, or before this function returns an error. INVALID_ARGUMENT: `where`
   names the option. [shared] */
PROMOFLOW_API promoflow_status promoflow_engine_new(const promoflow_store* store,
                                                    const promoflow_engine_options* options,
                                                    promoflow_engine** out,
                                                    promoflow_error** error);
/* promoflow_engine_stop(); then calls destroy() of the executors and of the options. No other call
   may be going on. */
PROMOFLOW_API void promoflow_engine_free(promoflow_engine* engine);
/* Stops in order: what has been answered is stored, snapshots are written, ownership is given up.
   Commands are left running where their executor says SURVIVES, else cancelled. A second call does
   nothing; after it other functions fail with NOT_ALLOWED. On the engine's thread it only asks for
   the stop. [shared] */
PROMOFLOW_API promoflow_status promoflow_engine_stop(promoflow_engine* engine);

/* The functions below return once what they did is stored; while the store fails they wait, for it
   is tried again. All may fail with the errors of stores. */

/* Starts a release; from then on it is driven. `options` may be NULL. Errors: as
   promoflow_release_start_with(); RELEASE_EXISTS; LIMIT_EXCEEDED: releases_max; INVALID_ARGUMENT:
   there is no executor of that name, or the id is not UTF-8 (in other texts U+FFFD replaces what is
   not). [shared] */
PROMOFLOW_API promoflow_status promoflow_engine_start(promoflow_engine* engine,
                                                      const promoflow_flow* flow,
                                                      const promoflow_release_info* info,
                                                      const promoflow_engine_start_options* options,
                                                      promoflow_error** error);
/* Goes on with a release that nobody drives; at once if it is driven here. UNKNOWN_RELEASE;
   NOT_OWNER: the message says who has it since when; LIMIT_EXCEEDED; INVALID_SNAPSHOT and its like:
   what is stored does not fit this library. [shared] */
PROMOFLOW_API promoflow_status promoflow_engine_resume(promoflow_engine* engine,
                                                       promoflow_str release,
                                                       promoflow_error** error);
/* Resumes all that are not final and that nobody drives. Their ids: an array of texts. Where one
   cannot be resumed the others are all the same, and the error is that of the first one.
   LIMIT_EXCEEDED ends it at once. [shared] */
PROMOFLOW_API promoflow_status promoflow_engine_resume_all(promoflow_engine* engine,
                                                           promoflow_buffer** out,
                                                           promoflow_error** error);
/* Resumes a release and lets what failed or was terminated go on (R12), both or neither; of one
   that is driven here it applies a RETRY. `environments`: NULL with count 0: all. `by` may be
   empty. Also NOT_ALLOWED, UNKNOWN_ENVIRONMENT. [shared] */
PROMOFLOW_API promoflow_status promoflow_engine_retry(promoflow_engine* engine,
                                                      promoflow_str release,
                                                      const promoflow_str* environments,
                                                      size_t count, promoflow_str by,
                                                      promoflow_error** error);
/* Applies an event of an operator, or an answer from outside, at the time of the engine's clock
   (the event's own is not read). UNKNOWN_RELEASE: it is not driven here; R13's refusals. [shared]
 */
PROMOFLOW_API promoflow_status promoflow_engine_apply(promoflow_engine* engine,
                                                      promoflow_str release,
                                                      const promoflow_event* event,
                                                      promoflow_error** error);
/* Waits until the release has a final status or is not driven here, for `wait_ms` at most
   (PROMOFLOW_NO_TIME: no limit). *status is then PROMOFLOW_RELEASE_..., as stored. [shared] */
PROMOFLOW_API promoflow_status promoflow_engine_wait(const promoflow_engine* engine,
                                                     promoflow_str release, int64_t wait_ms,
                                                     int32_t* status, promoflow_error** error);
/* The release as promoflow_release_describe() has it. UNKNOWN_RELEASE: it is not driven here.
   [shared] */
PROMOFLOW_API promoflow_status promoflow_engine_describe(const promoflow_engine* engine,
                                                         promoflow_str release,
                                                         promoflow_buffer** out,
                                                         promoflow_error** error);

#ifdef __cplusplus
}
#endif

#endif
