// SPDX-License-Identifier: Apache-2.0
// How a snapshot is read (R15). It comes from outside: nothing in it is used before it is checked,
// and counters, timers and onFail arguments are computed anew. Version 1 is read, too: where it
// differs, the difference is here.
#include <fmt/format.h>

#include <algorithm>

#include "document/document.hpp"
#include "flow/fingerprint.hpp"
#include "release/snapshot.hpp"
#include "release/snapshot_reader.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

/// The letters of entities, their states and, for environments, their statuses.
struct Letter {
  char letter;
  State state;
  EnvironmentStatus status;
};
constexpr Letter kLetters[] = {
    {'p', State::Pending, EnvironmentStatus::Pending},
    {'s', State::Starting, EnvironmentStatus::Running},
    {'w', State::Working, EnvironmentStatus::Running},
    {'k', State::Soaking, EnvironmentStatus::Running},
    {'f', State::Finishing, EnvironmentStatus::Running},
    {'d', State::Done, EnvironmentStatus::Successful},
    {'o', State::Done, EnvironmentStatus::Skipped},
    {'x', State::Failing, EnvironmentStatus::Failed},
    {'y', State::Failing, EnvironmentStatus::Terminated},
    {'X', State::Stopped, EnvironmentStatus::Failed},
    {'Y', State::Stopped, EnvironmentStatus::Terminated},
};

const Letter* letter(char of) {
  for (const Letter& row : kLetters) {
    if (row.letter == of) { return &row; }
  }
  return nullptr;
}

/// Whether an entity in this state has a command, an attempt that waits, or a soak.
bool has_slot(State state, bool is_release) {
  return runs_chain(state) || state == State::Soaking || (state == State::Working && !is_release);
}

/// Builds a release's state member by member. Each function goes on only where a problem does no
/// harm, and none is called after one that noted a problem.
class StateReader {
 public:
  StateReader(const FlowData& flow, const SnapshotNode& root, std::uint32_t version, Damage& damage)
      : flow_(flow), root_(root), damage_(damage), is_v1_(version == 1), state_(flow) {}

  /// None: a problem was noted.
  std::optional<ReleaseState> read() {
    constexpr void (StateReader::*kParts[])() = {
        &StateReader::read_scalars,  &StateReader::read_entities, &StateReader::read_stop_records,
        &StateReader::read_context,  &StateReader::read_commands, &StateReader::check_environments,
        &StateReader::check_release, &StateReader::read_lists};
    for (const auto part : kParts) {
      (this->*part)();
      if (damage_.found()) { return std::nullopt; }
    }
    return std::move(state_);
  }

 private:
  EntityIndex release() const { return flow_.size(); }
  bool ensure(bool holds, std::string_view why) const { return damage_.ensure(holds, why); }
  std::string_view name(std::string_view now, std::string_view in_v1) const {
    return is_v1_ ? in_v1 : now;
  }

  void read_scalars() {
    state_.now = root_["now"].number<Millis>();
    state_.deadline = root_["deadline"].time();
    const auto status = root_["status"].number<std::int32_t>();
    ensure(status >= 1 && status <= 6, "'status' is no status of a release");
    state_.status = static_cast<ReleaseStatus>(status);
    state_.terminated = root_["terminated"].boolean();
    state_.message = root_["message"].shared_text();
    last_ticket_ = root_["lastTicket"].number<std::uint64_t>();
    ensure(last_ticket_ <= kTicketMax / 2, "'lastTicket' is out of range");
  }

  void read_entities() {
    const std::string_view letters = root_[name("entities", "lanes")].text();
    const bool fits = letters.size() == state_.entities.size();
    if (!ensure(fits, "'entities' has another length than the flow")) { return; }
    for (EntityIndex e = 0; e < letters.size(); ++e) {
      const Letter* row = letter(letters[e]);
      if (row == nullptr) {
        damage_.note(fmt::format("'entities' has the unknown letter '{}'", letters[e]));
        return;
      }
      state_.entities[e].state = row->state;
      if (e != release()) { state_.entities[e].set_status(row->status); }
      const bool can_be = row->state != State::Soaking || flow_.soak_of(e).count() != 0;
      if (!ensure(can_be, "an environment soaks that has no soak")) { return; }
    }
    state_.entities.count_anew();
  }

