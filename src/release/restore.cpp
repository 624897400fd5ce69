// SPDX-License-Identifier: Apache-2.0
// R15, the reading half. A snapshot comes from outside: nothing in it is believed before it is
// checked, and counters, timers and onFail arguments are worked out anew.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "document/document.hpp"
#include "release/failure_arguments.hpp"
#include "release/snapshot.hpp"

namespace promoflow::detail {

namespace {

/// Why a snapshot cannot be restored; stays within this file.
struct Damaged {
  std::string why;
};

void ensure(bool holds, std::string_view why) {
  if (!holds) { throw Damaged{std::string(why)}; }
}

/// A node of the snapshot, read with its type checked.
class Cursor {
 public:
  Cursor(const Document& document, NodeId node) : document_(&document), node_(node) {}

  Cursor operator[](std::string_view key) const {
    const NodeId found = document_->find(node_, key);
    ensure(found != kNoNode, fmt::format("member '{}' is missing", key));
    return {*document_, found};
  }
  bool has(std::string_view key) const { return document_->find(node_, key) != kNoNode; }
  bool is_null() const { return document_->kind(node_) == NodeKind::Null; }
  bool boolean() const {
    ensure(document_->kind(node_) == NodeKind::Bool, "a boolean is due");
    return document_->text(node_) == "true";
  }
  std::string_view text() const {
    ensure(document_->kind(node_) == NodeKind::String, "a string is due");
    return document_->text(node_);
  }
  template <class T>
  T number() const {
    const std::string_view digits = document_->text(node_);
    T value{};
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    ensure(document_->kind(node_) == NodeKind::Integer && read.ec == std::errc(),
           "a whole number within range is due");
    return value;
  }
  Millis time() const { return is_null() ? kNever : number<Millis>(); }
  Text shared_text() const {
    return is_null() ? nullptr : std::make_shared<const std::string>(text());
  }
  std::string json() const {
    std::string out;
    append_json(out, *document_, node_);
    return out;
  }
  bool is_string() const { return document_->kind(node_) == NodeKind::String; }
  std::vector<Cursor> elements() const {
    ensure(document_->kind(node_) == NodeKind::Sequence, "an array is due");
    std::vector<Cursor> list;
    for (NodeId id = document_->first(node_); id != kNoNode; id = document_->next(id)) {
      list.emplace_back(*document_, id);
    }
    return list;
  }

 private:
  const Document* document_;
  NodeId node_;
};

std::string bytes_of(std::string_view digits) {
  ensure(digits.size() % 2 == 0, "hexadecimal digits come in pairs");
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    unsigned value = 0;
    const auto end = std::from_chars(&digits[i], &digits[i] + 2, value, 16).ptr;
    ensure(end == &digits[i] + 2, "hexadecimal digits are due");
    bytes += static_cast<char>(value);
  }
  return bytes;
}

bool is_final_stage(Stage stage) { return stage == Stage::Done || stage == Stage::Stopped; }

}  // namespace

/// Builds the machine member by member.
class Snapshots::Reader {
 public:
  Reader(Machine& machine, Cursor root) : machine_(machine), root_(root) {}

  void read() {
    read_scalars();
    read_lanes();
    read_troubles();
    read_contexts();
    read_commands();
    check_lanes();
    check_release();
    read_logs();
    rebuild_failures();
  }

 private:
  const FlowData& flow() const { return machine_.flow(); }

  void read_scalars() {
    machine_.now_ = root_["now"].number<Millis>();
    machine_.deadline_ = root_["deadline"].time();
    const auto status = root_["status"].number<std::int32_t>();
    ensure(status >= 1 && status <= 6, "'status' is none");
    machine_.status_ = static_cast<ReleaseStatus>(status);
    machine_.terminated_ = root_["terminated"].boolean();
    machine_.admitting_ = root_["admitting"].boolean();
    machine_.message_ = root_["message"].shared_text();
    last_ticket_ = root_["lastTicket"].number<std::uint64_t>();
    ensure(last_ticket_ <= kTicketMax / 2, "'lastTicket' is out of range");
  }

