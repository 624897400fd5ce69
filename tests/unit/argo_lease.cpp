// SPDX-License-Identifier: Apache-2.0
// Leases: which of several hosts drives a release. Each host has a clock of its own, and the times
// that they write into a lease say nothing.
#include "argo/lease.hpp"

#include <nlohmann/json.hpp>

#include "argo/names.hpp"
#include "argo_support.hpp"
#include "catch.hpp"

using namespace promoflow;
using namespace promoflow::detail;
using namespace promoflow::test;
using namespace std::chrono_literals;

namespace {

/// The API server, as far as it has leases.
struct LeaseServer {
  std::map<std::string, Json> objects{};
  std::uint64_t version = 7;
  std::vector<std::string> methods{};

  HttpResponse answer(const HttpRequest& request) {
    methods.push_back(request.method);
    const std::string name = request.target.substr(request.target.rfind('/') + 1);
    if (request.method == "POST") { return create(Json::parse(request.body)); }
    const auto found = objects.find(name);
    if (found == objects.end()) { return status_of(404, "NotFound", "no such lease"); }
    if (request.method == "GET") { return {.status = 200, .body = found->second.dump()}; }
    const Json object = Json::parse(request.body);
    if (object["metadata"]["resourceVersion"] != found->second["metadata"]["resourceVersion"]) {
      return status_of(409, "Conflict", "the object has been modified");
    }
    return {.status = 200, .body = keep(name, object).dump()};
  }
  const Json& spec(const std::string& release = "r") const {
    return objects.at(lease_name(release))["spec"];
  }

 private:
  HttpResponse create(const Json& object) {
    const std::string name = object["metadata"]["name"];
    if (objects.contains(name)) { return status_of(409, "AlreadyExists", "it is there"); }
    return {.status = 201, .body = keep(name, object).dump()};
  }
  Json& keep(const std::string& name, Json object) {
    object["metadata"]["resourceVersion"] = std::to_string(++version);
    return objects[name] = std::move(object);
  }
};

/// A host, and what it has learnt.
struct LeaseHost {
  LeaseHost(LeaseServer& its_server, const std::string& name, std::chrono::hours ahead = 0h)
      : server(its_server), leases({ApiKind::Cluster, "argo", "promoflow"}, name, 1, [this, ahead] {
          return Leases::WallTime(1'000'000h + ahead + (now - kBegan));
        }) {}

  LeaseServer& server;
  Leases leases;
  static constexpr Moment kBegan{1000s};
  Moment now = kBegan;
  std::vector<std::string> held{};
  std::vector<LeaseNews::Refusal> refused{};
  std::vector<std::string> notices{};
  std::function<std::optional<HttpResponse>(const HttpRequest&)> instead{};

  void seek() {
    leases.seek(now, "r");
    settle();
  }
  bool holds() const { return leases.holds(now, "r"); }
  void settle() {
    for (int turn = 0; turn < 100; ++turn) {
      leases.tick(now);
      LeaseNews news = leases.take_news();
      held.insert(held.end(), news.held.begin(), news.held.end());
      refused.insert(refused.end(), news.refused.begin(), news.refused.end());
      notices.insert(notices.end(), news.notices.begin(), news.notices.end());
      if (news.requests.empty()) { return; }
      for (const auto& [id, request] : news.requests) {
        CHECK(Leases::is_own(id));
        std::optional<HttpResponse> other = instead ? instead(request) : std::nullopt;
        leases.on_response(now, id, other ? *other : server.answer(request));
      }
    }
    FAIL("it does not come to rest");
  }
  void pass(std::chrono::seconds time) {
    const Moment end = now + time;
    while (leases.next_tick() && *leases.next_tick() <= end) {
      now = std::max(now, *leases.next_tick());
      settle();
    }
    now = end;
    settle();
  }
  /// It is stopped, as by SIGSTOP: its clock goes on, and it does nothing.
  void sleep(std::chrono::seconds time) { now += time; }
  void cut_off() {
    instead = [](const HttpRequest&) { return HttpResponse{.problem = "connection refused"}; };
  }
};

}  // namespace

TEST_CASE("a release that nobody drives is taken at once, and its lease renewed every 5 s",
          "[K11]") {
  LeaseServer server;
  LeaseHost host(server, "a");
  CHECK_FALSE(host.holds());
  host.seek();
  CHECK(host.holds());
  CHECK(host.held == std::vector<std::string>{"r"});
  CHECK(server.spec()["holderIdentity"] == "a");
  CHECK(server.spec()["leaseDurationSeconds"] == 15);
  CHECK(server.spec()["renewTime"] == "2084-01-29T16:00:00.000000Z");
  CHECK(server.methods == std::vector<std::string>{"GET", "POST"});
  host.pass(4s);
  CHECK(server.methods.size() == 2);
  host.pass(21s);
  CHECK(server.methods.size() == 7);
  CHECK(server.methods.back() == "PUT");
  CHECK(host.holds());
  CHECK(host.held.size() == 1);
  CHECK_FALSE(host.leases.holds(host.now, "another"));
}