  /// A ticket that was issued; 0 stands for the start, for none, or for a problem.
  std::uint64_t ticket_of(SnapshotNode at, std::uint64_t least) const {
    const auto ticket = at.number<std::uint64_t>();
    const bool is_issued = ticket >= least && ticket <= last_ticket_;
    return ensure(is_issued, "a ticket is out of range") ? ticket : 0;
  }

  /// 0 if there is a problem: every flow has an environment.
  EntityIndex entity_of(SnapshotNode at) const {
    const auto entity = at[name("entity", "lane")].number<EntityIndex>();
    return ensure(entity < state_.entities.size(), "an entity is out of range") ? entity : 0;
  }

  /// A place where a command can be: a hook of the state's chain, or an environment's promotion.
  void check_place(EntityIndex entity, State state, std::uint32_t hook) const {
    if (runs_chain(state)) {
      ensure(hook < flow_.chains_of(entity).of[chain_of(state)].size(), "there is no such hook");
    } else {
      ensure((state == State::Working || state == State::Soaking) && hook == 0,
             "no command runs there");
    }
  }

  void read_stop_records() {
    for (const SnapshotNode at : root_[name("stops", "troubles")].elements()) {
      read_stop_record(at);
      if (damage_.found()) { return; }
    }
  }

  void read_stop_record(const SnapshotNode& at) {
    const EntityIndex entity = entity_of(at);
    ensure(state_.stops.find(entity) == nullptr, "an entity has two stop records");
    if (damage_.found()) { return; }
    state_.stops.make_room(1);
    StopRecord& record = state_.stops.find_or_add(entity);
    const auto state = at[name("state", "stage")].number<std::uint8_t>();
    const bool soaks = state == static_cast<std::uint8_t>(State::Soaking);
    const bool can_soak = !is_v1_ && entity != release() && flow_.soak_of(entity).count() != 0;
    ensure((state >= 1 && state <= 3) || (soaks && can_soak), "no entity resumes in that state");
    if (damage_.found()) { return; }
    record.state = static_cast<State>(state);
    record.hook = at["hook"].number<std::uint32_t>();
    record.attempt = at["attempt"].number<std::uint32_t>();
    record.message = at["message"].shared_text();
    if (!is_v1_) { record.soaked = ticket_of(at["soaked"], soaks ? 1 : 0); }
    const bool was_skipped =
        entity != release() && state_.entities[entity].status() == EnvironmentStatus::Skipped;
    if (entity == release() ? record.state != State::Working : !was_skipped) {
      check_place(entity, record.state, record.hook);
    }
    for (const SnapshotNode attempts : at["onFailAttempts"].elements()) {
      record.on_fail_attempts.push_back(attempts.number<std::uint32_t>());
    }
    const std::size_t hooks = flow_.chains_of(entity).of[chain_of(State::Failing)].size();
    ensure(record.on_fail_attempts.empty() || record.on_fail_attempts.size() == hooks,
           "'onFailAttempts' has another length than the chain");
  }

  void read_context() {
    const SnapshotNode value = root_[name("context", "contexts")];
    if (damage_.found()) { return; }
    const std::string wrong = state_.context.restore(value.document(), value.node(),
                                                     {flow_.size(), last_ticket_}, contexts_);
    if (!ensure(wrong.empty(), wrong)) { return; }
    state_.inputs.make_room(1);
    state_.inputs.set_current(state_.context.state());
    inputs_.assign(contexts_.size(), kNone32);
  }

  /// Adds a user to the hook inputs with that state of the context; kNone32: there is a problem.
  InputsIndex use_inputs(std::size_t context) {
    if (!ensure(context < contexts_.size(), "there is no such state of the context")) {
      return kNone32;
    }
    if (contexts_[context] == state_.context.state()) { return state_.inputs.use_current(); }
    if (inputs_[context] == kNone32) {
      state_.inputs.make_room(1);
      return inputs_[context] = state_.inputs.add(contexts_[context], nullptr);
    }
    return state_.inputs.use(inputs_[context]);
  }

