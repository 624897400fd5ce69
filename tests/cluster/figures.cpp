// SPDX-License-Identifier: Apache-2.0
// What figures.py measures. Two ways of running chains of hooks, each with its processor time:
//
//   figures host KUBECONFIG NAMESPACE RELEASES HOOKS STORE   releases, by an engine and a store
//   figures bare SERVER CA CERT KEY NAMESPACE CHAINS HOOKS   a bare loop of libcurl's handles
//
// The bare loop creates the same Workflows, but for their finalizer, which it would have to remove,
// and waits for them over one watch. It does nothing else: it finds names and phases as text. The
// executor's thread is measured in two parts: libcurl with TLS and the kernel, and all the rest.
#include <curl/curl.h>
#include <sys/resource.h>
#include <time.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "argo/connect.hpp"
#include "argo/workflow.hpp"
#include "promoflow/argo_executor.hpp"
#include "promoflow/engine.hpp"
#include "promoflow/function_executor.hpp"
#include "promoflow/promoflow.hpp"
#include "promoflow/sqlite_store.hpp"

using namespace promoflow;

namespace {

using Steady = std::chrono::steady_clock;
constexpr int kHandles = 16;  // Twice as many as the executor has.

[[noreturn]] void stop(const std::string& why) {
  std::fprintf(stderr, "figures: %s\n", why.c_str());
  std::exit(1);
}

double seconds_since(Steady::time_point begin) {
  return std::chrono::duration<double>(Steady::now() - begin).count();
}

double processor_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return of(used.ru_utime) + of(used.ru_stime);
}

// --- releases ------------------------------------------------------------------------------------

std::set<std::string> threads() {
  std::set<std::string> found;
  for (const auto& one : std::filesystem::directory_iterator("/proc/self/task")) {
    found.insert(one.path().filename());
  }
  return found;
}

double thread_seconds(const std::string& thread) {
  std::ifstream file("/proc/self/task/" + thread + "/schedstat");
  double nanoseconds = 0;
  file >> nanoseconds;
  return nanoseconds / 1e9;
}

/// Another client, and what its functions cost without those of the listener.
class MeasuredHttp final : public detail::HttpClient, public detail::HttpListener {
 public:
  MeasuredHttp(std::unique_ptr<detail::HttpClient> http, std::atomic<std::int64_t>& used)
      : http_(std::move(http)), used_(used) {}

  void start(detail::RequestId request, detail::HttpRequest what) override {
    const Part part(*this, +1);
    http_->start(request, std::move(what));
  }
  void stop(detail::RequestId request) override {
    const Part part(*this, +1);
    http_->stop(request);
  }
  void wait(std::optional<std::chrono::milliseconds> time,
            detail::HttpListener& listener) override {
    const Part part(*this, +1);
    listener_ = &listener;
    http_->wait(time, *this);
  }
  void wake() noexcept override { http_->wake(); }

  void on_data(detail::RequestId request, std::string_view data) override {
    const Part part(*this, -1);
    listener_->on_data(request, data);
  }
  void on_response(detail::RequestId request, detail::HttpResponse response) override {
    const Part part(*this, -1);
    listener_->on_response(request, std::move(response));
  }

 private:
  /// Adds what a part of a function has used, or takes it away.
  class Part {
   public:
    Part(MeasuredHttp& of, int sign) : of_(of), sign_(sign), begin_(now()) {}
    ~Part() { of_.used_ += sign_ * (now() - begin_); }
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;

   private:
    static std::int64_t now() {
      timespec time{};
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
      return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
    }
    MeasuredHttp& of_;
    const int sign_;
    const std::int64_t begin_;
  };

  const std::unique_ptr<detail::HttpClient> http_;
  std::atomic<std::int64_t>& used_;  ///< Nanoseconds.
  detail::HttpListener* listener_ = nullptr;
};

long memory_kilobytes() {
  std::ifstream file("/proc/self/status");
  std::string word;
  while (file >> word && word != "VmRSS:") {}
  long size = 0;
  file >> size;
  return size;
}

Flow chain(int hooks) {
  FlowBuilder builder("figures", "dev");
  StepOptions step;
  step.hooks.on_start.assign(static_cast<std::size_t>(hooks), Hook{.name = "succeed"});
  const auto report = builder.step("staging", {"dev"}, step).build();
  if (!report || !report->flow) { stop("there is no flow"); }
  return *report->flow;
}

