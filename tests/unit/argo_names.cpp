// SPDX-License-Identifier: Apache-2.0
#include "argo/names.hpp"

#include <algorithm>
#include <set>

#include "catch.hpp"

using namespace promoflow;
using namespace promoflow::detail;

namespace {

bool is_dns_label(const std::string& name) {
  const auto is_inner = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= 63 && is_inner(name.front()) && is_inner(name.back()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return is_inner(c) || c == '-'; });
}

}  // namespace

TEST_CASE("a workflow's name is that of its command, and always the same", "[K2]") {
  CHECK(workflow_name("r-42", Ticket{7}, 1) == "r-42-7-1");
  CHECK(workflow_name("r-42", Ticket{7}, 2) == "r-42-7-2");
  CHECK(workflow_name("billing-20261129t092213z", Ticket{12}, 1) ==
        "billing-20261129t092213z-12-1");
}

TEST_CASE("whatever the release id, the name is one that Kubernetes takes", "[K2]") {
  const std::string ids[] = {"R-42",
                             "r_42",
                             "-",
                             "a--b",
                             "trailing-",
                             "-leading",
                             "\xC3\xBC\xC3\xA4",
                             "with blank",
                             std::string(63, 'a'),
                             std::string(300, 'x'),
                             std::string(40, '.') + "end"};
  std::set<std::string> names;
  for (const std::string& id : ids) {
    const std::string name = workflow_name(id, Ticket{18'446'744'073'709'551'615U}, 4'294'967'295U);
    INFO(id << " -> " << name);
    CHECK(is_dns_label(name));
    CHECK(names.insert(name).second);
    CHECK(is_dns_label(workflow_name(id, Ticket{1}, 1)));
  }
}

TEST_CASE("two commands never have one name", "[K2]") {
  // The parts must not run into each other, and what was hashed must not look like what was not.
  CHECK(workflow_name("r-1", Ticket{2}, 3) != workflow_name("r", Ticket{1}, 2));
  CHECK(workflow_name("R-42", Ticket{1}, 1) != workflow_name("r-42", Ticket{1}, 1));
  const std::string hashed = workflow_name("R", Ticket{1}, 1);
  const std::string id = hashed.substr(0, hashed.size() - 4);
  CHECK(workflow_name(id, Ticket{1}, 1) != hashed);
  CHECK(workflow_name(std::string(80, 'a'), Ticket{1}, 1) !=
        workflow_name(std::string(81, 'a'), Ticket{1}, 1));
}

TEST_CASE("a name tells whether it is of a command", "[K6]") {
  CHECK(attempt_of("r-42-7-3", "r-42", Ticket{7}) == 3U);
  CHECK_FALSE(attempt_of("r-42-7-3", "r-42", Ticket{8}));
  CHECK_FALSE(attempt_of("/var/work/r-42/7.run-1", "r-42", Ticket{7}));
  CHECK_FALSE(attempt_of("", "r-42", Ticket{7}));
}

TEST_CASE("the workflows beside a promotion have names of their own", "[K7]") {
  const std::string id(63, 'a');
  const std::string names[] = {workflow_name(id, Ticket{1}, 1),
                               workflow_name(id, Ticket{1}, 1, "-pre"),
                               workflow_name(id, Ticket{1}, 1, "-post")};
  CHECK(std::set<std::string>(std::begin(names), std::end(names)).size() == 3);
  for (const std::string& name : names) { CHECK(is_dns_label(name)); }
  CHECK(workflow_name("r-42", Ticket{7}, 1, "-pre") == "r-42-7-1-pre");
}

TEST_CASE("a label's value is the text, or what may be of it", "[K1]") {
  CHECK(label_value("billing") == "billing");
  CHECK(label_value("v1.4_a-b") == "v1.4_a-b");
  CHECK(label_value("two words!") == "two-words");
  CHECK(label_value("") == "");
  CHECK(label_value("\xC3\xBC") == "");
  CHECK(label_value(std::string(100, 'a')).size() == 63);
}

TEST_CASE("release ids whose labels would be equal differ by a hash", "[K1]") {
  CHECK(distinct_label_value("r-42") == "r-42");
  CHECK(distinct_label_value("a b") != distinct_label_value("a!b"));
  CHECK(distinct_label_value(std::string(100, 'a')).size() <= 63);
  CHECK(distinct_label_value(std::string(100, 'a')) != distinct_label_value(std::string(99, 'a')));
}
