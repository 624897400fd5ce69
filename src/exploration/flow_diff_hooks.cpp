// SPDX-License-Identifier: Apache-2.0
// Hooks of two flows compared: what came, went, moved or is run differently.
#include <fmt/format.h>

#include <algorithm>

#include "base/printable.hpp"
#include "exploration/flow_diff.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// A hook in one list of a flow. Lists are named as those of the new flow, where that has them.
struct Placed {
  const Hook* hook = nullptr;
  std::string environment{};  ///< Empty: the release.
  Point point{};
  std::size_t place = 0;

  bool is_in_list_of(const Placed& other) const {
    return environment == other.environment && point == other.point;
  }
  std::string where() const {
    return std::string(to_string(point)) + (environment.empty() ? "" : " of " + environment);
  }
};

constexpr Point kPoints[] = {Point::ReleaseOnStart,       Point::ReleaseOnSuccess,
                             Point::ReleaseOnFail,        Point::EnvironmentOnStart,
                             Point::EnvironmentOnSuccess, Point::EnvironmentOnFail};

/// `name_of`: the name of an environment in the new flow, if it has one.
template <class NameOf>
std::vector<Placed> hooks_of(const Flow& flow, const NameOf& name_of) {
  std::vector<Placed> placed;
  for (const Point point : kPoints) {
    const bool is_release = point <= Point::ReleaseOnFail;
    for (std::uint32_t e = 0; e < (is_release ? 1U : flow.environment_count()); ++e) {
      std::size_t place = 0;
      for (const Hook& hook : flow.hooks(point, EnvironmentId{e})) {
        placed.push_back(
            {&hook, is_release ? std::string() : name_of(EnvironmentId{e}), point, place++});
      }
    }
  }
  return placed;
}

class HookComparison {
 public:
  HookComparison(std::vector<Placed> before, std::vector<Placed> after,
                 std::vector<FlowChange>& changes)
      : before_(std::move(before)), after_(std::move(after)), changes_(changes) {}

  void compare() {
    match([](const Placed& was, const Placed& is) {
      return was.is_in_list_of(is) && was.place == is.place;
    });
    match([](const Placed& was, const Placed& is) { return was.is_in_list_of(is); });
    note_order();
    match([](const Placed&, const Placed&) { return true; });
    for (const auto& [was, is] : pairs_) { note_pair(was, is); }
    for (const Placed& is : after_) {
      if (is.hook != nullptr) {
        add(FlowChangeKind::HookAdded, is.environment,
            fmt::format("hook {} is new at {}", printable(is.hook->name), is.where()));
      }
    }
    for (const Placed& was : before_) {
      if (was.hook != nullptr) {
        add(FlowChangeKind::HookRemoved, was.environment,
            fmt::format("hook {} is gone from {}", printable(was.hook->name), was.where()));
      }
    }
  }

 private:
  void add(FlowChangeKind kind, std::string environment, std::string text) {
    changes_.push_back({kind, std::move(environment), std::move(text)});
  }

  /// Pairs hooks of one name; what is paired is taken from both lists.
  template <class Fits>
  void match(const Fits& fits) {
    for (Placed& was : before_) {
      for (Placed& is : after_) {
        const bool is_pair = was.hook != nullptr && is.hook != nullptr &&
                             was.hook->name == is.hook->name && fits(was, is);
        if (!is_pair) { continue; }
        pairs_.emplace_back(was, is);
        was.hook = is.hook = nullptr;
      }
    }
  }

  /// Lists whose hooks are the same, in another order.
  void note_order() {
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      for (std::size_t j = i + 1; j < pairs_.size(); ++j) {
        const auto& [was, is] = pairs_[i];
        const auto& [other_was, other_is] = pairs_[j];
        const bool is_swapped = is.is_in_list_of(other_is) && was.is_in_list_of(other_was) &&
                                (was.place < other_was.place) != (is.place < other_is.place);
        if (!is_swapped) { continue; }
        const Hook& first = is.place < other_is.place ? *is.hook : *other_is.hook;
        const Hook& second = is.place < other_is.place ? *other_is.hook : *is.hook;
        add(FlowChangeKind::HookMoved, is.environment,
            fmt::format("hook {} runs before {} now, at {}", printable(first.name),
                        printable(second.name), is.where()));
      }
    }
  }

  void note_pair(const Placed& was, const Placed& is) {
    const std::string name = printable(is.hook->name);
    if (!was.is_in_list_of(is)) {
      add(FlowChangeKind::HookMoved, is.environment,
          fmt::format("hook {} moved from {} to {}", name, was.where(), is.where()));
    }
    std::vector<std::string> what;
    if (was.hook->timeout != is.hook->timeout) { what.emplace_back("timeout"); }
    if (!(was.hook->retry == is.hook->retry)) { what.emplace_back("retry"); }
    if (was.hook->on_error != is.hook->on_error) {
      what.push_back(fmt::format("onError (now {})", to_string(is.hook->on_error)));
    }
    if (was.hook->arguments != is.hook->arguments) { what.emplace_back("arguments"); }
    if (was.hook->reads != is.hook->reads) { what.emplace_back("reads"); }
    if (was.hook->exports != is.hook->exports) { what.emplace_back("exports"); }
    if (what.empty()) { return; }
    add(FlowChangeKind::HookChanged, is.environment,
        fmt::format("hook {} at {} has another {}", name, is.where(), names_words(what)));
  }

  std::vector<Placed> before_;
  std::vector<Placed> after_;
  std::vector<FlowChange>& changes_;
  std::vector<std::pair<Placed, Placed>> pairs_;
};

}  // namespace

void diff_hooks(const Flow& before, const Flow& after, const Pairs& pairs,
                std::vector<FlowChange>& changes) {
  const auto new_name = [&](EnvironmentId environment) {
    return printable(after.environment_name(environment));
  };
  const auto name_of_old = [&](EnvironmentId environment) {
    const auto now = pairs.after_of(environment);
    return now ? new_name(*now) : printable(before.environment_name(environment));
  };
  HookComparison(hooks_of(before, name_of_old), hooks_of(after, new_name), changes).compare();
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
