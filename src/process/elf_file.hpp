// SPDX-License-Identifier: Apache-2.0
/// @file
/// Whether an ELF file can be run here: its machine, its loader, and that it is whole.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "process/fd.hpp"
#include "process/program_file.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

inline bool is_elf(std::string_view head) {
  return head.substr(0, 4) ==
         "\x7F"
         "ELF";
}

/// A file that is_elf(), which may have any bytes. `head` is how it begins. Where this process is
/// none itself, nothing is found.
ProgramProblem examine_elf(const std::string& path, std::string_view head, const Fd& file,
                           std::uint64_t size);

/// Whether a handler of binfmt_misc, as Linux describes it in a file, runs what begins so.
bool is_handled(std::string_view handler, std::string_view head);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
