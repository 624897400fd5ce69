// SPDX-License-Identifier: Apache-2.0
#include "manifest.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return promoflow::fuzz::check_manifest(promoflow::fuzz::text_of(data, size),
                                         promoflow::TextFormat::Json);
}
