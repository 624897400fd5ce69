/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the trace of a story, for tests/conformance/run.py --program:

     capi_conformance simulate FLOW --scenario S --format jsonl     by promoflow_simulate()
     capi_conformance validate --format json FLOW                   the diagnostics

   As capi_conformance_loop, the same by the loop of a host that has nothing but the release: S1 to
   S4 once more, in C. With --restore each release is restored before each event. */
#include <promoflow/promoflow.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCENARIO_MAX 4096
#define CHAIN_MAX 4096
#define HOOK_MAX 64
#define ANSWERS_MAX 65536
static const int64_t kNever = INT64_MAX;

typedef struct { /* What a command does next (S2). */
  int64_t at;
  uint64_t ticket;
  int step; /* 0: is suspended, 1: goes on, 2: ends, 3: fails while it soaks. */
  int is_hook;
  const promoflow_outcome* outcome;
} Answer;

typedef struct { /* The hooks of one point, of the release or of one environment. */
  int32_t point;
  uint32_t environment;
  size_t current;            /* The place of the hook that was issued last, from 0. */
  uint32_t issued[HOOK_MAX]; /* How often each was issued. */
} Chain;

typedef struct {
  promoflow_flow* flow;
  promoflow_release* release;
  promoflow_outcome outcomes[SCENARIO_MAX];
  promoflow_action actions[SCENARIO_MAX];
  size_t outcome_count, action_count;
  Answer answers[ANSWERS_MAX];
  size_t answer_count;
  Chain chains[CHAIN_MAX];
  size_t chain_count;
  int restores;
} Host;

static promoflow_str str(const char* text) {
  promoflow_str out;
  out.data = text;
  out.size = strlen(text);
  return out;
}

static int same(promoflow_str left, promoflow_str right) {
  return left.size == right.size && memcmp(left.data, right.data, left.size) == 0;
}

static void die(promoflow_error* error) {
  promoflow_str message = promoflow_error_message(error);
  fprintf(stderr, "%.*s\n", (int)message.size, message.data);
  exit(1);
}

static void check(promoflow_status status, promoflow_error* error) {
  if (status < 0) die(error);
}

static void print(promoflow_buffer* buffer, const char* end) {
  promoflow_str text = promoflow_buffer_text(buffer);
  fwrite(text.data, 1, text.size, stdout);
  fputs(end, stdout);
  promoflow_buffer_free(buffer);
}

static promoflow_str read_file(const char* path) {
  promoflow_str text = {NULL, 0};
  FILE* file = fopen(path, "rb");
  char* data = NULL;
  size_t capacity = 1 << 16, got;
  if (file == NULL) {
    perror(path);
    exit(2);
  }
  do {
    capacity *= 2;
    data = realloc(data, capacity);
    if (data == NULL) exit(2);
    got = fread(data + text.size, 1, capacity - text.size, file);
    text.size += got;
  } while (text.size == capacity);
  fclose(file);
  text.data = data;
  return text;
}

static Chain* chain_of(Host* host, const promoflow_command* command) {
  size_t i;
  for (i = 0; i < host->chain_count; ++i)
    if (host->chains[i].point == command->point &&
        host->chains[i].environment == command->environment)
      return &host->chains[i];
  if (host->chain_count == CHAIN_MAX) exit(2);
  host->chains[i].point = command->point;
  host->chains[i].environment = command->environment;
  ++host->chain_count;
  return &host->chains[i];
}

/* The place of a hook in its list, from 1 (S1): a list may have the same name twice, but attempts
   are counted for each place (R4), and places are issued in order. */
