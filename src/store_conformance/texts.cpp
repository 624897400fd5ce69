// SPDX-License-Identifier: Apache-2.0
// The values of a store as texts: two are equal if their texts are.
#include <fmt/format.h>

#include "store_conformance/writer.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::conformance {

namespace {

std::int64_t ms(Instant time) { return time.time_since_epoch().count(); }

std::string ms(const std::optional<Instant>& time) {
  return time ? std::to_string(ms(*time)) : "none";
}

/// Quoted, with what a terminal would not show written as numbers.
std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7e || c == '\'') {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string in_quotes(const std::optional<std::string>& text) {
  return text ? in_quotes(std::string_view(*text)) : "none";
}

std::string in_quotes(const std::optional<std::vector<std::string>>& names) {
  if (!names) { return "none"; }
  std::string out = "[";
  for (const std::string& name : *names) { out += in_quotes(std::string_view(name)) + ' '; }
  return out + "]";
}

std::string text_of(const ReleaseInfo& info) {
  return fmt::format(
      "id {} url {} product {} version {} commit {}", in_quotes(std::string_view(info.id)),
      in_quotes(std::string_view(info.url)), in_quotes(std::string_view(info.product)),
      in_quotes(std::string_view(info.version)), in_quotes(std::string_view(info.commit_sha)));
}

}  // namespace

std::string text_of(const StoreStart& start) {
  const auto text = [](const std::string& value) { return in_quotes(std::string_view(value)); };
  return fmt::format(
      "{} flow {} fingerprint {} manifest {} context {} skip {} until {} only {} at {} library {} "
      "executor {} run {} trace {}",
      text_of(start.info), text(start.flow_name), text(start.fingerprint), text(start.manifest),
      text(start.context), in_quotes(start.selection.skip), in_quotes(start.selection.until),
      in_quotes(start.selection.only), ms(start.at), text(start.library_version),
      text(start.executor), text(start.run), text(start.trace));
}

std::string text_of(const StoredEntry& entry) {
  return fmt::format("{} at {} {} trace {} hash {}", entry.sequence, ms(entry.at),
                     in_quotes(std::string_view(entry.event)),
                     in_quotes(std::string_view(entry.trace)),
                     in_quotes(std::string_view(entry.hash)));
}

std::string text_of(const StoredCommand& command) {
  return fmt::format(
      "ticket {} hook {} environment {} point {} attempt {} {} issued {} handed {} ended {} "
      "stopped {} succeeded {} reference {} message {} context {}",
      static_cast<std::uint64_t>(command.ticket), in_quotes(std::string_view(command.hook)),
      in_quotes(command.environment), static_cast<int>(command.point), command.attempt,
      to_string(command.state), ms(command.issued), ms(command.handed), ms(command.ended),
      ms(command.stopped), command.succeeded ? (*command.succeeded ? "yes" : "no") : "none",
      in_quotes(std::string_view(command.reference)), in_quotes(std::string_view(command.message)),
      in_quotes(command.context));
}

std::string text_of(const StoredRequest& request) {
  return fmt::format(
      "{} for {} event {} by {} asked {} decided {} applied {} message {}", request.id,
      in_quotes(std::string_view(request.release)), in_quotes(std::string_view(request.event)),
      in_quotes(std::string_view(request.by)), ms(request.asked), ms(request.decided),
      request.applied, in_quotes(std::string_view(request.message)));
}

std::string text_of(const StoreOwner& owner) {
  return fmt::format("{} host {} boot {} process {} started {} since {} heartbeat {}",
                     in_quotes(std::string_view(owner.id)), in_quotes(std::string_view(owner.host)),
                     in_quotes(std::string_view(owner.boot_id)), owner.process,
                     owner.process_started, ms(owner.since), ms(owner.heartbeat));
}

std::string text_of(const StoredRelease& release) {
  return fmt::format(
      "{} flow {} fingerprint {} {} status {} phase {} created {} updated {} ended {} owner {} "
      "epoch {} sequence {} head {}",
      in_quotes(std::string_view(release.id)), in_quotes(std::string_view(release.flow_name)),
      in_quotes(std::string_view(release.fingerprint)), text_of(release.info),
      to_string(release.status), in_quotes(std::string_view(release.phase)), ms(release.created),
      ms(release.updated), ms(release.ended), release.owner ? text_of(*release.owner) : "none",
      release.epoch, release.sequence, in_quotes(std::string_view(release.head)));
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::conformance
