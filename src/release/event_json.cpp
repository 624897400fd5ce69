// SPDX-License-Identifier: Apache-2.0
// Events as lines of a journal: {"at":1500,"event":"hook-failed","ticket":3,"message":"..."}.
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "base/guard.hpp"
#include "base/json_writer.hpp"
#include "base/utf8.hpp"
#include "document/document.hpp"
#include "document/not_json.hpp"
#include "promoflow/event.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace {

using detail::Document;
using detail::JsonWriter;
using detail::kNoNode;
using detail::NodeId;
using detail::NodeKind;

/// The names of Event::What's alternatives, in their order.
constexpr std::array<std::string_view, std::variant_size_v<Event::What>> kWords = {
    "tick",
    "hook-succeeded",
    "hook-failed",
    "promotion-succeeded",
    "promotion-failed",
    "suspended",
    "resumed",
    "terminate",
    "retry",
    "queued",
    "started",
    "skip",
    "release-started"};

constexpr std::string_view kHexDigits = "0123456789abcdef";

/// A text that is not UTF-8 is written as an array of one string of hexadecimal digits.
void write_text(JsonWriter& json, std::string_view text) {
  if (detail::is_utf8(text)) {
    json.text(text);
    return;
  }
  std::string digits;
  for (const char byte : text) {
    digits += kHexDigits[static_cast<unsigned char>(byte) >> 4U];
    digits += kHexDigits[static_cast<unsigned char>(byte) & 15U];
  }
  json.begin_array().text(digits).end_array();
}

struct Writer {
  JsonWriter& json;

  void ticket(Ticket ticket) const {
    json.key("ticket").number(static_cast<std::uint64_t>(ticket));
  }
  void text(std::string_view key, std::string_view value) const {
    json.key(key);
    write_text(json, value);
  }
  /// A member that is left out where it is empty.
  void given(std::string_view key, std::string_view value) const {
    if (!value.empty()) { text(key, value); }
  }
  void names(std::string_view key, const std::optional<std::vector<std::string>>& list) const {
    if (!list) { return; }
    json.key(key).begin_array();
    for (const std::string& name : *list) { write_text(json, name); }
    json.end_array();
  }
  void operator()(const Tick&) const {}
  void operator()(const HookSucceeded& what) const {
    ticket(what.ticket);
    if (what.context) { text("context", *what.context); }
  }
  void operator()(const HookFailed& what) const {
    ticket(what.ticket);
    text("message", what.message);
    if (what.context) { text("context", *what.context); }
  }
  void operator()(const PromotionSucceeded& what) const { ticket(what.ticket); }
  void operator()(const PromotionFailed& what) const {
    ticket(what.ticket);
    text("message", what.message);
  }
  void operator()(const Suspended& what) const { ticket(what.ticket); }
  void operator()(const Resumed& what) const {
    ticket(what.ticket);
    given("by", what.by);
  }
  void operator()(const Queued& what) const { ticket(what.ticket); }
  void operator()(const Started& what) const { ticket(what.ticket); }
  void operator()(const Terminate& what) const {
    text("reason", what.reason);
    if (what.force) { json.key("force").boolean(true); }
    given("by", what.by);
  }
  void operator()(const Retry& what) const {
    if (what.environments) {
      json.key("environments").begin_array();
      for (const std::string_view name : *what.environments) { write_text(json, name); }
      json.end_array();
    }
    given("by", what.by);
  }
  void operator()(const Skip& what) const {
    text("environment", what.environment);
    given("reason", what.reason);
    given("by", what.by);
  }
  void operator()(const ReleaseStarted& what) const {
    json.key("fingerprint").text(fmt::format("{:016x}", what.fingerprint));
    static const ReleaseInfo kNone;
    const ReleaseInfo& info = what.info != nullptr ? *what.info : kNone;
    text("id", info.id);
    given("url", info.url);
    given("product", info.product);
    given("version", info.version);
    given("commitSha", info.commit_sha);
    given("context", what.context);
    if (what.selection == nullptr) { return; }
    names("skip", what.selection->skip);
    names("until", what.selection->until);
    names("only", what.selection->only);
  }
};

/// Reads the members of a line; a member that is missing or of the wrong type is remembered.
class LineReader {
 public:
  LineReader(const Document& document, NodeId root) : document_(document), root_(root) {}

  bool damaged() const noexcept { return damaged_; }

