/* SPDX-License-Identifier: Apache-2.0 */
/* The header of the engine on its own, as C99; and the places that bindings rely on. */
#include <promoflow/promoflow_engine.h>

#define HOLDS(name, condition) typedef char name[(condition) ? 1 : -1]
#define PLACE(of, field, bytes) \
  HOLDS(place_of_##of##_##field, offsetof(promoflow_##of, field) == (bytes) || sizeof(void*) != 8)
#define SIZE(of, bytes) HOLDS(size_of_##of, sizeof(promoflow_##of) == (bytes) || sizeof(void*) != 8)

SIZE(store_options, 16);
PLACE(store_options, access, 4);
PLACE(store_options, no_check, 8);
SIZE(store_filter, 64);
PLACE(store_filter, product, 8);
PLACE(store_filter, after, 24);
PLACE(store_filter, since_ms, 40);
PLACE(store_filter, limit, 56);
SIZE(engine_executor, 24);
SIZE(engine_record, 48);
PLACE(engine_record, sequence, 8);
PLACE(engine_record, line, 32);
SIZE(engine_options, 88);
PLACE(engine_options, executors, 8);
PLACE(engine_options, releases_max, 24);
PLACE(engine_options, lease_ms, 32);
PLACE(engine_options, user, 56);
PLACE(engine_options, destroy, 80);
SIZE(engine_start_options, 64);
PLACE(engine_start_options, selection, 24);
PLACE(engine_start_options, run, 48);

promoflow_engine_options promoflow_engine_header_is_c(void);
promoflow_engine_options promoflow_engine_header_is_c(void) {
  promoflow_engine_options options = {0};
  return options;
}
