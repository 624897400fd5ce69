// SPDX-License-Identifier: Apache-2.0
// What the files of libpromoflow_process's C interface share.
#pragma once

#include <cstddef>
#include <string_view>

#include "component.hpp"
#include "promoflow/process_executor.hpp"
#include "promoflow_process.h"

struct promoflow_process_commands {
  promoflow::ProcessCommandsReport report;
};

namespace promoflow::capi {

template <>
inline constexpr std::size_t kFirstSize<promoflow_process_options> =
    offsetof(promoflow_process_options, export_variables);

}  // namespace promoflow::capi
