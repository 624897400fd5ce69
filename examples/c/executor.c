/* SPDX-License-Identifier: Apache-2.0 */
/* An executor in C: callbacks that carry commands out, and promoflow_run(), which drives the
   release with them. The approval is answered later, from wake(): this executor needs no thread. */
#include <promoflow/promoflow.h>
#include <stdio.h>
#include <string.h>

static const char kFlow[] =
    "{apiVersion: codefresh.io/v1beta1, kind: PromotionFlow, metadata: {name: billing}, spec: {\n"
    "  triggerEnvironment: dev, steps: [{environment: staging, dependsOn: [dev],\n"
    "    hooks: {onSuccess: approve}}, {environment: production, dependsOn: [staging]}]}}";

typedef struct Executor { /* At most one approval waits at a time in this flow. */
  promoflow_reply* waiting;
  int promotions, destroyed;
} Executor;

static void run_hook(const promoflow_hook_call* call, promoflow_reply* reply, void* user) {
  Executor* self = user;
  printf("%.*s: asking for an approval\n", (int)call->hook.size, call->hook.data);
  promoflow_reply_suspended(reply);
  self->waiting = reply;
}

static void promote(const promoflow_promotion_call* call, promoflow_reply* reply, void* user) {
  Executor* self = user;
  promoflow_str nothing = {NULL, 0};
  printf("promote to %.*s\n", (int)call->environment.size, call->environment.data);
  ++self->promotions;
  promoflow_reply_succeeded(reply, nothing);
  promoflow_reply_free(reply);
}

static int64_t next_wake(void* user) {
  return ((Executor*)user)->waiting != NULL ? 0 : PROMOFLOW_NO_TIME;
}

static void wake(int64_t now_ms, void* user) {
  Executor* self = user;
  promoflow_str context = {"{\"APPROVED_BY\":\"ann\"}", 21};
  (void)now_ms;
  promoflow_reply_resumed(self->waiting);
  promoflow_reply_succeeded(self->waiting, context);
  promoflow_reply_free(self->waiting);
  self->waiting = NULL;
}

static void destroy(void* user) { ++((Executor*)user)->destroyed; }

int main(void) {
  Executor self = {NULL, 0, 0};
  promoflow_str text = {kFlow, sizeof(kFlow) - 1};
  promoflow_release_info info = {sizeof(info), 0, {"r-42", 4}, {0}, {0}, {0}, {0}};
  promoflow_executor executor = {sizeof(executor), 0,    &self,  run_hook, promote, NULL,
                                 next_wake,        wake, destroy};
  promoflow_flow* flow = NULL;
  promoflow_release* release = NULL;
  promoflow_error* error = NULL;
  promoflow_buffer* context = NULL;
  int32_t status = 0;
  if (promoflow_flow_load(text, NULL, &flow, &error) != PROMOFLOW_OK ||
      promoflow_run(flow, &info, &executor, NULL, &release, &error) != PROMOFLOW_OK) {
    promoflow_str message = promoflow_error_message(error);
    fprintf(stderr, "%.*s\n", (int)message.size, message.data);
    return 1;
  }
  promoflow_release_status(release, &status);
  promoflow_release_context_json(release, &context, NULL);
  printf("%.*s with %s\n", (int)promoflow_release_status_name(status).size,
         promoflow_release_status_name(status).data, promoflow_buffer_text(context).data);
  promoflow_buffer_free(context);
  promoflow_release_free(release);
  promoflow_flow_free(flow);
  return self.promotions == 2 && self.destroyed == 1 ? 0 : 1;
}
