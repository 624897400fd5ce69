// SPDX-License-Identifier: Apache-2.0
// A release outlives its process: one engine starts it and stops while a person is asked; another
// one, on the same store, goes on. Nothing is done twice.
#include <cstdlib>
#include <filesystem>
#include <future>
#include <iostream>
#include <promoflow/engine.hpp>
#include <promoflow/promoflow.hpp>
#include <promoflow/sqlite_store.hpp>

namespace pf = promoflow;

constexpr std::string_view kFlow = R"(
{apiVersion: codefresh.io/v1beta1, kind: PromotionFlow, metadata: {name: billing}, spec: {
  triggerEnvironment: dev, steps: [{environment: staging, dependsOn: [dev]},
    {environment: production, dependsOn: [staging], hooks: {onStart: approval}}]}})";

/// Promotions succeed at once; hooks wait for a person, and are found again after a restart.
class Executor final : public pf::Executor {
 public:
  std::promise<pf::Ticket> asked{};
  void run_hook(pf::HookCall call, pf::Reply reply) override {
    std::cout << "  " << *call.environment << " waits for its " << call.hook << "\n";
    reply.suspended();
    asked.set_value(call.ticket);
  }
  void promote(pf::PromotionCall call, pf::Reply reply) override {
    std::cout << "  promotes to " << call.environment << "\n";
    reply.succeeded();
  }
  pf::ExecutorReports reports() const noexcept override { return {.survives = true}; }
  using pf::Executor::recover;
  pf::Recovery recover(const pf::HookCall& call, std::string_view, const pf::Reply&) override {
    std::cout << "  the " << call.hook << " was asked for already\n";
    return pf::Recovery::Attached;  // An answer will come.
  }
};

int main() {
  auto folder = (std::filesystem::temp_directory_path() / "promoflow-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return 1;
  const auto store = pf::open_sqlite_store(folder + "/releases.db").value();
  Executor executor;
  const auto make_engine = [&] {
    return pf::Engine::create({.store = store.get(), .executors = {{"people", &executor}}}).value();
  };
  std::cout << "one engine\n";
  auto engine = make_engine();
  if (!engine->start(pf::load_flow(kFlow).value(), {.info = {.id = "r-42"}})) return 1;
  const pf::Ticket ticket = executor.asked.get_future().get();
  engine.reset();  // A process that is killed would leave the same behind.
  std::cout << "another one\n";
  engine = make_engine();
  if (!engine->resume("r-42")) return 1;
  if (!engine->apply("r-42", pf::HookSucceeded{ticket})) return 1;
  std::cout << to_string(engine->wait("r-42").value()) << "\n";
  std::filesystem::remove_all(folder);
}
