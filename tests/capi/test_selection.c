/* SPDX-License-Identifier: Apache-2.0 */
/* A selection that means nothing is refused by every function that takes one, for the same reason:
   else one of them would promote into environments that its caller left out. */
#if defined(PROMOFLOW_HAS_ARGO)
#include <promoflow/promoflow_argo.h>
#endif
#if defined(PROMOFLOW_HAS_PROCESS)
#include <promoflow/promoflow_process.h>
#endif
#if defined(PROMOFLOW_HAS_ENGINE)
#include "engine.h"
#endif
#include "check.h"

static const promoflow_str kNone = {NULL, 0};
static promoflow_flow* flow;

typedef promoflow_status Take(const promoflow_selection* selection, promoflow_error** error);

static promoflow_status by_start(const promoflow_selection* selection, promoflow_error** error) {
  promoflow_release_info info = {0};
  promoflow_release* release = NULL;
  return promoflow_release_start_with(flow, &info, 0, kNone, selection, &release, error);
}

static promoflow_status by_line(const promoflow_selection* selection, promoflow_error** error) {
  promoflow_release_info info = {0};
  promoflow_buffer* line = NULL;
  return promoflow_start_json(flow, &info, 0, kNone, selection, &line, error);
}

static promoflow_status by_scenario(const promoflow_selection* selection, promoflow_error** error) {
  promoflow_scenario* scenario = NULL;
  return promoflow_scenario_new_with(NULL, kNone, selection, NULL, 0, 0, NULL, 0, 0, &scenario,
                                     error);
}

static promoflow_status by_run(const promoflow_selection* selection, promoflow_error** error) {
  promoflow_scenario* scenario = new_scenario();
  promoflow_run_options options = {0};
  promoflow_release_info info = {0};
  promoflow_release* release = NULL;
  promoflow_status status;
  options.struct_size = (uint32_t)sizeof(options);
  options.selection = selection;
  status = promoflow_run_scripted(flow, &info, scenario, &options, &release, error);
  promoflow_scenario_free(scenario);
  return status;
}

#if defined(PROMOFLOW_HAS_ENGINE)
static promoflow_status by_engine(const promoflow_selection* selection, promoflow_error** error) {
  EngineHost host = {0};
  promoflow_store* store = NULL;
  promoflow_engine* engine;
  promoflow_release_info info = {0};
  promoflow_engine_start_options options = {0};
  promoflow_status status;
  CHECK(promoflow_store_new_memory(&store, NULL) == PROMOFLOW_OK);
  engine = new_engine(store, &host);
  info.id = str("r-1");
  options.selection = selection;
  status = promoflow_engine_start(engine, flow, &info, &options, error);
  promoflow_engine_free(engine);
  promoflow_store_free(store);
  CHECK(host.hooks == 0 && host.promotions == 0);
  return status;
}
#endif

#if defined(PROMOFLOW_HAS_PROCESS)
static promoflow_status by_process(const promoflow_selection* selection, promoflow_error** error) {
  promoflow_process_options options = {0};
  promoflow_buffer* text = NULL;
  size_t errors;
  options.work_directory = str("not-looked-at");
  return promoflow_process_check(flow, &options, selection, &text, &errors, error);
}
#endif

#if defined(PROMOFLOW_HAS_ARGO)
static promoflow_status by_argo(const promoflow_selection* selection, promoflow_error** error) {
  promoflow_argo_findings* findings = NULL;
  return promoflow_argo_check(flow, NULL, selection, NULL, 0, &findings, error);
}
#endif

static Take* const kTakers[] = {
#if defined(PROMOFLOW_HAS_ENGINE)
    by_engine,
#endif
#if defined(PROMOFLOW_HAS_PROCESS)
    by_process,
#endif
#if defined(PROMOFLOW_HAS_ARGO)
    by_argo,
#endif
    by_start,   by_line, by_scenario, by_run};
enum { TAKERS = sizeof(kTakers) / sizeof(kTakers[0]) };

static void refused_by_all(int32_t kind, const promoflow_str* names, uint64_t count,
                           const char* where) {
  promoflow_selection selection = {0};
  int i;
  selection.struct_size = (uint32_t)sizeof(selection);
  selection.kind = kind;
  selection.environments = names;
  selection.environment_count = count;
  for (i = 0; i < TAKERS; ++i) {
    promoflow_error* error = NULL;
    REFUSED(kTakers[i](&selection, &error));
    CHECK(is(promoflow_error_where(error), where));
    promoflow_error_free(error);
  }
}

void test_selection(void) {
  const promoflow_str names[] = {{"staging", 7}, {NULL, 7}};
  promoflow_selection selection = {0};
  int i;
  flow = new_flow();
  refused_by_all(PROMOFLOW_SELECT_ALL, names, 1, "selection.environment_count");
  refused_by_all(PROMOFLOW_SELECT_ONLY, names, 2, "selection.environments");
  refused_by_all(PROMOFLOW_SELECT_SKIP, NULL, 1, "selection.environments");
  refused_by_all(4, names, 1, "selection.kind");
  refused_by_all(-1, names, 1, "selection.kind");
  selection.struct_size = 8;
  for (i = 0; i < TAKERS; ++i) REFUSED(kTakers[i](&selection, NULL));
  promoflow_flow_free(flow);
}
