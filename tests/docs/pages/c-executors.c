/* SPDX-License-Identifier: Apache-2.0 */
/* The end of the source file that docs/c-executors.md is: it carries out a release in each way.
   Argument: a folder for what programs write. */
#include <stdlib.h>

static const char kFlow[] =
    "{apiVersion: codefresh.io/v1beta1, kind: PromotionFlow, metadata: {name: billing}, spec: {\n"
    "  triggerEnvironment: dev, hooks: {onStart: hello}, steps: [\n"
    "    {environment: staging, dependsOn: [dev]},\n"
    "    {environment: production, dependsOn: [staging]}]}}";

static void expect(int holds, const char* what) {
  if (holds) return;
  fprintf(stderr, "docs/c-executors.md: %s\n", what);
  exit(1);
}

/* The release has ended when it is asked for its end. */
static void try_a_store(const char* work, const promoflow_flow* flow) {
  char path[1024];
  promoflow_store_options options = {0};
  promoflow_store* store = NULL;
  snprintf(path, sizeof(path), "%s.db", work);
  expect(drive_from_store(path, flow) == 0, "drive_from_store()");
  options.access = PROMOFLOW_STORE_ASK;
  expect(promoflow_store_open(promoflow_text(path), &options, &store, NULL) == PROMOFLOW_OK &&
             ask_for_the_end(store, promoflow_text("r-42")) == 1,
         "ask_for_the_end()");
  promoflow_store_free(store);
}

int main(int count, char** words) {
  promoflow_flow* flow = NULL;
  expect(
      count == 2 && promoflow_flow_load(promoflow_text(kFlow), NULL, &flow, NULL) == PROMOFLOW_OK,
      "a flow is read");
  expect(run_it(flow, NULL) == 0, "run_it()");
  expect(run_programs(flow,
                      promoflow_text("hooks: {hello: /bin/true}\n"
                                     "promotions: {default: /bin/true}\n"),
                      promoflow_text(words[1])) == 0,
         "run_programs()");
  try_a_store(words[1], flow);
  promoflow_flow_free(flow);
  puts("ok");
  return 0;
}
