// SPDX-License-Identifier: Apache-2.0
#include "exploration/places.hpp"

#include "release/table.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

Places::Places(const FlowData& flow) : entities_(flow.size() + 1) {
  constexpr State kOrder[] = {State::Starting, State::Working, State::Finishing, State::Failing};
  first_.resize(std::size_t{entities_} * kStates);
  const auto add_entity = [&](EntityIndex entity) {
    for (const State state : kOrder) {
      first_[entity * kStates + static_cast<std::size_t>(state)] = size();
      if (!runs_chain(state)) {
        const bool is_promoted_to =
            entity != flow.size() && (entity != 0 || flow.options.post_trigger.has_value());
        if (is_promoted_to) { list_.push_back({entity, state, 0}); }
        continue;
      }
      const auto hooks = flow.chains_of(entity).of[chain_of(state)].size();
      for (std::uint32_t i = 0; i < hooks; ++i) { list_.push_back({entity, state, i}); }
    }
  };
  for (EntityIndex e = 0; e < flow.size(); ++e) { add_entity(e); }
  add_entity(flow.size());
  status_base_ = size() * 4;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
