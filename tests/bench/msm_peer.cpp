// SPDX-License-Identifier: Apache-2.0
// Boost.MSM: a state machine for each environment, three events each.
#include "msm_peer.hpp"

#include <boost/msm/back/state_machine.hpp>
#include <boost/msm/front/state_machine_def.hpp>
#include <vector>

namespace promoflow::bench {

namespace {

struct Advance {};

/// Begin, promote, succeed.
struct EnvironmentDefinition : public boost::msm::front::state_machine_def<EnvironmentDefinition> {
  struct Pending : public boost::msm::front::state<> {};
  struct Starting : public boost::msm::front::state<> {};
  struct Promoting : public boost::msm::front::state<> {};
  struct Successful : public boost::msm::front::state<> {};
  using initial_state = Pending;
  // NOLINTNEXTLINE(readability-identifier-naming): the name that Boost.MSM looks for.
  struct transition_table : public boost::mpl::vector<_row<Pending, Advance, Starting>,
                                                      _row<Starting, Advance, Promoting>,
                                                      _row<Promoting, Advance, Successful>> {};
};
using Environment = boost::msm::back::state_machine<EnvironmentDefinition>;

}  // namespace

std::size_t run_state_machines(std::size_t environments) {
  std::vector<Environment> machines(environments);
  std::size_t successful = 0;
  for (Environment& machine : machines) {
    machine.start();
    for (int event = 0; event < 3; ++event) { machine.process_event(Advance{}); }
    successful += machine.current_state()[0] == 3 ? 1U : 0U;
  }
  return successful;
}

}  // namespace promoflow::bench
