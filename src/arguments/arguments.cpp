// SPDX-License-Identifier: Apache-2.0
// Arguments: four groups walked one after another (A1, A2, A5); names taken before are skipped.
#include "promoflow/arguments.hpp"

#include <algorithm>

#include "arguments/arguments_data.hpp"
#include "base/attributes.hpp"
#include "base/guard.hpp"
#include "base/json_string.hpp"
#include "context/context_data.hpp"
#include "document/document.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

void Arguments::Iterator::run(const Argument* first, std::size_t count) noexcept {
  at_ = first;
  left_ = count;
}

/// Goes on behind a run to the next one. An assigned argument is a run of its own, since it is not
/// stored as an Argument; a run of the context's ends where a name follows that is assigned.
void Arguments::Iterator::settle() noexcept {
  const auto& list = arguments_->hook_->arguments;
  const auto is_assigned = [&list](const Argument& argument) {
    return std::any_of(list.begin(), list.end(),
                       [&argument](const auto& one) { return one.name == argument.name; });
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
      for (;;) {
        const auto found = context.next_arguments(index_);
        if (found.empty()) { break; }
        if (list.empty()) { return run(found.data(), found.size()); }
        const auto first = std::find_if_not(found.begin(), found.end(), is_assigned);
        const auto last = std::find_if(first, found.end(), is_assigned);
        index_ -= static_cast<std::uint32_t>(found.end() - last);
        if (first != last) {
          return run(found.data() + (first - found.begin()),
                     static_cast<std::size_t>(last - first));
        }
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

namespace {

/// How many of a hook's own arguments are seen, less those of the context that they hide. Not in
/// size(), which the C ABI calls for every hook, as most have none.
PROMOFLOW_COLD std::size_t count_assigned(const std::vector<AssignedArgument>& assigned,
                                          const detail::ContextData& context) noexcept {
  return static_cast<std::size_t>(
      std::count_if(assigned.begin(), assigned.end(), [&context](const AssignedArgument& argument) {
        return !detail::is_default_name(argument.name) &&
               context.find(argument.name) == detail::ContextData::kNoRow;
      }));
}

}  // namespace

std::size_t Arguments::size() const noexcept {
  const detail::ContextData& context = context_.data();
  std::size_t count = detail::kDefaultNames.size() + context.argument_count();
  if (failure_ != nullptr) { count += detail::kFailureNames.size(); }
  const std::vector<AssignedArgument>& assigned = hook_->arguments;
  return assigned.empty() ? count : count + count_assigned(assigned, context);
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

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
