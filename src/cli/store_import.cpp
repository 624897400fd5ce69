// SPDX-License-Identifier: Apache-2.0
// Reads the document of `promoflow export --format json` again. Only its form is checked here: that
// its hashes, its fingerprint and its status fit is for verify_history() and replay_history().
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "cli/store_export.hpp"
#include "document/not_json.hpp"
#include "promoflow/store_history.hpp"
#include "promoflow/text.hpp"
#include "store/start_json.hpp"

namespace promoflow::cli {
namespace {

using Json = nlohmann::json;

std::string kind_of(const Json& json) {
  if (json.is_null()) { return "null"; }
  if (json.is_number()) { return "a number"; }
  if (json.is_boolean()) { return "a boolean"; }
  if (json.is_string()) { return "a text"; }
  return json.is_array() ? "a list" : "an object";
}

/// Members of an object of the document. The first that is missing, or of another type, is noted;
/// what is read in its place is empty.
class Reader {
 public:
  /// `place` is the object's in the document, such as `start.`; `problem` is where to note.
  Reader(const Json& json, std::string place, std::string& problem)
      : json_(json), place_(std::move(place)), problem_(problem) {
    if (!json.is_object() && problem_.empty() && !place_.empty()) {
      place_.pop_back();
      problem_ = fmt::format("'{}' is {}, not an object", place_, kind_of(json));
    }
  }
  std::string text(const char* key) {
    const Json* const found = member(key, "a text", &Json::is_string);
    return found == nullptr ? std::string() : found->get<std::string>();
  }
  std::int64_t number(const char* key) {
    const Json* const found = member(key, "a whole number", &Json::is_number_integer);
    return found == nullptr ? 0 : found->get<std::int64_t>();
  }
  std::uint64_t count(const char* key) {
    const Json* const found = member(key, "a whole number from 0", &Json::is_number_unsigned);
    return found == nullptr ? 0 : found->get<std::uint64_t>();
  }
  Instant time(const char* key) { return Instant(std::chrono::milliseconds(number(key))); }
  const Json& object(const char* key) {
    static const Json kNone = Json::object();
    const Json* const found = member(key, "an object", &Json::is_object);
    return found == nullptr ? kNone : *found;
  }
  const Json& list(const char* key) {
    static const Json kNone = Json::array();
    const Json* const found = member(key, "a list", &Json::is_array);
    return found == nullptr ? kNone : *found;
  }
  bool has(const char* key) const { return json_.contains(key); }
  void note(std::string problem) {
    if (problem_.empty()) { problem_ = std::move(problem); }
  }

 private:
  const Json* member(const char* key, const char* wanted,
                     bool (Json::*is_wanted)() const noexcept) {
    const auto found = json_.find(key);
    if (found == json_.end()) {
      note(fmt::format("'{}{}' is missing", place_, key));
      return nullptr;
    }
    if (((*found).*is_wanted)()) { return &*found; }
    note(fmt::format("'{}{}' is {}, not {}", place_, key, kind_of(*found), wanted));
    return nullptr;
  }