TEST_CASE("while a host renews its lease another one is refused, and told by whom", "[K11]") {
  LeaseServer server;
  LeaseHost first(server, "host-a");
  first.seek();
  LeaseHost second(server, "host-b");
  second.seek();
  CHECK_FALSE(second.holds());
  CHECK(second.refused.empty());  // It may be gone.
  for (int second_of = 0; second_of < 6; ++second_of) {
    first.pass(1s);
    second.pass(1s);
  }
  REQUIRE(second.refused.size() == 1);
  CHECK(second.refused[0].release == "r");
  CHECK(second.refused[0].message.find("host-a") != std::string::npos);
  CHECK_FALSE(second.refused[0].was_held);
  CHECK_FALSE(second.holds());
  CHECK(first.holds());
  const std::size_t asked = server.methods.size();
  second.seek();
  second.pass(60s);
  CHECK(server.methods.size() == asked);  // It is not asked again.
}

TEST_CASE("a lease that is not renewed for 15 s is taken over, whatever times are in it", "[K11]") {
  LeaseServer server;
  const std::chrono::hours ahead = GENERATE(0h, 1000h, -1000h);  // The clocks are apart.
  LeaseHost first(server, "host-a");
  first.seek();
  LeaseHost second(server, "host-b", ahead);
  second.now += 5000h;
  second.seek();
  second.pass(14s);
  CHECK_FALSE(second.holds());
  CHECK(server.spec()["holderIdentity"] == "host-a");
  second.pass(1s);
  CHECK(second.holds());
  CHECK(server.spec()["holderIdentity"] == "host-b");
  CHECK(server.spec()["leaseTransitions"] == 1);
}

TEST_CASE("a host that sleeps beyond its lease holds nothing when it wakes, and learns by whom",
          "[K11]") {
  LeaseServer server;
  LeaseHost first(server, "host-a");
  first.seek();
  LeaseHost second(server, "host-b");
  second.seek();
  second.pass(15s);
  REQUIRE(second.holds());
  first.sleep(16s);
  CHECK_FALSE(first.holds());  // Before it has asked anybody.
  first.settle();
  CHECK_FALSE(first.holds());
  REQUIRE(first.refused.size() == 1);
  CHECK(first.refused[0].was_held);
  CHECK(first.refused[0].message.find("host-b") != std::string::npos);
  second.pass(60s);
  CHECK(second.holds());
  CHECK(second.refused.empty());
}

TEST_CASE("a release that another host has driven to its end meanwhile is not gone on with",
          "[K11]") {
  LeaseServer server;
  LeaseHost first(server, "host-a");
  first.seek();
  LeaseHost second(server, "host-b");
  second.seek();
  second.pass(15s);
  REQUIRE(second.holds());
  second.leases.give_up_all(second.now);
  second.settle();
  CHECK(server.spec()["holderIdentity"] == "");
  first.sleep(60s);
  first.settle();
  CHECK_FALSE(first.holds());
  REQUIRE(first.refused.size() == 1);
  CHECK(first.refused[0].was_held);
  CHECK(server.spec()["holderIdentity"] == "");
}

TEST_CASE("a host that cannot renew for 10 s holds nothing until it can", "[K11]") {
  LeaseServer server;
  LeaseHost host(server, "a");
  host.seek();
  host.cut_off();
  host.pass(9s);
  CHECK(host.holds());
  host.pass(1s);
  CHECK_FALSE(host.holds());
  CHECK(host.notices.size() == 1);
  host.pass(20s);
  CHECK(host.notices.size() == 1);
  CHECK(host.held.size() == 1);
  host.instead = {};  // Nobody has taken it over meanwhile.
  host.pass(2s);
  CHECK(host.holds());
  CHECK(host.held.size() == 2);
  CHECK(host.refused.empty());
}

TEST_CASE("what counts is when a renewal was sent, not when it was answered", "[K11]") {
  LeaseServer server;
  LeaseHost host(server, "a");
  host.leases.seek(host.now, "r");
  host.leases.tick(host.now);
  for (int turn = 0; turn < 2; ++turn) {  // The read, and the creation.
    for (const auto& [id, request] : host.leases.take_news().requests) {
      host.now += 4s;
      host.leases.on_response(host.now, id, server.answer(request));
    }
    host.leases.tick(host.now);
  }
  CHECK(host.leases.held_until("r") == Moment(1000s) + 4s + kLeaseKept);
}

TEST_CASE("an answer that was lost does not lose the lease", "[K11]") {
  LeaseServer server;
  LeaseHost host(server, "a");
  const std::string method = GENERATE("POST", "PUT");
  bool is_lost = false;
  host.instead = [&](const HttpRequest& request) -> std::optional<HttpResponse> {
    if (request.method != method || is_lost) { return std::nullopt; }
    is_lost = true;
    server.answer(request);
    return HttpResponse{.problem = "timed out"};
  };
  host.seek();
  host.pass(20s);
  CHECK(is_lost);
  CHECK(host.holds());
  CHECK(host.refused.empty());
}