  void read_lanes() {
    constexpr std::string_view kLetters = "pswfdxyXY";
    constexpr Stage kStageOf[] = {Stage::Waiting,   Stage::Starting, Stage::Working,
                                  Stage::Finishing, Stage::Done,     Stage::Failing,
                                  Stage::Failing,   Stage::Stopped,  Stage::Stopped};
    constexpr EnvironmentStatus kStatusOf[] = {
        EnvironmentStatus::Pending,    EnvironmentStatus::Running,
        EnvironmentStatus::Running,    EnvironmentStatus::Running,
        EnvironmentStatus::Successful, EnvironmentStatus::Failed,
        EnvironmentStatus::Terminated, EnvironmentStatus::Failed,
        EnvironmentStatus::Terminated};
    const std::string_view letters = root_["lanes"].text();
    ensure(letters.size() == machine_.lanes_.size(), "'lanes' has another length than the flow");
    for (LaneIndex lane = 0; lane < letters.size(); ++lane) {
      const std::size_t letter = kLetters.find(letters[lane]);
      ensure(letter != std::string_view::npos, "'lanes' has an unknown letter");
      machine_.lanes_[lane].stage = kStageOf[letter];
      if (!machine_.is_release(lane)) {  // The release's own status is not one of these.
        machine_.lanes_[lane].set_status(kStatusOf[letter]);
      }
    }
    for (LaneIndex lane = 0; lane < flow().size(); ++lane) {
      if (machine_.lanes_[lane].stage == Stage::Done) {
        ++machine_.successful_;
        for (const EnvironmentId dependent : flow().dependents_of(lane)) {
          --machine_.unmet_[index(dependent)];
        }
      }
    }
  }

  LaneIndex lane_of(Cursor at) const {
    const auto lane = at["lane"].number<LaneIndex>();
    ensure(lane < machine_.lanes_.size(), "there is no such lane");
    return lane;
  }

  /// A place where a command can be: a hook of the stage's chain, or an environment's promotion.
  void check_place(LaneIndex lane, Stage stage, std::uint32_t hook) const {
    if (runs_chain(stage)) {
      ensure(hook < machine_.chain(lane, stage).size(), "there is no such hook");
    } else {
      ensure(stage == Stage::Working && hook == 0, "no command runs there");
    }
  }

  void read_troubles() {
    for (const Cursor at : root_["troubles"].elements()) {
      Trouble trouble;
      trouble.lane = lane_of(at);
      const auto stage = at["stage"].number<std::uint8_t>();
      ensure(stage >= 1 && stage <= 3, "no lane resumes in that stage");
      trouble.stage = static_cast<Stage>(stage);
      trouble.hook = at["hook"].number<std::uint32_t>();
      if (!machine_.is_release(trouble.lane) || trouble.stage != Stage::Working) {
        check_place(trouble.lane, trouble.stage, trouble.hook);
      }
      trouble.attempt = at["attempt"].number<std::uint32_t>();
      trouble.message = at["message"].shared_text();
      for (const Cursor attempts : at["onFailAttempts"].elements()) {
        trouble.on_fail_attempts.push_back(attempts.number<std::uint32_t>());
      }
      const std::size_t hooks = machine_.chain(trouble.lane, Stage::Failing).size();
      ensure(trouble.on_fail_attempts.empty() || trouble.on_fail_attempts.size() == hooks,
             "'onFailAttempts' has another length than the chain");
      ensure(machine_.trouble_of(trouble.lane) == kNone32, "a lane has two troubles");
      machine_.reserve_troubles(1);
      machine_.trouble(trouble.lane) = std::move(trouble);
    }
  }

  void read_contexts() {
    for (const Cursor list : root_["contexts"].elements()) {
      ContextBuilder builder;
      for (const Cursor at : list.elements()) {
        Writer writer{Ticket{at["ticket"].number<std::uint64_t>()}, Writer::kRelease};
        if (!at["environment"].is_null()) {
          writer.environment = at["environment"].number<std::uint32_t>();
          ensure(writer.environment < flow().size(), "there is no such environment");
        }
        const Cursor value = at["value"];
        const std::string_view text = value.is_string() ? value.text() : std::string_view();
        builder.add(at["key"].text(), value.json(), value.is_string() ? &text : nullptr, writer);
      }
      contexts_.push_back(builder.build());
      ensure(contexts_.back()->keys_differ(), "a context has a key twice");
    }
    ensure(!contexts_.empty(), "'contexts' is empty");
    machine_.sources_.clear();
    for (const auto& context : contexts_) { machine_.sources_.push_back({context, nullptr, 1}); }
    machine_.source_ = 0;
  }

