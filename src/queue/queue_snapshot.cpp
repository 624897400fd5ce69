// SPDX-License-Identifier: Apache-2.0
// A release queue as JSON, and back. What was not written by snapshot() is refused.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/guard.hpp"
#include "base/json_writer.hpp"
#include "document/document.hpp"
#include "document/scalar.hpp"
#include "queue/queue_state.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

namespace detail {

namespace {

constexpr std::int64_t kVersion = 1;
constexpr std::uint32_t kDepthMax = 8;

Error invalid(std::string_view what) {
  return {ErrorCode::InvalidSnapshot, {}, fmt::format("no snapshot of a release queue: {}", what)};
}

/// Reads the members of the snapshot; whatever is missing or of another type makes it invalid.
class QueueReader {
 public:
  explicit QueueReader(const Document& document) : document_(document) {}

  bool read(NodeId root, QueueState& state) {
    const std::int64_t mode = number(root, "mode");
    const std::int64_t waiting_max = number(root, "waitingMax");
    valid_ = valid_ && (mode == 1 || mode == 2) && waiting_max >= 0 && waiting_max <= UINT32_MAX;
    if (!valid_) { return false; }
    state.options = {static_cast<QueueMode>(mode), static_cast<std::uint32_t>(waiting_max)};
    for (NodeId entry = first(root, "releases"); entry != kNoNode; entry = document_.next(entry)) {
      state.entries.push_back({text(entry, "release"), text(entry, "flow"),
                               boolean(entry, "active"), boolean(entry, "terminated")});
    }
    for (NodeId stay = first(root, "environments"); stay != kNoNode; stay = document_.next(stay)) {
      state.stays.push_back(
          {text(stay, "release"), text(stay, "environment"), boolean(stay, "inside")});
    }
    return valid_ && is_consistent(state);
  }

  std::int64_t number(NodeId object, std::string_view key) {
    const NodeId node = find(object, key, NodeKind::Integer);
    const auto value = node == kNoNode ? std::nullopt : parse_integer(document_.text(node));
    valid_ = valid_ && value.has_value();
    return value.value_or(0);
  }

  bool is_valid() const noexcept { return valid_; }

 private:
  NodeId find(NodeId object, std::string_view key, NodeKind kind) {
    const NodeId node = document_.find(object, key);
    if (node != kNoNode && document_.kind(node) == kind) { return node; }
    valid_ = false;
    return kNoNode;
  }
  NodeId first(NodeId object, std::string_view key) {
    const NodeId node = find(object, key, NodeKind::Sequence);
    return node == kNoNode ? kNoNode : document_.first(node);
  }
  std::string text(NodeId object, std::string_view key) {
    const NodeId node = find(object, key, NodeKind::String);
    return node == kNoNode ? std::string() : std::string(document_.text(node));
  }
  bool boolean(NodeId object, std::string_view key) {
    const NodeId node = find(object, key, NodeKind::Bool);
    return node != kNoNode && document_.text(node) == "true";
  }

  static bool is_consistent(const QueueState& state);

  const Document& document_;
  bool valid_ = true;
};

/// Whether a queue can be in this state.
bool QueueReader::is_consistent(const QueueState& state) {
  std::set<std::string_view> names;
  std::size_t active = 0;
  for (const QueueEntry& entry : state.entries) {
    if (entry.release.empty() || !names.insert(entry.release).second) { return false; }
    if (entry.terminated && !entry.active) { return false; }
    active += entry.active ? 1U : 0U;
  }
  const std::size_t waiting = state.entries.size() - active;
  const bool queues = state.options.mode == QueueMode::Queue;
  if (queues ? waiting > state.options.waiting_max || (active != 1 && !state.entries.empty())
             : waiting > 0) {
    return false;
  }
  if (queues && active == 1 && !state.entries.front().active) { return false; }
  std::set<std::pair<std::string_view, std::string_view>> stays;
  std::set<std::string_view> inside;
  std::set<std::string_view> wanted;
  for (const QueueStay& stay : state.stays) {
    const auto entry =
        std::find_if(state.entries.begin(), state.entries.end(),
                     [&](const QueueEntry& known) { return known.release == stay.release; });
    if (stay.environment.empty() || entry == state.entries.end() || !entry->active ||
        !stays.insert({stay.release, stay.environment}).second) {
      return false;
    }
    if (stay.inside && !inside.insert(stay.environment).second) { return false; }
    wanted.insert(stay.environment);
  }
  return wanted == inside;
}

}  // namespace

}  // namespace detail

Result<std::string> ReleaseQueue::snapshot() const noexcept {
  return detail::guarded([&]() -> Result<std::string> {
    if (!state_) { return tl::unexpected(detail::moved_from("ReleaseQueue")); }
    std::string text;
    detail::JsonWriter out(text);
    out.begin_object().key("releaseQueue").number(detail::kVersion);
    out.key("mode").number(static_cast<std::int32_t>(state_->options.mode));
    out.key("waitingMax").number(state_->options.waiting_max).key("releases").begin_array();
    for (const detail::QueueEntry& entry : state_->entries) {
      out.begin_object().key("release").text(entry.release).key("flow").text(entry.flow);
      out.key("active").boolean(entry.active).key("terminated").boolean(entry.terminated);
      out.end_object();
    }
    out.end_array().key("environments").begin_array();
    for (const detail::QueueStay& stay : state_->stays) {
      out.begin_object().key("release").text(stay.release);
      out.key("environment").text(stay.environment);
      out.key("inside").boolean(stay.inside).end_object();
    }
    out.end_array().end_object();
    return text;
  });
}

Result<ReleaseQueue> ReleaseQueue::restore(std::string_view snapshot) noexcept {
  return detail::guarded([&]() -> Result<ReleaseQueue> {
    detail::Document document;
    std::vector<Diagnostic> problems;
    const ReadOptions options{.format = TextFormat::Json,
                              .limits = detail::limits_of_own_text(detail::kDepthMax)};
    detail::read_document(snapshot, options, document, problems);
    if (!problems.empty() || document.roots.size() != 1 ||
        document.kind(document.roots.front()) != detail::NodeKind::Mapping) {
      return tl::unexpected(detail::invalid("it is no JSON object"));
    }
    detail::QueueReader reader(document);
    const std::int64_t version = reader.number(document.roots.front(), "releaseQueue");
    if (!reader.is_valid() || version < 1) {
      return tl::unexpected(detail::invalid("it has no version"));
    }
    if (version > detail::kVersion) {
      return tl::unexpected(Error{
          ErrorCode::SnapshotTooNew,
          {},
          fmt::format("version {}; this library reads version {}", version, detail::kVersion)});
    }
    ReleaseQueue queue;
    if (!reader.read(document.roots.front(), *queue.state_)) {
      return tl::unexpected(detail::invalid("its members do not fit together"));
    }
    return queue;
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
