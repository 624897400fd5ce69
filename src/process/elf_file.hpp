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

/// Whether this process is one itself, so that the system runs nothing else without an emulator.
bool runs_elf();

enum class Emulated : unsigned char { No, Yes, Unknown };
/// Whether Linux starts an emulator for a file. In a container this is often not to be seen.
Emulated is_emulated(const std::string& path, std::string_view head);

/// Whether a handler of binfmt_misc, as Linux describes it in a file, runs what begins so.
bool is_handled(std::string_view handler, std::string_view head);
/// The same of what has that path: a handler may ask for an ending, such as `.jar`.
bool is_handled_by_name(std::string_view handler, std::string_view path);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
