// SPDX-License-Identifier: Apache-2.0
// What every store has, whatever it is made of.
#include "promoflow/store.hpp"

#include <utility>

#include "base/guard.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE {

Result<std::vector<Result<Claim>>> Store::claim_all(std::span<const std::string> releases,
                                                    const StoreOwner& owner,
                                                    const OwnerCheck& check) noexcept {
  return detail::guarded([&]() -> Result<std::vector<Result<Claim>>> {
    std::vector<Result<Claim>> claims;
    claims.reserve(releases.size());
    for (const std::string& release : releases) {
      Result<Claim> claimed = claim(release, owner, check);
      const bool is_alone = claimed || claimed.error().code == ErrorCode::UnknownRelease;
      if (!is_alone) { return tl::unexpected(std::move(claimed.error())); }
      claims.push_back(std::move(claimed));
    }
    return claims;
  });
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
