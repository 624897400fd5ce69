// SPDX-License-Identifier: Apache-2.0
/// @file
/// FaultyDisk: a file system for SQLite, in memory, that keeps apart what a program wrote and what
/// the disk has, and that fails or loses its power at a chosen operation.
///
/// A write counts once its file was synced, the creation or deletion of a file once its directory
/// was. Every write, truncation, sync and deletion is an operation with a number, from 1.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace promoflow::test {

/// What happens at the operation with the number FaultyDisk::fault_at.
enum class Fault : std::uint8_t {
  None,
  Crash,      ///< It and all after it fail, until restart().
  ErrorOnce,  ///< It fails with an I/O error.
  ErrorFor,   ///< It and those after it fail, until FaultyDisk::repair().
  FullOnce,   ///< It fails for want of room, if it writes.
  FullFor,    ///< All writes from it on fail, until repair().
};

/// What a restart finds of writes that were not synced.
enum class Survivors : std::uint8_t {
  None,      ///< Nothing: the power was cut, and the disk had written none of them.
  TornLast,  ///< Half of the last one: the power was cut while the disk wrote it.
  All,       ///< Everything: the process was killed, the machine went on.
};

class FaultyDisk {
 public:
  /// Registers the file system under this name; one disk a name.
  explicit FaultyDisk(std::string name);
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;
  ~FaultyDisk();

  const std::string& name() const noexcept { return name_; }
  std::uint64_t operations() const noexcept { return operations_; }
  bool has_failed() const noexcept { return has_failed_; }

  /// The operation with this number from now on meets the fault.
  void plan(Fault fault, std::uint64_t operation);
  void repair() noexcept { fault_ = Fault::None; }
  /// The machine starts again. All files must be closed.
  void restart(Survivors survivors);
  bool exists(const std::string& path) const;

 private:
  friend struct DiskFile;
  struct Write {
    std::uint64_t offset = 0;
    std::string bytes{};
    bool truncates = false;  ///< The file ends at `offset`.
  };
  struct Content {
    std::string written;         ///< What programs see.
    std::string synced;          ///< What the disk has.
    std::vector<Write> pending;  ///< What makes the one of the other.
  };
  using Names = std::map<std::string, std::shared_ptr<Content>>;

  static int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out);
  static int remove(sqlite3_vfs* vfs, const char* path, int sync_directory);
  static int access(sqlite3_vfs* vfs, const char* path, int flags, int* result);
  static int full_path(sqlite3_vfs* vfs, const char* path, int size, char* out);

  static FaultyDisk& of(sqlite3_vfs* vfs) { return *static_cast<FaultyDisk*>(vfs->pAppData); }
  static void apply(std::string& bytes, const Write& write);
  /// The result code of the next operation: SQLITE_OK unless it meets the fault.
  int next_operation(bool writes);

  std::string name_;
  sqlite3_vfs vfs_{};
  Names names_;         ///< As programs see the directory.
  Names synced_names_;  ///< As the disk has it.
  std::shared_ptr<Content> last_written_;
  std::vector<std::string> shared_memory_;
  Fault fault_ = Fault::None;
  std::uint64_t fault_at_ = 0;
  std::uint64_t operations_ = 0;
  bool has_failed_ = false;
};

}  // namespace promoflow::test
