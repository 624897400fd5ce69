// SPDX-License-Identifier: Apache-2.0
// Arguments: four groups walked one after another (A1, A2, A5); names taken before are skipped.
#include "promoflow/arguments.hpp"

#include <new>

#include "arguments/arguments_data.hpp"
#include "document/document.hpp"

namespace promoflow {

Arguments::Iterator::Iterator(const Arguments* arguments, Group group) noexcept
    : arguments_(arguments), group_(group) {
  settle();
}

/// Loads the argument at the current place; false if there is none, or an earlier one has its name.
bool Arguments::Iterator::load() noexcept {
  switch (group_) {
    case Group::Defaults:
      current_ = {detail::kDefaultNames[index_], arguments_->defaults_->values[index_]};
      return true;
    case Group::Failure:
      current_ = {detail::kFailureNames[index_], arguments_->failure_->values[index_]};
      return true;
    case Group::Assigned: {
      const AssignedArgument& argument = arguments_->hook_->arguments[index_];
      current_ = {argument.name, argument.value};
      return detail::assigned_stands(*arguments_->hook_, index_);
    }
    case Group::Context: {
      const ContextEntry entry = arguments_->context_[index_];
      current_ = {entry.key, entry.text};
      return detail::context_stands(*arguments_->hook_, entry.key, entry.shadowed);
    }
    case Group::End: break;
  }
  return false;
}

/// Goes on from the current place to the first argument that stands.
void Arguments::Iterator::settle() noexcept {
  const auto size = [this] {
    switch (group_) {
      case Group::Defaults: return detail::kDefaultNames.size();
      case Group::Failure:
        return arguments_->failure_ == nullptr ? 0 : detail::kFailureNames.size();
      case Group::Assigned: return arguments_->hook_->arguments.size();
      case Group::Context: return arguments_->context_.size();
      case Group::End: break;
    }
    return std::size_t{0};
  };
  while (group_ != Group::End) {
    for (const std::size_t end = size(); index_ < end; ++index_) {
      if (load()) { return; }
    }
    group_ = static_cast<Group>(static_cast<unsigned char>(group_) + 1);
    index_ = 0;
  }
  current_ = {};
}

Arguments::Iterator& Arguments::Iterator::operator++() noexcept {
  ++index_;
  settle();
  return *this;
}

Arguments::Iterator Arguments::Iterator::operator++(int) noexcept {
  Iterator before = *this;
  ++*this;
  return before;
}

Arguments::Iterator Arguments::begin() const noexcept { return {this, Iterator::Group::Defaults}; }

Arguments::Iterator Arguments::end() const noexcept { return {this, Iterator::Group::End}; }

std::size_t Arguments::size() const noexcept {
  std::size_t count = 0;
  detail::ArgumentsReader::each(*this, [&](std::string_view, std::string_view) { ++count; });
  return count;
}

std::optional<std::string_view> Arguments::find(std::string_view name) const noexcept {
  for (const Argument& argument : *this) {
    if (argument.name == name) { return argument.value; }
  }
  return std::nullopt;
}

Result<std::string> Arguments::to_json() const noexcept {
  try {
    std::size_t size = 2;  // Of what needs no escapes.
    const auto add = [&](std::string_view name, std::string_view value) {
      size += name.size() + value.size() + std::string_view("'':'',").size();
    };
    detail::ArgumentsReader::each(*this, add);
    std::string out;
    out.reserve(size);
    out += '{';
    detail::ArgumentsReader::each(*this, [&](std::string_view name, std::string_view value) {
      if (out.size() > 1) { out += ','; }
      detail::append_json_string(out, name);
      out += ':';
      detail::append_json_string(out, value);
    });
    out += '}';
    return out;
  } catch (const std::bad_alloc&) {
    return tl::unexpected(Error{ErrorCode::OutOfMemory, {}, "out of memory"});
  }
}

}  // namespace promoflow