  template <class T>
  T number(std::string_view key) {
    const NodeId node = document_.find(root_, key);
    T value{};
    if (node == kNoNode || document_.kind(node) != NodeKind::Integer) {
      damaged_ = true;
      return value;
    }
    const std::string_view digits = document_.text(node);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    damaged_ = damaged_ || read.ec != std::errc();
    return value;
  }
  Ticket ticket() { return Ticket{number<std::uint64_t>("ticket")}; }
  std::optional<std::string_view> text(std::string_view key, bool required, std::string& kept) {
    const NodeId node = document_.find(root_, key);
    if (node == kNoNode) {
      damaged_ = damaged_ || required;
      return required ? std::optional(std::string_view()) : std::nullopt;
    }
    read_text(node, kept);
    return kept;
  }
  /// Not given: false.
  bool boolean(std::string_view key) {
    const NodeId node = document_.find(root_, key);
    if (node == kNoNode) { return false; }
    damaged_ = damaged_ || document_.kind(node) != NodeKind::Bool;
    return document_.text(node) == "true";
  }
  std::uint64_t hexadecimal(std::string_view key) {
    std::string digits;
    text(key, true, digits);
    std::uint64_t value = 0;
    const char* const end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, value, 16);
    damaged_ = damaged_ || read.ec != std::errc() || read.ptr != end;
    return value;
  }
  /// The elements of a list of texts; not given: nothing.
  std::optional<std::vector<NodeId>> list(std::string_view key) {
    const NodeId node = document_.find(root_, key);
    if (node == kNoNode) { return std::nullopt; }
    damaged_ = damaged_ || document_.kind(node) != NodeKind::Sequence;
    std::vector<NodeId> elements;
    if (!damaged_) {
      for (NodeId at = document_.first(node); at != kNoNode; at = document_.next(at)) {
        elements.push_back(at);
      }
    }
    return elements;
  }
  void read_text(NodeId node, std::string& kept) {
    if (document_.kind(node) == NodeKind::String) {
      kept = document_.text(node);
    } else {
      read_bytes(document_.first(node), kept);
    }
  }

 private:
  void read_bytes(NodeId node, std::string& kept) {
    if (node == kNoNode || document_.kind(node) != NodeKind::String ||
        document_.text(node).size() % 2 != 0) {
      damaged_ = true;
      return;
    }
    const std::string_view digits = document_.text(node);
    for (std::size_t i = 0; i < digits.size(); i += 2) {
      const std::size_t high = kHexDigits.find(digits[i]);
      const std::size_t low = kHexDigits.find(digits[i + 1]);
      damaged_ = damaged_ || high > 15 || low > 15;
      kept += static_cast<char>((high << 4U) | low);
    }
  }

  const Document& document_;
  NodeId root_;
  bool damaged_ = false;
};

/// Reads what Writer writes, and keeps the texts for the event's views.
class Reader {
 public:
  Reader(LineReader& line, std::unique_ptr<std::string[]>& texts,
         std::unique_ptr<std::string_view[]>& names, detail::StoredStart* start)
      : line_(line), texts_(texts), names_(names), start_(start) {
    texts_ = std::make_unique<std::string[]>(kTexts);
  }

  void operator()(Tick&) const {}
  void operator()(HookSucceeded& what) const {
    what.ticket = line_.ticket();
    what.context = line_.text("context", false, texts_[1]);
  }
  void operator()(HookFailed& what) const {
    what.ticket = line_.ticket();
    what.message = required("message", 0);
    what.context = line_.text("context", false, texts_[1]);
  }
  void operator()(PromotionSucceeded& what) const { what.ticket = line_.ticket(); }
  void operator()(PromotionFailed& what) const {
    what.ticket = line_.ticket();
    what.message = required("message", 0);
  }
  void operator()(Queued& what) const { what.ticket = line_.ticket(); }
  void operator()(Started& what) const { what.ticket = line_.ticket(); }
  void operator()(Suspended& what) const { what.ticket = line_.ticket(); }
  void operator()(Resumed& what) const {
    what.ticket = line_.ticket();
    what.by = given("by", 0);
  }
  void operator()(Terminate& what) const {
    what.reason = required("reason", 0);
    what.force = line_.boolean("force");
    what.by = given("by", 1);
  }
  void operator()(Retry& what) const {
    const std::optional<std::vector<NodeId>> list = line_.list("environments");
    if (list) {
      texts_ = std::make_unique<std::string[]>(kTexts + list->size());
      names_ = std::make_unique<std::string_view[]>(list->size());
      for (std::size_t i = 0; i < list->size(); ++i) {
        line_.read_text((*list)[i], texts_[kTexts + i]);
        names_[i] = texts_[kTexts + i];
      }
      what.environments = std::span<const std::string_view>(names_.get(), list->size());
    }
    what.by = given("by", 0);
  }
  void operator()(Skip& what) const {
    what.environment = required("environment", 0);
    what.reason = given("reason", 1);
    what.by = given("by", 2);
  }
  void operator()(ReleaseStarted& what) const {
    what.fingerprint = line_.hexadecimal("fingerprint");
    line_.text("id", true, start_->info.id);
    line_.text("url", false, start_->info.url);
    line_.text("product", false, start_->info.product);
    line_.text("version", false, start_->info.version);
    line_.text("commitSha", false, start_->info.commit_sha);
    what.info = &start_->info;
    what.context = given("context", 0);
    start_->selection.skip = name_list("skip");
    start_->selection.until = name_list("until");
    start_->selection.only = name_list("only");
    if (start_->selection != EnvironmentSelection{}) { what.selection = &start_->selection; }
  }

