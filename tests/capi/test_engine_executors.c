/* SPDX-License-Identifier: Apache-2.0 */
/* Who carries out what an engine asks for: replies of a caller's own, and programs. */
#define _XOPEN_SOURCE 700
#include "engine.h"
#if defined(PROMOFLOW_HAS_PROCESS)
#include <fcntl.h>
#include <promoflow/promoflow_process.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

static const promoflow_str kNone = {NULL, 0};
static const promoflow_str kBad = {NULL, 5};

/* --- replies ---------------------------------------------------------------------------------- */

typedef struct {
  int kinds[8];
  int count, destroyed;
  promoflow_status returns;
  char texts[64];
} Answers;

static promoflow_status take(const promoflow_answer* answer, void* user) {
  Answers* answers = user;
  CHECK(answer->struct_size == sizeof(*answer) && answers->count < 8);
  answers->kinds[answers->count++] = answer->kind;
  sprintf(answers->texts + strlen(answers->texts), "%.*s/%.*s/%.*s;", (int)answer->text.size,
          answer->text.data, (int)answer->context.size,
          answer->context.data == NULL ? "" : answer->context.data, (int)answer->by.size,
          answer->by.data);
  return answers->returns;
}

static void destroy(void* user) { ++((Answers*)user)->destroyed; }