  void read_commands() {
    std::vector<Slot> slots;
    std::uint64_t first = last_ticket_ + 1;
    for (const Cursor at : root_["commands"].elements()) {
      Slot slot;
      slot.ticket = at["ticket"].number<std::uint64_t>();
      ensure(slot.ticket >= 1 && slot.ticket <= last_ticket_, "a ticket is out of range");
      slot.lane = lane_of(at);
      slot.hook = at["hook"].number<std::uint32_t>();
      slot.attempt = at["attempt"].number<std::uint32_t>();
      slot.retries = at["retries"].number<std::uint32_t>();
      slot.due = at["due"].time();
      slot.suspended = at["suspended"].boolean();
      slot.state = at["waiting"].boolean() ? SlotState::Waiting : SlotState::Outstanding;
      slot.stage = machine_.lanes_[slot.lane].stage;
      ensure(!machine_.is_release(slot.lane) || slot.stage != Stage::Working,
             "the release itself is not promoted");
      check_place(slot.lane, slot.stage, slot.hook);
      if (runs_chain(slot.stage) && slot.state == SlotState::Outstanding) {
        const auto context = at["context"].number<std::size_t>();
        ensure(context < contexts_.size(), "there is no such context");
        slot.source = static_cast<SourceIndex>(context);
        ++machine_.sources_[context].users;
      }
      ensure(slot.state == SlotState::Outstanding || !slot.suspended, "what waits is suspended");
      if (slot.state == SlotState::Outstanding) { first = std::min(first, slot.ticket); }
      slots.push_back(slot);
    }
    const std::uint64_t tickets = last_ticket_ + 1 - first;
    ensure(tickets <= machine_.lanes_.size() || tickets <= std::min(tickets_max(), kWindowMax),
           "the tickets lie too far apart");
    for (SourceIndex source = 1; source < contexts_.size(); ++source) {
      machine_.drop_source(source);  // Its commands keep it, but nothing else does.
    }
    machine_.window_ = Queue<SlotIndex>(first);
    machine_.window_.make_room(tickets);
    for (std::size_t i = 0; i < tickets; ++i) { machine_.window_.push(kNone32); }
    place(std::move(slots));
  }

  /// How many tickets there can be from the oldest outstanding one to the last. There was no Retry
  /// in between (R12): each command was issued once, and once for each further attempt (R9).
  std::uint64_t tickets_max() const {
    std::uint64_t sum = 0;
    for (LaneIndex lane = 0; lane < machine_.lanes_.size(); ++lane) {
      if (machine_.lanes_[lane].stage == Stage::Waiting) { continue; }
      if (!machine_.is_release(lane)) { sum += std::uint64_t{1} + flow().step(lane).retry.limit; }
      for (const std::span<const Hook> hooks : flow().chains_of(lane).of) {
        for (const Hook& hook : hooks) { sum += std::uint64_t{1} + hook.retry.limit; }
      }
    }
    return sum;
  }

  void place(std::vector<Slot> slots) {
    machine_.slots_ = std::move(slots);
    machine_.free_count_ = machine_.slots_.capacity() - machine_.slots_.size();
    std::vector<SlotIndex> armed;
    for (SlotIndex i = 0; i < machine_.slots_.size(); ++i) {
      Slot& slot = machine_.slots_[i];
      Lane& lane = machine_.lanes_[slot.lane];
      ensure(lane.slot == kNone32, "a lane has two commands");
      lane.slot = i;
      if (slot.state == SlotState::Waiting) {
        ++machine_.waiting_;
      } else {
        SlotIndex& entry = machine_.window_.numbered(slot.ticket);
        ensure(entry == kNone32, "a ticket stands twice");
        entry = i;
        ++machine_.outstanding_;
        if (slot.suspended) {
          ++machine_.suspended_;
          if (lane.get_status() == EnvironmentStatus::Running) {
            lane.set_status(EnvironmentStatus::Suspended);
          }
        }
      }
      if (slot.due != kNever) { armed.push_back(i); }
    }
    std::sort(armed.begin(), armed.end(), [this](SlotIndex a, SlotIndex b) {
      const Slot& left = machine_.slots_[a];
      const Slot& right = machine_.slots_[b];
      return left.due != right.due ? left.due < right.due : left.ticket < right.ticket;
    });
    machine_.timers_.make_room_for_attempts(armed.size());
    for (const SlotIndex i : armed) {
      Slot& slot = machine_.slots_[i];
      const Millis length = machine_.timeout(slot.lane, slot.stage, slot.hook);
      if (slot.state == SlotState::Waiting) {
        machine_.timers_.arm_attempt(machine_.slots_, i, slot.due);
      } else {
        ensure(length != kNever, "a command without a timeout has one");
        machine_.timers_.arm_expiry(machine_.slots_, i, length, slot.due);
      }
    }
  }

