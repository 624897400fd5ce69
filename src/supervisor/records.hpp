// SPDX-License-Identifier: Apache-2.0
/// @file
/// The two records of a run directory, written. supervisor_protocol.hpp has their form.
#pragma once

#include "supervisor/output.hpp"
#include "supervisor/plan.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::supervisor {

/// Why the program was ended, if it did not end by itself.
enum class Cause : unsigned char { None, Timeout, Cancelled, Killed };

/// How the program ended.
struct End {
  Cause cause = Cause::None;
  int status = 0;
  int signal = 0;
  bool has_core = false;
};

/// Makes the start record, which must not exist, and locks it for as long as this process lives.
/// 0, or the exit status that says why not.
int write_start(const Plan& plan) noexcept;
/// Removes it: the program never ran.
void remove_start() noexcept;

/// What the program has exported is opened once, so that it is there however often the end record
/// is tried.
class EndRecord {
 public:
  EndRecord(const Plan& plan, const End& end, const Output& output) noexcept
      : plan_(plan), end_(end), output_(output) {}
  /// Removes the files that only the program needed.
  void take_context() noexcept;
  /// Writes, syncs and renames it into place, in a new run directory if that was moved or removed.
  /// False: errno says why not.
  bool write() noexcept;
  /// Says in the log that it could not be written, and how the program ended.
  void note_failure(int error) const noexcept;
  /// Removes what is left of tries that failed.
  void drop() const noexcept;

 private:
  bool open_new(int& file) noexcept;
  bool write_all_parts(int file) const noexcept;
  bool write_context(int file) const noexcept;
  bool put_in_place() const noexcept;

  const Plan& plan_;
  const End& end_;
  const Output& output_;
  int context_ = -1;
  bool is_refused_ = false;  ///< What is at the context's path is no plain file.
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::supervisor
