// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "base/suggest.hpp"
#include "catch.hpp"
#include "document/document.hpp"

using promoflow::detail::Suggestions;

namespace {

std::string best(std::string_view word, std::initializer_list<std::string_view> candidates) {
  Suggestions suggestions(word);
  for (const std::string_view candidate : candidates) { suggestions.offer(candidate); }
  return std::string(suggestions.best());
}

}  // namespace

TEST_CASE("similar names are suggested", "[M6]") {
  CHECK(best("onFailure", {"onStart", "onSuccess", "onFail", "onEnd"}) == "onFail");
  CHECK(best("onfail", {"onStart", "onSuccess", "onFail", "onEnd"}) == "onFail");
  CHECK(best("on-success", {"onStart", "onSuccess", "onFail"}) == "onSuccess");
  CHECK(best("depends_on", {"environment", "dependsOn", "policy"}) == "dependsOn");
  CHECK(best("stagign", {"dev", "staging", "production"}) == "staging");
  CHECK(best("prod", {"dev", "staging", "production"}) == "production");
  CHECK(best("prod-us", {"prod-eu", "prod-us-1", "dev"}) == "prod-us-1");
  CHECK(best("polcy", {"policy", "hooks"}) == "policy");
}

TEST_CASE("what is not seen of the difference is said", "[M6][H7]") {
  const auto hint = [](std::string_view word, std::string_view candidate) {
    Suggestions suggestions(word);
    suggestions.offer(candidate);
    return suggestions.hint();
  };
  CHECK(hint("polcy", "policy") == "did you mean 'policy'?");
  CHECK(hint("foo", "policy").empty());
  CHECK(hint("depends\xD0\x9En", "dependsOn")
            .starts_with("did you mean 'dependsOn'? (it looks the same, but has "));
}

TEST_CASE("other names are not suggested", "[M6]") {
  CHECK(best("foo", {"environment", "dependsOn", "policy", "hooks"}).empty());
  CHECK(best("a", {"b", "c"}).empty());
  CHECK(best("us", {"eu"}).empty());
  CHECK(best("qa", {"dev"}).empty());
  CHECK(best("", {"a"}).empty());
  CHECK(best(std::string(1000, 'a'), {std::string_view("aaa")}).empty());
}
