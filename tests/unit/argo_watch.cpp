// SPDX-License-Identifier: Apache-2.0
#include "argo/watcher.hpp"

#include "argo_support.hpp"
#include "catch.hpp"

using namespace promoflow;
using namespace promoflow::detail;
using namespace promoflow::test;
using namespace std::chrono_literals;

namespace {

struct Bench {
  Api api{ApiKind::Cluster, "argo", "promoflow"};
  Watcher watcher{api};
  Chance chance{1};
  Moment now{1000s};

  std::optional<HttpRequest> next() { return watcher.next_request(now, chance); }
  /// Goes on to when the next request is due.
  HttpRequest wait() {
    REQUIRE(watcher.due());
    now = std::max(now, *watcher.due());
    const auto request = next();
    REQUIRE(request);
    return *request;
  }
  WatchNews answer(const HttpResponse& response) {
    return watcher.on_response(now, response, chance);
  }
  WatchNews data(std::string_view text) {
    WatchNews news = watcher.on_data(now, text, stopped, chance);
    return news;
  }
  /// To where it watches, from version 7.
  void begin() {
    wait();
    answer(page({}, "7"));
    wait();
  }
  static HttpResponse page(const std::vector<Json>& items, const std::string& version,
                           const std::string& next = {}) {
    Json body = {{"metadata", {{"resourceVersion", version}}}, {"items", items}};
    if (!next.empty()) { body["metadata"]["continue"] = next; }
    return {.status = 200, .body = body.dump()};
  }
  static Json object(const std::string& name, const std::string& version) {
    return {{"kind", "Workflow"}, {"metadata", {{"name", name}, {"resourceVersion", version}}}};
  }
  static std::string line(const std::string& type, const std::string& name,
                          const std::string& version) {
    return Json{{"type", type}, {"object", object(name, version)}}.dump() + '\n';
  }

