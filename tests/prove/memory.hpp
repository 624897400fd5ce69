// SPDX-License-Identifier: Apache-2.0
/// @file
/// Promise 10: each operation of the library with its 1st, 2nd, ... allocation failing, once and
/// for good, until it succeeds.
#pragma once

#include "promises.hpp"

namespace promoflow::prove {

/// Throws Broken, whose text names the operation. `print`: prints the figure of each operation.
void memory(Counts& counts, bool print);

}  // namespace promoflow::prove
