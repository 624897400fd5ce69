// SPDX-License-Identifier: Apache-2.0
// What is left of an object that was moved from: it says so, whatever is asked. What events borrow.
#include <array>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "promoflow/configuration.hpp"
#include "promoflow/manifest.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

/// The error's name, or "ok".
template <class T>
std::string code_of(const Result<T>& result) {
  return std::string(result ? "ok" : to_string(result.error().code));
}

/// As that of std::pmr, for example.
template <class T>
struct OtherAllocator {
  using value_type = T;
  T* allocate(std::size_t count);
  void deallocate(T* what, std::size_t count) noexcept;
  bool operator==(const OtherAllocator&) const = default;
};

template <class Names>
constexpr bool kTakesNames = std::is_constructible_v<BorrowedNames, Names>&&
    std::is_constructible_v<std::optional<BorrowedNames>, Names>;

}  // namespace

TEST_CASE("a release that was moved from refuses everything as invalid-state", "[H31]") {
  Host host(walkthrough());
  Release moved = std::move(host.release);
  const Release& from = host.release;  // NOLINT(bugprone-use-after-move): that is the test.

  CHECK(code_of(host.release.apply({at(1), Tick{}})) == "invalid-state");
  CHECK(code_of(host.release.apply({at(1), HookSucceeded{ticket(1)}})) == "invalid-state");
  CHECK(code_of(host.release.reissue()) == "invalid-state");
  CHECK(code_of(from.key(ticket(1))) == "invalid-state");
  CHECK(code_of(from.why_pending(kTriggerEnvironment)) == "invalid-state");
  CHECK(code_of(from.outstanding()) == "invalid-state");
  CHECK(code_of(from.context_conflicts()) == "invalid-state");
  CHECK(code_of(from.rejected_exports()) == "invalid-state");
  CHECK(code_of(from.describe()) == "invalid-state");
  CHECK(code_of(from.snapshot()) == "invalid-state");
  CHECK(code_of(render(from)) == "invalid-state");
  CHECK(from.snapshot().error().where == "release");
  CHECK(from.snapshot().error().message ==
        "it was moved from; use the object that it was moved to");

  CHECK_FALSE(host.release.next_command());
  CHECK_FALSE(host.release.next_record());
  CHECK_FALSE(from.next_timer());
  CHECK(from.flow() == moved.flow());
  CHECK(from.info().id.empty());
  CHECK(from.status() == ReleaseStatus{});
  CHECK_FALSE(is_final(from.status()));
  CHECK(from.phase().empty());
  CHECK(from.message().empty());
  CHECK(from.environment(kTriggerEnvironment).status == EnvironmentStatus{});
  CHECK(from.context().size() == 0);
  CHECK(from.context().to_json().value() == "{}");

  CHECK(code_of(moved.apply({at(1), HookSucceeded{ticket(1)}})) == "ok");
  host.release = std::move(moved);  // It may be given another release.
  CHECK(host.release.status() == ReleaseStatus::Running);
}

TEST_CASE("run() refuses a release that was moved from", "[H31]") {
  Host host(walkthrough());
  const Release moved = std::move(host.release);
  FunctionExecutor executor;
  CHECK(code_of(resume(host.release, executor)) == "invalid-state");
  CHECK(code_of(retry(host.release, executor)) == "invalid-state");
}

TEST_CASE("a trace that was moved from is empty", "[H31]") {
  Trace trace = simulate(walkthrough(), {}).value();
  const Trace moved = std::move(trace);
  const Trace& from = trace;  // NOLINT(bugprone-use-after-move): that is the test.
  CHECK(from.size() == 0);
  CHECK(from.begin() == from.end());
  CHECK(code_of(from.hooks(Point::ReleaseOnStart)) == "invalid-state");
  CHECK(code_of(from.context_conflicts()) == "invalid-state");
  CHECK(code_of(from.shadowed_keys()) == "invalid-state");
  CHECK(code_of(from.to_jsonl()) == "invalid-state");
  CHECK(code_of(render_timeline(from)) == "invalid-state");
  CHECK(from.flow() == moved.flow());
  CHECK(from.info().id.empty());
  CHECK(from.status() == ReleaseStatus{});
  CHECK(from.message().empty());
  CHECK(from.environment(kTriggerEnvironment).status == EnvironmentStatus{});
  CHECK(from.context().size() == 0);
}

