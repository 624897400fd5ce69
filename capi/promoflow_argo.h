/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks as Argo Workflows on a cluster, for C: libpromoflow_argo, for POSIX systems. The rules at
   the head of promoflow.h hold here, too; docs/argo.md says how a hook becomes a Workflow.
   Everything is there since 0.2. */
#ifndef PROMOFLOW_ARGO_H
#define PROMOFLOW_ARGO_H

#include "promoflow.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Creates a Workflow for each hook, and answers with how it ends: [shared], several runs and
   engines may use it at once. It has one thread. */
typedef struct promoflow_argo_executor promoflow_argo_executor;
/* What a check has found: immutable, [shared]. */
typedef struct promoflow_argo_findings promoflow_argo_findings;

/* An application of an environment. Never grows: arrays of it need no stride. */
typedef struct promoflow_argo_application {
  promoflow_str environment;
  promoflow_str name;       /* No two of an environment have the same one. */
  promoflow_str name_space; /* The rest may be empty. */
  promoflow_str repo_url;
  promoflow_str branch;
  promoflow_str path; /* In the repository. */
  promoflow_str runtime;
} promoflow_argo_application;

typedef struct promoflow_argo_options { /* All may be zero. */
  uint32_t struct_size;
  uint32_t reserved;
  /* Path of a kubeconfig (bytes, used as they are, without NUL). Empty: those of $KUBECONFIG, else
     ~/.kube/config, else, in a pod, its service account. */
  promoflow_str kubeconfig;
  promoflow_str context;    /* Of the kubeconfig; empty: its current one. */
  promoflow_str name_space; /* Of the workflows; empty: that of the context, else `default`. */
  /* The URL of an Argo Server, to be used instead of the API server; empty: none. It neither keeps
     outcomes (no finalizer can be removed through it) nor answers promoflow_argo_check(). */
  promoflow_str argo_server;
  /* A label's value; empty: `promoflow`. Workflows of another instance are not this host's: hosts
     that go on with each other's releases have the same one. */
  promoflow_str instance;
  /* Hooks whose templates are ClusterWorkflowTemplates; `*`: all are. */
  const promoflow_str* cluster_templates;
  uint64_t cluster_template_count;
  /* Carries out the promotions, between the workflows of their preAction and postAction; not asked
     for `action: none`. Copied before return. Its callbacks may be called from any thread and from
     several at once; next_wake() and wake() must be NULL. NULL: promotions fail. */
  const promoflow_executor* promotions;
  void* user; /* Handed to the next three, last. */
  /* May be NULL: they are left as they are. 1: the outcome of a call is stored, for workflows that
     a process before this one has left behind: promoflow_store_is_settled() says so. Called on the
     executor's thread; may block for a moment. */
  int32_t (*is_settled)(promoflow_str release_id, uint64_t ticket, void* user);
  /* May be NULL. What is to be told to whoever runs the host: that TLS is not verified, that the
     server is not reached. Has no secrets in it. Borrowed for the call, on the executor's thread or
     within the function that was given the options. */
  void (*notice)(promoflow_str message, void* user);
  /* May be NULL. Called exactly once: when the executor has ended, or when none was made. */
  void (*destroy)(void* user);
  /* Environments that have some are promoted application by application, all at once: preAction,
     `promotions` and postAction of each, with APP_NAME, APP_NAMESPACE, REPO_URL, BRANCH, PATH and
     RUNTIME as arguments. So promote() of `promotions` is called several times with one ticket,
     each time with a reply of its own; cancel() and settled() are for all of them. A promotion may
     say in the context of promoflow_reply_succeeded() what it has committed: COMMIT_SHA,
     COMMIT_AUTHOR, COMMIT_MESSAGE, COMMIT_DATE, for its postAction. All run to their ends; if one
     has failed the promotion has, and its message names those that did. Copied before return. */
  const promoflow_argo_application* applications;
  uint64_t application_count;
} promoflow_argo_options;

