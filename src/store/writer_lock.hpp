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

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// A file `PATH.lock` beside the store, locked by flock(); the system frees it with its process.
class WriterLock {
 public:
  /// Opens, or makes, the file. Empty: no file, and lock() does nothing. Throws StoreFault.
  WriterLock(const std::string& path, std::chrono::milliseconds patience);
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;
  ~WriterLock();

  void lock();  ///< Waits as long as its patience lasts. Throws StoreFault.
  void unlock() noexcept;

 private:
  std::string path_;
  std::chrono::milliseconds patience_;
  int file_ = -1;
};

/// Throws StoreFault with the reason if the file would be on a network file system, whose locks
/// and shared memory SQLite cannot rely on.
void refuse_network_file_system(const std::string& path);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
