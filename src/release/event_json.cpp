// SPDX-License-Identifier: Apache-2.0
// Events as lines of a journal: {"at":1500,"event":"hook-failed","ticket":3,"message":"..."}.
#include <array>
#include <charconv>
#include <utility>

#include "base/guard.hpp"
#include "base/json_writer.hpp"
#include "base/utf8.hpp"
#include "document/document.hpp"
#include "promoflow/event.hpp"

namespace promoflow {

namespace {

using detail::Document;
using detail::JsonWriter;
using detail::kNoNode;
using detail::NodeId;
using detail::NodeKind;

/// The words for Event::What's alternatives, in their order.
constexpr std::array<std::string_view, std::variant_size_v<Event::What>> kWords = {
    "tick",
    "hook-succeeded",
    "hook-failed",
    "promotion-succeeded",
    "promotion-failed",
    "suspended",
    "resumed",
    "terminate",
    "retry"};

constexpr std::string_view kHexDigits = "0123456789abcdef";

/// A text that is not UTF-8 is written as an array of one string of hexadecimal digits.
void write_text(JsonWriter& json, std::string_view key, std::string_view text) {
  json.key(key);
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
  void operator()(const Tick&) const {}
  void operator()(const Retry&) const {}
  void operator()(const HookSucceeded& what) const {
    ticket(what.ticket);
    if (what.context) { write_text(json, "context", *what.context); }
  }
  void operator()(const HookFailed& what) const {
    ticket(what.ticket);
    write_text(json, "message", what.message);
    if (what.context) { write_text(json, "context", *what.context); }
  }
  void operator()(const PromotionSucceeded& what) const { ticket(what.ticket); }
  void operator()(const PromotionFailed& what) const {
    ticket(what.ticket);
    write_text(json, "message", what.message);
  }
  void operator()(const Suspended& what) const { ticket(what.ticket); }
  void operator()(const Resumed& what) const { ticket(what.ticket); }
  void operator()(const Terminate& what) const { write_text(json, "reason", what.reason); }
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
    if (document_.kind(node) == NodeKind::String) {
      kept = document_.text(node);
    } else {
      read_bytes(document_.first(node), kept);
    }
    return kept;
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

/// The other way round than Writer. `texts` has room for two.
struct Reader {
  LineReader& line;
  std::string* texts;

  void ticket(Ticket& ticket) const { ticket = line.ticket(); }
  void message(std::string_view key, std::string_view& text) const {
    text = *line.text(key, true, texts[0]);
  }
  void context(std::optional<std::string_view>& text) const {
    text = line.text("context", false, texts[1]);
  }
  void operator()(Tick&) const {}
  void operator()(Retry&) const {}
  void operator()(HookSucceeded& what) const {
    ticket(what.ticket);
    context(what.context);
  }
  void operator()(HookFailed& what) const {
    ticket(what.ticket);
    message("message", what.message);
    context(what.context);
  }
  void operator()(PromotionSucceeded& what) const { ticket(what.ticket); }
  void operator()(PromotionFailed& what) const {
    ticket(what.ticket);
    message("message", what.message);
  }
  void operator()(Suspended& what) const { ticket(what.ticket); }
  void operator()(Resumed& what) const { ticket(what.ticket); }
  void operator()(Terminate& what) const { message("reason", what.reason); }
};

/// The alternative that `word` stands for; false if for none.
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

Result<StoredEvent> StoredEvent::read(std::string_view text) noexcept {
  return detail::guarded([&]() -> Result<StoredEvent> {
    const auto refuse = [](std::string why) {
      return tl::unexpected(Error{ErrorCode::InvalidEvent, "line", std::move(why)});
    };
    Document document;
    std::vector<Diagnostic> problems;
    ReadOptions options{.format = TextFormat::Json, .limits = {}};
    options.limits.text_bytes_max = SIZE_MAX;
    options.limits.name_bytes_max = SIZE_MAX;
    detail::read_document(text, options, document, problems, detail::DuplicateKeys::LastWins);
    if (!problems.empty()) { return refuse("not JSON; give a whole line as to_json() wrote it"); }
    LineReader line(document, document.roots.front());
    StoredEvent stored;
    stored.texts_ = std::make_unique<std::string[]>(2);
    stored.event_.at = Instant{std::chrono::milliseconds{line.number<std::int64_t>("at")}};
    std::string word;
    line.text("event", true, word);
    const bool known = choose(word, stored.event_.what, std::make_index_sequence<kWords.size()>());
    std::visit(Reader{line, stored.texts_.get()}, stored.event_.what);
    if (!known || line.damaged()) {
      return refuse("not an event; give a whole line as to_json() wrote it");
    }
    return stored;
  });
}

}  // namespace promoflow