typedef struct promoflow_argo_finding { /* Something that speaks against running a flow there. */
  uint32_t struct_size;
  int32_t severity; /* PROMOFLOW_SEVERITY_...; ERROR: a hook would fail, or nothing would work. */
  promoflow_str message;
  promoflow_str hint; /* What to do; may be empty. */
} promoflow_argo_finding;

/* --- the check -------------------------------------------------------------------------------- */

/* Asks the cluster whether the flow's hooks can run: that each template is there, is marked as a
   promotion's, and declares no parameter that nobody provides; that the host may do what it must.
   Starts nothing, and blocks. `selection` is that of the run and may be NULL: what it skips is not
   looked at. `context_keys`: those that the release starts with; may be NULL with count 0. Of the
   options, `promotions`, `is_settled` and `destroy` are not used. That the server is not reached is
   a finding; nothing is found through an Argo Server. Errors: as promoflow_argo_executor_new().
   [shared] */
PROMOFLOW_API promoflow_status promoflow_argo_check(const promoflow_flow* flow,
                                                    const promoflow_argo_options* options,
                                                    const promoflow_selection* selection,
                                                    const promoflow_str* context_keys, size_t count,
                                                    promoflow_argo_findings** out,
                                                    promoflow_error** error);
/* What was found, borrowed as long as the findings live: (out, stride, capacity, count). [shared]
 */
PROMOFLOW_API promoflow_status promoflow_argo_findings_list(const promoflow_argo_findings* findings,
                                                            promoflow_argo_finding* out,
                                                            size_t stride, size_t capacity,
                                                            size_t* count);
PROMOFLOW_API void promoflow_argo_findings_free(promoflow_argo_findings* findings);

/* A ServiceAccount, a Role and a RoleBinding with the least rights of a host, as YAML.
   INVALID_ARGUMENT: a name that Kubernetes refuses. [shared] */
PROMOFLOW_API promoflow_status promoflow_argo_host_manifests(promoflow_str name,
                                                             promoflow_str name_space,
                                                             promoflow_buffer** out,
                                                             promoflow_error** error);

/* --- the executor ----------------------------------------------------------------------------- */

/* Reads the kubeconfig; does not speak to the cluster. `options` may be NULL. INVALID_ARGUMENT:
   `where` names the option. INTERNAL: the system refuses a thread. The destroy() of `promotions`,
   too, is called exactly once, whatever is returned. [shared] */
PROMOFLOW_API promoflow_status promoflow_argo_executor_new(const promoflow_argo_options* options,
                                                           promoflow_argo_executor** out,
                                                           promoflow_error** error);
/* The executor ends when no run and no engine uses it any more: what runs on the cluster goes on.
   It waits for its thread, so neither this nor the destroy() of its callbacks may be called from
   the callbacks of the options. Nor in a child that was forked, which has no copy of the thread. */
PROMOFLOW_API void promoflow_argo_executor_free(promoflow_argo_executor* executor);
/* Fills `out` (its struct_size is read) for one call of promoflow_run() or its like, which calls
   destroy(); or for promoflow_engine_new(), which goes on with the workflows of a process before
   this one. A caller that does not use it so calls out->destroy(out->user). It keeps what it needs
   of `executor`. Until then a host's own executor may also call its callbacks, from any thread,
   with a call and a reply that it got. Each workflow is kept by a finalizer until settled() has
   been called for its call: runs and engines do so, a loop of one's own must. A command for which
   memory runs out fails. [shared] */
PROMOFLOW_API promoflow_status promoflow_argo_executor_callbacks(
    const promoflow_argo_executor* executor, promoflow_executor* out, promoflow_error** error);
/* Waits until every workflow that was cancelled has ended, and every one that was settled is let
   go; for some seconds at most. What else runs is not waited for. [shared] */
PROMOFLOW_API promoflow_status
promoflow_argo_executor_wait_idle(const promoflow_argo_executor* executor);

#ifdef __cplusplus
}
#endif

#endif