  const Json& json_;
  std::string place_;
  std::string& problem_;
};

tl::unexpected<Error> no_document(const std::string& why, const std::string& release = "ID") {
  return tl::unexpected(
      Error{ErrorCode::InvalidArgument, "",
            fmt::format("this is no document of 'promoflow export --format json': {}; write it "
                        "anew with 'promoflow export {} --format json'",
                        why, release)});
}

/// Why a text is no JSON object.
std::string describe_text(std::string_view text) {
  if (text.empty()) { return "it is empty"; }
  if (text.starts_with("<!doctype html>")) {
    return "it is an HTML page, as 'promoflow export --format html' writes it";
  }
  const Json line = Json::parse(text.substr(0, text.find('\n')), nullptr, false);
  if (line.is_object() && line.contains("event")) {
    return "it is a trace, as 'promoflow export --format jsonl' writes it, which does not have all "
           "that is stored";
  }
  detail::Document document;
  std::vector<Diagnostic> problems;
  const ReadOptions options{.format = TextFormat::Json,
                            .limits = detail::limits_of_own_text(TextLimits{}.depth_max)};
  detail::read_document(text, options, document, problems, detail::DuplicateKeys::LastWins);
  if (!problems.empty()) { return detail::describe_not_json(text, problems.front()).text(); }
  return detail::describe_not_object(text, document.kind(document.roots.front())).text();
}

StoreStart read_start(Reader& whole, Reader& start) {
  return {.info = {.id = whole.text("id"),
                   .url = whole.text("url"),
                   .product = whole.text("product"),
                   .version = whole.text("version"),
                   .commit_sha = whole.text("commitSha")},
          .flow_name = whole.text("flow"),
          .fingerprint = whole.text("fingerprint"),
          .manifest = whole.text("manifest"),
          .context = start.text("context"),
          .selection = detail::selection_from_json(start.object("selection").dump()),
          .at = start.time("at"),
          .library_version = start.text("library"),
          .executor = start.text("executor"),
          .run = start.text("run"),
          .trace = start.text("trace")};
}

ReleaseStatus read_status(Reader& whole) {
  const std::string word = whole.text("status");
  for (const ReleaseStatus status : kReleaseStatuses) {
    if (word == to_string(status)) { return status; }
  }
  whole.note(fmt::format("'status' is '{}', which is no status of a release", word));
  return {};
}

std::vector<StoredEntry> read_entries(Reader& whole, std::string& problem) {
  std::vector<StoredEntry> entries;
  for (const Json& event : whole.list("events")) {
    Reader entry(event, fmt::format("events[{}].", entries.size()), problem);
    const std::uint64_t sequence = entry.count("sequence");
    if (sequence != entries.size() + 1) {
      entry.note(fmt::format("event {} is missing: event {} stands in its place",
                             entries.size() + 1, sequence));
    }
    entries.push_back({.sequence = sequence,
                       .at = entry.time("at"),
                       .event = entry.text("event"),
                       .trace = entry.text("trace"),
                       .hash = entry.text("hash")});
    if (!problem.empty()) { break; }
  }
  return entries;
}

/// The head of the chain of hashes. Older documents do not say it, nor how many events there are.
std::string read_head(Reader& whole, const ReleaseWrite& write) {
  if (whole.has("sequence") && whole.count("sequence") != write.entries.size()) {
    whole.note(fmt::format("it has {} events, but says that its last one is event {}",
                           write.entries.size(), whole.count("sequence")));
  }
  if (whole.has("head")) { return whole.text("head"); }
  return write.entries.empty() ? chain_hash(*write.start) : write.entries.back().hash;
}

}  // namespace

Result<std::string> import_release(Store& store, std::string_view text) {
  if (text.size() > TextLimits{}.text_bytes_max) {
    return no_document(
        "it is larger than 64 MiB, and only so much of a file is read; replay the "
        "release from its store: 'promoflow replay ID --store FILE'");
  }
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) { return no_document(describe_text(text)); }
  std::string problem;
  Reader whole(json, "", problem);
  if (!whole.has(kExportKey)) {
    return no_document(json.contains("event") ? describe_text(text)
                                              : fmt::format("'{}' is missing", kExportKey));
  }
  if (whole.number(kExportKey) != kExportVersion) {
    return no_document(fmt::format("its '{}' is not {}", kExportKey, kExportVersion));
  }
  Reader start(whole.object("start"), "start.", problem);
  ReleaseWrite write{.owner = "import", .epoch = 1};
  write.start = read_start(whole, start);
  write.release = write.start->info.id;
  write.status = read_status(whole);
  write.entries = read_entries(whole, problem);
  write.head = read_head(whole, write);
  if (!problem.empty()) {
    return no_document(problem, write.release.empty() ? "ID" : write.release);
  }
  const auto written = store.commit({&write, 1});
  if (!written) { return tl::unexpected(written.error()); }
  if (!written->front()) { return no_document(written->front().error().message, write.release); }
  return write.release;
}

}  // namespace promoflow::cli
