/* SPDX-License-Identifier: Apache-2.0 */
/* The end of the source file that docs/c-abi.md is: a host in virtual time, which uses all of it.
 */

static const char kFlow[] =
    "{apiVersion: codefresh.io/v1beta1, kind: PromotionFlow, metadata: {name: billing}, spec: {\n"
    "  triggerEnvironment: dev, hooks: {onStart: hello}, steps: [\n"
    "    {environment: staging, dependsOn: [dev]},\n"
    "    {environment: production, dependsOn: [staging]}]}}";

static void expect(int holds, const char* what) {
  if (holds) return;
  fprintf(stderr, "docs/c-abi.md: %s\n", what);
  exit(1);
}

/* What is carried out ends at once, and its event waits here. */
typedef struct World {
  promoflow_event answers[16];
  size_t count, taken;
  char journal[4096];
} World;

static void answer(World* world, int32_t kind, uint64_t ticket) {
  promoflow_event event = {0};
  event.kind = kind;
  event.ticket = ticket;
  expect(world->count < 16, "there is room for an answer");
  world->answers[world->count++] = event;
}

static void world_run_hook(const promoflow_command* command, const promoflow_argument* arguments,
                           size_t count, void* user) {
  expect(arguments != NULL && count >= 6, "a hook has arguments");
  answer(user, PROMOFLOW_EVENT_HOOK_SUCCEEDED, command->ticket);
}

static void world_promote(const promoflow_command* command, void* user) {
  answer(user, PROMOFLOW_EVENT_PROMOTION_SUCCEEDED, command->ticket);
}

static void world_cancel(uint64_t ticket, void* user) {
  (void)ticket;
  (void)user;
}

static promoflow_event world_wait(int64_t timer_ms, void* user) {
  World* world = user;
  (void)timer_ms;
  expect(world->taken < world->count, "an answer waits");
  return world->answers[world->taken++];
}

static void world_store(promoflow_str line, void* user) {
  World* world = user;
  const size_t size = strlen(world->journal);
  expect(size + line.size + 2 < sizeof(world->journal), "there is room for a line");
  memcpy(world->journal + size, line.data, line.size);
  world->journal[size + line.size] = '\n';
}

static int32_t status_of(const promoflow_release* release) {
  int32_t status = 0;
  promoflow_release_status(release, &status);
  return status;
}

static void try_operators(promoflow_release* release, const promoflow_flow* flow) {
  promoflow_event event = {0};
  promoflow_status statuses[1];
  promoflow_command commands[4];
  const promoflow_str name = promoflow_text("staging");
  event.kind = PROMOFLOW_EVENT_HOOK_SUCCEEDED;
  event.ticket = 1;
  event.struct_size = sizeof(event);
  expect(turn(release, &event, 1, statuses, commands, 4) == 2, "turn() takes both commands");
  event = terminate("stop", 1, 0, "ann");
  expect(promoflow_release_apply(release, &event, NULL) == PROMOFLOW_OK, "terminate()");
  explain(flow, release, 2);
  event = retry(&name, 1, 0, "ann");
  expect(promoflow_release_apply(release, &event, NULL) == PROMOFLOW_OK, "retry()");
  event = terminate("stop", 1, 0, "ann");
  expect(promoflow_release_apply(release, &event, NULL) == PROMOFLOW_OK, "terminate() again");
  event = skip("production", "known", 0, "ann");
  expect(promoflow_release_apply(release, &event, NULL) == PROMOFLOW_OK, "skip()");
}

int main(void) {
  static World world;
  Host host = {world_run_hook, world_promote, world_cancel, world_wait, world_store, &world};
  promoflow_release_info info = {0};
  promoflow_buffer *line = NULL, *snapshot = NULL;
  promoflow_release *release = NULL, *other = NULL;
  promoflow_flow* flow = read_flow("flow.yaml", promoflow_text(kFlow));
  expect(flow != NULL && is_usable(), "a flow is read");

  info.id = promoflow_text("r-42");
  promoflow_start_json(flow, &info, 0, promoflow_text(NULL), NULL, &line, NULL);
  host.store(promoflow_buffer_text(line), host.user);
  promoflow_buffer_free(line);
  promoflow_release_start(flow, &info, 0, promoflow_text(NULL), &release, NULL);
  promoflow_release_snapshot(release, &snapshot, NULL);
  expect(drive(release, &host) == 0 && status_of(release) == PROMOFLOW_RELEASE_SUCCEEDED,
         "drive()");
  other = recover(flow, promoflow_text(world.journal));
  expect(other != NULL && status_of(other) == PROMOFLOW_RELEASE_SUCCEEDED, "recover()");
  promoflow_release_free(other);
  other = come_back(flow, promoflow_buffer_text(snapshot), NULL, 0);
  expect(other != NULL && status_of(other) == PROMOFLOW_RELEASE_RUNNING, "come_back()");
  try_operators(other, flow);
  promoflow_release_free(other);
  promoflow_buffer_free(snapshot);
  promoflow_release_free(release);

  release = start_until(flow, promoflow_text("staging"), 0);
  expect(release != NULL, "start_until()");
  promoflow_release_free(release);
  promoflow_flow_free(flow);
  puts("ok");
  return 0;
}
