// SPDX-License-Identifier: Apache-2.0
// The header of the process executor on its own, as C++17.
#include <promoflow/promoflow_process.h>

extern "C" promoflow_process_options promoflow_process_header_is_cpp() { return {}; }