static void replies_of_ones_own(void) {
  Answers answers = {{0}, 0, 0, PROMOFLOW_OK, ""};
  promoflow_reply_target target = {0};
  promoflow_reply* reply = NULL;
  int i;
  target.user = &answers;
  target.take = take;
  target.destroy = destroy;
  CHECK(promoflow_reply_new(&target, &reply, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_reply_queued(reply) == PROMOFLOW_OK);
  CHECK(promoflow_reply_started(reply) == PROMOFLOW_OK);
  CHECK(promoflow_reply_suspended(reply) == PROMOFLOW_OK);
  CHECK(promoflow_reply_resumed_by(reply, str("ben")) == PROMOFLOW_OK);
  CHECK(promoflow_reply_succeeded(reply, str("{}")) == PROMOFLOW_OK);
  CHECK(promoflow_reply_stopped(reply) == PROMOFLOW_OK);
  answers.returns = PROMOFLOW_E_OUT_OF_MEMORY;
  CHECK(promoflow_reply_failed(reply, str("why"), kNone) == PROMOFLOW_E_OUT_OF_MEMORY);
  REFUSED(promoflow_reply_failed(reply, kBad, kNone));
  CHECK(answers.destroyed == 0 && answers.count == 7);
  promoflow_reply_free(reply);
  CHECK(answers.destroyed == 1);
  for (i = 0; i < 7; ++i) {
    static const int kKinds[] = {PROMOFLOW_ANSWER_QUEUED,    PROMOFLOW_ANSWER_STARTED,
                                 PROMOFLOW_ANSWER_SUSPENDED, PROMOFLOW_ANSWER_RESUMED,
                                 PROMOFLOW_ANSWER_SUCCEEDED, PROMOFLOW_ANSWER_STOPPED,
                                 PROMOFLOW_ANSWER_FAILED};
    CHECK(answers.kinds[i] == kKinds[i]);
  }
  CHECK(strcmp(answers.texts, "//;//;//;//ben;/{}/;//;why//;") == 0);

  reply = NULL;
  REFUSED(promoflow_reply_new(&target, NULL, NULL));
  CHECK(answers.destroyed == 2);
  target.take = NULL;
  REFUSED(promoflow_reply_new(&target, &reply, NULL));
  CHECK(answers.destroyed == 3);
  target.struct_size = 8; /* Its destroy() is unknown. */
  REFUSED(promoflow_reply_new(&target, &reply, NULL));
  REFUSED(promoflow_reply_new(NULL, &reply, NULL));
  CHECK(answers.destroyed == 3 && reply == NULL);
}

/* --- programs --------------------------------------------------------------------------------- */

#if defined(PROMOFLOW_HAS_PROCESS)
static char root[] = "/tmp/promoflow-engine-XXXXXX";

/* An engine on the store that runs these programs; it keeps what it needs of them. */
static promoflow_engine* new_engine_of_programs(const promoflow_store* store,
                                                promoflow_process_options* options,
                                                const char* texts) {
  promoflow_process_commands* commands = NULL;
  promoflow_process_executor* processes = NULL;
  promoflow_executor callbacks = {.struct_size = sizeof(callbacks)};
  promoflow_engine_executor executor;
  promoflow_engine_options engine_options = {0};
  promoflow_engine* engine = NULL;
  CHECK(promoflow_process_commands_read(str(texts), kNone, NULL, &commands, NULL) == PROMOFLOW_OK);
  options->commands = commands;
  options->work_directory = str(root);
  CHECK(promoflow_process_executor_new(options, &processes, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_process_executor_callbacks(processes, &callbacks, NULL) == PROMOFLOW_OK);
  promoflow_process_executor_free(processes);
  promoflow_process_commands_free(commands);
  executor.name = str("programs");
  executor.callbacks = &callbacks;
  engine_options.executors = &executor;
  engine_options.executor_count = 1;
  CHECK(promoflow_engine_new(store, &engine_options, &engine, NULL) == PROMOFLOW_OK);
  return engine;
}

static int ends_as(promoflow_engine* engine, int32_t wanted) {
  int32_t status = 0;
  CHECK(promoflow_engine_wait(engine, str("r-1"), PROMOFLOW_NO_TIME, &status, NULL) ==
        PROMOFLOW_OK);
  return status == wanted;
}

static void remove_root(void) {
  char command[96];
  sprintf(command, "rm -rf '%s'", root);
  CHECK(system(command) == 0);
}

static void programs_under_an_engine(void) {
  static const char kCommands[] = "{hooks: {announce: 'true'}, promotions: {default: 'false'}}";
  promoflow_store* store = NULL;
  promoflow_process_options options = {.struct_size = sizeof(options)};
  promoflow_engine* engine;
  promoflow_buffer* text = NULL;
  CHECK(mkdtemp(root) != NULL);
  CHECK(promoflow_store_new_memory(&store, NULL) == PROMOFLOW_OK);
  engine = new_engine_of_programs(store, &options, kCommands);
  CHECK(start_release(engine, "r-1", "") == PROMOFLOW_OK);
  CHECK(ends_as(engine, PROMOFLOW_RELEASE_FAILED));
  CHECK(promoflow_store_show(store, str("r-1"), &text, NULL) == PROMOFLOW_OK);
  CHECK(contains(promoflow_buffer_text(text), "\"hook\":\"announce\""));
  CHECK(has(text, "\"state\":\"failed\",\"message\":\"exit status 1"));
  promoflow_engine_free(engine);
  promoflow_store_free(store);
  remove_root();
}

/* The second engine finds the program that the first one has started, and starts no other. */
static void programs_that_outlive_an_engine(void) {
  char commands[256], path[96], line[16] = "";
  promoflow_store* store = NULL;
  promoflow_process_options options = {.struct_size = sizeof(options)};
  promoflow_engine* engine;
  promoflow_buffer* resumed = NULL;
  FILE* file;
  int gate;
  strcpy(root + strlen(root) - 6, "XXXXXX");
  CHECK(mkdtemp(root) != NULL);
  sprintf(path, "%s/gate", root);
  CHECK(mkfifo(path, 0600) == 0);
  sprintf(commands,
          "hooks: {announce: [sh, -c, 'echo began >>%s/began; read line <%s/gate']}\n"
          "promotions: {default: 'true'}\n",
          root, root);
  options.durable = 1;
  options.supervisor = str(PROMOFLOW_SUPERVISOR);
  CHECK(promoflow_store_new_memory(&store, NULL) == PROMOFLOW_OK);
  engine = new_engine_of_programs(store, &options, commands);
  CHECK(start_release(engine, "r-1", "") == PROMOFLOW_OK);
  gate = open(path, O_WRONLY); /* Waits for the program to read. */
  CHECK(gate >= 0);
  promoflow_engine_free(engine);
  engine = new_engine_of_programs(store, &options, commands);
  CHECK(promoflow_engine_resume_all(engine, &resumed, NULL) == PROMOFLOW_OK);
  CHECK(has(resumed, "r-1"));
  CHECK(write(gate, "go\n", 3) == 3 && close(gate) == 0);
  CHECK(ends_as(engine, PROMOFLOW_RELEASE_SUCCEEDED));
  promoflow_engine_free(engine);
  promoflow_store_free(store);
  sprintf(path, "%s/began", root);
  file = fopen(path, "r");
  CHECK(file != NULL && fread(line, 1, sizeof(line) - 1, file) == strlen("began\n"));
  CHECK(fclose(file) == 0 && strcmp(line, "began\n") == 0);
  remove_root();
}

/* Exit status 75 waits for a person, unless the options say that there is none. */
static void a_program_that_waits_for_a_person(void) {
  static const char kCommands[] =
      "{hooks: {announce: [sh, -c, 'exit 75']}, promotions: {default: 'true'}}";
  promoflow_store* store = NULL;
  promoflow_process_options options = {.struct_size = sizeof(options)};
  promoflow_engine* engine;
  promoflow_buffer* text = NULL;
  options.no_suspension = 1;
  strcpy(root + strlen(root) - 6, "XXXXXX");
  CHECK(mkdtemp(root) != NULL);
  CHECK(promoflow_store_new_memory(&store, NULL) == PROMOFLOW_OK);
  engine = new_engine_of_programs(store, &options, kCommands);
  CHECK(start_release(engine, "r-1", "") == PROMOFLOW_OK);
  CHECK(ends_as(engine, PROMOFLOW_RELEASE_FAILED));
  CHECK(promoflow_store_show(store, str("r-1"), &text, NULL) == PROMOFLOW_OK);
  CHECK(has(text, "exit status 75"));
  promoflow_engine_free(engine);
  promoflow_store_free(store);
  remove_root();
}
#endif

void test_engine_executors(void) {
  replies_of_ones_own();
#if defined(PROMOFLOW_HAS_PROCESS)
  programs_under_an_engine();
  programs_that_outlive_an_engine();
  a_program_that_waits_for_a_person();
#endif
}
