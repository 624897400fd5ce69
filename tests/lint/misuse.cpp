// SPDX-License-Identifier: Apache-2.0
// What a compiler has to complain of; test_misuse.py compares where it does. Built nowhere.
#include <array>
#include <promoflow/configuration.hpp>
#include <promoflow/function_executor.hpp>
#include <promoflow/process_executor.hpp>
#include <promoflow/promoflow.hpp>
#include <promoflow/release_queue.hpp>
#include <promoflow/store.hpp>
#include <promoflow/store_conformance.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using namespace promoflow;

Release started();
Trace simulated();
Flow loaded();
Configuration read();
ReleaseQueue queued();
StoredEvent stored();
RunHook hook();
FunctionExecutor::HookFunction answer();
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

void texts_of_other_parameters_that_have_ended() {
  const Trigger trigger{why()};                    // complains
  const DiagnosticSource source{"a.yaml", why()};  // complains
}

void what_is_borrowed_of_what_has_ended() {
  const std::string_view message = started().message();                       // complains
  const Context context = started().context();                                // complains
  const ReleaseInfo& info = simulated().info();                               // complains
  const std::string_view name = loaded().name();                              // complains
  const FlowOptions& options = loaded().options();                            // complains
  const std::span<const Hook> hooks = loaded().hooks(Point::ReleaseOnFail);   // complains
  const std::span<const Flow> flows = read().flows();                         // complains
  const Event& event = stored().event();                                      // complains
  const Record record = simulated()[0];                                       // complains
  const EnvironmentState state = started().environment(kTriggerEnvironment);  // complains
  const Release release = started();
  const std::string_view fine = release.message();
  const ContextEntry entry = release.context()[0];
  const std::string copied(loaded().name());
}

void what_is_borrowed_in_a_list_or_an_answer() {
  const std::vector<std::string_view> products = read().products();   // complains
  const std::vector<std::string_view> waiting = queued().releases();  // complains
  const auto command = started().next_command();                      // complains
  const auto conflicts = started().context_conflicts();               // complains
  const auto run = simulated().hooks(Point::ReleaseOnStart);          // complains
  const std::size_t fine = read().products().size();
}

void what_is_borrowed_of_a_parameter(const Configuration& configuration, const Flow& flow) {
  const auto uses = configuration.context_uses(loaded());  // complains
  const auto fine = configuration.context_uses(flow);
}

void iterators_of_what_has_ended(const Release& release) {
  const auto first = simulated().begin();                                // complains
  const auto last = simulated().end();                                   // complains
  const auto argument = hook().arguments.begin();                        // complains
  const Argument* kept = hook().arguments.begin().operator->();          // complains
  const Record* record = simulated().begin().operator->().operator->();  // complains
  const auto entries = release.context().begin();
  const Argument fine = *hook().arguments.begin();
}

void setters_of_what_has_ended() {
  FlowBuilder& builder = FlowBuilder("a", "b").step("c", {"b"});             // complains
  FlowBuilder& limited = FlowBuilder("a", "b").diagnostics_max(1);           // complains
  FunctionExecutor& executor = FunctionExecutor().on_other_hooks(answer());  // complains
  const auto fine = FlowBuilder("a", "b").step("c", {"b"}).build();
}
