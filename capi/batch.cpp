// SPDX-License-Identifier: Apache-2.0
// Batches: events are read from one text, results and records are written to another. docs/wasm.md
// has the layout; a number is little-endian, an entry begins at a multiple of 8 and says its size.
#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "capi.hpp"
#include "promoflow_batch.h"
#include "release/machine.hpp"

using promoflow::capi::guarded;
using promoflow::capi::need;

namespace {

constexpr std::uint32_t kAbsent = UINT32_MAX;  // Length of a text that is not given.
constexpr std::size_t kKeptBytesMax = std::size_t{1} << 20;
constexpr std::size_t kHeaderBytes = 32;
constexpr std::size_t kResultBytes = 16;
constexpr std::size_t kRecordBytes = 104;
constexpr std::uint32_t kForce = 1;
constexpr std::uint32_t kHasEnvironments = 2;

/// Copies a number from or to little-endian bytes.
template <class T>
T load(const char* from) noexcept {
  T value{};
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&value, from, sizeof(value));
  } else {
    for (std::size_t i = sizeof(T); i-- > 0;) {
      value = static_cast<T>(value << 8U | static_cast<unsigned char>(from[i]));
    }
  }
  return value;
}
template <class T>
void store(char* to, T value) noexcept {
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(to, &value, sizeof(value));
  } else {
    for (std::size_t i = 0; i < sizeof(T); ++i) { to[i] = static_cast<char>(value >> (8 * i)); }
  }
}

/// Reads numbers and texts; what is beyond the end reads as zero and is noted.
class Reader {
 public:
  explicit Reader(promoflow_str text) : text_(text.data, text.size) {}

  template <class T>
  T number() {
    const std::string_view bytes = take(sizeof(T));
    return bytes.empty() ? T{} : load<T>(bytes.data());
  }
  promoflow_str text(std::uint32_t size) {
    if (size == kAbsent) { return {nullptr, 0}; }
    const std::string_view taken = take(size);
    return {taken.data() != nullptr ? taken.data() : "", taken.size()};
  }
  void go_to(std::size_t offset) {
    if (offset < offset_ || offset > text_.size()) { failed_ = true; }
    if (!failed_) { offset_ = offset; }
  }
  std::size_t offset() const { return offset_; }
  std::size_t rest() const { return text_.size() - offset_; }
  bool failed() const { return failed_; }

 private:
  std::string_view take(std::size_t size) {
    if (failed_ || size > rest()) {
      failed_ = true;
      return {};
    }
    const std::string_view taken = text_.substr(offset_, size);
    offset_ += size;
    return taken;
  }

  std::string_view text_;
  std::size_t offset_ = 0;
  bool failed_ = false;
};

constexpr std::size_t filled_up(std::size_t size) noexcept { return (size + 7) / 8 * 8; }

/// Writes one entry at the end of a batch. Its size is given first, so that room is made once.
class Entry {
 public:
  Entry(std::string& out, std::size_t size) {
    const std::size_t begin = out.size();
    out.resize(begin + filled_up(size));
    at_ = out.data() + begin;
    u32(filled_up(size));
  }
  Entry& u32(std::uint64_t value) { return number(static_cast<std::uint32_t>(value)); }
  Entry& i32(std::int32_t value) { return number(static_cast<std::uint32_t>(value)); }
  Entry& u64(std::uint64_t value) { return number(value); }
  Entry& length(promoflow_str text) { return u32(text.data == nullptr ? kAbsent : text.size); }
  Entry& text(promoflow_str text) {
    if (text.size > 0) { std::memcpy(at_, text.data, text.size); }
    at_ += text.size;
    return *this;
  }

 private:
  template <class T>
  Entry& number(T value) {
    store(at_, value);
    at_ += sizeof(value);
    return *this;
  }

  char* at_;
};

struct Event {
  promoflow_event event{};
  std::vector<promoflow_str> environments{};
};