  bool stopped = false;
};

bool has(const HttpRequest& request, std::string_view part) {
  return request.target.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("it lists, page by page, and then watches from the list's version", "[K3]") {
  Bench bench;
  CHECK(has(*bench.next(), "limit="));
  CHECK_FALSE(bench.next());  // One request at a time.
  WatchNews news = bench.answer(Bench::page({Bench::object("a", "3")}, "7", "more"));
  CHECK(news.sightings.size() == 1);
  CHECK_FALSE(news.listed);
  CHECK(has(bench.wait(), "continue=more"));
  news = bench.answer(Bench::page({Bench::object("b", "4")}, "9"));
  REQUIRE(news.listed);
  CHECK(news.listed->version == "7");
  CHECK(news.listed->names.size() == 2);
  const HttpRequest watch = bench.wait();
  CHECK(watch.is_stream);
  CHECK(has(watch, "resourceVersion=7"));
  CHECK(has(watch, "allowWatchBookmarks=true"));
}

TEST_CASE("a watch that ends goes on from the last version, bookmarks included", "[K3]") {
  Bench bench;
  bench.begin();
  CHECK(bench.data(Bench::line("MODIFIED", "a", "8")).sightings.size() == 1);
  CHECK(bench.data(Bench::line("BOOKMARK", "", "12")).sightings.empty());
  bench.answer({.status = 200});
  CHECK(has(bench.wait(), "resourceVersion=12"));
}

TEST_CASE("a line may come in pieces, and one that is torn is asked for again", "[K3]") {
  Bench bench;
  bench.begin();
  const std::string line = Bench::line("ADDED", "a", "8");
  CHECK(bench.data(line.substr(0, 10)).sightings.empty());
  CHECK(bench.data(line.substr(10) + line.substr(0, 5)).sightings.size() == 1);
  bench.answer({.status = 200});
  CHECK(has(bench.wait(), "resourceVersion=8"));
  // What was left of the old connection is not put before what the new one sends.
  CHECK(bench.data(Bench::line("ADDED", "b", "9")).sightings.size() == 1);
}

TEST_CASE("a line that makes no sense ends the watch, which begins anew later", "[K3]") {
  for (const char* line : {"<html>\n", "{\"type\":\"ADDED\"}\n", "[]\n", "{\"type\":\"ADDED\",\n",
                           "{\"type\":\"ADDED\",\"object\":{\"metadata\":{}}}\n"}) {
    Bench bench;
    bench.begin();
    bench.data(line);
    INFO(line);
    CHECK(bench.stopped);
    CHECK_FALSE(bench.next());  // Not at once.
    CHECK(has(bench.wait(), "resourceVersion=7"));
  }
}

TEST_CASE("a version that is too old leads to a list, as a status and as a line", "[K3]") {
  Bench bench;
  bench.begin();
  SECTION("as the status of the watch") {
    bench.answer(status_of(410, "Expired", "too old resource version"));
  }
  SECTION("as a line of a watch with status 200") {
    const auto gone = Json::parse(status_of(410, "Expired", "too old").body);
    bench.data(Json{{"type", "ERROR"}, {"object", gone}}.dump() + '\n');
    CHECK(bench.stopped);
  }
  SECTION("as a line of an Argo Server") {
    bench.data(
        Json{{"error", {{"http_code", 410}, {"message", "too old resource version: 1"}}}}.dump() +
        '\n');
    CHECK(bench.stopped);
  }
  const HttpRequest request = bench.wait();
  CHECK(has(request, "limit="));
  CHECK_FALSE(has(request, "continue="));
}

TEST_CASE("a continue token that has expired leads to a list from its beginning", "[K3]") {
  Bench bench;
  bench.next();
  bench.answer(Bench::page({Bench::object("a", "3")}, "7", "more"));
  bench.wait();
  bench.answer(status_of(410, "Expired", "the token is too old"));
  CHECK_FALSE(has(bench.wait(), "continue="));
  // What the first attempt has seen does not count as listed.
  const WatchNews news = bench.answer(Bench::page({}, "8"));
  REQUIRE(news.listed);
  CHECK(news.listed->names.empty());
}

TEST_CASE("what fails is tried again, ever later, and for ever", "[K3]") {
  Bench bench;
  bench.begin();
  std::chrono::milliseconds longest{0};
  for (int i = 0; i < 200; ++i) {
    const Moment before = bench.now;
    bench.answer(i % 2 == 0 ? HttpResponse{.problem = "refused"} : HttpResponse{.status = 503});
    bench.wait();
    const auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(bench.now - before);
    CHECK(pause >= 100ms);
    CHECK(pause <= 30s);
    longest = std::max(longest, pause);
  }
  CHECK(longest > 10s);
  bench.data(Bench::line("BOOKMARK", "", "9"));
  const Moment before = bench.now;
  bench.answer({.problem = "torn"});
  bench.wait();
  CHECK(bench.now - before <= 200ms);  // What works again begins anew.
}

TEST_CASE("it waits for as long as the server asks", "[K3]") {
  Bench bench;
  bench.begin();
  const Moment before = bench.now;
  bench.answer({.status = 429, .retry_after = 7s});
  bench.wait();
  CHECK(bench.now - before >= 7s);
}

TEST_CASE("a server that closes each watch at once is not asked without a pause", "[K3]") {
  Bench bench;
  bench.begin();
  const Moment before = bench.now;
  for (int i = 0; i < 10; ++i) {
    bench.answer({.status = 200});
    bench.wait();
  }
  CHECK(bench.now - before > 5s);
}

TEST_CASE("a list that is damaged is asked for again", "[K3]") {
  Bench bench;
  for (const char* body :
       {"", "{}", "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[", "[]"}) {
    bench.wait();
    const WatchNews news = bench.answer({.status = 200, .body = body});
    CHECK_FALSE(news.listed);
  }
  CHECK(has(bench.wait(), "limit="));
}

TEST_CASE("that it may not watch is told, and tried again", "[K3]") {
  Bench bench;
  bench.begin();
  CHECK(bench.answer(status_of(403, "Forbidden", "cannot watch workflows")).problem ==
        "cannot watch workflows");
  CHECK(has(bench.wait(), "watch=1"));
}

TEST_CASE("what an Argo Server sends is the same in a wrapping", "[K10]") {
  Bench bench;
  bench.begin();
  const WatchNews news = bench.data(
      Json{{"result", {{"type", "ADDED"}, {"object", Bench::object("a", "8")}}}}.dump() + '\n');
  REQUIRE(news.sightings.size() == 1);
  CHECK(news.sightings[0].view.name == "a");
}