TEST_CASE("flows, replies and controls are copied when they are moved", "[H31]") {
  Flow flow = walkthrough();
  const Flow moved = std::move(flow);
  CHECK(flow.name() == moved.name());  // NOLINT(bugprone-use-after-move): that is the test.
  Control control;
  const Control other = std::move(control);
  control.terminate("enough");  // NOLINT(bugprone-use-after-move): that is the test.
  CHECK(control.state() == other.state());
  STATIC_REQUIRE(std::is_nothrow_move_constructible_v<Flow>);
  STATIC_REQUIRE(std::is_nothrow_move_constructible_v<Reply>);
}

TEST_CASE("a flow builder that was moved from builds nothing", "[H31]") {
  FlowBuilder builder("f", "dev");
  FlowBuilder moved = std::move(builder);
  builder.options({}).step("qa", {"dev"});  // NOLINT(bugprone-use-after-move): that is the test.
  CHECK(code_of(builder.build()) == "invalid-state");
  moved.step("qa", {"dev"});
  CHECK(built(moved).environment_count() == 2);
}

TEST_CASE("a stored event that was moved from is a Tick", "[H31]") {
  const std::string line =
      to_json(Event{at(5), HookFailed{ticket(1), "a message that is long enough"}}).value();
  StoredEvent stored = StoredEvent::read(line).value();
  const StoredEvent moved = std::move(stored);
  // NOLINTNEXTLINE(bugprone-use-after-move): that is the test.
  CHECK(std::holds_alternative<Tick>(stored.event().what));
  CHECK(std::get<HookFailed>(moved.event().what).message == "a message that is long enough");
  stored = StoredEvent::read(line).value();
  CHECK(std::get<HookFailed>(stored.event().what).message == "a message that is long enough");
}

TEST_CASE("events refuse texts that are about to end", "[H31]") {
  STATIC_REQUIRE(std::is_constructible_v<BorrowedText, const std::string&>);
  STATIC_REQUIRE(std::is_constructible_v<BorrowedText, std::string&>);
  STATIC_REQUIRE(std::is_constructible_v<BorrowedText, std::string_view>);
  STATIC_REQUIRE(std::is_constructible_v<BorrowedText, const char*>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<BorrowedText, std::string>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<BorrowedText, const std::string>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<std::optional<BorrowedText>, std::string>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<std::string, BorrowedText>);
  using OtherString = std::basic_string<char, std::char_traits<char>, OtherAllocator<char>>;
  STATIC_REQUIRE(std::is_constructible_v<BorrowedText, OtherString&>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<BorrowedText, OtherString>);
  // Nothing is paid for it.
  STATIC_REQUIRE(sizeof(BorrowedText) == sizeof(std::string_view));
  STATIC_REQUIRE(std::is_trivially_copyable_v<Event>);
  STATIC_REQUIRE(std::is_trivially_destructible_v<Event>);
}

TEST_CASE("to move a configuration is to copy it", "[H31]") {
  const std::string text = write_manifest(walkthrough()).value();
  const DiagnosticSource file{"flow.yaml", text};
  auto read = read_configuration(std::span(&file, 1));
  REQUIRE((read && read->configuration));
  const Configuration moved = std::move(*read->configuration);
  CHECK(moved.flows().size() == 1);
  // NOLINTNEXTLINE(bugprone-use-after-move): that is the test.
  CHECK(read->configuration->flows().size() == 1);
}

TEST_CASE("a retry refuses names that are about to end, whatever has them", "[H31]") {
  using Name = std::string_view;
  STATIC_REQUIRE(kTakesNames<const std::vector<Name>&>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<BorrowedNames, std::vector<Name>>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<BorrowedNames, const std::vector<Name>>);
  STATIC_REQUIRE(kTakesNames<std::array<Name, 2>&>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<BorrowedNames, std::array<Name, 2>>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<BorrowedNames, std::array<const Name, 2>>);
  STATIC_REQUIRE(kTakesNames<const Name(&)[2]>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<BorrowedNames, Name(&&)[2]>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<BorrowedNames, const Name(&&)[2]>);
  STATIC_REQUIRE(kTakesNames<std::initializer_list<Name>&>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<BorrowedNames, std::initializer_list<Name>>);
  STATIC_REQUIRE_FALSE(
      std::is_constructible_v<BorrowedNames, std::vector<Name, OtherAllocator<Name>>>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<std::optional<BorrowedNames>, std::array<Name, 2>>);
  // What refers to names that are elsewhere may itself be about to end.
  STATIC_REQUIRE(kTakesNames<std::span<const Name>>);
  STATIC_REQUIRE(kTakesNames<std::span<Name>>);
  STATIC_REQUIRE(kTakesNames<BorrowedNames>);
  STATIC_REQUIRE(kTakesNames<const BorrowedNames>);
}
