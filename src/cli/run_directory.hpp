// SPDX-License-Identifier: Apache-2.0
/// @file
/// Where the logs of a release go, and the lock on it.
#pragma once

#include <string>

#include "cli/cli.hpp"
#include "process/fd.hpp"
#include "promoflow/executor.hpp"

namespace promoflow::cli {

/// Makes a directory and those above it, for this user only. Empty text: it exists; else why not.
std::string make_directories(const std::string& path);
/// Why it would fail, or why nothing could be made in there. Empty: nothing speaks against it.
std::string why_no_directory(const std::string& path);
/// Why a release could not be locked in a work directory. Empty: nothing speaks against it, but
/// that another process may have it.
std::string why_no_release(const std::string& work_directory, const std::string& release_id);

/// The work directory that the call names, or a temporary one. A release in it is locked, so that
/// two runs never read each other's files. The lock goes with the process. It is a file beside the
/// release's directory, `.RELEASE.lock`: programs clear the directory itself. The file says who has
/// it. All is done in the directory that is held open, and no link in it is followed.
class WorkDirectory {
 public:
  WorkDirectory() = default;
  WorkDirectory(const WorkDirectory&) = delete;
  WorkDirectory& operator=(const WorkDirectory&) = delete;
  /// Without a close() before it nothing has run: what was made is removed.
  ~WorkDirectory();

  /// Makes what does not exist. Empty `given`: a temporary directory. `lasting`: nobody has named
  /// it in this call, and its logs are kept in any case.
  Exit open(const std::string& given, bool lasting);
  /// Locks the directory of a release. Exit::Usage, and a complaint that says who has it.
  /// With `made_id`, nobody has chosen the id: where it is taken, another one is made of it.
  Exit lock(std::string& release_id, bool made_id);

  /// The same for a release that a store has: the store says who drives it (D4), so a process that
  /// was stopped keeps nobody out by its lock.
  Exit adopt(const std::string& release_id);

  const std::string& path() const noexcept { return path_; }
  /// The log of a command of the release that is locked; empty: there is none.
  std::string log_of(Ticket ticket) const;
  /// Removes a temporary directory, or says where the logs are. `remove`: nobody misses them.
  void close(bool remove);

 private:
  enum class Lock : unsigned char { Taken, Held, Failed };
  Lock try_lock(const std::string& release_id);
  Lock fail(const std::string& what);
  bool is_still_there(int fd) const;

  std::string path_{};
  std::string release_id_{};
  std::string name_{};       ///< Of the release's directory.
  std::string lock_name_{};  ///< Of the lock.
  std::string owner_{};      ///< Of a lock that another process holds; or why it cannot be taken.
  detail::Fd directory_{};
  detail::Fd lock_{};
  bool temporary_ = false;
  bool lasting_ = false;
  bool closed_ = false;
};

}  // namespace promoflow::cli