  CommandSlot read_command(SnapshotNode at) {
    CommandSlot slot;
    slot.ticket = ticket_of(at["ticket"], 1);
    slot.entity = entity_of(at);
    slot.hook = at["hook"].number<std::uint32_t>();
    slot.attempt = at["attempt"].number<std::uint32_t>();
    slot.retries = at["retries"].number<std::uint32_t>();
    slot.due = at["due"].time();
    slot.suspended = at["suspended"].boolean();
    const bool waits = at["waiting"].boolean();
    const bool soaks = !is_v1_ && at["soaking"].boolean();
    const auto room = is_v1_ ? 0U : at["room"].number<unsigned>();
    ensure(room <= 2 && !(waits && soaks), "a command is in no such condition");
    if (damage_.found()) { return slot; }
    slot.room = static_cast<Room>(room);
    slot.status = waits   ? SlotStatus::AwaitingAttempt
                  : soaks ? SlotStatus::Soaking
                          : SlotStatus::Outstanding;
    const State state = state_.entities[slot.entity].state;
    ensure(soaks == (state == State::Soaking), "a soak and its environment disagree");
    slot.state = soaks ? State::Working : state;
    ensure(slot.entity != release() || slot.state != State::Working,
           "the release itself is not promoted");
    check_place(slot.entity, slot.state, slot.hook);
    const bool is_plain = !slot.suspended && slot.room == Room::Unreported;
    ensure(slot.status == SlotStatus::Outstanding || is_plain, "what waits is suspended or queued");
    const SnapshotNode context = at["context"];
    if (slot.is_hook() && slot.status == SlotStatus::Outstanding) {
      slot.inputs = use_inputs(context.number<std::size_t>());
    } else {
      ensure(context.is_null(), "member 'context': only an outstanding hook has one");
    }
    return slot;
  }

  void read_commands() {
    std::vector<CommandSlot> slots;
    for (const SnapshotNode at : root_["commands"].elements()) {
      slots.push_back(read_command(at));
      if (damage_.found()) { return; }
      EntityState& owner = state_.entities[slots.back().entity];
      if (!ensure(owner.slot == kNone32, "an entity has two commands")) { return; }
      owner.slot = static_cast<SlotIndex>(slots.size() - 1);
      if (slots.back().suspended && owner.status() == EnvironmentStatus::Running) {
        owner.set_status(EnvironmentStatus::Suspended);
      }
    }
    ensure(state_.commands.restore(std::move(slots), last_ticket_), "two commands have one ticket");
  }

  void check_environments() {
    std::vector<std::uint64_t> soaked;
    for (EntityIndex e = 0; e < flow_.size(); ++e) {
      const EntityState& entity = state_.entities[e];
      ensure(has_slot(entity.state, false) == (entity.slot != kNone32),
             "an environment runs without a command, or the other way round");
      ensure(entity.state == State::Pending || entity.status() == EnvironmentStatus::Skipped ||
                 state_.entities.unmet(e) == 0,
             "an environment began before what it depends on had succeeded");
      if (entity.state != State::Failing && entity.state != State::Stopped) { continue; }
      const StopRecord* record = state_.stops.find(e);
      if (!ensure(record != nullptr && record->message,
                  "an environment stopped without a reason")) {
        return;
      }
      ensure(entity.state != State::Failing || !record->on_fail_attempts.empty(),
             "attempts of onFail hooks are missing");
      if (record->state == State::Soaking) { soaked.push_back(record->soaked); }
    }
    std::sort(soaked.begin(), soaked.end());
    const bool differ = std::adjacent_find(soaked.begin(), soaked.end()) == soaked.end();
    ensure(differ && std::none_of(soaked.begin(), soaked.end(),
                                  [this](std::uint64_t ticket) {
                                    return state_.commands.find(ticket) != kNone32 ||
                                           state_.commands.find_soak(ticket) != kNone32;
                                  }),
           "two promotions have one ticket");
  }

