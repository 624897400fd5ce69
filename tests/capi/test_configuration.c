/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations: reading, problems as text, what is resolved, flows with their policies. */
#include "check.h"

static const char kFlow[] =
    "apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\nmetadata: {name: to-prod}\nspec:\n"
    "  triggerEnvironment: dev\n  steps: [{environment: staging, dependsOn: [dev]}]\n";
static const char kProduct[] =
    "apiVersion: codefresh.io/v1beta1\nkind: Product\nmetadata: {name: billing}\nspec:\n"
    "  promotionFlows:\n    - name: to-prod\n      gitTriggerSelectors:\n"
    "        - {key: gitRevision, operator: In, values: [main]}\n";
static const char kPolicy[] =
    "apiVersion: codefresh.io/v1beta1\nkind: PromotionPolicy\nmetadata: {name: by-request}\n"
    "spec: {policy: {action: pr}}\n";

static promoflow_file file_of(const char* name, const char* text) {
  promoflow_file file;
  file.name = str(name);
  file.text = str(text);
  return file;
}

static void what_is_read(const promoflow_configuration* configuration) {
  promoflow_buffer* text = NULL;
  promoflow_error* error = NULL;
  promoflow_flow* flow = NULL;
  const promoflow_str none = str("");
  CHECK(promoflow_configuration_resolve(configuration, str("billing"), none, str("main"),
                                        PROMOFLOW_ORDER_DESCENDING, &text, NULL) == PROMOFLOW_OK);
  CHECK(is(promoflow_buffer_text(text),
           "{\"product\":\"billing\",\"flow\":{\"name\":\"to-prod\",\"rejected\":[]},"
           "\"environments\":[{\"name\":\"staging\",\"policy\":{\"action\":{\"value\":\"pr\","
           "\"origin\":\"policy by-request\"}},\"lost\":[]}]}\n"));
  promoflow_buffer_free(text);
  text = NULL;
  CHECK(promoflow_configuration_resolve(configuration, str("biling"), none, none,
                                        PROMOFLOW_ORDER_ASCENDING, &text,
                                        &error) == PROMOFLOW_E_INVALID_ARGUMENT);
  CHECK(text == NULL && contains(promoflow_error_message(error), "biling"));
  promoflow_error_free(error);
  REFUSED(
      promoflow_configuration_resolve(configuration, str("billing"), none, none, 3, &text, NULL));
  CHECK(promoflow_configuration_flow(configuration, str("to-prod"), str("billing"),
                                     PROMOFLOW_ORDER_DESCENDING, &flow, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_flow_write(flow, PROMOFLOW_TEXT_JSON, &text, NULL) == PROMOFLOW_OK);
  CHECK(contains(promoflow_buffer_text(text), "\"pr\""));
  promoflow_buffer_free(text);
  promoflow_flow_free(flow);
  flow = NULL;
  CHECK(promoflow_configuration_flow(configuration, str("other"), none, PROMOFLOW_ORDER_DESCENDING,
                                     &flow, NULL) == PROMOFLOW_DONE);
  REFUSED(promoflow_configuration_flow(configuration, str("to-prod"), none, 0, &flow, NULL));
  CHECK(flow == NULL);
}

static void what_has_errors(void) {
  promoflow_file files[3];
  promoflow_configuration* configuration = NULL;
  promoflow_buffer* text = NULL;
  promoflow_flow* flow = NULL;
  files[0] = file_of("flow.yaml", kFlow);
  files[1] = file_of("a.yaml", kProduct);
  files[2] = file_of("b.yaml", kProduct);
  CHECK(promoflow_configuration_read(files, 3, &configuration, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_configuration_format(configuration, files, 3, PROMOFLOW_DIAGNOSTICS_JSON, &text,
                                       NULL) == PROMOFLOW_OK);
  CHECK(contains(promoflow_buffer_text(text), "{\"file\":\"b.yaml\""));
  CHECK(contains(promoflow_buffer_text(text), "\"code\":\"duplicate-document\""));
  CHECK(contains(promoflow_buffer_text(text), "\"related\":[{\"file\":\"a.yaml\",\"line\":3"));
  promoflow_buffer_free(text);
  text = NULL;
  REFUSED(promoflow_configuration_format(configuration, files, 3, 4, &text, NULL));
  CHECK(promoflow_configuration_resolve(configuration, str("billing"), str(""), str(""),
                                        PROMOFLOW_ORDER_DESCENDING, &text, NULL) == PROMOFLOW_DONE);
  CHECK(promoflow_configuration_flow(configuration, str("to-prod"), str(""),
                                     PROMOFLOW_ORDER_DESCENDING, &flow, NULL) == PROMOFLOW_DONE);
  CHECK(text == NULL && flow == NULL);
  promoflow_configuration_free(configuration);
}

void test_configuration(void) {
  promoflow_file files[3];
  promoflow_configuration* configuration = NULL;
  promoflow_buffer* text = NULL;
  files[0] = file_of("flow.yaml", kFlow);
  files[1] = file_of("product.yaml", kProduct);
  files[2] = file_of("policy.yaml", kPolicy);
  CHECK(promoflow_configuration_read(files, 3, &configuration, NULL) == PROMOFLOW_OK);
  CHECK(promoflow_configuration_format(configuration, files, 3, PROMOFLOW_DIAGNOSTICS_TEXT, &text,
                                       NULL) == PROMOFLOW_OK);
  CHECK(is(promoflow_buffer_text(text), ""));
  promoflow_buffer_free(text);
  what_is_read(configuration);
  promoflow_configuration_free(configuration);
  promoflow_configuration_free(NULL);
  what_has_errors();
  configuration = NULL;
  REFUSED(promoflow_configuration_read(NULL, 1, &configuration, NULL));
  REFUSED(promoflow_configuration_read(files, 3, NULL, NULL));
  CHECK(promoflow_configuration_read(NULL, 0, &configuration, NULL) == PROMOFLOW_OK);
  promoflow_configuration_free(configuration);
}
