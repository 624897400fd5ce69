// SPDX-License-Identifier: Apache-2.0
#include "process/file_format.hpp"

#include "process/elf_file.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

using namespace std::string_view_literals;

enum class Runs : unsigned char {
  Never,
  Elsewhere,  // Here with an emulator, which Linux may start by itself.
};

struct Format {
  std::string_view head;
  std::string_view name;
  Runs runs;
};
constexpr Format kFormats[] = {
    {"\xFF\xFE"sv, "a text in UTF-16", Runs::Never},
    {"\xFE\xFF"sv, "a text in UTF-16", Runs::Never},
    {"\x1F\x8B"sv, "compressed with gzip", Runs::Never},
    {"BZh"sv, "compressed with bzip2", Runs::Never},
    {"\xFD"
     "7zXZ"sv,
     "compressed with xz", Runs::Never},
    {"\x28\xB5\x2F\xFD"sv, "compressed with zstd", Runs::Never},
    {"PK\x03\x04"sv, "a zip archive", Runs::Never},
    {"\0\0\0\0"sv, "a file of zeros, as a crash may leave it", Runs::Never},
    {"MZ"sv, "a Windows program", Runs::Elsewhere},
    {"\xFE\xED\xFA\xCE"sv, "a macOS program", Runs::Elsewhere},
    {"\xFE\xED\xFA\xCF"sv, "a macOS program", Runs::Elsewhere},
    {"\xCE\xFA\xED\xFE"sv, "a macOS program", Runs::Elsewhere},
    {"\xCF\xFA\xED\xFE"sv, "a macOS program", Runs::Elsewhere},
    {"\xCA\xFE\xBA\xBE"sv, "a Java class or a macOS program", Runs::Elsewhere},
    {"\0asm"sv, "a WebAssembly module", Runs::Elsewhere},
};
constexpr Format kOther{
    {}, "neither a program of this system nor a script that begins with #!", Runs::Never};

const Format& format_of(std::string_view head) {
  for (const Format& format : kFormats) {
    if (head.substr(0, format.head.size()) == format.head) { return format; }
  }
  return kOther;
}

}  // namespace

ProgramProblem examine_binary(const std::string& path, std::string_view head) {
  const Format& format = format_of(head);
  // Another system may run what has no name here, and what Linux does not run.
  if (!runs_elf() && (format.runs != Runs::Never || &format == &kOther)) { return {}; }
  const Emulated emulated = is_emulated(path, head);
  if (emulated == Emulated::Yes) { return {}; }
  const bool is_doubt = emulated == Emulated::Unknown && format.runs == Runs::Elsewhere;
  return {"cannot run " + path + (is_doubt ? " without an emulator" : "") + ": it is " +
              std::string(format.name),
          "take a program that is built for this system, or a script that begins with #! and its "
          "interpreter",
          is_doubt};
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