  void check_release() {
    const EntityState& release_entity = state_.entities.release();
    const State state = release_entity.state;
    const bool is_ended = is_final(state_.status);
    const bool stopped = state == State::Failing || state == State::Stopped;
    const StopRecord* record = state_.stops.find(release());
    ensure(has_slot(state, true) == (release_entity.slot != kNone32),
           "the release runs without a command, or the other way round");
    ensure(is_ended == (state == State::Done || state == State::Stopped),
           "the release's status and state disagree");
    ensure((state == State::Done) == (state_.status == ReleaseStatus::Succeeded),
           "the release succeeded without having done so");
    ensure(state != State::Pending && state != State::Soaking, "the release was not started");
    const std::size_t alive = state_.entities.active() + state_.entities.unfinished();
    ensure((state == State::Working) == (alive > 0), "environments run out of turn");
    if (stopped) {
      if (!ensure(record != nullptr && state_.message, "the release stopped without a reason")) {
        return;
      }
      ensure(state != State::Failing || !record->on_fail_attempts.empty(),
             "attempts of onFail hooks are missing");
    }
    // Where the release is, or where a Retry lets it go on.
    const State at = stopped ? record->state : state;
    ensure(at != State::Starting || none_began(), "an environment began before the release did");
    ensure(at == State::Starting || state_.entities[0].state != State::Pending,
           "the trigger environment was passed over");
    ensure((at != State::Finishing && at != State::Done) || state_.entities.all_done(),
           "the release went on before its environments were done");
    ensure(state_.message || state_.entities.stopped() == 0,
           "an environment failed and the release has no message");
    check_termination(state);
    check_deadline(is_ended, state);
  }

  /// A Terminating release begins nothing (R6), so nothing that it does next may begin a command;
  /// and a status of Suspended is that of its commands (R11): version 1 counted them in another
  /// way, so of it the status is found anew.
  void check_termination(State state) {
    const bool terminating = state_.status == ReleaseStatus::Terminating;
    ensure(state_.terminated == (terminating || state_.status == ReleaseStatus::Terminated),
           "'terminated' and 'status' disagree");
    const bool was_cut =
        state == State::Failing || (state == State::Working && state_.entities.active() == 0);
    ensure(!terminating || was_cut, "the release is Terminating, but was not stopped");
    const bool is_open =
        state_.status == ReleaseStatus::Running || state_.status == ReleaseStatus::Suspended;
    const ReleaseStatus status =
        state_.commands.all_suspended() ? ReleaseStatus::Suspended : ReleaseStatus::Running;
    if (is_open && is_v1_) { state_.status = status; }
    ensure(!is_open || state_.status == status, "'status' and the suspended commands disagree");
  }

  /// Whether all environments are Pending or Skipped.
  bool none_began() const {
    for (EntityIndex e = 0; e < flow_.size(); ++e) {
      const EntityState& entity = state_.entities[e];
      if (entity.state != State::Pending && entity.status() != EnvironmentStatus::Skipped) {
        return false;
      }
    }
    return true;
  }

  /// Version 1 had no end deadline (R7): it counts from the latest time that the snapshot has seen.
  void check_deadline(bool is_ended, State state) {
    state_.ending =
        !is_ended && (state == State::Failing || state_.status == ReleaseStatus::Terminating);
    ensure(!is_ended || state_.deadline == kNever, "the deadline of an ended release counts");
    if (is_v1_ && state_.ending) {
      const auto& options = flow_.options;
      const std::chrono::milliseconds limit = options.promotion_timeout_limit;
      state_.deadline = after(state_.now, options.termination_grace_period.value_or(limit).count());
    }
  }

