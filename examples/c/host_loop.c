/* SPDX-License-Identifier: Apache-2.0 */
/* The loop of a host in C: take commands, carry them out, apply what happened. Here all succeeds
   at once, but for the first promotion into staging, after which an operator retries. */
#include <promoflow/promoflow.h>
#include <stdio.h>

static const char kFlow[] =
    "{apiVersion: codefresh.io/v1beta1, kind: PromotionFlow, metadata: {name: billing}, spec: {\n"
    "  triggerEnvironment: dev, steps: [{environment: staging, dependsOn: [dev],\n"
    "    hooks: {onFail: open-ticket}}, {environment: production, dependsOn: [staging]}]}}";

static promoflow_event carry_out(promoflow_release* release, const promoflow_command* command) {
  promoflow_event answer = {.struct_size = sizeof(answer),
                            .kind = PROMOFLOW_EVENT_PROMOTION_SUCCEEDED};
  promoflow_argument arguments[32];
  size_t i, count = 0;
  answer.ticket = command->ticket;
  if (command->kind == PROMOFLOW_COMMAND_RUN_HOOK) {
    printf("run %.*s\n", (int)command->hook.size, command->hook.data);
    promoflow_command_arguments(release, command, arguments, 32, &count);
    for (i = 0; i < count && i < 32; ++i)
      printf("  %.*s=%.*s\n", (int)arguments[i].name.size, arguments[i].name.data,
             (int)arguments[i].value.size, arguments[i].value.data);
    answer.kind = PROMOFLOW_EVENT_HOOK_SUCCEEDED;
  } else {
    printf("promote to %.*s, attempt %u\n", (int)command->environment_name.size,
           command->environment_name.data, (unsigned)command->attempt);
    if (command->ticket == 1) {
      answer.kind = PROMOFLOW_EVENT_PROMOTION_FAILED;
      answer.text = promoflow_text("Application degraded");
    }
  }
  return answer;
}

int main(void) {
  promoflow_release_info info = {sizeof(info), 0, {"r-42", 4}, {0}, {0}, {0}, {0}};
  promoflow_event event = {.struct_size = sizeof(event), .kind = PROMOFLOW_EVENT_RETRY};
  promoflow_command command;
  promoflow_flow* flow = NULL;
  promoflow_release* release = NULL;
  int retries = 0;
  command.struct_size = sizeof(command);
  if (promoflow_flow_load(promoflow_text(kFlow), NULL, &flow, NULL) != PROMOFLOW_OK ||
      promoflow_release_start(flow, &info, 0, promoflow_text(NULL), &release, NULL) != PROMOFLOW_OK)
    return 1;
  promoflow_flow_free(flow); /* The release keeps what it needs. */
  do {
    while (promoflow_release_next_command(release, &command, NULL) == PROMOFLOW_OK) {
      promoflow_event answer = carry_out(release, &command); /* A host stores it first. */
      promoflow_release_apply(release, &answer, NULL);
    }
  } while (retries++ == 0 && promoflow_release_apply(release, &event, NULL) == PROMOFLOW_OK);
  promoflow_release_free(release);
  return 0;
}