static uint32_t place_of(Host* host, const promoflow_command* command) {
  promoflow_hook hooks[HOOK_MAX];
  Chain* chain = chain_of(host, command);
  size_t count = 0, i;
  check(promoflow_flow_hooks(host->flow, command->point, command->environment, hooks,
                             sizeof(hooks[0]), HOOK_MAX, &count),
        NULL);
  if (count > HOOK_MAX) exit(2);
  for (i = 0; i < count; ++i) {
    const size_t place = (chain->current + i) % count;
    if (!same(hooks[place].name, command->hook)) continue;
    if (chain->issued[place] + 1 != command->attempt) continue;
    chain->current = place;
    ++chain->issued[place];
    return (uint32_t)place + 1;
  }
  return 0;
}

/* S1: the first rule that matches. */
static const promoflow_outcome* find_outcome(Host* host, const promoflow_command* command) {
  const int is_hook = command->kind == PROMOFLOW_COMMAND_RUN_HOOK;
  const uint32_t place = is_hook ? place_of(host, command) : 0;
  size_t i;
  for (i = 0; i < host->outcome_count; ++i) {
    const promoflow_outcome* rule = &host->outcomes[i];
    if (rule->attempt != 0 && rule->attempt != command->attempt) continue;
    if (rule->place != 0 && rule->place != place) continue;
    if (is_hook) {
      if (rule->hook.data == NULL || !same(rule->hook, command->hook)) continue;
      if (rule->point != 0 && rule->point != command->point) continue;
    } else if (rule->hook.data != NULL) {
      continue;
    }
    if (rule->environment.data != NULL && (command->environment == PROMOFLOW_NO_ENVIRONMENT ||
                                           !same(rule->environment, command->environment_name)))
      continue;
    return rule;
  }
  return NULL;
}

static void push(Host* host, Answer answer) {
  if (host->answer_count == ANSWERS_MAX) exit(2);
  host->answers[host->answer_count++] = answer;
}

static void schedule(Host* host, const promoflow_command* command, int64_t now) {
  Answer answer;
  const promoflow_outcome* outcome = find_outcome(host, command);
  answer.at = now;
  answer.ticket = command->ticket;
  answer.is_hook = command->kind == PROMOFLOW_COMMAND_RUN_HOOK;
  answer.outcome = outcome;
  if (outcome != NULL && outcome->has_suspend) {
    answer.step = 0;
    push(host, answer);
    answer.step = 1;
    answer.at += outcome->suspend_ms;
    push(host, answer);
  }
  answer.step = 2;
  if (outcome != NULL) answer.at += outcome->after_ms;
  push(host, answer);
  if (outcome != NULL && outcome->fail.data == NULL && outcome->fail_in_soak.data != NULL) {
    answer.step = 3;
    answer.at += outcome->fail_in_soak_after_ms;
    push(host, answer);
  }
}

static void drop_answers(Host* host, uint64_t ticket) {
  size_t i, kept = 0;
  for (i = 0; i < host->answer_count; ++i)
    if (host->answers[i].ticket != ticket) host->answers[kept++] = host->answers[i];
  host->answer_count = kept;
}

/* Prints what has happened and takes the commands among it. */
static void drain(Host* host, int64_t now) {
  promoflow_record record;
  promoflow_command command;
  promoflow_error* error = NULL;
  record.struct_size = (uint32_t)sizeof(record);
  command.struct_size = (uint32_t)sizeof(command);
  while (promoflow_release_next_record(host->release, &record, &command, &error) == PROMOFLOW_OK) {
    promoflow_buffer* line;
    check(promoflow_release_record_json(host->release, 0, &line, &error), error);
    print(line, "\n");
    if (command.kind == PROMOFLOW_COMMAND_CANCEL) drop_answers(host, command.ticket);
    if (command.kind == PROMOFLOW_COMMAND_RUN_HOOK || command.kind == PROMOFLOW_COMMAND_PROMOTE)
      schedule(host, &command, now);
  }
  check(error == NULL ? PROMOFLOW_OK : -1, error);
}

