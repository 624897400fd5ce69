// SPDX-License-Identifier: Apache-2.0
// What a compiler has to complain of; test_misuse.py compares where it does. Built nowhere.
#include <array>
#include <promoflow/process_executor.hpp>
#include <promoflow/promoflow.hpp>
#include <promoflow/store.hpp>
#include <promoflow/store_conformance.hpp>
#include <string>
#include <string_view>
#include <vector>

using namespace promoflow;

Release started();
Trace simulated();
Flow loaded();
std::string why();

void results_that_are_dropped(Release& release, Executor& executor, const Flow& flow) {
  release.apply({Instant{}, Tick{}});     // complains
  release.reissue();                      // complains
  release.next_command();                 // complains
  release.next_record();                  // complains
  release.snapshot();                     // complains
  Release::start(flow, {.id = "r"}, {});  // complains
  Release::restore(flow, "");             // complains
  resume(release, executor);              // complains
  run(flow, {.id = "r"}, executor);       // complains
  load_flow("");                          // complains
  simulate(flow, {});                     // complains
}

void answers_of_interfaces_that_are_dropped(Store& store, const OwnerCheck& check,
                                            Executor& executor, ProcessExecutor& programs,
                                            Clock& clock, StoreUnderTest& subject) {
  store.commit({});                         // complains
  store.renew({});                          // complains
  store.remove("r");                        // complains
  store.ask({});                            // complains
  check.is_gone({});                        // complains
  executor.next_wake();                     // complains
  executor.reports();                       // complains
  executor.reference("r", Ticket{1}, 1);    // complains
  programs.reference("r", Ticket{1}, 1);    // complains
  clock.now();                              // complains
  subject.make();                           // complains
  subject.arrange(StorageFault::Crash, 1);  // complains
  subject.mend();
}

void texts_that_have_ended(Ticket ticket) {
  HookFailed failed{ticket, why() + "!"};                       // complains
  HookSucceeded succeeded{.ticket = ticket, .context = why()};  // complains
  Terminate terminate{why()};                                   // complains
  Retry vector{std::vector<std::string_view>{"eu"}};            // complains
  Retry array{std::array<std::string_view, 1>{"eu"}};           // complains
  Retry braces{{"eu", "us"}};                                   // complains
  const std::string kept = why();
  HookFailed fine{ticket, kept};
  HookFailed literal{ticket, "exit status 1"};
  const std::array<std::string_view, 1> names{"eu"};
  Retry kept_names{names};
}

void what_is_borrowed_of_what_has_ended() {
  const std::string_view message = started().message();  // complains
  const Context context = started().context();           // complains
  const ReleaseInfo& info = simulated().info();          // complains
  const std::string_view name = loaded().name();         // complains
  const FlowOptions& options = loaded().options();       // complains
  const Release release = started();
  const std::string_view fine = release.message();
}
