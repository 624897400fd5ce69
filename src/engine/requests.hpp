// SPDX-License-Identifier: Apache-2.0
/// @file
/// What other processes ask of the one that drives a release (D6).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "promoflow/event.hpp"
#include "promoflow/store.hpp"
#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Leaves a request for the driver of a release: one line of to_json(Event). Its number. Errors:
/// those of the store; InvalidEvent; NotOwner: nobody drives it, and nothing was asked.
Result<std::uint64_t> ask_driver(Store& store, std::string_view release, std::string event,
                                 std::string_view by);

/// Waits until a request is decided, or for `time` (none: no limit). What has become of it then.
/// Errors: those of the store; NotOwner: it is not decided, and nobody drives the release any more.
Result<StoredRequest> await_request(Store& store, std::uint64_t id,
                                    std::optional<std::chrono::milliseconds> time);

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
