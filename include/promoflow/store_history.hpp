// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a store says of a release, checked: the hash chain of its events, and their replay.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "promoflow/result.hpp"
#include "promoflow/store.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

/// The hash of an event (D5): SHA-256 over the hash before it (64 digits), its number and its time
/// (each as eight bytes, the most significant first), and its text; 64 hexadecimal digits.
/// May throw std::bad_alloc. Thread-safe.
PROMOFLOW_API std::string chain_hash(std::string_view previous, std::uint64_t sequence, Instant at,
                                     std::string_view text);

/// The hash that the first event's covers: of the start, with the number 0, an empty hash before
/// it and start_text(). May throw std::bad_alloc. Thread-safe.
PROMOFLOW_API std::string chain_hash(const StoreStart& start);

/// The start as the first line of a journal: to_json() of its ReleaseStarted.
/// May throw std::bad_alloc. Thread-safe.
PROMOFLOW_API std::string start_text(const StoreStart& start);

/// A release as it was after its last stored event.
struct LoadedRelease {
  Release release;
  std::uint64_t snapshot_sequence = 0;  ///< The last event in the snapshot that was used; 0: none.
};

/// Restores the newest snapshot that is whole and applies the events after it (D3); if no snapshot
/// is, all events from the start. No records wait to be taken.
/// Errors: those of the store; InvalidEvent (`where` is its number); those of Release::start().
[[nodiscard]] PROMOFLOW_API Result<LoadedRelease> load_release(Store& store,
                                                               std::string_view release) noexcept;

/// Whether the outcome of a command is stored, or its end after it was cancelled: then nobody asks
/// its executor for it any more, as ArgoOptions::is_settled wants to know. Errors: those of the
/// store; UnknownTicket.
[[nodiscard]] PROMOFLOW_API Result<bool> is_settled(Store& store, std::string_view release,
                                                    Ticket ticket) noexcept;

/// The first event that does not fit.
struct HistoryProblem {
  std::uint64_t sequence = 0;  ///< 0: the start, or the release itself.
  std::string message{};       ///< What is wrong with it.
  std::string stored{};        ///< The trace line that is stored; empty: there is none.
  std::string replayed{};      ///< The line that this library gives there; empty: none.
};

/// Walks the chain of hashes from the start to the head (D5); the manifest must be that of the
/// fingerprint, which the hash of the start covers. None: all fits.
/// Errors: those of the store.
[[nodiscard]] PROMOFLOW_API Result<std::optional<HistoryProblem>> verify_history(
    Store& store, std::string_view release) noexcept;

/// Starts the release anew, applies its events, and compares each trace line with the stored one
/// (D2), the fingerprint with that of the manifest, and the status at the end with the release's.
/// None: the traces are equal to the byte, and all else fits; the hashes are not looked at.
/// Errors: those of the store; OutOfMemory.
[[nodiscard]] PROMOFLOW_API Result<std::optional<HistoryProblem>> replay_history(
    Store& store, std::string_view release) noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