int host(char** words) {
  FunctionExecutor promotions;
  promotions.on_other_promotions([](const PromotionCall&) { return Answer::success(); });
  ArgoOptions options;
  options.kubeconfig = words[0];
  options.name_space = words[1];
  options.promotions = &promotions;
  const int releases = std::atoi(words[2]);
  const int hooks = std::atoi(words[3]);
  const std::set<std::string> before = threads();
  auto connection = detail::connect(options);
  if (!connection) { stop(connection.error().message); }
  std::atomic<std::int64_t> transport = 0;
  connection->http = std::make_unique<MeasuredHttp>(std::move(connection->http), transport);
  const auto executor = ArgoExecutor::over(options, std::move(*connection));
  std::string own;
  for (const std::string& thread : threads()) {
    if (!before.contains(thread)) { own = thread; }
  }
  const auto store = open_sqlite_store(words[4]);
  if (!store) { stop(store.error().message); }
  const auto engine =
      Engine::create({.store = store->get(), .executors = {{"argo", executor.get()}}});
  if (!engine) { stop(engine.error().message); }
  const Flow flow = chain(hooks);
  const auto id = [](int number) { return "r-" + std::to_string(number); };

  const double used_before = processor_seconds();
  const double own_before = thread_seconds(own);
  const std::int64_t transport_before = transport;
  const Steady::time_point begin = Steady::now();
  for (int i = 0; i < releases; ++i) {
    if (const auto started = (*engine)->start(flow, {.info = {.id = id(i)}}); !started) {
      stop(started.error().message);
    }
  }
  long early = 0;
  for (int i = 0; i < releases; ++i) {
    if (i == releases / 10) { early = memory_kilobytes(); }
    const auto status = (*engine)->wait(id(i));
    if (!status || *status != ReleaseStatus::Succeeded) { stop(id(i) + " has not succeeded"); }
  }
  const double seconds = seconds_since(begin);
  executor->wait_idle();  // The last ones are let go.
  std::printf("%.4f %.4f %.4f %.4f %ld %ld\n", seconds, processor_seconds() - used_before,
              thread_seconds(own) - own_before,
              static_cast<double>(transport - transport_before) / 1e9, early, memory_kilobytes());
  return 0;
}

// --- the bare loop -------------------------------------------------------------------------------

class BareLoop {
 public:
  explicit BareLoop(char** words)
      : server_(words[0]),
        authority_(words[1]),
        certificate_(words[2]),
        key_(words[3]),
        space_(words[4]),
        chains_(std::atoi(words[5])),
        length_(std::atoi(words[6])),
        multi_(curl_multi_init()) {
    headers_ = curl_slist_append(headers_, "Content-Type: application/json");
    headers_ = curl_slist_append(headers_, "Expect:");
  }

  int run() {
    watch(list());
    const double used = processor_seconds();
    const Steady::time_point begin = Steady::now();
    for (int i = 0; i < kHandles; ++i) { free_.push_back(std::make_unique<Create>()); }
    for (int i = 0; i < chains_; ++i) { due_.emplace_back(i, 0); }
    while (ended_.size() < static_cast<std::size_t>(chains_) * static_cast<std::size_t>(length_)) {
      while (!due_.empty() && !free_.empty()) { create(); }
      int running = 0;
      curl_multi_perform(multi_, &running);
      finish();
      curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
    }
    std::printf("%.4f %.4f\n", seconds_since(begin), processor_seconds() - used);
    return 0;
  }

 private:
  struct Create {
    CURL* easy = curl_easy_init();
    std::string body;
  };

  static std::size_t drop(char*, std::size_t size, std::size_t count, void*) {
    return size * count;
  }
  static std::size_t keep(char* data, std::size_t size, std::size_t count, void* text) {
    static_cast<std::string*>(text)->append(data, size * count);
    return size * count;
  }
  static std::size_t take(char* data, std::size_t size, std::size_t count, void* loop) {
    static_cast<BareLoop*>(loop)->take_lines({data, size * count});
    return size * count;
  }

  std::string workflows() const {
    return server_ + "/apis/argoproj.io/v1alpha1/namespaces/" + space_ + "/workflows";
  }

