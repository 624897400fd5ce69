/* SPDX-License-Identifier: Apache-2.0 */
/* The header of the process executor on its own, as C99; and the places that bindings rely on. */
#include <promoflow/promoflow_process.h>

#define HOLDS(name, condition) typedef char name[(condition) ? 1 : -1]
#define PLACE(field, bytes) \
  HOLDS(place_of_##field,   \
        offsetof(promoflow_process_options, field) == (bytes) || sizeof(void*) != 8)

HOLDS(size_of_options, sizeof(promoflow_process_options) == 112 || sizeof(void*) != 8);
PLACE(parallel, 4);
PLACE(commands, 8);
PLACE(directory, 16);
PLACE(work_directory, 32);
PLACE(grace_ms, 48);
PLACE(log_bytes_max, 56);
PLACE(has_grace, 64);
PLACE(promote_without_program, 68);
PLACE(export_variables, 72);
PLACE(export_variable_count, 80);
PLACE(supervisor, 88);
PLACE(durable, 104);

promoflow_process_options promoflow_process_header_is_c(void);
promoflow_process_options promoflow_process_header_is_c(void) {
  promoflow_process_options options = {0};
  return options;
}
