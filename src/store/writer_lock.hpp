// SPDX-License-Identifier: Apache-2.0
/// @file
/// WriterLock: keeps the writers of one store, in all processes, apart.
///
/// SQLite allows one writer at a time, but its versions 3.7.0 to 3.51.2 may damage a file in WAL
/// mode where one connection checkpoints while another begins to write. Each transaction that
/// writes, and each checkpoint, is made under this lock, so the two never meet.
#pragma once

#include <chrono>
#include <string>

#include "promoflow/sqlite_store.hpp"
#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// A file `PATH.lock` beside the store, locked by flock(); the system frees it with its process.
class WriterLock {
 public:
  /// Opens, or makes, the file. Empty: no file, and lock() does nothing. Throws StoreFault, but
  /// not where who only asks may not write: reading needs no lock.
  WriterLock(const std::string& path, StoreAccess access, std::chrono::milliseconds patience);
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;
  ~WriterLock();

  void lock();  ///< Waits as long as its patience lasts. Throws StoreFault.
  void unlock() noexcept;
  bool is_open() const noexcept { return file_ >= 0; }

 private:
  std::string path_;
  std::chrono::milliseconds patience_;
  int file_ = -1;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
