// SPDX-License-Identifier: Apache-2.0
/// @file
/// What the executor and the supervisor, which is a program of its own, have in common: how it is
/// called, the files of a run directory, and how it ends.
///
/// The supervisor is called with three descriptors beside standard input: 1 is the log, 3 the run
/// directory. All signals are blocked. Its environment is the program's, but for the mark, which
/// has the name kSupervisorMark there. Its arguments, in this order:
///
///     promoflow-supervisor PROTOCOL RUN LOG_LEFT TIMEOUT_MS GRACE_MS BOOT PROGRAM [ARGUMENT...]
///
/// RUN is the path of the run directory; TIMEOUT_MS is 0 for none; BOOT is `-` if the system has no
/// name for a boot. Then kCancelSignal means: end the program, with its grace period; kKillSignal:
/// at once. SIGTERM, which others send, means the former, unless it came before the supervisor was
/// in a session of its own: then it was for the executor's process group.
///
/// A run directory has two records, made of lines, and in the end record of lines and counted
/// bytes:
///
///     start    promoflow-start 1      made before the program runs, with the lock held
///              boot BOOT
///              supervisor PID
///     end      promoflow-end 1        made when nothing of the program runs any more
///              cause CAUSE            none, timeout, cancelled or killed
///              status N
///              signal N
///              core 0|1
///              stderr CUT SIZE        then SIZE bytes and a line end; CUT is 1 if more came before
///              stdout CUT SIZE        the same
///              context KIND SIZE      the same; KIND is none, file, or refused: not a plain file
#pragma once

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <string_view>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

inline constexpr char kSupervisorName[] = "promoflow-supervisor";
inline constexpr char kSupervisorProtocol[] = "1";
inline constexpr int kSupervisorArguments = 7;  ///< Before the program.
inline constexpr int kRunDirectoryFd = 3;
inline constexpr int kCancelSignal = SIGUSR1;
inline constexpr int kKillSignal = SIGUSR2;

/// A supervisor has this in its environment where its program has kMarkName, with the same value.
inline constexpr std::string_view kSupervisorMark = "PROMOFLOW_SUPERVISOR";

/// How much of the path of a run directory is the work directory. The path is WORK/RELEASE/RUN, or
/// WORK/RELEASE/RUN/APPLICATION, and only RUN has kRunSuffix. Programs may have put links at what
/// is below WORK.
inline constexpr std::string_view kRunSuffix = ".run";
inline std::size_t work_directory_size(std::string_view path) noexcept {
  int names = 2;
  const std::size_t last = std::min(path.rfind('/'), path.size());
  if (path.find(kRunSuffix, last) == std::string_view::npos) { ++names; }
  for (; names > 0; --names) {
    path.remove_suffix(path.size() - std::min(path.rfind('/'), path.size()));
  }
  return path.size();
}

inline constexpr char kStartFile[] = "start";
inline constexpr char kEndFile[] = "end";
inline constexpr char kNewEndFile[] = "end.new";  ///< Until it is whole and synced.
inline constexpr char kArgumentsFile[] = "arguments.json";
inline constexpr char kContextFile[] = "context.json";
inline constexpr char kNoBoot[] = "-";

/// Of each output, the end that is kept.
inline constexpr std::size_t kTailMax = 4096;
inline constexpr std::size_t kSupervisorContextMax = (std::size_t{1} << 20) + 1;

/// Exit statuses of a supervisor. 1 to kErrorMax: the program was not started, and the system's
/// error number says why.
inline constexpr int kSupervisorDone = 0;  ///< There is an end record, or nobody wants one.
inline constexpr int kErrorMax = 199;
inline constexpr int kSupervisorStartedBefore = 200;  ///< There was a start record.
inline constexpr int kSupervisorWrongCall = 201;      ///< By an executor of another version.
inline constexpr int kSupervisorNoRecord = 202;       ///< The end record cannot be written.
inline constexpr int kSupervisorGone = -1;  ///< It was killed, or its status is not known.

/// A program that ends with this status (EX_TEMPFAIL of sysexits) waits for a person.
inline constexpr int kSuspendedStatus = 75;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
