// SPDX-License-Identifier: Apache-2.0
// Contexts, arguments and traces are what the standard library calls ranges and views.
#include <algorithm>
#include <iterator>
#include <ranges>

#include "catch.hpp"
#include "release_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

static_assert(std::forward_iterator<Arguments::Iterator>);
static_assert(std::random_access_iterator<IndexIterator<Context>>);
static_assert(std::random_access_iterator<IndexIterator<const Trace*>>);
static_assert(std::sized_sentinel_for<IndexIterator<Context>, IndexIterator<Context>>);

namespace {

const std::string kContext = R"({"c":1,"a":"x","b":[2]})";

/// The first command of a release with that context.
RunHook first_hook(Host& host) { return std::get<RunHook>(*host.release.next_command()); }

Release started() { return Release::start(walkthrough(), {.id = "r-42"}, at(0), kContext).value(); }

}  // namespace

TEST_CASE("what takes iterators takes those of a context, of arguments and of a trace", "[H30]") {
  Host host(started());
  const Context context = host.release.context();
  const auto is_a = [](const ContextEntry& entry) { return entry.key == "a"; };
  CHECK(std::find_if(context.begin(), context.end(), is_a)->json == R"("x")");
  const RunHook hook = first_hook(host);
  const auto count = std::distance(hook.arguments.begin(), hook.arguments.end());
  CHECK(static_cast<std::size_t>(count) == hook.arguments.size());
  const Trace trace = simulate(walkthrough(), {}).value();
  CHECK(std::count_if(trace.begin(), trace.end(), [](const Record& record) {
          return std::holds_alternative<Promote>(record.what);
        }) == 2);
}

// Clang before 16 cannot compile the views of libstdc++.
#if defined(__cpp_lib_ranges) && (!defined(__clang__) || __clang_major__ >= 16)

static_assert(std::ranges::view<Context> && std::ranges::borrowed_range<Context>);
static_assert(std::ranges::random_access_range<Context> && std::ranges::common_range<Context>);
static_assert(std::ranges::sized_range<Context>);

static_assert(std::ranges::random_access_range<const Trace>);
static_assert(std::ranges::sized_range<const Trace> && std::ranges::common_range<const Trace>);

static_assert(std::ranges::view<Arguments> && std::ranges::forward_range<Arguments>);
static_assert(std::ranges::common_range<Arguments>);
static_assert(!std::ranges::sized_range<Arguments>, "size() walks");

TEST_CASE("the standard algorithms take a context", "[H30]") {
  const Host host(started());
  const Context context = host.release.context();
  const auto found = std::ranges::find(context, std::string_view("b"), &ContextEntry::key);
  REQUIRE(found != context.end());
  CHECK(found->json == "[2]");
  CHECK(found - context.begin() == 2);
  CHECK(context.begin()[1].key == "a");
  CHECK((context.end() - 1)->key == "b");
  CHECK(context.begin() < found);
  CHECK(std::ranges::size(context) == 3);

  // Iterators of a Context that has ended may be used: the release has what they refer to.
  const auto first = host.release.context().begin();
  CHECK((*first).key == "c");

  std::string keys;
  for (const ContextEntry& entry :
       host.release.context() | std::views::reverse | std::views::drop(1)) {
    keys += entry.key;
  }
  CHECK(keys == "ac");
  CHECK(std::ranges::empty(Context()));
}

TEST_CASE("the standard algorithms take arguments", "[H30]") {
  Host host(started());
  const RunHook hook = first_hook(host);
  const auto count = std::ranges::distance(hook.arguments);
  CHECK(static_cast<std::size_t>(count) == hook.arguments.size());
  const auto found = std::ranges::find(hook.arguments, std::string_view("a"), &Argument::name);
  REQUIRE(found != hook.arguments.end());
  CHECK(found->value == "x");
  std::string names;
  for (const auto& [name, value] : hook.arguments | std::views::filter([](const Argument& one) {
                                     return one.name.size() == 1;
                                   })) {
    names += name;
  }
  CHECK(names == "cab");
  auto walked = hook.arguments.begin();
  const auto kept = walked++;
  CHECK((*kept).name != (*walked).name);  // It may be walked more than once.
}

TEST_CASE("the standard algorithms take a trace", "[H30]") {
  const Trace trace = simulate(walkthrough(), {}).value();
  const auto is_promotion = [](const Record& record) {
    return std::holds_alternative<Promote>(record.what);
  };
  CHECK(std::ranges::count_if(trace, is_promotion) == 2);
  const auto last = std::ranges::prev(trace.end());
  CHECK(std::holds_alternative<ReleaseChanged>((*last).what));
  CHECK(static_cast<std::size_t>(trace.end() - trace.begin()) == trace.size());
  std::size_t seen = 0;
  for (const Record& record : trace | std::views::drop(2) | std::views::take(3)) {
    seen += record.at == trace.origin() ? 1U : 0U;
  }
  CHECK(seen == 3);
}

#endif
