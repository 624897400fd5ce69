// SPDX-License-Identifier: Apache-2.0
#include "engine/requests.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "base/utf8.hpp"
#include "engine/report.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLookAgain{50};

}  // namespace

Result<std::uint64_t> ask_driver(Store& store, std::string_view release, std::string event,
                                 std::string_view by) {
  const Result<StoredRelease> row = store.find(release);
  if (!row) { return tl::unexpected(row.error()); }
  if (const auto read = StoredEvent::read(event); !read) { return tl::unexpected(read.error()); }
  if (!Drivers().of(*row)) {
    return tl::unexpected(Error{ErrorCode::NotOwner, std::string(release),
                                is_final(row->status)
                                    ? "it has ended, and nobody drives it: nothing was asked"
                                    : "nobody drives it, so nothing was asked; resume it first"});
  }
  return store.ask({.release = std::string(release),
                    .event = std::move(event),
                    .by = to_utf8(by),
                    .asked = wall_time()});
}

Result<StoredRequest> await_request(Store& store, std::uint64_t id,
                                    std::optional<milliseconds> time) {
  // A limit that is beyond the clock's range is none.
  constexpr milliseconds kMost = std::chrono::hours(24 * 365);
  const auto begin = std::chrono::steady_clock::now();
  const auto has_time = [&](auto now) { return !time || now < begin + std::min(*time, kMost); };
  const Drivers drivers;
  while (true) {
    Result<StoredRequest> request = store.request(id);
    if (!request || request->decided) { return request; }
    const Result<StoredRelease> row = store.find(request->release);
    if (!row) { return tl::unexpected(row.error()); }
    if (!drivers.of(*row)) {
      request = store.request(id);  // It may have been decided just before the driver left.
      if (!request || request->decided) { return request; }
      return tl::unexpected(
          Error{ErrorCode::NotOwner, request->release,
                "nobody drives it any more; what was asked is applied when somebody resumes it"});
    }
    if (!has_time(std::chrono::steady_clock::now())) { return request; }
    std::this_thread::sleep_for(kLookAgain);
  }
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
