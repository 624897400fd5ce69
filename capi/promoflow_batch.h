/* SPDX-License-Identifier: Apache-2.0 */
/* Events in and records out as one batch, for bindings whose calls of the library cost more than an
   event does: one call for a whole turn of a host's loop. The layout of batches is in docs/wasm.md.
   The rules of promoflow.h hold here, too. Since 0.2. */
#ifndef PROMOFLOW_BATCH_H
#define PROMOFLOW_BATCH_H

#include "promoflow.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- batches ---------------------------------------------------------------------------------- */

#define PROMOFLOW_BATCH_VERSION 1 /* Of the layout; a batch of another version is refused. */

enum { /* uint32_t flags of a batch: what records are to have besides */
       PROMOFLOW_BATCH_ARGUMENTS = 1, /* the arguments of a RUN_HOOK command, */
       PROMOFLOW_BATCH_CONTEXT = 2,   /* the context that its hook sees, */
       PROMOFLOW_BATCH_LINES = 4      /* the record as a line of JSON (S5). */
};

/* PROMOFLOW_BATCH_VERSION of this library. [shared] */
PROMOFLOW_API uint32_t promoflow_batch_version(void);
/* Applies the events of a batch one after another, then takes all records of the release. *out: the
   result of each event, the records, the next timer and the release's status; it is the caller's.
   An event that is refused does not stop those behind it. INVALID_EVENT: no batch of this version;
   `where` is the offset of the problem, and no event was applied.
   OUT_OF_MEMORY: nothing has changed. Memory that runs out later is no error of the call, and loses
   nothing: an event that it keeps from being applied has OUT_OF_MEMORY as its result, and so have
   all behind it, none of which was applied. A record that it keeps from being written stays in the
   release, with all behind it, for the next turn: then the next timer is due at once, and the
   release is not called final. What *out says can be acted on in any case. [confined] */
PROMOFLOW_API promoflow_status promoflow_batch_turn(promoflow_release* release,
                                                    promoflow_str events, promoflow_buffer** out,
                                                    promoflow_error** error);
/* The same, but *out is the release's: borrowed until the next call with it that is not const. No
   memory is taken once that of earlier turns is enough. [confined] */
PROMOFLOW_API promoflow_status promoflow_batch_turn_view(promoflow_release* release,
                                                         promoflow_str events, promoflow_str* out,
                                                         promoflow_error** error);
/* The events of a batch as lines for the host's journal, each with a line end: to be stored before
   they are applied. INVALID_EVENT: no batch of this version. [shared] */
PROMOFLOW_API promoflow_status promoflow_batch_journal(promoflow_str events, promoflow_buffer** out,
                                                       promoflow_error** error);

#ifdef __cplusplus
}
#endif

#endif