  void check_lanes() {
    for (LaneIndex i = 0; i < flow().size(); ++i) {
      const Lane& lane = machine_.lanes_[i];
      const bool runs = lane.stage != Stage::Waiting && !is_final_stage(lane.stage);
      ensure(runs == (lane.slot != kNone32), "a lane runs without a command, or the other way");
      ensure(lane.stage == Stage::Waiting || machine_.unmet_[i] == 0,
             "an environment began before what it depends on had succeeded");
      const bool stopped = lane.stage == Stage::Failing || lane.stage == Stage::Stopped;
      const TroubleIndex noted = machine_.trouble_of(i);
      if (stopped) {
        ++stopped_;
        ensure(noted != kNone32 && machine_.troubles_[noted].message,
               "an environment failed for no reason");
      }
      if (lane.stage == Stage::Failing) {
        ensure(!machine_.troubles_[noted].on_fail_attempts.empty(), "attempts are missing");
        ++machine_.unfinished_;
      } else if (runs) {
        ++machine_.active_;
      } else if (lane.stage == Stage::Waiting && machine_.unmet_[i] == 0 && i != 0) {
        machine_.held_.push_back(i);
      }
    }
    ensure(machine_.held_.empty() || !machine_.admitting_, "a ready environment did not begin");
  }

  void check_release() {
    const Lane& release = machine_.release();
    const bool alive = machine_.active_ + machine_.unfinished_ > 0;
    const bool final = is_final(machine_.status_);
    const bool in_chain = runs_chain(release.stage);
    ensure(in_chain == (release.slot != kNone32), "the release's chain has no command");
    ensure(final == is_final_stage(release.stage), "the release's status and stage disagree");
    ensure((release.stage == Stage::Working) == alive, "environments run out of turn");
    ensure((release.stage == Stage::Done) == (machine_.status_ == ReleaseStatus::Succeeded),
           "the release succeeded without having done so");
    const bool all = machine_.successful_ == flow().size();
    ensure(all == (release.stage == Stage::Finishing || release.stage == Stage::Done) ||
               (all && (release.stage == Stage::Failing || release.stage == Stage::Stopped)),
           "the release and its environments disagree");
    ensure(release.stage != Stage::Waiting, "the release was not started");
    ensure(release.stage != Stage::Starting || machine_.lanes_[0].stage == Stage::Waiting,
           "an environment began before the release did");
    const TroubleIndex noted = machine_.trouble_of(machine_.release_lane());
    if (release.stage == Stage::Failing || release.stage == Stage::Stopped) {
      ensure(noted != kNone32 && machine_.message_, "the release failed for no reason");
    }
    if (release.stage == Stage::Failing) {
      ensure(!machine_.troubles_[noted].on_fail_attempts.empty(), "attempts are missing");
    }
    const bool counts =
        !final && release.stage != Stage::Failing && machine_.status_ != ReleaseStatus::Terminating;
    ensure(counts || machine_.deadline_ == kNever, "the deadline counts out of turn");
    const bool quiet = stopped_ == 0 && machine_.admitting_;
    ensure(machine_.message_ || quiet, "an environment failed and the release has no message");
    if (release.stage == Stage::Failing || release.stage == Stage::Stopped) { check_resume(all); }
  }

  /// R12: where a Retry would go on, the release must have been.
  void check_resume(bool all) const {
    bool possible = false;
    // Not taken: other stages. read_troubles() lets none of them in.
    switch (machine_.troubles_[machine_.trouble_of(machine_.release_lane())].stage) {
      case Stage::Starting: possible = machine_.lanes_[0].stage == Stage::Waiting; break;
      case Stage::Working: possible = stopped_ > 0; break;
      case Stage::Finishing: possible = all; break;
      case Stage::Waiting:         // GCOV_EXCL_LINE
      case Stage::Done:            // GCOV_EXCL_LINE
      case Stage::Failing:         // GCOV_EXCL_LINE
      case Stage::Stopped: break;  // GCOV_EXCL_LINE
    }
    ensure(possible, "the release and the stage in which it resumes disagree");
  }