bool read_event(Reader& reader, Event& read) {
  static constexpr promoflow_str kNone{nullptr, 0};
  const std::size_t begin = reader.offset();
  const auto size = reader.number<std::uint32_t>();
  promoflow_event& event = read.event;
  event = {};
  event.struct_size = sizeof(event);
  event.kind = static_cast<std::int32_t>(reader.number<std::uint32_t>());
  event.at_ms = static_cast<std::int64_t>(reader.number<std::uint64_t>());
  event.ticket = reader.number<std::uint64_t>();
  const auto flags = reader.number<std::uint32_t>();
  const auto environments = reader.number<std::uint32_t>();
  std::uint32_t lengths[4];
  for (std::uint32_t& length : lengths) { length = reader.number<std::uint32_t>(); }
  event.text = reader.text(lengths[0]);
  event.context = reader.text(lengths[1]);
  event.by = reader.text(lengths[2]);
  event.environment = reader.text(lengths[3]);
  event.force = (flags & kForce) != 0 ? 1 : 0;
  // Each name has a length at least, so what is reserved is bounded by what there is.
  if (environments > reader.rest() / 4) { return false; }
  read.environments.clear();
  for (std::uint32_t i = 0; i < environments; ++i) {
    const promoflow_str name = reader.text(reader.number<std::uint32_t>());
    if (name.data == nullptr) { return false; }
    read.environments.push_back(name);
  }
  reader.go_to(begin + size);
  if (size % 8 != 0 || (flags & ~(kForce | kHasEnvironments)) != 0) { return false; }
  // A list without names is another request than none.
  if ((flags & kHasEnvironments) != 0) {
    event.environments = environments == 0 ? &kNone : read.environments.data();
    event.environment_count = environments;
  } else if (environments != 0) {
    return false;
  }
  return !reader.failed();
}

/// A batch of events, all of which were read once and found valid.
class Batch {
 public:
  static promoflow_status read(promoflow_str text, Batch& batch, promoflow_error** error) {
    Reader reader(text);
    const auto version = reader.number<std::uint32_t>();
    batch.flags = reader.number<std::uint32_t>();
    batch.count = reader.number<std::uint32_t>();
    const auto reserved = reader.number<std::uint32_t>();
    batch.origin_ms = static_cast<std::int64_t>(reader.number<std::uint64_t>());
    batch.events_ = reader;
    constexpr std::uint32_t kFlags =
        PROMOFLOW_BATCH_ARGUMENTS | PROMOFLOW_BATCH_CONTEXT | PROMOFLOW_BATCH_LINES;
    constexpr std::size_t kEventBytesMin = 48;
    bool valid = !reader.failed() && version == PROMOFLOW_BATCH_VERSION &&
                 (batch.flags & ~kFlags) == 0 && reserved == 0 &&
                 batch.count <= reader.rest() / kEventBytesMin;
    for (std::uint32_t i = 0; valid && i < batch.count; ++i) {
      valid = read_event(reader, batch.event_);
    }
    if (valid && reader.rest() == 0) { return PROMOFLOW_OK; }
    return promoflow::capi::fail(error, PROMOFLOW_E_INVALID_EVENT, std::to_string(reader.offset()),
                                 "not a batch of events of this version");
  }

  /// Calls use(event) with one after another.
  template <class Use>
  void each(const Use& use) {
    Reader reader = events_;
    for (std::uint32_t i = 0; i < count; ++i) {
      // What was valid is valid. A single event was the last that was read.
      if (count != 1) { static_cast<void>(read_event(reader, event_)); }
      use(event_.event);
    }
  }

  std::uint32_t flags = 0;
  std::uint32_t count = 0;
  std::int64_t origin_ms = 0;

 private:
  Reader events_{{nullptr, 0}};
  Event event_{};
};

/// Appends the result of an event. There is room for all results without texts; memory for texts
/// may run out.
void write_result(promoflow_status status, const promoflow_error* refused, std::size_t results_left,
                  std::string& out) noexcept {
  promoflow_str where = promoflow_error_where(refused);
  promoflow_str message = promoflow_error_message(refused);
  if (where.size + message.size != 0) {
    const std::size_t needed = out.size() + filled_up(kResultBytes + where.size + message.size) +
                               results_left * kResultBytes;
    const auto made_room = guarded(nullptr, [&]() -> promoflow_status {
      if (needed > out.capacity()) { out.reserve(std::max(needed, 2 * out.capacity())); }
      return PROMOFLOW_OK;
    });
    if (made_room != PROMOFLOW_OK) { where = message = {"", 0}; }
  }
  Entry(out, kResultBytes + where.size + message.size)
      .i32(status)
      .u32(where.size)
      .u32(message.size)
      .text(where)
      .text(message);
}

