// SPDX-License-Identifier: Apache-2.0
/// @file
/// Errors are values: Error, its codes, and Result. The only public header that names tl::expected.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "promoflow/export.hpp"
#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

/// Why a call was refused. The numbers are part of the ABI: never changed, never reused.
enum class ErrorCode : std::int32_t {
  InvalidArgument = -1,  ///< A parameter has no meaning here; the message names it.
  OutOfMemory = -2,      ///< An allocation failed; what the call was made on is as before.
  Internal = -3,         ///< A broken invariant of the library; please report it.
  LimitExceeded = -4,    ///< A named limit was passed; the message names it.

  InvalidManifest = -10,  ///< The manifest has errors; read_manifest() lists all of them.
  InvalidScenario = -11,  ///< The scenario has errors; read_scenario() lists all of them.
  InvalidFlow = -12,      ///< The flow that was built in code has errors; see FlowReport.

  UnknownTicket = -20,       ///< R13: no command was ever issued under this ticket.
  SettledTicket = -21,       ///< R13: already answered or cancelled; at-least-once hosts ignore it.
  WrongKind = -22,           ///< R13: a hook's answer for a promotion, or the other way round.
  NotAllowed = -23,          ///< R13: not in this state.
  UnknownEnvironment = -24,  ///< R13, R16: the flow has no environment of this name.

  InvalidContext = -30,  ///< C4: the promotion context given at start is not usable.

  InvalidEvent = -35,  ///< A journal's line is damaged, or not an event at all.

  InvalidSnapshot = -40,      ///< R15: damaged, or not a snapshot at all.
  SnapshotOfOtherFlow = -41,  ///< R15: taken of a release of another flow.
  SnapshotTooNew = -42,       ///< R15: written by a newer version of the library.

  InvalidState = -50,  ///< The object was moved from: nothing can be asked of it any more.

  StoreFailed = -60,     ///< The store's disk is full or failing; nothing was written, try again.
  StoreDamaged = -61,    ///< The store's file is damaged.
  StoreForeign = -62,    ///< The file is not a promoflow store.
  StoreTooNew = -63,     ///< The store was written by a newer version of the library.
  NotOwner = -64,        ///< Another engine drives this release, or has taken it over.
  ReleaseExists = -65,   ///< The store has a release of this id.
  UnknownRelease = -66,  ///< The store has no release of this id.
};

/// The code's name as messages and traces print it, such as `settled-ticket`. Static storage.
PROMOFLOW_API std::string_view to_string(ErrorCode code) noexcept;

/// What went wrong. A plain value; it owns its text.
struct Error {
  ErrorCode code = ErrorCode::Internal;
  std::string where;    ///< The place: a parameter, a ticket, a `line:column`; may be empty.
  std::string message;  ///< Why, and what to do about it. Empty for OutOfMemory if each text needs
                        ///< memory, as in the old std::string of libstdc++.
};

/// A value, or the Error that stands in its place. Errors are not thrown; the functions that may
/// throw std::bad_alloc say so. All functions that answer with a Result are [[nodiscard]]: a
/// refusal must be looked at.
template <class T>
using Result = tl::expected<T, Error>;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
