// SPDX-License-Identifier: Apache-2.0
#include "argo/names.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "base/sha256.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr std::size_t kHashDigits = 12;
constexpr std::size_t kApplicationMax = 20;

bool is_lower(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_letter(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }

std::string hash_of(std::string_view text) {
  Sha256 hash;
  hash.add(text);
  return hash.finish().substr(0, kHashDigits);
}

/// Without what a name may neither begin nor end with.
template <class IsInner>
std::string trimmed(std::string text, IsInner is_inner) {
  const auto begin = std::find_if(text.begin(), text.end(), is_inner);
  text.erase(text.begin(), begin);
  while (!text.empty() && !is_inner(text.back())) { text.pop_back(); }
  return text;
}

/// What of a text may begin a DNS-1123 name.
std::string dns_part(std::string_view text, std::size_t size_max) {
  std::string part;
  for (const char c : text) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const char kept = is_lower(lower) ? lower : '-';
    if (kept == '-' && part.ends_with('-')) { continue; }
    part += kept;
    if (part.size() == size_max) { break; }
  }
  return trimmed(std::move(part), is_lower);
}

/// The text itself where it may begin a DNS-1123 name and is not too long, else with a hash.
std::string distinct_name(std::string_view text, std::size_t size_max) {
  if (size_max < kHashDigits + 3) { return hash_of(text).substr(0, size_max); }
  std::string name = dns_part(text, size_max + 1);
  if (name == text && name.size() <= size_max) { return name; }
  name = dns_part(text, size_max - kHashDigits - 2);
  if (name.empty()) { name = "r"; }
  return name + "--" + hash_of(text);
}

}  // namespace

std::string workflow_name(std::string_view release_id, Ticket ticket, std::uint32_t attempt,
                          std::string_view suffix) {
  std::string end = "-";
  end += std::to_string(static_cast<std::uint64_t>(ticket));
  end += '-';
  end += std::to_string(attempt);
  end += suffix;
  return distinct_name(release_id, kWorkflowNameMax - end.size()) + end;
}

std::string application_part(std::string_view application) {
  return distinct_name(application, kApplicationMax);
}

std::string lease_name(std::string_view release_id) {
  constexpr std::string_view kPrefix = "promoflow-";
  return std::string(kPrefix) + distinct_name(release_id, kWorkflowNameMax - kPrefix.size());
}

std::optional<std::uint32_t> attempt_of(std::string_view name, std::string_view release_id,
                                        Ticket ticket) {
  const std::string_view digits = name.substr(name.rfind('-') + 1);
  std::uint32_t attempt = 0;
  const auto [at, error] = std::from_chars(digits.data(), digits.data() + digits.size(), attempt);
  const bool is_ours = error == std::errc() && at == digits.data() + digits.size() &&
                       name == workflow_name(release_id, ticket, attempt);
  return is_ours ? std::optional(attempt) : std::nullopt;
}

std::string label_value(std::string_view text) {
  std::string value;
  for (const char c : text.substr(0, kLabelValueMax)) {
    value += is_letter(c) || c == '-' || c == '_' || c == '.' ? c : '-';
  }
  return trimmed(std::move(value), is_letter);
}

std::string distinct_label_value(std::string_view text) {
  std::string value = label_value(text);
  if (value == text && value.find("--") == std::string::npos) { return value; }
  value.resize(std::min(value.size(), kLabelValueMax - kHashDigits - 2));
  value = trimmed(std::move(value), is_letter);
  if (value.empty()) { value = "r"; }
  return value + "--" + hash_of(text);
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
