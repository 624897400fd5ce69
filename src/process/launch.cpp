// SPDX-License-Identifier: Apache-2.0
// From a call to the names of its files and to its JSON.
#include "process/launch.hpp"

#include <cstdint>

#include "base/json_writer.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

/// A release's id as the name of a directory; different ids have different ones.
std::string directory_name(std::string_view id) {
  constexpr std::size_t kPlainMax = 200;
  std::string name;
  for (const char c : id) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || (c == '.' && !name.empty());
    if (plain) {
      name += c;
    } else {
      name += '%';
      name += kDigits[byte >> 4U];
      name += kDigits[byte & 15U];
    }
  }
  if (name.size() > kPlainMax) {
    name.resize(kPlainMax);
    name += '%' + hash_text(id);
  }
  return name;
}

void write_arguments(JsonWriter& json,
                     const std::vector<std::pair<std::string, std::string>>& arguments) {
  json.key("arguments").begin_object();
  for (const auto& [name, value] : arguments) { json.key(name).text(value); }
  json.end_object();
}

struct WriteFacts {
  JsonWriter& json;

  void operator()(const HookCall& call) const {
    json.key("hook").text(call.hook).key("point").text(to_string(call.point));
    if (call.environment) { json.key("environment").text(*call.environment); }
    json.key("attempt").number(call.attempt);
    write_arguments(json, call.arguments);
    json.key("context").raw(call.context.empty() ? "{}" : call.context);
  }
  void operator()(const PromotionCall& call) const {
    json.key("environment").text(call.environment).key("attempt").number(call.attempt);
    const Policy& policy = call.policy;
    json.key("policy").begin_object();
    if (policy.action) { json.key("action").text(to_string(*policy.action)); }
    if (policy.pre_action) { json.key("preAction").text(*policy.pre_action); }
    if (policy.post_action) { json.key("postAction").text(*policy.post_action); }
    json.end_object();
    if (!call.application.empty()) { json.key("application").text(call.application); }
    write_arguments(json, call.arguments);
  }
};

}  // namespace

std::string hash_text(std::string_view text) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : text) { hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U; }
  std::string digits;
  for (int shift = 60; shift >= 0; shift -= 4) { digits += kDigits[(hash >> shift) & 15U]; }
  return digits;
}

Ticket ticket_of(const Call& call) noexcept {
  const auto* hook = std::get_if<HookCall>(&call);
  return hook != nullptr ? hook->ticket : std::get_if<PromotionCall>(&call)->ticket;
}

const std::string& release_of(const Call& call) noexcept {
  const auto* hook = std::get_if<HookCall>(&call);
  return hook != nullptr ? hook->release_id : std::get_if<PromotionCall>(&call)->release_id;
}

std::string_view application_of(const Call& call) noexcept {
  const auto* promotion = std::get_if<PromotionCall>(&call);
  return promotion != nullptr ? promotion->application : std::string_view();
}

bool may_export(const Call& call) noexcept {
  return std::holds_alternative<HookCall>(call) || !application_of(call).empty();
}

std::string idempotency_key(const Call& call) {
  std::string key = release_of(call);
  key.append(1, '/').append(std::to_string(static_cast<std::uint64_t>(ticket_of(call))));
  if (!application_of(call).empty()) { key.append(1, '/').append(application_of(call)); }
  return key;
}

const std::vector<std::pair<std::string, std::string>>& arguments_of(const Call& call) noexcept {
  const auto* hook = std::get_if<HookCall>(&call);
  return hook != nullptr ? hook->arguments : std::get_if<PromotionCall>(&call)->arguments;
}

std::string release_directory(const std::string& work_directory, std::string_view release_id) {
  return work_directory + '/' + directory_name(release_id);
}

std::string log_path(const std::string& work_directory, std::string_view release_id,
                     Ticket ticket) {
  return release_directory(work_directory, release_id) + '/' +
         std::to_string(static_cast<std::uint64_t>(ticket)) + ".log";
}

TicketFiles files_of(const Call& call) {
  const std::string ticket = std::to_string(static_cast<std::uint64_t>(ticket_of(call)));
  const std::string_view application = application_of(call);
  const std::string base = application.empty() ? ticket : ticket + '.' + hash_text(application);
  return {directory_name(release_of(call)), ticket + ".log", base + ".arguments.json",
          base + ".context.json", base + ".rejected.txt"};
}

std::string arguments_json(const Call& call) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("releaseId").text(release_of(call));
  json.key("ticket").number(static_cast<std::uint64_t>(ticket_of(call)));
  std::visit(WriteFacts{json}, call);
  json.end_object();
  return text + '\n';
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
