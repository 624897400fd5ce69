/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks and promotions as programs, from C: a flow whose hooks are shell scripts, commands from a
   text, an executor shared by runs and one inside the host's, want of memory. */
#define _XOPEN_SOURCE 700
#include <sys/stat.h>

#include "process.h"

static const promoflow_str kNone = {NULL, 0};

/* --- a directory of its own, with programs and logs ------------------------------------------- */

static char root[] = "/tmp/promoflow-capi-XXXXXX";
static char hooks[64], work[64];

static void script(const char* name, const char* body) {
  char path[128];
  FILE* file;
  sprintf(path, "%s/%s", hooks, name);
  file = fopen(path, "w");
  CHECK(file != NULL);
  if (file == NULL) return;
  fprintf(file, "#!/bin/sh\n%s\n", body);
  fclose(file);
  CHECK(chmod(path, 0700) == 0);
}

/* The text of a file below the work directory. Valid until the next call. */
static const char* read_log(const char* name) {
  static char text[512];
  char path[128];
  size_t size = 0;
  FILE* file;
  sprintf(path, "%s/%s", work, name);
  file = fopen(path, "r");
  if (file != NULL) {
    size = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
  }
  text[size] = '\0';
  return text;
}

static void make_yard(void) {
  char path[128];
  CHECK(mkdtemp(root) != NULL);
  sprintf(hooks, "%s/hooks", root);
  sprintf(work, "%s/work", root);
  sprintf(path, "%s/promotions", hooks);
  CHECK(mkdir(hooks, 0700) == 0 && mkdir(path, 0700) == 0);
  sprintf(path, "%s/begun", root);
  CHECK(mkfifo(path, 0600) == 0);
  script("announce", "echo \"$RELEASE_ID $PROMOFLOW_POINT [$PROMOFLOW_ENVIRONMENT]\"");
  script("check", "printf '{\"JIRA\":\"ABC-1\"}' >\"$PROMOTION_CONTEXT_PATH\"");
  script("promotions/default",
         "echo \"$PROMOFLOW_ENVIRONMENT $PROMOFLOW_ACTION $PROMOFLOW_PRE_ACTION $COMMIT_SHA\"");
}

/* A program that says through the FIFO that it has begun, and then never ends. */
static void script_that_begins_and_hangs(const char* name) {
  char body[192];
  sprintf(body, "echo >'%s/begun'; exec sleep 600", root);
  script(name, body);
}

/* Returns once that program has begun. */
static void wait_until_begun(void) {
  char path[64];
  FILE* begun;
  sprintf(path, "%s/begun", root);
  begun = fopen(path, "r");
  CHECK(begun != NULL);
  if (begun == NULL) return;
  CHECK(fgetc(begun) == '\n');
  fclose(begun);
}

static void remove_yard(void) {
  char command[128];
  sprintf(command, "rm -rf '%s'", root);
  CHECK(system(command) == 0);
}

static const char kScriptsFlow[] =
    "apiVersion: codefresh.io/v1beta1\n"
    "kind: PromotionFlow\n"
    "metadata: {name: scripts}\n"
    "spec:\n"
    "  triggerEnvironment: dev\n"
    "  hooks: {onStart: announce}\n"
    "  steps:\n"
    "    - environment: staging\n"
    "      dependsOn: [dev]\n"
    "      policy: {action: pr, preAction: before}\n"
    "      hooks: {onStart: check}\n";

static promoflow_process_options options_of(void) { return options_in(hooks, work); }

static promoflow_executor callbacks_of(const promoflow_process_executor* executor) {
  promoflow_executor callbacks = {.struct_size = sizeof(callbacks)};
  CHECK(promoflow_process_executor_callbacks(executor, &callbacks, NULL) == PROMOFLOW_OK);
  return callbacks;
}

static promoflow_status run_with(const promoflow_executor* callbacks,
                                 const promoflow_run_options* options, const char* id,
                                 promoflow_release** out) {
  promoflow_flow* flow = NULL;
  promoflow_release_info info = {0};
  promoflow_status status;
  CHECK(promoflow_flow_load(str(kScriptsFlow), NULL, &flow, NULL) == PROMOFLOW_OK);
  info.id = str(id);
  info.commit_sha = str("c0ffee");
  status = promoflow_run(flow, &info, callbacks, options, out, NULL);
  promoflow_flow_free(flow);
  return status;
}

static promoflow_status run(const promoflow_executor* callbacks, const char* id,
                            promoflow_release** out) {
  return run_with(callbacks, NULL, id, out);
}

/* Whether the release ended like this; frees it. */
static int ended(promoflow_release* release, int32_t status, const char* message) {
  promoflow_state state = {0};
  int is_so = promoflow_release_state(release, &state) == PROMOFLOW_OK && state.status == status &&
              contains(state.message, message);
  if (!is_so) printf("%.*s\n", (int)state.message.size, state.message.data);
  promoflow_release_free(release);
  return is_so;
}

