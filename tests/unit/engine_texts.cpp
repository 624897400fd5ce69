// SPDX-License-Identifier: Apache-2.0
// Texts of a host that are not UTF-8: what is refused, and what the store has of the others.
#include "base/utf8.hpp"
#include "engine/report.hpp"
#include "engine/requests.hpp"
#include "engine_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

TEST_CASE("an id that is not UTF-8 is refused before anything is stored [D7]") {
  EngineBench bench;
  const auto engine = made(bench.options());
  const auto started = engine->start(walkthrough(), {.info = {.id = "caf\xe9"}});
  REQUIRE_FALSE(started);
  CHECK(started.error().code == ErrorCode::InvalidArgument);
  CHECK(started.error().where == "info.id");
  CHECK(started.error().message ==
        "the release's id 'caf<0xE9>' is not UTF-8; give it another one");
  CHECK(bench.store->list({})->empty());
}

TEST_CASE("what else is not UTF-8 is made so before it is stored, and the chain fits [D5]") {
  EngineBench bench;
  bench.world.behaviour["begin"] = World::Behaviour::Runs;
  EngineOptions options = bench.options();
  options.clock = nullptr;  // Who asks compares the heartbeat with the clock on the wall.
  const auto engine = made(options);
  REQUIRE(engine->start(walkthrough(), {.info = {.id = "r",
                                                 .url = "u\xff",
                                                 .product = "p\xff",
                                                 .version = "v\xff",
                                                 .commit_sha = "c\xff"},
                                        .run = "how\xff"}));
  bench.executor.wait_for("begin");
  const auto asked = detail::ask_driver(
      *bench.store, "r", *to_json(Event{at(0), Terminate{"why\xff", false, "ann\xff"}}), "ann\xff");
  REQUIRE(asked);
  REQUIRE(engine->apply("r", HookFailed{ticket(1), "no\xff", "{\"A\xff\":1}"}));
  static_cast<void>(engine->wait("r"));
  const StoreStart start = *bench.store->start_of("r");
  CHECK(start.info.url == "u\xef\xbf\xbd");
  CHECK(start.info.product == "p\xef\xbf\xbd");
  CHECK(start.info.version == "v\xef\xbf\xbd");
  CHECK(start.info.commit_sha == "c\xef\xbf\xbd");
  CHECK(start.run == "how\xef\xbf\xbd");
  const StoredRelease row = *bench.store->find("r");
  CHECK(row.info.product == start.info.product);
  CHECK(detail::is_utf8(row.phase));
  CHECK(bench.store->request(*asked)->by == "ann\xef\xbf\xbd");
  CHECK(detail::is_utf8(bench.store->request(*asked)->message));
  const auto commands = bench.store->commands("r");
  for (const StoredCommand& command : *commands) {
    CHECK(detail::is_utf8(command.message));
    CHECK(detail::is_utf8(command.context.value_or("")));
  }
  const auto entries = bench.store->entries("r", 0, 1000);
  for (const StoredEntry& entry : *entries) {
    CHECK(detail::is_utf8(entry.event));
    CHECK(detail::is_utf8(entry.trace));
  }
  CHECK_FALSE(*verify_history(*bench.store, "r"));
  CHECK_FALSE(*replay_history(*bench.store, "r"));
}
