/* SPDX-License-Identifier: Apache-2.0 */
/* An executor in C: callbacks that carry commands out, and promoflow_run(), which drives the
   release with them. The approval is answered later, from wake(): this executor needs no thread. */
#include <promoflow/promoflow.h>
#include <stdio.h>

static const char kFlow[] =
    "{apiVersion: codefresh.io/v1beta1, kind: PromotionFlow, metadata: {name: billing}, spec: {\n"
    "  triggerEnvironment: dev, steps: [{environment: staging, dependsOn: [dev],\n"
    "    hooks: {onSuccess: approve}}, {environment: production, dependsOn: [staging]}]}}";

/* `user` is where the reply of the approval is kept that waits: in this flow, one at most. */
static void run_hook(const promoflow_hook_call* call, promoflow_reply* reply, void* user) {
  printf("%.*s: asking for an approval\n", (int)call->hook.size, call->hook.data);
  promoflow_reply_suspended(reply);
  *(promoflow_reply**)user = reply;
}
static void promote(const promoflow_promotion_call* call, promoflow_reply* reply, void* user) {
  (void)user;
  printf("promote to %.*s\n", (int)call->environment.size, call->environment.data);
  promoflow_reply_succeeded(reply, promoflow_text(NULL)); /* It exports nothing. */
  promoflow_reply_free(reply);
}
static int64_t next_wake(void* user) { return *(void**)user != NULL ? 0 : PROMOFLOW_NO_TIME; }
static void wake(int64_t now_ms, void* user) {
  promoflow_reply** waiting = user;
  (void)now_ms;
  promoflow_reply_succeeded(*waiting, promoflow_text("{\"APPROVED_BY\":\"ann\"}"));
  promoflow_reply_free(*waiting);
  *waiting = NULL;
}

int main(void) {
  promoflow_reply* waiting = NULL;
  promoflow_executor executor = {.struct_size = sizeof(executor),
                                 .user = &waiting,
                                 .run_hook = run_hook,
                                 .promote = promote,
                                 .next_wake = next_wake,
                                 .wake = wake};
  promoflow_release_info info = {sizeof(info), 0, {"r-42", 4}, {0}, {0}, {0}, {0}};
  promoflow_flow* flow = NULL;
  promoflow_release* release = NULL;
  promoflow_error* error = NULL;
  promoflow_buffer* context = NULL;
  if (promoflow_flow_load(promoflow_text(kFlow), NULL, &flow, &error) == PROMOFLOW_OK &&
      promoflow_run(flow, &info, &executor, NULL, &release, &error) == PROMOFLOW_OK &&
      promoflow_release_context_json(release, &context, &error) == PROMOFLOW_OK)
    printf("the context is %s\n", promoflow_buffer_text(context).data);
  else
    printf("%s\n", promoflow_error_message(error).data);
  promoflow_release_free(release);
  promoflow_flow_free(flow);
  promoflow_error_free(error);
  if (context == NULL) return 1;
  promoflow_buffer_free(context);
  return 0;
}
