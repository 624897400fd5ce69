// SPDX-License-Identifier: Apache-2.0
// Arguments: four groups walked one after another (A1, A2, A5); names taken before are skipped.
#include "promoflow/arguments.hpp"

#include <algorithm>

#include "arguments/arguments_data.hpp"
#include "base/guard.hpp"
#include "base/json_string.hpp"
#include "context/context_data.hpp"
#include "document/document.hpp"

namespace promoflow {

void Arguments::Iterator::run(const Argument* first, std::size_t count) noexcept {
  at_ = first;
  left_ = count;
}

/// Goes on behind a run to the next one. What may be hidden by an earlier name is a run of one.
void Arguments::Iterator::settle() noexcept {
  const auto& list = arguments_->hook_->arguments;
  const auto assigned = [&list](std::string_view name) {
    return std::any_of(list.begin(), list.end(),
                       [name](const auto& one) { return one.name == name; });
  };
  const detail::ContextData& context = arguments_->context_.data();
  switch (group_) {
    case Group::Defaults:
      group_ = Group::Failure;
      if (const auto* failure = arguments_->failure_) {
        return run(failure->list.data(), failure->list.size());
      }
      [[fallthrough]];
    case Group::Failure: group_ = Group::Assigned; [[fallthrough]];
    case Group::Assigned:
      while (index_ < list.size()) {
        const AssignedArgument& argument = list[index_++];
        if (!detail::is_default_name(argument.name)) {  // No flow assigns a name twice.
          assigned_ = {argument.name, argument.value};
          return run(nullptr, 1);
        }
      }
      group_ = Group::Context;
      index_ = 0;
      if (list.empty() && !context.handed.empty()) {
        index_ = context.handed.size();
        return run(context.handed.data(), index_);
      }
      [[fallthrough]];
    case Group::Context:
      while (index_ < context.handed.size()) {
        const Argument& argument = context.handed[index_++];
        if (!assigned(argument.name)) { return run(&argument, 1); }
      }
      break;
    case Group::End: break;  // GCOV_EXCL_LINE: an iterator at the end is not advanced.
  }
  group_ = Group::End;
  index_ = 0;
  left_ = 0;
}

Arguments::Iterator Arguments::begin() const noexcept {
  Iterator first;
  first.arguments_ = this;
  first.group_ = Iterator::Group::Defaults;
  first.run(defaults_->list.data(), defaults_->list.size());
  return first;
}

std::size_t Arguments::size() const noexcept {
  std::size_t count = 0;
  if (hook_->arguments.empty()) {  // Then no name hides another.
    count = failure_ == nullptr ? 0 : detail::kFailureNames.size();
    return detail::kDefaultNames.size() + count + context_.data().handed.size();
  }
  for (auto it = begin(); it != end(); ++it) { ++count; }
  return count;
}

std::optional<std::string_view> Arguments::find(std::string_view name) const noexcept {
  for (const Argument& argument : *this) {
    if (argument.name == name) { return argument.value; }
  }
  return std::nullopt;
}

namespace {

void append_argument(std::string& out, std::string_view name, std::string_view value) {
  detail::append_json_string(out, name);
  out += ':';
  detail::append_json_string(out, value);
  out += ',';
}

/// The context's part, no name of which is hidden: a string's JSON text is there already.
void append_context(std::string& out, const detail::ContextData& context) {
  const auto handed = [](const auto& entry) { return !entry.shadowed() && entry.is_string(); };
  std::size_t strings = 0;
  for (const auto& entry : context.entries) { strings += handed(entry) ? 1U : 0U; }
  if (strings == context.handed.size()) { return context.append_members(out, handed); }
  for (const auto& entry : context.entries) {
    if (handed(entry)) {
      out += entry.member();
      out += ',';
    } else if (!entry.shadowed()) {
      append_argument(out, entry.key(), entry.text());
    }
  }
}

}  // namespace

Result<std::string> Arguments::to_json() const noexcept {
  return detail::guarded([&]() -> Result<std::string> {
    const bool hides = !hook_->arguments.empty();  // A name of the context's, possibly.
    const detail::ContextData& context = context_.data();
    std::size_t left = hides ? std::size_t(-1) : size() - context.handed.size();
    std::size_t bytes = 2 + (hides ? 0 : context.bytes);  // Of what needs no escapes.
    const std::size_t walked = left;
    for (auto it = begin(); it != end() && left-- != 0; ++it) {
      bytes += it->name.size() + it->value.size() + std::string_view("'':'',").size();
    }
    std::string out;
    out.reserve(bytes);
    out += '{';
    left = walked;
    for (auto it = begin(); it != end() && left-- != 0; ++it) {
      append_argument(out, it->name, it->value);
    }
    if (!hides) { append_context(out, context); }
    out.pop_back();  // The comma behind the last one: there are defaults at least.
    out += '}';
    return out;
  });
}

}  // namespace promoflow