TEST_CASE("of two that take over at once one has it", "[K11]") {
  LeaseServer server;
  LeaseHost gone(server, "gone");
  gone.seek();
  LeaseHost first(server, "a");
  LeaseHost second(server, "b");
  first.seek();
  second.seek();
  first.now += 15s;
  second.now += 15s;
  first.settle();   // It looks, and takes it.
  second.settle();  // It looks, and sees another holder.
  CHECK(first.holds());
  CHECK_FALSE(second.holds());
  REQUIRE(second.refused.size() == 1);
}

TEST_CASE("a lease that was given up is taken at once", "[K11]") {
  LeaseServer server;
  LeaseHost first(server, "a");
  first.seek();
  first.leases.give_up_all(first.now);
  CHECK_FALSE(first.holds());
  first.settle();
  CHECK(first.leases.empty());
  CHECK(server.spec()["holderIdentity"] == "");
  LeaseHost second(server, "b");
  second.seek();
  CHECK(second.holds());
}

TEST_CASE("a lease is given up alone, behind a renewal that is under way, and taken again",
          "[K11]") {
  LeaseServer server;
  LeaseHost host(server, "a");
  host.seek();
  host.leases.seek(host.now, "another");
  host.settle();
  host.now += 5s;
  host.leases.tick(host.now);
  const LeaseNews news = host.leases.take_news();  // Both renewals are under way.
  REQUIRE(news.requests.size() == 2);
  host.leases.give_up(host.now, "r");
  CHECK_FALSE(host.holds());
  for (const auto& [id, request] : news.requests) {
    host.leases.on_response(host.now, id, server.answer(request));
  }
  host.settle();
  CHECK(server.spec()["holderIdentity"] == "");
  CHECK(host.leases.holds(host.now, "another"));
  const std::size_t asked = server.methods.size();
  host.pass(4s);
  CHECK(server.methods.size() == asked);
  host.seek();
  CHECK(host.holds());
  CHECK(server.spec()["holderIdentity"] == "a");
}

TEST_CASE("what is sought when the host leaves is not held by anybody", "[K11]") {
  LeaseServer server;
  LeaseHost host(server, "a");
  host.leases.seek(host.now, "r");
  host.leases.give_up_all(host.now);
  CHECK(host.leases.empty());
}

TEST_CASE("a lease that was deleted is made anew, and a refusal of the server told", "[K11]") {
  LeaseServer server;
  LeaseHost host(server, "a");
  host.seek();
  server.objects.clear();
  host.pass(5s);
  CHECK(host.holds());
  CHECK(server.spec()["holderIdentity"] == "a");

  LeaseHost forbidden(server, "b");
  forbidden.instead = [](const HttpRequest&) {
    return status_of(403, "Forbidden", "b may not get leases");
  };
  forbidden.seek();
  REQUIRE(forbidden.refused.size() == 1);
  CHECK(forbidden.refused[0].message.find("b may not get leases") != std::string::npos);
}

TEST_CASE("without the lease nothing is created, stopped or let go; with it all of that", "[K11]") {
  ArgoBench bench;
  bool is_held = false;
  bench.reconciler.obey([&](std::string_view release) -> std::optional<Moment> {
    CHECK(release == "r");
    return is_held ? std::optional(bench.now + 3s) : std::nullopt;
  });
  bench.run();
  bench.pass(60s);
  CHECK(bench.count("POST") == 0);
  is_held = true;
  bench.reconciler.permit(bench.now, "r");
  bench.settle();
  REQUIRE(bench.count("POST") == 1);
  const auto created = std::find_if(bench.cluster.requests.begin(), bench.cluster.requests.end(),
                                    [](const auto& one) { return is_create(one); });
  CHECK(created->not_after.has_value());
  is_held = false;
  bench.cancel();
  CHECK(bench.count("PATCH") == 0);
  is_held = true;
  bench.reconciler.permit(bench.now, "r");
  bench.settle();
  CHECK(bench.count("PATCH", "shutdown") == 1);
  bench.cluster.phase(kName, "Failed");
  bench.settle();
  is_held = false;
  bench.reconciler.settle(bench.now, "r", Ticket{1});
  bench.settle();
  CHECK(bench.count("PATCH") == 1);
  is_held = true;
  bench.reconciler.permit(bench.now, "r");
  bench.settle();
  CHECK(bench.count("PATCH") == 2);
  CHECK(bench.reconciler.size() == 0);
}

TEST_CASE("what was to be tried again is not, once the lease is over", "[K11]") {
  ArgoBench bench;
  bool is_held = true;
  bench.reconciler.obey([&](std::string_view) -> std::optional<Moment> {
    return is_held ? std::optional(bench.now + 1h) : std::nullopt;
  });
  bench.fate = [](const HttpRequest& request) {
    return is_create(request) ? Fate::Lost : Fate::Answered;
  };
  bench.run();
  is_held = false;
  bench.fate = {};
  bench.pass(120s);
  CHECK(bench.cluster.created == 0);
  bench.cancel();  // It may be there: a read says that it is not.
  bench.pass(60s);
  CHECK(kinds(bench) == std::vector{CallAnswer::Kind::Stopped});
}
