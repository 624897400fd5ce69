// SPDX-License-Identifier: Apache-2.0
/// @file
/// Watcher: the list and the watch of all workflows of one host. It lists, then watches from the
/// list's version; a watch that ends goes on from the last version that was seen; one whose version
/// is too old, or that makes no sense, begins with a list again. Pure: it is given what was
/// answered, and says which request is next.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "argo/api.hpp"
#include "argo/backoff.hpp"
#include "argo/workflow.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// What was seen of workflows.
struct WatchNews {
  /// An object as it was at some time: perhaps long ago, perhaps for the second time.
  struct Sighting {
    WorkflowView view;
    bool may_be_gone = false;  ///< The server said that it is, or does not select it any more.
  };
  /// A list is whole: what was there before it and is not in it may be gone.
  struct Listed {
    std::set<std::string, std::less<>> names{};
    std::string version{};
  };
  std::vector<Sighting> sightings{};
  std::optional<Listed> listed{};  ///< Counts after the sightings.
  std::string problem{};           ///< The server does not let itself be watched; for people.
};

class Watcher {
 public:
  explicit Watcher(const Api& api) : api_(api) {}

  /// The request to send now; none: one is under way, or it waits (see due()).
  std::optional<HttpRequest> next_request(Moment now, Chance& chance);
  /// When next_request() is to be asked again; none: when the request that is under way is over.
  std::optional<Moment> due() const noexcept { return is_under_way_ ? std::nullopt : due_; }
  /// The request that is under way was answered.
  WatchNews on_response(Moment now, const HttpResponse& response, Chance& chance);
  /// A part of the answer to a watch. `stop`: the request is of no use any more.
  WatchNews on_data(Moment now, std::string_view data, bool& stop, Chance& chance);

  bool is_watching() const noexcept { return is_watching_; }

 private:
  void fail(Moment now, const HttpResponse& response, Chance& chance);
  void list_anew(Moment due);
  void take_page(Moment now, const HttpResponse& response, Chance& chance, WatchNews& news);
  /// False: the line makes no sense, or says that the watch is over.
  bool take_line(std::string_view line, WatchNews& news);
  bool take_error(const nlohmann::json& status);

  const Api& api_;
  bool is_watching_ = false;  ///< The request under way, or the next one, is a watch.
  bool is_under_way_ = false;
  std::optional<Moment> due_ = Moment{};
  Backoff backoff_{};
  std::string next_page_{};
  std::string version_{};  ///< From which the next watch goes on.
  WatchNews::Listed listed_{};
  std::string buffer_{};     ///< A line that has not ended.
  bool has_line_ = false;    ///< The watch that is under way has sent one.
  bool is_too_old_ = false;  ///< The version is: a list is next.
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
