// SPDX-License-Identifier: Apache-2.0
// The header of the executor on clusters on its own, as C++17.
#include <promoflow/promoflow_argo.h>

extern "C" promoflow_argo_options promoflow_argo_header_is_cpp() { return {}; }
