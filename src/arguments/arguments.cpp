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

/// Goes on behind a run to the next one. A name that an earlier argument may hide is a run of its
/// own.
void Arguments::Iterator::settle() noexcept {
  const auto& list = arguments_->hook_->arguments;
  const auto is_assigned = [&list](std::string_view name) {
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
      [[fallthrough]];
    case Group::Context:
      if (list.empty()) {
        const auto next = context.next_arguments(index_);
        if (!next.empty()) { return run(next.data(), next.size()); }
        break;
      }
      for (;;) {
        auto next = index_;
        const auto arguments = context.next_arguments(next);
        if (arguments.empty()) { break; }
        ++(index_ = next - static_cast<std::uint32_t>(arguments.size()));
        if (!is_assigned(arguments.front().name)) { return run(arguments.data(), 1); }
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
    return detail::kDefaultNames.size() + count + context_.data().argument_count();
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
  const auto is_handed_as_text = [](const detail::Row& row) {
    return !row.shadowed() && row.is_string();
  };
  std::size_t strings = 0;
  context.each_row([&](const detail::Row& row) { strings += is_handed_as_text(row) ? 1U : 0U; });
  if (strings == context.argument_count()) {
    return context.append_members(out, is_handed_as_text);
  }
  context.each_row([&](const detail::Row& row) {
    if (is_handed_as_text(row)) {
      out += row.member();
      out += ',';
    } else if (!row.shadowed()) {
      append_argument(out, row.key(), row.text());
    }
  });
}

}  // namespace

Result<std::string> Arguments::to_json() const noexcept {
  return detail::guarded([&]() -> Result<std::string> {
    const bool hides = !hook_->arguments.empty();  // A name of the context's, possibly.
    const detail::ContextData& context = context_.data();
    std::size_t left = hides ? std::size_t(-1) : size() - context.argument_count();
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