/* R15: a restored release answers every later event as the one that was stored. */
static void restore(Host* host) {
  promoflow_buffer* snapshot;
  promoflow_release* restored;
  promoflow_command commands[16];
  size_t count;
  promoflow_error* error = NULL;
  check(promoflow_release_snapshot(host->release, &snapshot, &error), error);
  check(promoflow_release_restore(host->flow, promoflow_buffer_text(snapshot), &restored, &error),
        error);
  promoflow_buffer_free(snapshot);
  promoflow_release_free(host->release);
  host->release = restored;
  do { /* They run already. */
    check(promoflow_release_take_commands(restored, commands, sizeof(commands[0]), 16, &count,
                                          &error),
          error);
  } while (count == 16);
}

static promoflow_status apply(Host* host, const promoflow_event* event) {
  promoflow_status status;
  if (host->restores) restore(host);
  status = promoflow_release_apply(host->release, event, NULL);
  drain(host, event->at_ms);
  return status;
}

static void act(Host* host, const promoflow_action* action) {
  promoflow_event event = {0};
  promoflow_status status;
  event.struct_size = (uint32_t)sizeof(event);
  event.kind = action->kind;
  event.at_ms = action->at_ms;
  event.text = action->reason;
  event.by = action->by;
  event.environment = action->environment;
  event.environments = action->environments;
  event.environment_count = action->environment_count;
  event.force = action->force;
  status = apply(host, &event);
  if (status < 0) { /* In traces of simulations only (S3): a release has no record of it. */
    promoflow_str name = promoflow_status_name(status);
    printf("{\"t\":%lld,\"event\":\"refused\",\"action\":\"%s\",\"error\":\"%.*s\"",
           (long long)action->at_ms,
           action->kind == PROMOFLOW_EVENT_RETRY  ? "retry"
           : action->kind == PROMOFLOW_EVENT_SKIP ? "skip"
                                                  : "terminate",
           (int)name.size, name.data);
    if (action->by.size > 0) printf(",\"by\":\"%.*s\"", (int)action->by.size, action->by.data);
    printf("}\n");
  }
}

static void give(Host* host, Answer answer) {
  const promoflow_outcome* outcome = answer.outcome;
  int fails = outcome != NULL && (outcome->fail.data != NULL || answer.step == 3);
  promoflow_event event = {0};
  event.at_ms = answer.at;
  event.ticket = answer.ticket;
  if (answer.step == 0) {
    event.kind = PROMOFLOW_EVENT_SUSPENDED;
  } else if (answer.step == 1) {
    event.kind = PROMOFLOW_EVENT_RESUMED;
  } else if (answer.is_hook) {
    event.kind = fails ? PROMOFLOW_EVENT_HOOK_FAILED : PROMOFLOW_EVENT_HOOK_SUCCEEDED;
    if (outcome != NULL) event.context = outcome->context;
  } else {
    event.kind = fails ? PROMOFLOW_EVENT_PROMOTION_FAILED : PROMOFLOW_EVENT_PROMOTION_SUCCEEDED;
  }
  if (fails && answer.step == 2) event.text = outcome->fail;
  if (answer.step == 3) event.text = outcome->fail_in_soak; /* Refused if it does not soak. */
  apply(host, &event);
}

static Answer* earliest(Host* host) {
  Answer* found = NULL;
  size_t i;
  for (i = 0; i < host->answer_count; ++i) {
    Answer* one = &host->answers[i];
    if (found == NULL || one->at < found->at ||
        (one->at == found->at && (one->ticket < found->ticket ||
                                  (one->ticket == found->ticket && one->step < found->step))))
      found = one;
  }
  return found;
}

/* Keeps the listed order of actions of the same time (S3). */
static void sort_actions(promoflow_action* actions, size_t count) {
  size_t i, at;
  for (i = 1; i < count; ++i) {
    promoflow_action one = actions[i];
    for (at = i; at > 0 && actions[at - 1].at_ms > one.at_ms; --at) actions[at] = actions[at - 1];
    actions[at] = one;
  }
}

