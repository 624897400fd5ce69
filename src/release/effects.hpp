// SPDX-License-Identifier: Apache-2.0
/// @file
/// Effects: what an event may bring about, counted before it is carried out. Room for all of it is
/// made first; carrying out cannot fail then. In builds with assertions the machine checks that no
/// event puts more records or issues more commands than were counted.
#pragma once

#include <cstddef>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

struct Effects {
  std::size_t commands = 0;  ///< Commands issued; a change to Running comes with a first one.
  std::size_t statuses = 0;  ///< Other changes of status, of environments and of the release.
  std::size_t cancels = 0;   ///< Commands cancelled.
  std::size_t notes = 0;     ///< Conflicts and shadowed keys of an export.
  std::size_t stops = 0;     ///< Entities that fail, are cut or are forced.
  std::size_t ready = 0;     ///< Environments whose last unmet dependency is met.
  std::size_t soaks = 0;     ///< Soaks that begin anew.
  std::size_t waits = 0;     ///< Attempts that wait, soaks that begin, timeouts that count anew.
  std::size_t inputs = 0;    ///< Hook inputs made, besides one for each stop.
  std::size_t texts = 0;     ///< Texts and requests of records, but for those of notes.

  /// All records: the event's own one is always among them.
  constexpr std::size_t records() const noexcept {
    return 1 + commands + statuses + cancels + notes;
  }
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
