// SPDX-License-Identifier: Apache-2.0
/// @file
/// What arguments are put together from: the defaults of a release, and those of a failure.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "context/context_data.hpp"
#include "context/default_names.hpp"
#include "promoflow/arguments.hpp"

namespace promoflow::detail {

/// Built once for a release; views into its ReleaseInfo and its flow.
struct DefaultArguments {
  std::array<std::string_view, kDefaultNames.size()> values;
};

/// Built once when an onFail chain begins.
struct FailureArguments {
  std::array<std::string, kFailureNames.size()> values;
};

/// Whether one of the first `count` assigned arguments has this name.
inline bool is_assigned(const Hook& hook, std::string_view name, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    if (hook.arguments[i].name == name) { return true; }
  }
  return false;
}

/// Which of the assigned arguments, and of the context's keys, stand (A5).
inline bool assigned_stands(const Hook& hook, std::size_t index) noexcept {
  const std::string& name = hook.arguments[index].name;
  return !is_default_name(name) && !is_assigned(hook, name, index);
}
inline bool context_stands(const Hook& hook, std::string_view key, bool is_shadowed) noexcept {
  return !is_shadowed && !is_assigned(hook, key, hook.arguments.size());
}

/// Reads all arguments in one go; an iterator finds its place anew at each.
struct ArgumentsReader {
  /// Calls each(name, value) for every argument in order.
  template <class Each>
  static void each(const Arguments& arguments, Each each) {
    for (std::size_t i = 0; i < kDefaultNames.size(); ++i) {
      each(kDefaultNames[i], arguments.defaults_->values[i]);
    }
    if (arguments.failure_ != nullptr) {
      for (std::size_t i = 0; i < kFailureNames.size(); ++i) {
        each(kFailureNames[i], std::string_view(arguments.failure_->values[i]));
      }
    }
    const Hook& hook = *arguments.hook_;
    for (std::size_t i = 0; i < hook.arguments.size(); ++i) {
      if (assigned_stands(hook, i)) { each(hook.arguments[i].name, hook.arguments[i].value); }
    }
    const ContextData& context = arguments.context_.data();
    for (const ContextData::Entry& entry : context.entries) {
      const std::string_view key = context.view(entry.key);
      if (context_stands(hook, key, entry.shadowed)) { each(key, context.view(entry.text)); }
    }
  }
};

}  // namespace promoflow::detail
