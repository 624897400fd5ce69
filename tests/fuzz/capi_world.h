/* SPDX-License-Identifier: Apache-2.0 */
/* What capi_calls.c calls the C ABI with: handles, and parameters that bytes decide. */
#ifndef PROMOFLOW_TESTS_FUZZ_CAPI_WORLD_H
#define PROMOFLOW_TESTS_FUZZ_CAPI_WORLD_H

#include <promoflow/promoflow.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOLDS(condition)                                             \
  do {                                                               \
    if (!(condition)) {                                              \
      printf("%s:%d: failed: %s\n", __FILE__, __LINE__, #condition); \
      fflush(stdout);                                                \
      abort();                                                       \
    }                                                                \
  } while (0)

/* Room behind a struct: for sizes that a newer caller might give. */
#define WITH_ROOM(type) \
  struct {              \
    type value;         \
    char more[32];      \
  }

typedef struct {
  const uint8_t* data;
  size_t size;
  promoflow_flow* flow;
  promoflow_manifest* manifest;
  promoflow_builder* builder;
  promoflow_release* release;
  promoflow_scenario* scenario;
  promoflow_trace* trace;
  promoflow_buffer* text; /* The last snapshot. */
  promoflow_command command, traced;
  promoflow_error* error;
} World;

static const char kFlow[] =
    "{apiVersion: codefresh.io/v1beta1, kind: PromotionFlow, metadata: {name: f, annotations:\n"
    "  {promoflow.dev/extensions: 'true'}}, spec: {triggerEnvironment: dev, hooks: {onEnd: e},\n"
    "  failurePolicy: abort, steps: [{environment: a, dependsOn: [dev], hooks: {onStart: [x, y],\n"
    "  onFail: {name: z, arguments: {N: 1}}}}, {environment: b, dependsOn: [dev], retry:\n"
    "  {limit: 1, backoff: {duration: 1m}}}, {environment: c, dependsOn: [a, b]}]}}";
static const char kScenario[] =
    "{outcomes: [{environment: a, attempt: 1, after: 5m, fail: no}, {hook: x, context: {K: 1}}],\n"
    "  actions: [{at: 1h, retry: true}, {at: 2h, terminate: enough}]}";

static uint32_t take(World* world, uint32_t bound) {
  uint32_t value = 0;
  if (world->size > 0) {
    value = *world->data++;
    --world->size;
  }
  return value % bound;
}

static int rarely(World* world) { return take(world, 16) == 15; }

static promoflow_str any_text(World* world) {
  static const char* const kTexts[] = {
      "",  "a",   "dev", "r-42", "\xff\xfe",   "{\"K\":1}",        "{\"RELEASE_ID\":{}}",
      "z", "[1]", "10m", kFlow,  "not: [json", "{\"type\":\"x\"}", kScenario};
  const uint32_t choice = take(world, 20);
  promoflow_str text = {NULL, 0};
  if (choice < 14) return promoflow_text(kTexts[choice]);
  if (choice == 14) text.size = 5; /* No pointer, but a size. */
  if (choice == 15) text.data = "x";
  if (choice < 18) return text;
  text.data = (const char*)world->data; /* Some of the bytes themselves. */
  text.size = world->size < 32 ? world->size : 32;
  return text;
}

/* A size that a caller of some version might have: mostly right. */
static uint32_t any_size(World* world, size_t right) {
  switch (take(world, 8)) {
    case 0: return 0;
    case 1: return take(world, 100) == 99 ? UINT32_MAX : (uint32_t)right - 1;
    case 2: return (uint32_t)right + 1 + take(world, 32);
    default: return (uint32_t)right;
  }
}

/* What every call answers. */
static int ok(World* world, promoflow_status status) {
  const promoflow_str name = promoflow_status_name(status);
  HOLDS(status != PROMOFLOW_E_INTERNAL);
  HOLDS(name.size > 0 && (name.size != 7 || memcmp(name.data, "unknown", 7) != 0));
  HOLDS((world->error != NULL) == (status < 0));
  HOLDS(promoflow_error_code(world->error) == (status < 0 ? status : PROMOFLOW_OK));
  HOLDS(status >= 0 || promoflow_error_message(world->error).size > 0);
  promoflow_error_free(world->error);
  world->error = NULL;
  return status == PROMOFLOW_OK;
}

/* The same of functions without an error. */
static int plain(promoflow_status status) {
  HOLDS(status == PROMOFLOW_OK || status == PROMOFLOW_DONE ||
        status == PROMOFLOW_E_INVALID_ARGUMENT || status == PROMOFLOW_E_INVALID_SCENARIO);
  return status == PROMOFLOW_OK;
}

/* A text that a call made, or did not. */
static void drop(World* world, promoflow_status status, promoflow_buffer** text) {
  HOLDS((*text != NULL) == (status == PROMOFLOW_OK));
  if (ok(world, status))
    HOLDS(strlen(promoflow_buffer_text(*text).data) <= promoflow_buffer_text(*text).size);
  promoflow_buffer_free(*text);
  *text = NULL;
}

/* Names of environments for lists, some of them wrong; static, for a list is borrowed. */
static const promoflow_str* any_names(World* world, uint64_t* count) {
  static promoflow_str names[3];
  uint32_t i;
  for (i = 0; i < 3; ++i) names[i] = any_text(world);
  *count = take(world, 4);
  return take(world, 4) == 0 ? NULL : names;
}

static promoflow_event any_event(World* world) {
  promoflow_event event = {0};
  event.struct_size = any_size(world, sizeof(event));
  event.kind = (int32_t)take(world, 14);
  event.ticket = take(world, 3) == 0 ? take(world, 24) : world->command.ticket;
  event.at_ms = 60000 * (int64_t)take(world, 250);
  if (take(world, 3) == 0) event.text = any_text(world);
  if (take(world, 3) == 0) event.context = any_text(world);
  if (event.struct_size < sizeof(event)) return event;
  if (take(world, 4) == 0) event.by = any_text(world);
  if (event.kind == PROMOFLOW_EVENT_SKIP) event.environment = any_text(world);
  if (event.kind == PROMOFLOW_EVENT_RETRY)
    event.environments = any_names(world, &event.environment_count);
  event.force = take(world, 8) == 7;
  return event;
}

#endif