/// Applies all events, up to one for which memory runs out: the order of events counts.
void apply(promoflow_release& release, Batch& batch, std::string& out) noexcept {
  promoflow_status status = PROMOFLOW_OK;
  std::size_t left = batch.count;
  batch.each([&](const promoflow_event& event) {
    promoflow_error* refused = nullptr;
    status = status == PROMOFLOW_E_OUT_OF_MEMORY
                 ? promoflow::capi::fail(&refused, status, {}, {})
                 : promoflow_release_apply(&release, &event, &refused);
    write_result(status, refused, --left, out);
    promoflow_error_free(refused);
  });
}

/// What the library makes for one record; used for one after another.
struct Made {
  std::vector<promoflow_argument> arguments{};
  std::vector<promoflow_str> names{};
  std::optional<std::string> context{};
  std::optional<std::string> line{};
};

promoflow_status make_texts(const Batch& batch, const promoflow::Record& record,
                            const promoflow::RunHook* hook, Made& made) {
  made.arguments.clear();
  made.names.clear();
  made.context.reset();
  made.line.reset();
  std::size_t count = 0;
  if (hook != nullptr && (batch.flags & PROMOFLOW_BATCH_ARGUMENTS) != 0) {
    made.arguments.resize(hook->arguments.size());
    static_cast<void>(promoflow::capi::fill_arguments(hook->arguments, made.arguments.data(),
                                                      made.arguments.size(), &count));
  }
  if (hook != nullptr && (batch.flags & PROMOFLOW_BATCH_CONTEXT) != 0) {
    auto context = hook->context.to_json();
    if (!context) { return promoflow::capi::fail(nullptr, context.error()); }
    made.context = std::move(*context);
  }
  static_cast<void>(promoflow::capi::fill_retried(record, nullptr, 0, &count));
  if (count > 0) {
    made.names.resize(count);
    static_cast<void>(promoflow::capi::fill_retried(record, made.names.data(), count, &count));
  }
  if ((batch.flags & PROMOFLOW_BATCH_LINES) != 0) {
    auto line = promoflow::to_json(record, promoflow::capi::instant(batch.origin_ms));
    if (!line) { return promoflow::capi::fail(nullptr, line.error()); }
    made.line = std::move(*line);
  }
  return PROMOFLOW_OK;
}

void write_record(const promoflow_record& record, const promoflow_command& command,
                  const Made& made, std::string& out) {
  const promoflow_str texts[] = {record.text,
                                 record.context,
                                 record.by,
                                 command.hook,
                                 command.environment_name,
                                 command.policy_pre_action,
                                 command.policy_post_action,
                                 promoflow::capi::out_text(made.context),
                                 promoflow::capi::out_text(made.line)};
  std::size_t size = kRecordBytes;
  for (const promoflow_str text : texts) { size += text.size; }
  for (const promoflow_str name : made.names) { size += 4 + name.size; }
  for (const promoflow_argument& argument : made.arguments) {
    size += 8 + argument.name.size + argument.value.size;
  }
  Entry entry(out, size);
  entry.i32(record.kind).u64(static_cast<std::uint64_t>(record.at_ms));
  entry.u64(record.ticket).u64(record.earlier).i32(record.status).u32(record.environment);
  entry.i32(command.kind).i32(command.point).u32(command.attempt).i32(command.policy_action);
  entry.i32(record.force).u32(made.names.size()).u32(made.arguments.size());
  for (const promoflow_str text : texts) { entry.length(text); }
  for (const promoflow_str text : texts) { entry.text(text); }
  for (const promoflow_str name : made.names) { entry.u32(name.size).text(name); }
  for (const promoflow_argument& argument : made.arguments) {
    entry.u32(argument.name.size).u32(argument.value.size);
    entry.text(argument.name).text(argument.value);
  }
}