/* --- the stories ------------------------------------------------------------------------------ */

static void a_flow_of_scripts(void) {
  promoflow_process_options options = options_of();
  promoflow_process_executor* executor = new_executor(&options);
  promoflow_executor callbacks = callbacks_of(executor);
  promoflow_release* release = NULL;
  promoflow_context_entry entry = {0};
  size_t count = 0;
  CHECK(callbacks.struct_size == sizeof(callbacks));
  promoflow_process_executor_free(executor); /* The run keeps what it needs. */
  CHECK(run(&callbacks, "r-1", &release) == PROMOFLOW_OK);
  CHECK(promoflow_release_context(release, &entry, 0, 1, &count) == PROMOFLOW_OK);
  CHECK(count == 1 && is(entry.key, "JIRA") && is(entry.text, "ABC-1"));
  CHECK(ended(release, PROMOFLOW_RELEASE_SUCCEEDED, ""));
  CHECK(strcmp(read_log("r-1/1.log"), "r-1 release.onStart []\n") == 0);
  CHECK(strcmp(read_log("r-1/3.log"), "staging pr before c0ffee\n") == 0);
}

/* With a supervisor for each program, which may be anywhere. */
static void a_flow_of_programs_that_outlive_the_host(void) {
  promoflow_process_options options = options_of();
  promoflow_process_executor* executor;
  promoflow_executor callbacks;
  promoflow_release* release = NULL;
  options.durable = 1;
  options.supervisor = str(PROMOFLOW_SUPERVISOR);
  executor = new_executor(&options);
  callbacks = callbacks_of(executor);
  CHECK(run(&callbacks, "r-durable", &release) == PROMOFLOW_OK);
  CHECK(ended(release, PROMOFLOW_RELEASE_SUCCEEDED, ""));
  CHECK(strcmp(read_log("r-durable/3.log"), "staging pr before c0ffee\n") == 0);
  promoflow_process_executor_free(executor);
}

static void a_failure_says_why(void) {
  promoflow_process_options options = options_of();
  promoflow_process_executor* executor = new_executor(&options);
  promoflow_executor callbacks = callbacks_of(executor);
  promoflow_release* release = NULL;
  script("check", "echo 'no such ticket' >&2; exit 3");
  CHECK(run(&callbacks, "r-2", &release) == PROMOFLOW_OK);
  CHECK(ended(release, PROMOFLOW_RELEASE_FAILED, "no such ticket"));
  script("check", "printf '[1' >\"$PROMOTION_CONTEXT_PATH\"");
  callbacks = callbacks_of(executor); /* One executor, several runs. */
  CHECK(run(&callbacks, "r-3", &release) == PROMOFLOW_OK);
  CHECK(ended(release, PROMOFLOW_RELEASE_FAILED, "context"));
  script("check", "true");
  CHECK(promoflow_process_executor_wait_idle(executor) == PROMOFLOW_OK);
  promoflow_process_executor_free(executor);
}

static void commands_from_a_text(void) {
  static const char kText[] =
      "hooks: {announce: [./announce, x], check: /bin/true}\npromotions: {default: /bin/true}\n";
  promoflow_process_options options = options_of();
  promoflow_process_commands* commands = NULL;
  promoflow_process_executor* executor;
  promoflow_executor callbacks;
  promoflow_release* release = NULL;
  size_t count = 77;
  CHECK(promoflow_process_commands_read(str(kText), str(hooks), NULL, &commands, NULL) ==
        PROMOFLOW_OK);
  CHECK(promoflow_process_commands_diagnostics(commands, NULL, 0, 0, &count) == PROMOFLOW_OK);
  CHECK(count == 0);
  options.directory = kNone;
  options.commands = commands;
  executor = new_executor(&options);
  promoflow_process_commands_free(commands);
  callbacks = callbacks_of(executor);
  promoflow_process_executor_free(executor);
  CHECK(run(&callbacks, "r-4", &release) == PROMOFLOW_OK);
  CHECK(ended(release, PROMOFLOW_RELEASE_SUCCEEDED, ""));
  CHECK(strcmp(read_log("r-4/1.log"), "r-4 release.onStart []\n") == 0);
}

