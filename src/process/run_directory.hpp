// SPDX-License-Identifier: Apache-2.0
/// @file
/// RunDirectory: the records of one call, which its supervisor makes, as the executor reads them.
/// supervisor_protocol.hpp has their form.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "process/program_end.hpp"
#include "process/work_directory.hpp"
#include "promoflow/release.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// What the records say of a call.
enum class RunState : unsigned char {
  Missing,    ///< There is no run directory: it was removed.
  Unstarted,  ///< No start record: its program never began.
  Running,    ///< The lock is held.
  Ended,
  Lost,  ///< Its supervisor was killed, or the machine was.
};

/// The end record.
struct RunEnd {
  std::string cause{};  ///< Empty: the program ended by itself.
  ProgramEnd end{};
  std::string last_words{};              ///< As Capture has them.
  std::optional<std::string> context{};  ///< What it exported.
  bool is_refused = false;               ///< What it exported is no plain file.
};

/// What was found.
struct RunLook {
  RunState state = RunState::Missing;
  pid_t supervisor = 0;  ///< Of Running; 0: it cannot be told.
  Fd lock{};             ///< Of Running: the start record, on which to try the lock.
  RunEnd end{};          ///< Of Ended.
};

class RunDirectory {
 public:
  /// Where the run directory of a call of this boot is.
  static std::string path_of(const std::string& work_directory, std::string_view release_id,
                             Ticket ticket);
  /// What the marks of its processes have as their values, before the dot.
  static std::string token_of(std::string_view path);

  /// `makes`: it and those above it are made, if they do not exist. Problem: it is not there.
  Problem open(const std::string& path, bool makes);
  /// The same for a call that begins: what an earlier one of the same name left is moved away.
  Problem open_fresh(const std::string& path);

  const ReleaseDirectory& files() const noexcept { return *directory_; }
  /// Also if it could not be opened.
  const std::string& path() const noexcept { return path_; }
  RunLook look() const;
  /// Makes a start record of its own, so that no supervisor can start the program any more.
  void forbid_start() const;
  /// After Lost: the call may be started again.
  void forget_start() const;
  /// After its end, or its loss: removes all but the records.
  void clean_up() const;

 private:
  std::string path_;
  std::shared_ptr<const ReleaseDirectory> directory_;
};

/// The name of this boot of this machine; empty: the system has none.
std::string_view boot_name();

/// Whether nobody has the lock of a start record.
bool is_unlocked(const Fd& record) noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
