// SPDX-License-Identifier: Apache-2.0
// A file's numbers are never trusted: each offset is compared with its size before it is used.
#include "process/elf_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <optional>
#include <system_error>

#include "base/printable.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr const char* kHandlers = "/proc/sys/fs/binfmt_misc";
constexpr std::size_t kHandlerBytesMax = 4096;
constexpr std::size_t kMachineEnd = 20;         // The header up to the machine is in any class.
constexpr std::size_t kTableBytesMax = 65'536;  // As in Linux.
constexpr std::size_t kLoaderBytesMax = 4'096;  // PATH_MAX: as in Linux.
constexpr std::uint64_t kLoad = 1;              // Kinds of segments.
constexpr std::uint64_t kInterpreter = 3;

/// Where the numbers are: in the header, and in an entry of the table of segments.
struct Layout {
  std::size_t header, table_at, entry_size_at, count_at;
  std::size_t entry, offset_at, bytes_at;
  std::size_t width;  // Of offsets.
};
constexpr Layout kOf32{52, 28, 42, 44, 32, 4, 16, 4};
constexpr Layout kOf64{64, 32, 54, 56, 56, 8, 32, 8};

struct Machine {
  std::uint64_t number;
  const char* name;
  std::uint64_t family;  // One whose programs it may run, too.
};
constexpr Machine kMachines[] = {{2, "sparc", 2},        {3, "i386", 3},     {8, "mips", 8},
                                 {18, "sparc", 2},       {20, "ppc", 20},    {21, "ppc64", 20},
                                 {22, "s390x", 22},      {40, "arm", 40},    {43, "sparc64", 2},
                                 {62, "x86_64", 3},      {183, "arm64", 40}, {243, "riscv", 243},
                                 {258, "loongarch", 258}};

/// A number in the byte order that the file says.
std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t width, bool is_little) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < width; ++i) {
    const std::size_t next = is_little ? at + width - 1 - i : at + i;
    value = value << 8U | static_cast<unsigned char>(bytes[next]);
  }
  return value;
}

/// Bytes of a file; fewer if it ends before.
std::string read_at(const Fd& file, std::uint64_t at, std::size_t bytes) {
  std::string text(bytes, '\0');
  std::size_t got = 0;
  while (got < bytes) {
    const ssize_t more =
        pread(file.get(), text.data() + got, bytes - got, static_cast<off_t>(at + got));
    if (more < 0 && errno == EINTR) { continue; }
    if (more <= 0) { break; }
    got += static_cast<std::size_t>(more);
  }
  text.resize(got);
  return text;
}

struct Target {
  std::uint64_t machine = 0;
  bool is_little = true;
  bool operator==(const Target& other) const {
    return family() == other.family() && is_little == other.is_little;
  }
  std::uint64_t family() const { return known() != nullptr ? known()->family : machine; }
  std::string name() const {
    const std::string name =
        known() != nullptr ? known()->name : "machine type " + std::to_string(machine);
    return is_little ? name : name + " (big-endian)";
  }

 private:
  const Machine* known() const {
    const auto* const found =
        std::find_if(std::begin(kMachines), std::end(kMachines),
                     [this](const Machine& one) { return one.number == machine; });
    return found != std::end(kMachines) ? found : nullptr;
  }
};

/// `head` reaches as far as the machine.
Target target_of(std::string_view head) {
  const bool is_little = head[5] != 2;
  return {number_at(head, 18, 2, is_little), is_little};
}

/// What this process is made for; none: it is no ELF file, or the system does not show it.
std::optional<Target> own_target() {
  const Fd self(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  if (!self) { return std::nullopt; }
  const std::string head = read_at(self, 0, kMachineEnd);
  if (head.size() < kMachineEnd || !is_elf(head)) { return std::nullopt; }
  return target_of(head);
}

std::string read_handler(const std::string& path) {
  const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  return file ? read_at(file, 0, kHandlerBytesMax) : std::string();
}

ProgramProblem foreign(const std::string& path, std::string_view head, const Target& its,
                       const Target& own) {
  const Emulated emulated = is_emulated(path, head);
  if (emulated == Emulated::Yes) { return {}; }
  const bool is_doubt = emulated == Emulated::Unknown;
  return {"cannot run " + path + (is_doubt ? " without an emulator" : "") + ": it is for " +
              its.name() + ", and this machine is " + own.name(),
          "take the program that is built for " + own.name(), is_doubt};
}

ProgramProblem cut(const std::string& path) {
  return {"cannot run " + path + ": it is cut: its end is missing", "copy it anew"};
}

ProgramProblem damaged(const std::string& path) {
  return {"cannot run " + path + ": it is an ELF file, but no program that the system can load",
          "a program is what the linker made; or copy it anew"};
}

ProgramProblem examine_loader(const std::string& path, const std::string& loader) {
  const std::string what = "cannot run " + path + ": it needs the loader " + printable(loader);
  struct stat found {};
  if (stat(loader.c_str(), &found) != 0) {
    const int error = errno;
    if (error != ENOENT) { return {what + ": " + std::generic_category().message(error), {}}; }
    return {what + ", which does not exist",
            "it was built for another system, perhaps with another C library: take one that is "
            "built for this system, or that is linked statically"};
  }
  if (S_ISREG(found.st_mode) && access(loader.c_str(), X_OK) == 0) { return {}; }
  return {what + ", which is not executable", {}};
}

}  // namespace