  void read_lists() {
    const std::vector<SnapshotNode> conflicts = root_["conflicts"].elements();
    state_.conflicts.make_room(conflicts.size());
    for (const SnapshotNode at : conflicts) {
      state_.conflicts.push_back({std::string(at["key"].text()),
                                  Ticket{ticket_of(at["earlier"], 0)},
                                  Ticket{ticket_of(at["later"], 1)}, false});
    }
    const std::vector<SnapshotNode> rejected = root_["rejected"].elements();
    state_.rejections.make_room(rejected.size());
    for (const SnapshotNode at : rejected) {
      state_.rejections.push_back(
          {Ticket{ticket_of(at["ticket"], 1)}, std::string(at["reason"].text()),
           at.has("bytes") ? at["bytes"].bytes() : std::string(at["text"].text())});
    }
    const std::vector<SnapshotNode> cancelled = root_["cancelled"].elements();
    state_.records.make_room(cancelled.size(), 0);
    for (const SnapshotNode at : cancelled) {
      state_.records.put(state_.now, ticket_of(at, 1), kNone32, RecordKind::Cancel, 0);
    }
  }

  const FlowData& flow_;
  SnapshotNode root_;
  Damage& damage_;
  bool is_v1_;
  ReleaseState state_;
  std::uint64_t last_ticket_ = 0;
  std::vector<PromotionContext::State> contexts_;
  std::vector<InputsIndex> inputs_;  ///< Of each of `contexts_`; none: not used yet.
};

tl::unexpected<Error> refuse(ErrorCode code, std::string why) {
  return tl::unexpected(Error{code, "snapshot", std::move(why)});
}

bool is_of(const FlowData& flow, std::string_view fingerprint, std::uint32_t version) {
  if (version > 1) { return fingerprint == fmt::format("{:016x}", flow.fingerprint); }
  const std::optional<std::uint64_t> value = read_hexadecimal(fingerprint);
  return value && matches_fingerprint_v1(flow, *value);
}

}  // namespace

Result<std::unique_ptr<Machine>> restore_snapshot(const FlowData& flow, std::string_view text) {
  Document document;
  std::vector<Diagnostic> problems;
  const ReadOptions options{.format = TextFormat::Json,
                            .limits = limits_of_own_text(kContextDepthMax + 8)};
  read_document(text, options, document, problems, DuplicateKeys::LastWins);
  if (!problems.empty()) {
    return refuse(ErrorCode::InvalidSnapshot,
                  fmt::format("not JSON as snapshots are: {}", problems.front().message));
  }
  Damage damage;
  const auto damaged = [&] { return refuse(ErrorCode::InvalidSnapshot, damage.why()); };
  const SnapshotNode root(document, document.roots.front(), damage);
  damage.check(root["promoflow"].text() == "snapshot", "not a snapshot of a release");
  const auto version = root["version"].number<std::uint32_t>();
  damage.check(version != 0, "'version' is 0");
  if (damage.found()) { return damaged(); }
  if (version > kSnapshotVersion) {
    return refuse(ErrorCode::SnapshotTooNew,
                  fmt::format("format {} is newer than this library reads ({}); update it", version,
                              kSnapshotVersion));
  }
  const std::string_view flow_name = root["flow"].text();
  const std::string_view fingerprint = root["fingerprint"].text();
  if (damage.found()) { return damaged(); }
  if (!is_of(flow, fingerprint, version)) {
    return refuse(ErrorCode::SnapshotOfOtherFlow,
                  fmt::format("taken of a release of another flow, or of flow '{}' before it was "
                              "changed; restore it with the flow that it was taken with",
                              flow_name));
  }
  const SnapshotNode release = root["release"];
  ReleaseInfo info{.id = std::string(release["id"].text()),
                   .url = std::string(release["url"].text()),
                   .product = std::string(release["product"].text()),
                   .version = std::string(release["version"].text()),
                   .commit_sha = std::string(release["commitSha"].text())};
  if (damage.found()) { return damaged(); }
  auto state = StateReader(flow, root, version, damage).read();
  if (!state) { return damaged(); }
  auto machine = std::make_unique<Machine>(flow, std::move(info), std::move(*state));
  machine->finish_restore();
  return machine;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