 private:
  static constexpr std::size_t kTexts = 3;  ///< Besides those of lists.

  std::string_view required(std::string_view key, std::size_t text) const {
    return *line_.text(key, true, texts_[text]);
  }
  std::string_view given(std::string_view key, std::size_t text) const {
    return line_.text(key, false, texts_[text]).value_or(std::string_view());
  }
  std::optional<std::vector<std::string>> name_list(std::string_view key) const {
    const std::optional<std::vector<NodeId>> list = line_.list(key);
    if (!list) { return std::nullopt; }
    std::vector<std::string> names(list->size());
    for (std::size_t i = 0; i < names.size(); ++i) { line_.read_text((*list)[i], names[i]); }
    return names;
  }

  LineReader& line_;
  std::unique_ptr<std::string[]>& texts_;
  std::unique_ptr<std::string_view[]>& names_;
  detail::StoredStart* start_;  ///< Set for ReleaseStarted.
};

/// Makes the alternative that `word` names; false: it names none.
template <std::size_t... index>
bool choose(std::string_view word, Event::What& what, std::index_sequence<index...>) {
  return ((kWords[index] == word && (what.emplace<index>(), true)) || ...);
}

}  // namespace

Result<std::string> to_json(const Event& event) noexcept {
  return detail::guarded([&]() -> Result<std::string> {
    std::string out;
    JsonWriter json(out);
    json.begin_object().key("at").number(event.at.time_since_epoch().count());
    json.key("event").text(kWords[event.what.index()]);
    std::visit(Writer{json}, event.what);
    json.end_object();
    return out;
  });
}

StoredEvent::StoredEvent(StoredEvent&& other) noexcept
    : texts_(std::move(other.texts_)),
      names_(std::move(other.names_)),
      start_(std::move(other.start_)),
      event_(std::exchange(other.event_, {})) {}

StoredEvent& StoredEvent::operator=(StoredEvent&& other) noexcept {
  std::swap(texts_, other.texts_);
  std::swap(names_, other.names_);
  std::swap(start_, other.start_);
  event_ = std::exchange(other.event_, {});
  return *this;
}

Result<StoredEvent> StoredEvent::read(std::string_view text) noexcept {
  return detail::guarded([&]() -> Result<StoredEvent> {
    const auto refuse = [](std::string why) {
      return tl::unexpected(Error{ErrorCode::InvalidEvent, "line", std::move(why)});
    };
    Document document;
    std::vector<Diagnostic> problems;
    const ReadOptions options{.format = TextFormat::Json,
                              .limits = detail::limits_of_own_text(TextLimits{}.depth_max)};
    detail::read_document(text, options, document, problems);
    if (!problems.empty()) {
      const Diagnostic& first = problems.front();
      const bool is_json = first.code == DiagnosticCode::DuplicateKey;  // But not as we write it.
      return refuse((is_json ? first.message : detail::describe_not_json(text, first).text()) +
                    "; give a whole line as to_json() wrote it");
    }
    LineReader line(document, document.roots.front());
    StoredEvent stored;
    stored.event_.at = Instant{std::chrono::milliseconds{line.number<std::int64_t>("at")}};
    std::string word;
    line.text("event", true, word);
    const bool known = choose(word, stored.event_.what, std::make_index_sequence<kWords.size()>());
    if (std::holds_alternative<ReleaseStarted>(stored.event_.what)) {
      stored.start_ = std::make_unique<detail::StoredStart>();
    }
    std::visit(Reader(line, stored.texts_, stored.names_, stored.start_.get()), stored.event_.what);
    if (!known || line.damaged()) {
      return refuse("not an event; give a whole line as to_json() wrote it");
    }
    return stored;
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
