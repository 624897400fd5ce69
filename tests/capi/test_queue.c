/* SPDX-License-Identifier: Apache-2.0 */
/* The release queue, and who exports which key to whom. */
#include "check.h"

static void apply(promoflow_queue* queue, int32_t kind, const char* release, const char* detail) {
  CHECK(promoflow_queue_apply(queue, kind, str(release), str(detail), NULL) == PROMOFLOW_OK);
}

/* The latest event had exactly one command. */
static void one(const promoflow_queue* queue, int32_t kind, const char* release,
                const char* detail) {
  promoflow_queue_command command;
  size_t count = 0;
  command.struct_size = sizeof(command);
  CHECK(promoflow_queue_commands(queue, &command, sizeof(command), 1, &count, NULL) ==
        PROMOFLOW_OK);
  CHECK(count == 1 && command.kind == kind && is(command.release, release));
  CHECK(is(command.flow, kind == PROMOFLOW_QUEUE_START ? detail : ""));
  CHECK(is(command.environment, kind == PROMOFLOW_QUEUE_BEGIN ? detail : ""));
  CHECK(kind < PROMOFLOW_QUEUE_TERMINATE || is(command.reason, detail));
}

static void a_younger_release_terminates_an_older_one(void) {
  promoflow_queue* queue = NULL;
  promoflow_queue* twin = NULL;
  promoflow_buffer* snapshot = NULL;
  promoflow_error* error = NULL;
  promoflow_str names[2];
  size_t count = 0;
  int32_t status = 0;
  CHECK(promoflow_queue_new(PROMOFLOW_QUEUE_MODE_TERMINATE, 50, &queue, NULL) == PROMOFLOW_OK);
  apply(queue, PROMOFLOW_QUEUE_REQUESTED, "old", "to-prod");
  one(queue, PROMOFLOW_QUEUE_START, "old", "to-prod");
  apply(queue, PROMOFLOW_QUEUE_REQUESTED, "new", "");
  apply(queue, PROMOFLOW_QUEUE_BEGAN, "old", "staging");
  one(queue, PROMOFLOW_QUEUE_BEGIN, "old", "staging");
  apply(queue, PROMOFLOW_QUEUE_BEGAN, "new", "staging");
  one(queue, PROMOFLOW_QUEUE_TERMINATE, "old", "superseded by release new in environment staging");
  CHECK(promoflow_queue_holder(queue, str("staging"), names, NULL) == PROMOFLOW_OK);
  CHECK(is(names[0], "old"));
  CHECK(promoflow_queue_holder(queue, str("dev"), names, NULL) == PROMOFLOW_DONE);
  CHECK(promoflow_queue_releases(queue, names, 2, &count, NULL) == PROMOFLOW_OK);
  CHECK(count == 2 && is(names[0], "old") && is(names[1], "new"));
  CHECK(promoflow_queue_status(queue, str("new"), &status, NULL) == PROMOFLOW_OK);
  CHECK(status == PROMOFLOW_QUEUE_STATUS_ACTIVE);
  CHECK(promoflow_queue_status(queue, str("other"), &status, NULL) == PROMOFLOW_DONE);

  CHECK(promoflow_queue_snapshot(queue, &snapshot, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_queue_restore(promoflow_buffer_text(snapshot), &twin, NULL) == PROMOFLOW_OK);
  apply(twin, PROMOFLOW_QUEUE_ENDED, "old", "");
  one(twin, PROMOFLOW_QUEUE_BEGIN, "new", "staging");
  promoflow_buffer_free(snapshot);
  promoflow_queue_free(twin);
  twin = NULL;

  CHECK(promoflow_queue_apply(queue, PROMOFLOW_QUEUE_REQUESTED, str("old"), str(""), &error) ==
        PROMOFLOW_E_NOT_ALLOWED);
  CHECK(contains(promoflow_error_message(error), "is there already"));
  promoflow_error_free(error);
  CHECK(promoflow_queue_apply(queue, PROMOFLOW_QUEUE_ENDED, str(""), str(""), NULL) ==
        PROMOFLOW_E_INVALID_EVENT);
  REFUSED(promoflow_queue_apply(queue, 6, str("a"), str(""), NULL));
  REFUSED(promoflow_queue_commands(queue, NULL, 3, 0, &count, NULL));
  CHECK(promoflow_queue_restore(str("{}"), &twin, NULL) == PROMOFLOW_E_INVALID_SNAPSHOT);
  CHECK(promoflow_queue_restore(str("{\"releaseQueue\":2}"), &twin, NULL) ==
        PROMOFLOW_E_SNAPSHOT_TOO_NEW);
  CHECK(twin == NULL);
  promoflow_queue_free(queue);
  promoflow_queue_free(NULL);
}

static void the_oldest_that_waits_is_dropped(void) {
  promoflow_queue* queue = NULL;
  int32_t status = 0;
  REFUSED(promoflow_queue_new(3, 1, &queue, NULL));
  CHECK(promoflow_queue_new(PROMOFLOW_QUEUE_MODE_QUEUE, 1, &queue, NULL) == PROMOFLOW_OK);
  apply(queue, PROMOFLOW_QUEUE_REQUESTED, "a", "f");
  apply(queue, PROMOFLOW_QUEUE_REQUESTED, "b", "f");
  CHECK(promoflow_queue_status(queue, str("b"), &status, NULL) == PROMOFLOW_OK);
  CHECK(status == PROMOFLOW_QUEUE_STATUS_QUEUED);
  apply(queue, PROMOFLOW_QUEUE_REQUESTED, "c", "f");
  one(queue, PROMOFLOW_QUEUE_DROP, "b", "superseded: more than 1 releases were waiting");
  apply(queue, PROMOFLOW_QUEUE_CANCELLED, "c", "");
  one(queue, PROMOFLOW_QUEUE_DROP, "c", "cancelled");
  promoflow_queue_free(queue);
}

static void who_exports_which_key_to_whom(void) {
  static const char kManifests[] =
      "apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\n"
      "metadata: {name: to-prod, annotations: {promoflow.dev/extensions: \"true\"}}\nspec:\n"
      "  triggerEnvironment: dev\n"
      "  hooks: {onStart: {name: open, exports: [TICKET]}}\n"
      "  steps: [{environment: staging, dependsOn: [dev],\n"
      "           hooks: {onSuccess: {name: close, reads: [TICKET]}}}]\n";
  promoflow_file file;
  promoflow_configuration* configuration = NULL;
  promoflow_context_use uses[2];
  promoflow_render_options options = {0};
  promoflow_buffer* text = NULL;
  size_t count = 0;
  file.name = str("flow.yaml");
  file.text = str(kManifests);
  uses[0].struct_size = uses[1].struct_size = sizeof(uses[0]);
  CHECK(promoflow_configuration_read(&file, 1, &configuration, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_configuration_context_uses(configuration, str("to-prod"), uses, sizeof(uses[0]),
                                             2, &count, NULL) == PROMOFLOW_OK);
  CHECK(count == 2 && is(uses[0].hook, "open") && is(uses[0].key, "TICKET"));
  CHECK(uses[0].writes == 1 && uses[0].environment == PROMOFLOW_NO_ENVIRONMENT);
  CHECK(uses[0].point == PROMOFLOW_POINT_RELEASE_ON_START && uses[0].required == 0);
  CHECK(uses[1].writes == 0 && uses[1].required == 1 && uses[1].environment == 1);
  CHECK(uses[1].point == PROMOFLOW_POINT_ENVIRONMENT_ON_SUCCESS && is(uses[1].hook, "close"));
  CHECK(promoflow_configuration_context_uses(configuration, str("other"), NULL, sizeof(uses[0]), 0,
                                             &count, NULL) == PROMOFLOW_DONE);
  REFUSED(promoflow_configuration_context_uses(configuration, str("to-prod"), uses, 3, 2, &count,
                                               NULL));
  options.struct_size = sizeof(options);
  options.format = PROMOFLOW_RENDER_MERMAID;
  CHECK(promoflow_configuration_render_context(configuration, str("to-prod"), &options, &text,
                                               NULL) == PROMOFLOW_OK);
  CHECK(contains(promoflow_buffer_text(text), "open"));
  CHECK(contains(promoflow_buffer_text(text), "TICKET"));
  CHECK(contains(promoflow_buffer_text(text), "reads"));
  promoflow_buffer_free(text);
  text = NULL;
  CHECK(promoflow_configuration_render_context(configuration, str("other"), NULL, &text, NULL) ==
        PROMOFLOW_DONE);
  CHECK(text == NULL);
  promoflow_configuration_free(configuration);
}

void test_queue(void) {
  a_younger_release_terminates_an_older_one();
  the_oldest_that_waits_is_dropped();
  who_exports_which_key_to_whom();
}