/// Takes the records; each leaves the release once it is written. Fails when memory runs out.
promoflow_status take_records(promoflow_release& release, const Batch& batch, std::string& out,
                              std::uint32_t& count) noexcept {
  const promoflow::Release& from = release.release;
  Made made;
  made.arguments.swap(release.spare);
  promoflow::detail::RecordItem item{};
  promoflow_status status = PROMOFLOW_OK;
  while (status == PROMOFLOW_OK && from.machine().peek(item)) {
    status = guarded(nullptr, [&]() -> promoflow_status {
      const promoflow::Record record = from.machine().to_record(item);
      const std::optional<promoflow::Command> given = promoflow::capi::command_of(record);
      const auto* const hook = given ? std::get_if<promoflow::RunHook>(&*given) : nullptr;
      if (const auto bad = make_texts(batch, record, hook, made)) { return bad; }
      write_record(promoflow::capi::to_c(record, from.flow()),
                   given ? promoflow::capi::to_c(*given) : promoflow_command{}, made, out);
      return PROMOFLOW_OK;
    });
    if (status == PROMOFLOW_OK) {
      static_cast<void>(release.release.next_record());
      ++count;
    }
  }
  made.arguments.swap(release.spare);
  return status;
}

/// Fails only as long as nothing has changed: an event that was applied gets its answer.
promoflow_status turn(promoflow_release& release, promoflow_str events, std::string& out,
                      promoflow_error** error) {
  Batch batch;
  if (const auto bad = Batch::read(events, batch, error)) { return bad; }
  out.reserve(kHeaderBytes + batch.count * kResultBytes);
  out.resize(kHeaderBytes);  // Written below.
  apply(release, batch, out);
  std::uint32_t records = 0;
  const promoflow_status left = take_records(release, batch, out, records);
  if (left != PROMOFLOW_OK && batch.count == 0 && records == 0) {
    return promoflow::capi::fail(error, left, {}, {});
  }
  std::int64_t timer = PROMOFLOW_NO_TIME;
  std::int32_t status = 0;
  promoflow_release_next_timer(&release, &timer);  // Not set if there is none.
  promoflow_release_status(&release, &status);
  bool is_final = promoflow_is_final(status) != 0;
  if (left != PROMOFLOW_OK) {  // So that the host comes again for them.
    timer = release.release.machine().state().now;
    is_final = false;
  }
  const std::uint32_t words[] = {PROMOFLOW_BATCH_VERSION, batch.flags, batch.count, records};
  for (std::size_t i = 0; i < 4; ++i) { store(out.data() + 4 * i, words[i]); }
  store(out.data() + 16, static_cast<std::uint64_t>(timer));
  store(out.data() + 24, static_cast<std::uint32_t>(status));
  store(out.data() + 28, std::uint32_t{is_final});
  return PROMOFLOW_OK;
}

}  // namespace

uint32_t promoflow_batch_version(void) { return PROMOFLOW_BATCH_VERSION; }

promoflow_status promoflow_batch_turn(promoflow_release* release, promoflow_str events,
                                      promoflow_buffer** out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"release", release}, {"events", events}, {"out", out}})) {
      return bad;
    }
    auto made = std::make_unique<promoflow_buffer>();  // It is no text.
    if (const auto bad = turn(*release, events, made->text, error)) { return bad; }
    *out = made.release();
    return PROMOFLOW_OK;
  });
}

promoflow_status promoflow_batch_turn_view(promoflow_release* release, promoflow_str events,
                                           promoflow_str* out, promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"release", release}, {"events", events}, {"out", out}})) {
      return bad;
    }
    std::string& made = release->turn;
    if (made.capacity() > kKeptBytesMax) { std::string().swap(made); }
    made.clear();
    if (const auto bad = turn(*release, events, made, error)) { return bad; }
    *out = {made.data(), made.size()};
    return PROMOFLOW_OK;
  });
}

promoflow_status promoflow_batch_journal(promoflow_str events, promoflow_buffer** out,
                                         promoflow_error** error) {
  return guarded(error, [&]() -> promoflow_status {
    if (const auto bad = need(error, {{"events", events}, {"out", out}})) { return bad; }
    Batch batch;
    promoflow_status status = Batch::read(events, batch, error);
    if (status != PROMOFLOW_OK) { return status; }
    std::string lines;
    batch.each([&](const promoflow_event& event) {
      if (status != PROMOFLOW_OK) { return; }
      promoflow_buffer* made = nullptr;
      status = promoflow_event_json(&event, &made, error);
      const std::unique_ptr<promoflow_buffer> line(made);
      if (status == PROMOFLOW_OK) { lines.append(line->text).append("\n"); }
    });
    if (status != PROMOFLOW_OK) { return status; }
    return promoflow_buffer_new({lines.data(), lines.size()}, out, error);
  });
}