static void commands_with_errors(void) {
  static const char kText[] = "hooks: {smoke: []}\nhocks: {}\n";
  promoflow_process_options options = options_of();
  promoflow_process_commands* commands = NULL;
  promoflow_process_executor* executor = NULL;
  promoflow_diagnostic diagnostics[3];
  promoflow_buffer* text = NULL;
  promoflow_error* error = NULL;
  size_t count = 0;
  CHECK(promoflow_process_commands_read(str(kText), kNone, NULL, &commands, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_process_commands_diagnostics(commands, diagnostics, sizeof(diagnostics[0]), 3,
                                               &count) == PROMOFLOW_OK);
  CHECK(count == 2 && is(diagnostics[0].pointer, "/hooks/smoke"));
  CHECK(diagnostics[1].code == PROMOFLOW_DIAGNOSTIC_UNKNOWN_FIELD && diagnostics[1].line == 2);
  CHECK(promoflow_process_commands_format(commands, str("c.yaml"), str(kText),
                                          PROMOFLOW_DIAGNOSTICS_TEXT, &text, NULL) == PROMOFLOW_OK);
  CHECK(contains(promoflow_buffer_text(text), "c.yaml:2:1"));
  promoflow_buffer_free(text);
  options.commands = commands;
  REFUSED(promoflow_process_executor_new(&options, &executor, &error));
  CHECK(executor == NULL && is(promoflow_error_where(error), "options.commands"));
  CHECK(contains(promoflow_error_message(error), "hocks"));
  promoflow_error_free(error);
  promoflow_process_commands_free(commands);
  CHECK(promoflow_process_commands_read(str("hooks: {\xff: x}"), kNone, NULL, &commands, NULL) ==
        PROMOFLOW_OK);
  CHECK(promoflow_process_commands_diagnostics(commands, diagnostics, sizeof(diagnostics[0]), 3,
                                               &count) == PROMOFLOW_OK);
  CHECK(count == 1 && diagnostics[0].code == PROMOFLOW_DIAGNOSTIC_SYNTAX);
  promoflow_process_commands_free(commands);
}

/* --- an executor of the host's, around it ----------------------------------------------------- */

typedef struct {
  promoflow_executor inner;
  const promoflow_process_executor* kills; /* Kills all at each promotion. */
  const promoflow_control* stops;          /* Terminates the release at each promotion. */
  int cancels;
  size_t fails_at; /* Which allocation of a hook's call fails. */
  int failed;
} Around;

static void run_hook(const promoflow_hook_call* call, promoflow_reply* reply, void* user) {
  Around* around = user;
  fail_at(around->fails_at);
  around->inner.run_hook(call, reply, around->inner.user);
  around->failed |= has_failed();
  fail_at(SIZE_MAX);
}

static void promote(const promoflow_promotion_call* call, promoflow_reply* reply, void* user) {
  Around* around = user;
  around->inner.promote(call, reply, around->inner.user);
  if (around->kills != NULL) {
    wait_until_begun(); /* One that had not begun would never have been killed. */
    CHECK(promoflow_process_executor_kill_all(around->kills) == PROMOFLOW_OK);
  }
  if (around->stops != NULL)
    CHECK(promoflow_control_terminate(around->stops, str("enough"), NULL) == PROMOFLOW_OK);
}

static void cancel(promoflow_str release_id, uint64_t ticket, void* user) {
  Around* around = user;
  ++around->cancels;
  around->inner.cancel(release_id, ticket, around->inner.user);
}

static promoflow_status run_around(Around* around, const promoflow_process_executor* executor,
                                   promoflow_release** out) {
  promoflow_executor outer = {0};
  promoflow_run_options options = {0};
  promoflow_status status;
  around->inner = callbacks_of(executor);
  outer.user = around;
  outer.run_hook = run_hook;
  outer.promote = promote;
  outer.cancel = cancel;
  options.control = around->stops;
  status = run_with(&outer, &options, "r-5", out);
  around->inner.destroy(around->inner.user);
  return status;
}

static void killed_from_outside(void) {
  promoflow_process_options options = options_of();
  promoflow_process_executor* executor = new_executor(&options);
  promoflow_release* release = NULL;
  Around around = {0};
  around.kills = executor;
  around.fails_at = SIZE_MAX;
  script_that_begins_and_hangs("promotions/default");
  CHECK(run_around(&around, executor, &release) == PROMOFLOW_OK);
  CHECK(ended(release, PROMOFLOW_RELEASE_FAILED, "killed by signal 9 (SIGKILL)"));
  script("promotions/default", "true");
  promoflow_process_executor_free(executor);
}

static void cancelled_when_the_release_is_terminated(void) {
  promoflow_process_options options = options_of();
  promoflow_process_executor* executor;
  promoflow_release* release = NULL;
  promoflow_control* control = NULL;
  Around around = {0};
  options.has_grace = 1;
  options.grace_ms = 86400000; /* Nothing but SIGTERM ends it. */
  executor = new_executor(&options);
  CHECK(promoflow_control_new(&control, NULL) == PROMOFLOW_OK);
  around.stops = control;
  around.fails_at = SIZE_MAX;
  script("promotions/default", "exec sleep 600");
  CHECK(run_around(&around, executor, &release) == PROMOFLOW_OK);
  CHECK(ended(release, PROMOFLOW_RELEASE_TERMINATED, "enough") && around.cancels == 1);
  CHECK(promoflow_process_executor_wait_idle(executor) == PROMOFLOW_OK);
  script("promotions/default", "true");
  promoflow_control_free(control);
  promoflow_process_executor_free(executor);
}

static void a_call_without_memory_fails(void) {
  promoflow_process_options options = options_of();
  promoflow_process_executor* executor = new_executor(&options);
  size_t number;
  for (number = 0; number < 1000; ++number) {
    Around around = {0};
    promoflow_release* release = NULL;
    promoflow_status status;
    around.fails_at = number;
    status = run_around(&around, executor, &release);
    if (!around.failed) {
      CHECK(status == PROMOFLOW_OK && ended(release, PROMOFLOW_RELEASE_SUCCEEDED, ""));
      break;
    }
    if (status == PROMOFLOW_OK) { /* Else there was none for the answer either. */
      CHECK(ended(release, PROMOFLOW_RELEASE_FAILED, "no memory"));
    } else {
      CHECK(status == PROMOFLOW_E_OUT_OF_MEMORY && release == NULL);
    }
  }
  CHECK(number > 1 && number < 1000);
  promoflow_process_executor_free(executor);
}

/* --- want of memory --------------------------------------------------------------------------- */

static const promoflow_process_executor* some_executor;
static promoflow_process_commands* commands_made;
static promoflow_process_executor* executor_made;
static promoflow_buffer* text_made;
static promoflow_executor callbacks_made;

static promoflow_status read_commands(promoflow_error** error) {
  return promoflow_process_commands_read(str("hooks: {a-name-that-is-not-short: [/bin/true, x]}"),
                                         kNone, NULL, &commands_made, error);
}

static promoflow_status format_commands(promoflow_error** error) {
  promoflow_process_commands* commands = NULL;
  promoflow_status status =
      promoflow_process_commands_read(str("hocks: {}\n"), kNone, NULL, &commands, error);
  if (status == PROMOFLOW_OK)
    status = promoflow_process_commands_format(commands, str("c.yaml"), str("hocks: {}\n"),
                                               PROMOFLOW_DIAGNOSTICS_JSON, &text_made, error);
  promoflow_process_commands_free(commands);
  return status;
}

static promoflow_status make_executor(promoflow_error** error) {
  promoflow_process_options options = options_of();
  return promoflow_process_executor_new(&options, &executor_made, error);
}

static promoflow_status make_callbacks(promoflow_error** error) {
  return promoflow_process_executor_callbacks(some_executor, &callbacks_made, error);
}

static promoflow_status make_text(promoflow_error** error) {
  return promoflow_buffer_new(str("a text that is longer than what a short string holds"),
                              &text_made, error);
}

static void want_of_memory(void) {
  promoflow_status (*const calls[])(promoflow_error**) = {read_commands, format_commands,
                                                          make_executor, make_callbacks, make_text};
  promoflow_process_options options = options_of();
  size_t i, number;
  const size_t blocks = live_blocks(); /* Compared when no thread of a pool is left. */
  promoflow_process_executor* const executor = new_executor(&options);
  int failed;
  some_executor = executor;
  for (i = 0; i < sizeof(calls) / sizeof(calls[0]); ++i) {
    for (number = 0, failed = 1; failed; ++number) {
      promoflow_error* error = NULL;
      promoflow_status status;
      fail_at(number);
      status = calls[i](&error);
      failed = has_failed();
      fail_at(SIZE_MAX);
      CHECK(status == (failed ? PROMOFLOW_E_OUT_OF_MEMORY : PROMOFLOW_OK));
      CHECK(promoflow_error_code(error) == status);
      CHECK(!failed || (commands_made == NULL && executor_made == NULL && text_made == NULL &&
                        callbacks_made.destroy == NULL));
      promoflow_error_free(error);
    }
    CHECK(number > 1);
    promoflow_process_commands_free(commands_made);
    promoflow_process_executor_free(executor_made);
    promoflow_buffer_free(text_made);
    if (callbacks_made.destroy != NULL) callbacks_made.destroy(callbacks_made.user);
    memset(&callbacks_made, 0, sizeof(callbacks_made));
    commands_made = NULL;
    executor_made = NULL;
    text_made = NULL;
  }
  promoflow_process_executor_free(executor);
  CHECK(live_blocks() == blocks);
}

void test_process(void) {
  make_yard();
  a_flow_of_scripts();
  a_flow_of_programs_that_outlive_the_host();
  a_failure_says_why();
  commands_from_a_text();
  commands_with_errors();
  killed_from_outside();
  cancelled_when_the_release_is_terminated();
  a_call_without_memory_fails();
  want_of_memory();
  test_process_refusals(hooks, work);
  remove_yard();
}
