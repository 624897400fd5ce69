/* SPDX-License-Identifier: Apache-2.0 */
/* The process executor with NULL where something must be given, with struct sizes that never were,
   and with numbers and texts that mean nothing: refused, the outputs untouched. */

#include "process.h"

static const promoflow_str kNone = {NULL, 0};
static const promoflow_str kBad = {NULL, 5};
static const char *hooks, *work;

static promoflow_process_options options_of(void) { return options_in(hooks, work); }

static void refused_commands(void) {
  promoflow_process_commands* commands = NULL;
  promoflow_read_options reading = {0};
  promoflow_diagnostic diagnostic;
  promoflow_buffer* text = NULL;
  promoflow_str nul = {"a\0b", 3};
  size_t count = 77;
  promoflow_process_commands_free(NULL);
  REFUSED(promoflow_process_commands_read(kBad, kNone, NULL, &commands, NULL));
  REFUSED(promoflow_process_commands_read(kNone, kBad, NULL, &commands, NULL));
  REFUSED(promoflow_process_commands_read(kNone, nul, NULL, &commands, NULL));
  REFUSED(promoflow_process_commands_read(kNone, kNone, NULL, NULL, NULL));
  reading.format = 9;
  REFUSED(promoflow_process_commands_read(kNone, kNone, &reading, &commands, NULL));
  reading.format = 0;
  reading.struct_size = 8;
  REFUSED(promoflow_process_commands_read(kNone, kNone, &reading, &commands, NULL));
  REFUSED(promoflow_process_commands_diagnostics(NULL, NULL, 0, 0, &count));
  REFUSED(promoflow_process_commands_format(NULL, kNone, kNone, 1, &text, NULL));
  CHECK(commands == NULL && count == 77);
  CHECK(promoflow_process_commands_read(str("{}"), kNone, NULL, &commands, NULL) == PROMOFLOW_OK);
  REFUSED(promoflow_process_commands_diagnostics(commands, NULL, 0, 1, &count));
  REFUSED(promoflow_process_commands_diagnostics(commands, &diagnostic, 8, 1, &count));
  REFUSED(promoflow_process_commands_diagnostics(commands, NULL, 0, 0, NULL));
  REFUSED(promoflow_process_commands_format(commands, kBad, kNone, 1, &text, NULL));
  REFUSED(promoflow_process_commands_format(commands, kNone, kBad, 1, &text, NULL));
  REFUSED(promoflow_process_commands_format(commands, kNone, kNone, 9, &text, NULL));
  REFUSED(promoflow_process_commands_format(commands, kNone, kNone, 1, NULL, NULL));
  CHECK(text == NULL);
  promoflow_process_commands_free(commands);
}

/* The options are refused, and the error names this one. */
static int refused_for(promoflow_process_options options, const char* where) {
  promoflow_process_executor* executor = NULL;
  promoflow_error* error = NULL;
  int is_so =
      promoflow_process_executor_new(&options, &executor, &error) == PROMOFLOW_E_INVALID_ARGUMENT &&
      executor == NULL && is(promoflow_error_where(error), where);
  promoflow_error_free(error);
  return is_so;
}

/* Neither yes nor no. */
static void refused_flags(void) {
  static const char* const kNames[] = {"options.has_grace", "options.promote_without_program",
                                       "options.durable", "options.no_suspension"};
  static const int32_t kNeither[] = {-1, 2};
  int i;
  for (i = 0; i < 8; ++i) {
    promoflow_process_options options = options_of();
    int32_t* const flags[] = {&options.has_grace, &options.promote_without_program,
                              &options.durable, &options.no_suspension};
    options.struct_size = (uint32_t)sizeof(options);
    *flags[i / 2] = kNeither[i % 2];
    CHECK(refused_for(options, kNames[i / 2]));
  }
}

static void refused_options(void) {
  struct {
    promoflow_process_options known;
    char more[8];
  } grown;
  promoflow_process_options options = {0};
  promoflow_process_executor* executor = NULL;
  promoflow_str nul = {"a\0b", 3};
  CHECK(refused_for(options, "options.work_directory")); /* It is required. */
  options = options_of();
  options.struct_size = 8;
  CHECK(refused_for(options, "options"));
  options = options_of();
  options.parallel = 1025;
  CHECK(refused_for(options, "options.parallel"));
  options = options_of();
  options.grace_ms = -1; /* Does not count. */
  executor = new_executor(&options);
  promoflow_process_executor_free(executor);
  options.has_grace = 1;
  CHECK(refused_for(options, "options.grace_ms"));
  options = options_of();
  options.directory = kBad;
  CHECK(refused_for(options, "options.directory"));
  options.directory = nul;
  CHECK(refused_for(options, "options.directory"));
  options = options_of();
  options.work_directory = nul;
  CHECK(refused_for(options, "options.work_directory"));
  options = options_of();
  options.struct_size = sizeof(options);
  options.supervisor = nul;
  CHECK(refused_for(options, "options.supervisor"));
  options.supervisor = kBad;
  CHECK(refused_for(options, "options.supervisor"));
  options.supervisor = str("/no/such/supervisor");
  options.durable = 1;
  CHECK(refused_for(options, "options.supervisor"));
  memset(&grown, 0, sizeof(grown));
  grown.known = options_of();
  grown.known.struct_size = sizeof(grown);
  executor = new_executor(&grown.known); /* From a later version, which asks for nothing new. */
  promoflow_process_executor_free(executor);
  grown.more[0] = 1;
  executor = NULL;
  REFUSED(promoflow_process_executor_new(&grown.known, &executor, NULL));
  REFUSED(promoflow_process_executor_new(NULL, &executor, NULL));
  REFUSED(promoflow_process_executor_new(&options, NULL, NULL));
  CHECK(executor == NULL);
}

static void refused_callbacks(void) {
  promoflow_process_options options = options_of();
  promoflow_process_executor* executor = new_executor(&options);
  promoflow_executor callbacks = {0};
  REFUSED(promoflow_process_executor_callbacks(NULL, &callbacks, NULL));
  REFUSED(promoflow_process_executor_callbacks(executor, NULL, NULL));
  callbacks.struct_size = 8;
  REFUSED(promoflow_process_executor_callbacks(executor, &callbacks, NULL));
  CHECK(callbacks.destroy == NULL);
  REFUSED(promoflow_process_executor_wait_idle(NULL));
  REFUSED(promoflow_process_executor_kill_all(NULL));
  promoflow_process_executor_free(NULL);
  promoflow_process_executor_free(executor);
}

void test_process_refusals(const char* hooks_directory, const char* work_directory) {
  hooks = hooks_directory;
  work = work_directory;
  refused_commands();
  refused_options();
  refused_flags();
  refused_callbacks();
}
