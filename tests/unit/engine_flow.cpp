// SPDX-License-Identifier: Apache-2.0
// A flow that was changed in the store: it is no longer the one that the chain of hashes names.
#include <sqlite3.h>

#include "engine_support.hpp"

using namespace promoflow;
using namespace promoflow::test;

namespace {

/// Two environments in a row, of which the second is begun only when the first succeeded.
Flow in_a_row() {
  FlowBuilder builder("row", "dev");
  builder.step("staging", {"dev"}).step("prod", {"staging"});
  return built(builder);
}

void sql(const std::string& path, const std::string& statements) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  REQUIRE(sqlite3_exec(database, statements.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_close(database) == SQLITE_OK);
}

/// A release that an engine left running in a file, whose flow somebody then changed.
void leave_and_change(const std::string& path, const std::string& change) {
  World world;
  world.behaviour["promote staging"] = World::Behaviour::Runs;
  WorldExecutor executor(world);
  {
    const auto store = opened(path);
    const auto engine = made({.store = store.get(), .executors = {{"world", &executor}}});
    REQUIRE(engine->start(in_a_row(), {.info = {.id = "r"}}));
    executor.wait_for("promote staging");
  }
  sql(path, change);
}

void check_refused(const std::string& path, std::string_view words) {
  World world;
  WorldExecutor executor(world);
  const auto store = opened(path);
  const auto problem = verify_history(*store, "r");
  REQUIRE(problem);
  REQUIRE(*problem);
  CHECK((*problem)->sequence == 0);
  CHECK((*problem)->message.find(words) != std::string::npos);
  const auto engine = made({.store = store.get(), .executors = {{"world", &executor}}});
  const auto resumed = engine->resume("r");
  REQUIRE_FALSE(resumed);
  CHECK(resumed.error().code == ErrorCode::StoreDamaged);
  CHECK(resumed.error().message.find(words) != std::string::npos);
  CHECK(resumed.error().message.find("restore a backup") != std::string::npos);
  CHECK_FALSE(load_release(*store, "r"));
  CHECK_FALSE(engine->resume_all());
  CHECK(world.effects.empty());
  CHECK_FALSE(store->find("r")->owner);  // What is refused is not kept from others.
}

}  // namespace

TEST_CASE("a flow that was changed in the store is found, and not driven [D5]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("store.db");
  leave_and_change(path,
                   "UPDATE flow SET manifest = replace(manifest, 'dependsOn: [staging]', "
                   "'dependsOn: [dev]')");
  check_refused(path, "is not the one that the release was started with");
}

TEST_CASE("a flow that is none any more is found, and not driven [D5]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("store.db");
  leave_and_change(path, "UPDATE flow SET manifest = 'kind: Pod'");
  check_refused(path, "cannot be read");
}
