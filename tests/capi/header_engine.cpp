// SPDX-License-Identifier: Apache-2.0
// The header of the engine on its own, as C++17.
#include <promoflow/promoflow_engine.h>

extern "C" promoflow_engine_options promoflow_engine_header_is_cpp() { return {}; }
