// SPDX-License-Identifier: Apache-2.0
// The header on its own, as C++17; then after the C++ API, whose numbers it repeats.
#include <promoflow/promoflow.h>

extern "C" int promoflow_header_is_cpp() {
  return PROMOFLOW_ABI_FITS(promoflow_abi_version()) ? 1 : 0;
}
