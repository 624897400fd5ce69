// SPDX-License-Identifier: Apache-2.0
/// @file
/// Plan: what the supervisor was called for.
#pragma once

#include <cstdint>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::supervisor {

struct Plan {
  const char* run = nullptr;  ///< The path of the run directory.
  const char* boot = nullptr;
  char* const* program = nullptr;      ///< Its path, and its arguments.
  char* const* environment = nullptr;  ///< Of the program.
  char mark[128] = {};                 ///< `NAME=TOKEN.`, by which its processes are found.
  std::int64_t log_left = 0;           ///< Bytes.
  std::int64_t timeout_ms = 0;         ///< 0: none.
  std::int64_t grace_ms = 0;
};

/// False: the call is not of this version. Changes `environment`, where the mark is.
bool read_plan(int count, char** arguments, char** environment, Plan& plan) noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::supervisor