bool is_handled_by_name(std::string_view handler, std::string_view path) {
  constexpr std::string_view kKey = "\nextension ";
  const std::size_t at = handler.find(kKey);
  if (handler.substr(0, 8) != "enabled\n" || at == std::string_view::npos) { return false; }
  std::string_view ending = handler.substr(at + kKey.size());
  ending = ending.substr(0, ending.find('\n'));
  return ending.size() > 1 && path.size() > ending.size() &&
         path.substr(path.size() - ending.size()) == ending;
}

bool is_handled(std::string_view handler, std::string_view head) {
  const auto value_of = [&](std::string_view key) {
    const std::size_t at = handler.find('\n' + std::string(key) + ' ');
    if (at == std::string_view::npos) { return std::string_view(); }
    const std::string_view rest = handler.substr(at + key.size() + 2);
    return rest.substr(0, rest.find('\n'));
  };
  const auto byte_of = [](std::string_view digits, std::size_t i) {
    unsigned value = 0;
    for (const char c : digits.substr(2 * i, 2)) {
      value = value * 16 + static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return value & 0xFFU;
  };
  const std::string_view magic = value_of("magic");
  const std::string_view mask = value_of("mask");
  std::size_t offset = 0;
  for (const char c : value_of("offset").substr(0, 3)) {
    if (c >= '0' && c <= '9') { offset = offset * 10 + static_cast<std::size_t>(c - '0'); }
  }
  const std::size_t bytes = magic.size() / 2;
  if (handler.substr(0, 8) != "enabled\n" || bytes == 0 || offset + bytes > head.size() ||
      (!mask.empty() && mask.size() < magic.size())) {
    return false;
  }
  for (std::size_t i = 0; i < bytes; ++i) {
    const unsigned looked_at = mask.empty() ? 0xFFU : byte_of(mask, i);
    const auto byte = static_cast<unsigned char>(head[offset + i]);
    if (((byte ^ byte_of(magic, i)) & looked_at) != 0) { return false; }
  }
  return true;
}

Emulated is_emulated(const std::string& path, std::string_view head) {
  const std::string status = read_handler(fmt::format("{}/status", kHandlers));
  if (status.empty()) { return Emulated::Unknown; }
  if (status.substr(0, 7) != "enabled") { return Emulated::No; }
  for (const std::string& name : entries_of(kHandlers)) {
    if (name == "status" || name == "register") { continue; }
    const std::string handler = read_handler(fmt::format("{}/{}", kHandlers, name));
    if (is_handled(handler, head) || is_handled_by_name(handler, path)) { return Emulated::Yes; }
  }
  return Emulated::No;
}

bool runs_elf() { return own_target().has_value(); }

ProgramProblem examine_elf(const std::string& path, std::string_view head, const Fd& file,
                           std::uint64_t size) {
  const std::optional<Target> own = own_target();
  if (!own) { return {}; }
  if (head.size() < kMachineEnd) { return cut(path); }
  const Target its = target_of(head);
  if (!(its == *own)) { return foreign(path, head, its, *own); }
  const auto number = [&](std::string_view bytes, std::size_t at, std::size_t width) {
    return number_at(bytes, at, width, its.is_little);
  };
  const std::uint64_t type = number(head, 16, 2);
  if (type != 2 && type != 3) { return damaged(path); }  // An object file, or a core dump.
  const Layout& layout = head[4] == 1 ? kOf32 : kOf64;
  if (size < layout.header || head.size() < layout.header) { return cut(path); }
  const std::uint64_t table_at = number(head, layout.table_at, layout.width);
  const std::size_t table_bytes = number(head, layout.count_at, 2) * layout.entry;
  if (number(head, layout.entry_size_at, 2) != layout.entry || table_bytes == 0 ||
      table_bytes > kTableBytesMax) {
    return damaged(path);
  }
  if (table_at > size || table_bytes > size - table_at) { return cut(path); }
  const std::string table = read_at(file, table_at, table_bytes);
  if (table.size() < table_bytes) { return cut(path); }
  std::string loader;
  for (std::size_t at = 0; at < table_bytes; at += layout.entry) {
    const std::uint64_t kind = number(table, at, 4);
    if (kind != kLoad && kind != kInterpreter) { continue; }
    const std::uint64_t offset = number(table, at + layout.offset_at, layout.width);
    const std::uint64_t bytes = number(table, at + layout.bytes_at, layout.width);
    if (bytes > 0 && (offset > size || bytes > size - offset)) { return cut(path); }
    if (kind != kInterpreter || !loader.empty()) { continue; }
    if (bytes < 2 || bytes > kLoaderBytesMax) { return damaged(path); }
    loader = read_at(file, offset, bytes);
    if (loader.size() < bytes || loader.back() != '\0') { return damaged(path); }
    loader.resize(loader.find('\0'));
  }
  return loader.empty() ? ProgramProblem{} : examine_loader(path, loader);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