  CURL* prepared(CURL* easy, const std::string& url) const {
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_CAINFO, authority_.c_str());
    curl_easy_setopt(easy, CURLOPT_SSLCERT, certificate_.c_str());
    curl_easy_setopt(easy, CURLOPT_SSLKEY, key_.c_str());
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_);
    return easy;
  }

  /// The version from which to watch.
  std::string list() const {
    std::string text;
    CURL* const easy = prepared(curl_easy_init(), workflows() + "?limit=1");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &BareLoop::keep);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &text);
    if (curl_easy_perform(easy) != CURLE_OK) { stop("the server is not reached"); }
    curl_easy_cleanup(easy);
    return value_of(text, "\"resourceVersion\":\"");
  }

  static std::string value_of(std::string_view text, std::string_view before) {
    const std::size_t at = text.find(before);
    if (at == std::string_view::npos) { return {}; }
    text.remove_prefix(at + before.size());
    return std::string(text.substr(0, text.find('"')));
  }

  void watch(const std::string& version) {
    CURL* const easy = prepared(curl_easy_init(),
                                workflows() + "?watch=1&labelSelector=promoflow.dev%2Finstance%3D" +
                                    "bare&resourceVersion=" + version);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &BareLoop::take);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
    curl_multi_add_handle(multi_, easy);
  }

  void take_lines(std::string_view data) {
    buffer_ += data;
    std::size_t begin = 0;
    for (std::size_t end = buffer_.find('\n'); end != std::string::npos;
         end = buffer_.find('\n', begin)) {
      take_line(std::string_view(buffer_).substr(begin, end - begin));
      begin = end + 1;
    }
    buffer_.erase(0, begin);
  }

  void take_line(std::string_view line) {
    const std::size_t status = line.rfind("\"status\":{");
    if (status == std::string_view::npos ||
        line.substr(status).find("\"phase\":\"Succeeded\"") == std::string_view::npos) {
      return;
    }
    const std::string name = value_of(line, "\"promoflow.dev/release-id\":\"");
    const std::string step = value_of(line, "\"promoflow.dev/ticket\":\"");
    if (!ended_.insert(name + ' ' + step).second) { return; }
    const int next = std::atoi(step.c_str());  // Tickets count from 1.
    if (next < length_) { due_.emplace_back(std::atoi(name.substr(5).c_str()), next); }
  }

  void create() {
    std::unique_ptr<Create> made = std::move(free_.back());
    free_.pop_back();
    const auto [number, step] = due_.front();
    due_.pop_front();
    const std::string release = "bare-" + std::to_string(number);
    const HookCall call{.ticket = Ticket{static_cast<std::uint64_t>(step) + 1},
                        .release_id = release,
                        .hook = "succeed",
                        .point = Point::EnvironmentOnStart,
                        .environment = "staging",
                        .arguments = {{"RELEASE_URL", ""},
                                      {"PRODUCT_NAME", ""},
                                      {"VERSION", ""},
                                      {"COMMIT_SHA", ""},
                                      {"PROMOTION_FLOW_NAME", "figures"},
                                      {"RELEASE_ID", release}},
                        .context = "{}"};
    made->body = detail::workflow_text({space_, "bare", {}, false}, call);
    CURL* const easy = prepared(made->easy, workflows());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, made->body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(made->body.size()));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &BareLoop::drop);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, made.release());
    curl_multi_add_handle(multi_, easy);
  }

  void finish() {
    int left = 0;
    while (const CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
      CURL* const easy = message->easy_handle;
      long status = 0;
      curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
      char* made = nullptr;
      curl_easy_getinfo(easy, CURLINFO_PRIVATE, &made);
      if (made == nullptr) { stop("the watch has ended"); }
      if (message->data.result != CURLE_OK || status != 201) {
        stop("a Workflow was not created: status " + std::to_string(status));
      }
      curl_multi_remove_handle(multi_, easy);
      free_.emplace_back(reinterpret_cast<Create*>(made));
    }
  }

  const std::string server_, authority_, certificate_, key_, space_;
  const int chains_, length_;
  CURLM* const multi_;
  curl_slist* headers_ = nullptr;
  std::string buffer_;
  std::deque<std::pair<int, int>> due_;
  std::vector<std::unique_ptr<Create>> free_;
  std::set<std::string> ended_;
};

}  // namespace

int main(int count, char** words) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::string what = count > 1 ? words[1] : "";
  if (what == "host" && count == 7) { return host(words + 2); }
  if (what == "bare" && count == 9) { return BareLoop(words + 2).run(); }
  stop("see the head of figures.cpp for how to call it");
}