  void read_logs() {
    for (const Cursor at : root_["conflicts"].elements()) {
      machine_.conflicts_.push_back({std::string(at["key"].text()),
                                     Ticket{at["earlier"].number<std::uint64_t>()},
                                     Ticket{at["later"].number<std::uint64_t>()}});
    }
    for (const Cursor at : root_["rejected"].elements()) {
      machine_.rejections_.push_back(
          {Ticket{at["ticket"].number<std::uint64_t>()}, std::string(at["reason"].text()),
           at.has("bytes") ? bytes_of(at["bytes"].text()) : std::string(at["text"].text())});
    }
    const std::vector<Cursor> cancelled = root_["cancelled"].elements();
    machine_.outbox_.open(machine_.now_);
    machine_.outbox_.make_room(cancelled.size());
    for (const Cursor at : cancelled) {
      const auto ticket = at.number<std::uint64_t>();
      ensure(ticket >= 1 && ticket <= last_ticket_, "a ticket is out of range");
      machine_.emit(ItemKind::Cancel, ticket);
    }
  }

  /// A2 to A4 of the onFail chains that run: derived from what stands in the snapshot.
  void rebuild_failures() {
    for (Trouble& trouble : machine_.troubles_) {
      const Lane& lane = machine_.lanes_[trouble.lane];
      if (lane.stage != Stage::Failing) { continue; }
      if (machine_.is_release(trouble.lane)) {
        Plan::Stopping release;
        machine_.plan_release_end(Plan{}, *machine_.message_, release);
        trouble.failure = std::move(release.failure);
      } else {
        trouble.failure =
            environment_failure(flow(), trouble.lane, lane.get_status(), *trouble.message);
      }
      Slot& slot = machine_.slots_[lane.slot];
      if (slot.source != kNone32) {  // Else an attempt waits.
        const auto context = machine_.sources_[slot.source].context;
        machine_.drop_source(slot.source);
        make_room(machine_.sources_, 1);
        slot.source = machine_.add_source(context, trouble.failure);
      }
    }
  }

  /// The window is an array, and a flow's further attempts may be some thousand millions.
  static constexpr std::uint64_t kWindowMax = std::uint64_t{1} << 28;

  Machine& machine_;
  Cursor root_;
  std::uint64_t last_ticket_ = 0;
  std::size_t stopped_ = 0;  ///< Environments that failed or were cut.
  std::vector<std::shared_ptr<const ContextData>> contexts_;
};

Result<std::unique_ptr<Machine>> Snapshots::restore(Flow flow, std::string_view text) {
  Document document;
  std::vector<Diagnostic> problems;
  ReadOptions options{.format = TextFormat::Json, .limits = {}};
  options.limits.text_bytes_max = SIZE_MAX;
  options.limits.name_bytes_max = SIZE_MAX;
  options.limits.depth_max = kContextDepthMax + 8;
  read_document(text, options, document, problems, DuplicateKeys::LastWins);
  const auto refuse = [](ErrorCode code, std::string why) {
    return tl::unexpected(Error{code, "snapshot", std::move(why)});
  };
  if (!problems.empty()) {
    return refuse(ErrorCode::InvalidSnapshot,
                  fmt::format("not JSON as snapshots are: {}", problems.front().message));
  }
  try {
    const Cursor root(document, document.roots.front());
    ensure(root["promoflow"].text() == "snapshot", "not a snapshot of a release");
    const auto version = root["version"].number<std::uint32_t>();
    if (version > kSnapshotVersion) {
      return refuse(ErrorCode::SnapshotTooNew,
                    fmt::format("format {} is newer than this library reads ({}); update it",
                                version, kSnapshotVersion));
    }
    if (root["fingerprint"].text() != fmt::format("{:016x}", flow.fingerprint())) {
      return refuse(ErrorCode::SnapshotOfOtherFlow,
                    fmt::format("taken of a release of flow '{}' as it was then; restore it with "
                                "that flow",
                                root["flow"].text()));
    }
    const Cursor release = root["release"];
    // Not taken: destructors' ways for what is always, or never, empty here.
    ReleaseInfo info{.id = std::string(release["id"].text()),
                     .url = std::string(release["url"].text()),
                     .product = std::string(release["product"].text()),
                     .version = std::string(release["version"].text()),
                     .commit_sha = std::string(release["commitSha"].text())};
    auto machine = std::make_unique<Machine>(std::move(flow), std::move(info), nullptr);
    Reader(*machine, root).read();
    machine->reissue();
    return machine;
  } catch (const Damaged& damaged) { return refuse(ErrorCode::InvalidSnapshot, damaged.why); }
}

}  // namespace promoflow::detail