static void run_loop(Host* host, promoflow_scenario* scenario) {
  promoflow_release_info info = {0};
  promoflow_selection selection = {0};
  promoflow_str context;
  promoflow_error* error = NULL;
  size_t next_action = 0;
  check(promoflow_scenario_release(scenario, &info, &context), NULL);
  check(promoflow_scenario_selection(scenario, &selection), NULL);
  check(promoflow_scenario_outcomes(scenario, host->outcomes, sizeof(host->outcomes[0]),
                                    SCENARIO_MAX, &host->outcome_count),
        NULL);
  check(promoflow_scenario_actions(scenario, host->actions, sizeof(host->actions[0]), SCENARIO_MAX,
                                   &host->action_count),
        NULL);
  sort_actions(host->actions, host->action_count);
  check(promoflow_release_start_with(host->flow, &info, 0, context, &selection, &host->release,
                                     &error),
        error);
  drain(host, 0);
  for (;;) { /* At equal times: timers, actions, answers (S3). */
    int64_t timer_at = kNever;
    int64_t action_at =
        next_action < host->action_count ? host->actions[next_action].at_ms : kNever;
    Answer* answer = earliest(host);
    int64_t answer_at = answer != NULL ? answer->at : kNever;
    promoflow_release_next_timer(host->release, &timer_at);
    if (timer_at <= action_at && timer_at <= answer_at) {
      promoflow_event tick = {0};
      if (timer_at == kNever) break;
      tick.kind = PROMOFLOW_EVENT_TICK;
      tick.at_ms = timer_at;
      apply(host, &tick);
    } else if (action_at <= answer_at) {
      act(host, &host->actions[next_action++]);
    } else {
      Answer taken = *answer;
      *answer = host->answers[--host->answer_count];
      give(host, taken);
    }
  }
  promoflow_release_free(host->release);
}

static int validate(const char* path) {
  promoflow_manifest* manifest;
  promoflow_buffer* text;
  promoflow_error* error = NULL;
  promoflow_str manifest_text = read_file(path);
  check(promoflow_manifest_read(manifest_text, NULL, &manifest, &error), error);
  check(promoflow_manifest_format(manifest, str(path), manifest_text, PROMOFLOW_DIAGNOSTICS_JSON,
                                  &text, &error),
        error);
  print(text, "");
  promoflow_manifest_free(manifest);
  free((void*)manifest_text.data);
  return 0;
}

int main(int count, char** words) {
  const char *flow_path = NULL, *scenario_path = NULL;
  promoflow_str flow_text, scenario_text;
  promoflow_scenario* scenario;
  promoflow_error* error = NULL;
  Host* host = calloc(1, sizeof(Host));
  int i;
  if (count < 3 || host == NULL) return 2;
  for (i = 2; i < count; ++i) {
    if (strcmp(words[i], "--scenario") == 0 && i + 1 < count) {
      scenario_path = words[++i];
    } else if (strcmp(words[i], "--format") == 0) {
      ++i;
    } else if (strcmp(words[i], "--restore") == 0) {
      host->restores = 1;
    } else {
      flow_path = words[i];
    }
  }
  if (strcmp(words[1], "validate") == 0) {
    free(host);
    return validate(flow_path);
  }
  flow_text = read_file(flow_path);
  scenario_text = read_file(scenario_path);
  check(promoflow_flow_load(flow_text, NULL, &host->flow, &error), error);
  check(promoflow_scenario_read(scenario_text, host->flow, NULL, &scenario, &error), error);
#ifdef BY_LOOP
  run_loop(host, scenario);
#else
  {
    promoflow_trace* trace;
    promoflow_buffer* lines;
    (void)run_loop;
    check(promoflow_simulate(host->flow, scenario, 0, &trace, &error), error);
    check(promoflow_trace_jsonl(trace, &lines, &error), error);
    print(lines, "");
    promoflow_trace_free(trace);
  }
#endif
  promoflow_scenario_free(scenario);
  promoflow_flow_free(host->flow);
  free((void*)flow_text.data);
  free((void*)scenario_text.data);
  free(host);
  return 0;
}
