/* SPDX-License-Identifier: Apache-2.0 */
/* The end of the source file that docs/argo-c.md is: a cluster that is not there, and one that the
   options do not name. Argument: a folder for a kubeconfig. */

static void expect(int holds, const char* what) {
  if (holds) return;
  fprintf(stderr, "docs/argo-c.md: %s\n", what);
  exit(1);
}

static void no_hook(const promoflow_hook_call* call, promoflow_reply* reply, void* user) {
  (void)call;
  (void)user;
  promoflow_reply_free(reply);
}

static void promote(const promoflow_promotion_call* call, promoflow_reply* reply, void* user) {
  (void)call;
  (void)user;
  promoflow_reply_free(reply);
}

int main(int count, char** words) {
  static const char kFlow[] =
      "{apiVersion: codefresh.io/v1beta1, kind: PromotionFlow, metadata: {name: billing}, spec: "
      "{triggerEnvironment: dev, hooks: {onStart: hello}, "
      "steps: [{environment: staging, dependsOn: [dev]}]}}";
  char path[512];
  promoflow_executor promotions = {0};
  promoflow_flow* flow = NULL;
  promoflow_release* release = NULL;
  promoflow_error* error = NULL;
  FILE* file;
  expect(count == 2, "one argument");
  promotions.run_hook = no_hook;
  promotions.promote = promote;
  expect(promoflow_flow_load(promoflow_text(kFlow), NULL, &flow, NULL) == PROMOFLOW_OK, "a flow");
  expect(run_on_cluster(flow, "/nowhere/config", &promotions, &release, &error) ==
             PROMOFLOW_E_NOT_ALLOWED,
         "there is no such kubeconfig");
  snprintf(path, sizeof(path), "%s.kubeconfig", words[1]);
  file = fopen(path, "w");
  expect(file != NULL, "a kubeconfig can be written");
  fputs(
      "{current-context: a, contexts: [{name: a, context: {cluster: c, user: u}}], "
      "clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}], "
      "users: [{name: u, user: {token: t}}]}\n",
      file);
  expect(fclose(file) == 0, "a kubeconfig is written");
  expect(run_on_cluster(flow, path, &promotions, &release, &error) == PROMOFLOW_E_NOT_ALLOWED,
         "nothing listens there: the check says so");
  expect(release == NULL && error == NULL, "nothing was started");
  promoflow_flow_free(flow);
  puts("ok");
  return 0;
}
