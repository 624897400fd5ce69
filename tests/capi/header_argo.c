/* SPDX-License-Identifier: Apache-2.0 */
/* The header of the executor on clusters on its own, as C99; and the places that bindings rely on.
 */
#include <promoflow/promoflow_argo.h>

#define HOLDS(name, condition) typedef char name[(condition) ? 1 : -1]
#define PLACE(of, field, bytes)  \
  HOLDS(place_of_##of##_##field, \
        offsetof(promoflow_argo_##of, field) == (bytes) || sizeof(void*) != 8)
#define SIZE(of, bytes) \
  HOLDS(size_of_##of, sizeof(promoflow_argo_##of) == (bytes) || sizeof(void*) != 8)

SIZE(options, 160);
PLACE(options, kubeconfig, 8);
PLACE(options, context, 24);
PLACE(options, name_space, 40);
PLACE(options, argo_server, 56);
PLACE(options, instance, 72);
PLACE(options, cluster_templates, 88);
PLACE(options, promotions, 104);
PLACE(options, user, 112);
PLACE(options, is_settled, 120);
PLACE(options, notice, 128);
PLACE(options, destroy, 136);
PLACE(options, applications, 144);
PLACE(options, application_count, 152);
SIZE(application, 112);
PLACE(application, name, 16);
PLACE(application, runtime, 96);
SIZE(finding, 40);
PLACE(finding, severity, 4);
PLACE(finding, message, 8);
PLACE(finding, hint, 24);

promoflow_argo_options promoflow_argo_header_is_c(void);
promoflow_argo_options promoflow_argo_header_is_c(void) {
  promoflow_argo_options options = {0};
  return options;
}
