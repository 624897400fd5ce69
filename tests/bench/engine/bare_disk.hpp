// SPDX-License-Identifier: Apache-2.0
/// @file
/// BareDisk: the same rows as an engine's, written by SQLite alone, in a loop that does nothing
/// else. It is what an engine is measured against, in the same run, on the same disk.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "promoflow/store.hpp"

namespace promoflow::bench {

/// The writes of one commit.
using Batch = std::vector<ReleaseWrite>;

class BareDisk {
 public:
  /// Makes the file, with the store's tables and settings. Ends the program where anything fails.
  explicit BareDisk(const std::string& path);
  BareDisk(const BareDisk&) = delete;
  BareDisk& operator=(const BareDisk&) = delete;
  ~BareDisk();

  /// One transaction, synced, with the rows of all writes. Checkpoints as the store does.
  void commit(std::span<const ReleaseWrite> batch);
  /// One transaction, synced, with one row of an event.
  void commit_row(std::size_t number, const StoredEntry& entry);
  /// Reads all rows of a release, and returns how many bytes they have.
  std::size_t read(const std::string& release);

 private:
  class Statement;
  struct Impl;
  Impl* impl_;
};

}  // namespace promoflow::bench
