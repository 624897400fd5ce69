// SPDX-License-Identifier: Apache-2.0
// Batches of events (docs/wasm.md): refused whole with an offset, or answered with a batch whose
// sizes fit; and what the journal says of one does to a second release what the batch does to the
// first. Half of the inputs are made well-formed: their sizes and lengths are put right.
#include <promoflow/promoflow_batch.h>
#include "fuzz.hpp"

using namespace promoflow;
using namespace promoflow::fuzz;

namespace {

constexpr std::string_view kFlow =
    "apiVersion: codefresh.io/v1beta1\n"
    "kind: PromotionFlow\n"
    "metadata: {name: f}\n"
    "spec:\n"
    "  triggerEnvironment: dev\n"
    "  steps:\n"
    "  - {environment: eu, dependsOn: [dev], hooks: {onStart: [gate, check], onFail: report}}\n"
    "  - {environment: us, dependsOn: [eu]}\n";

promoflow_str str(std::string_view text) { return {text.data(), text.size()}; }
std::string_view view(promoflow_str text) { return {text.data, text.size}; }

void put(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) {  // The reserved bytes are more than a number has.
    out += static_cast<char>(i < 8 ? value >> (8 * i) : 0);
  }
}

std::uint32_t u32(std::string_view bytes, std::size_t at) {
  expect(bytes.size() >= 4 && at <= bytes.size() - 4, "a number is within the batch");
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) {
    value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

std::string well_formed(Choices& choices) {
  std::string out;
  std::string events;
  std::uint32_t count = 0;
  for (; !choices.empty() && count < 100; ++count) {
    std::string event;
    put(event, choices.next() % 14, 4);
    put(event, 1000 * count + choices.next(), 8);
    put(event, choices.next() % 16, 8);
    const std::uint32_t names = choices.next() % 3;
    put(event, (choices.next() & 1U) | (names > 0 ? 2U : 0U), 4);
    put(event, names, 4);
    std::string texts;
    for (int i = 0; i < 4; ++i) {
      const std::string_view text = choices.text();
      put(event, text.size() % 5 == 4 ? UINT32_MAX : text.size(), 4);
      if (text.size() % 5 != 4) { texts += text; }
    }
    event += texts;
    for (std::uint32_t i = 0; i < names; ++i) {
      const std::string_view name = i == 0 ? "eu" : choices.text();
      put(event, name.size(), 4);
      event += name;
    }
    while ((event.size() + 4) % 8 != 0) { event += '\0'; }
    put(events, event.size() + 4, 4);
    events += event;
  }
  put(out, PROMOFLOW_BATCH_VERSION, 4);
  put(out, choices.next() % 8, 4);
  put(out, count, 4);
  put(out, 0, 12);
  return out + events;
}

promoflow_release* start() {
  promoflow_flow* flow = nullptr;
  promoflow_release* release = nullptr;
  promoflow_release_info info{};
  info.id = str("r");
  expect(promoflow_flow_load(str(kFlow), nullptr, &flow, nullptr) == PROMOFLOW_OK, "the flow");
  expect(promoflow_release_start(flow, &info, 0, str(""), &release, nullptr) == PROMOFLOW_OK,
         "the release");
  promoflow_flow_free(flow);
  return release;
}

std::string snapshot(const promoflow_release* release) {
  promoflow_buffer* buffer = nullptr;
  expect(promoflow_release_snapshot(release, &buffer, nullptr) == PROMOFLOW_OK, "a snapshot");
  std::string text(view(promoflow_buffer_text(buffer)));
  promoflow_buffer_free(buffer);
  return text;
}

/// The entries fill the answer to its end.
void check_answer(std::string_view answer, std::uint32_t events) {
  expect(u32(answer, 0) == PROMOFLOW_BATCH_VERSION, "the version");
  expect(u32(answer, 8) == events, "each event has a result");
  std::size_t at = 32;
  for (std::uint32_t i = events + u32(answer, 12); i > 0; --i) {
    const std::uint32_t size = u32(answer, at);
    expect(size >= 16 && size % 8 == 0 && size <= answer.size() - at, "the size of an entry");
    at += size;
  }
  expect(at == answer.size(), "nothing follows the entries");
}

void try_batch(std::string_view batch) {
  promoflow_release* release = start();
  promoflow_release* twin = start();
  promoflow_buffer* answer = nullptr;
  promoflow_buffer* journal = nullptr;
  promoflow_error* error = nullptr;
  const promoflow_status written = promoflow_batch_journal(str(batch), &journal, nullptr);
  const std::string before = snapshot(release);
  const promoflow_status status = promoflow_batch_turn(release, str(batch), &answer, &error);
  if (status == PROMOFLOW_OK) {
    check_answer(view(promoflow_buffer_text(answer)), u32(batch, 8));
  } else {
    expect(status == PROMOFLOW_E_INVALID_EVENT && error != nullptr, "how a batch is refused");
    expect(snapshot(release) == before, "a batch that is refused changes nothing");
    expect(written != PROMOFLOW_OK, "it has no journal, either");
  }
  if (written == PROMOFLOW_OK) {
    std::string_view lines = view(promoflow_buffer_text(journal));
    while (!lines.empty()) {
      const std::size_t end = lines.find('\n');
      static_cast<void>(promoflow_release_apply_json(twin, str(lines.substr(0, end)), nullptr));
      lines.remove_prefix(end + 1);
    }
    promoflow_command command{};  // Cancellations that were not taken are part of a snapshot.
    while (promoflow_release_next_command(twin, &command, nullptr) == PROMOFLOW_OK) {}
    expect(snapshot(twin) == snapshot(release), "the journal does what the batch does");
  }
  promoflow_error_free(error);
  promoflow_buffer_free(answer);
  promoflow_buffer_free(journal);
  promoflow_release_free(release);
  promoflow_release_free(twin);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  if (text.starts_with('+')) {
    Choices choices(text.substr(1));
    try_batch(well_formed(choices));
  } else {
    try_batch(text);
  }
  return 0;
}
