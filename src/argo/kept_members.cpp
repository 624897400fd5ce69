// SPDX-License-Identifier: Apache-2.0
#include "argo/kept_members.hpp"

#include <utility>

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr std::size_t kNone = std::string_view::npos;
using Members = std::span<const KeptMember>;

/// Behind the string that begins at `at`; kNone: it does not end. It looks for quotes alone: that
/// is many times as fast as to look at each character.
std::size_t end_of_string(std::string_view text, std::size_t at) noexcept {
  for (std::size_t end = text.find('"', at + 1); end != kNone; end = text.find('"', end + 1)) {
    std::size_t escapes = end;
    while (text[escapes - 1] == '\\') { --escapes; }  // The first quote ends it.
    if ((end - escapes) % 2 == 0) { return end + 1; }
  }
  return kNone;
}

/// Behind the value that begins at `at`; kNone: it does not end.
std::size_t end_of_value(std::string_view text, std::size_t at) noexcept {
  std::size_t depth = 0;
  while (at < text.size()) {
    switch (text[at]) {
      case '"':
        at = end_of_string(text, at);
        if (at == kNone || depth == 0) { return at; }
        continue;
      case '{':
      case '[': ++depth; break;
      case '}':
      case ']':
        if (depth == 0) { return at; }
        if (--depth == 0) { return at + 1; }
        break;
      case ',':
        if (depth == 0) { return at; }
        break;
      default: break;
    }
    ++at;
  }
  return kNone;
}

const KeptMember* find(Members members, std::string_view name) noexcept {
  for (const KeptMember& member : members) {
    if (member.name.empty() || member.name == name) { return &member; }
  }
  return nullptr;
}

/// Reads a text once, and writes what is kept. Its functions return false where a value does not
/// end, and nothing that was written counts then.
class Keeper {
 public:
  explicit Keeper(std::string_view text) : text_(text) {}

  bool keep(Members members) {
    skip_space();
    if (members.empty() || (next() != '{' && next() != '[')) { return copy(); }
    return next() == '{' ? keep_object(members) : keep_array(members);
  }

  std::string take_rest() { return std::move(out_.append(text_, at_, kNone)); }

 private:
  char next() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_space() noexcept {
    while (next() == ' ' || next() == '\n' || next() == '\t' || next() == '\r') { ++at_; }
  }

  bool skip() noexcept {
    const std::size_t end = end_of_value(text_, at_);
    if (end == kNone || end == at_) { return false; }
    at_ = end;
    return true;
  }

  bool copy() {
    const std::size_t begin = at_;
    if (!skip()) { return false; }
    out_.append(text_, begin, at_ - begin);
    return true;
  }

  /// What stands between two brackets. `keep_one` keeps what begins here.
  template <class KeepOne>
  bool keep_between(char closing, const KeepOne& keep_one) {
    out_ += text_[at_++];
    skip_space();
    for (bool goes_on = next() != closing; goes_on;) {
      if (!keep_one()) { return false; }
      skip_space();
      goes_on = next() == ',';
      if (goes_on) {
        ++at_;
        skip_space();
      }
    }
    if (next() != closing) { return false; }
    out_ += text_[at_++];
    skip_space();
    return true;
  }

  /// Behind what is kept before this, if something is.
  void put_comma(char opening) {
    if (out_.back() != opening) { out_ += ','; }
  }

  bool keep_object(Members members) {
    return keep_between('}', [&] { return keep_member(members); });
  }

  bool keep_member(Members members) {
    if (next() != '"') { return false; }
    const std::size_t end = end_of_string(text_, at_);
    if (end == kNone) { return false; }
    const std::string_view name = text_.substr(at_ + 1, end - at_ - 2);
    at_ = end;
    skip_space();
    if (next() != ':') { return false; }
    ++at_;
    skip_space();
    const KeptMember* const member = find(members, name);
    if (member == nullptr) { return skip(); }
    put_comma('{');
    out_.append("\"").append(name).append("\":");
    return keep(member->members);
  }

  /// An array in an array is kept whole, so that this does not call itself as deep as a text says.
  bool keep_array(Members members) {
    return keep_between(']', [&] {
      put_comma('[');
      return next() == '{' ? keep_object(members) : copy();
    });
  }

  const std::string_view text_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::string kept_members(std::string_view text, std::span<const KeptMember> members) {
  Keeper keeper(text);
  return keeper.keep(members) ? keeper.take_rest() : std::string(text);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
