// SPDX-License-Identifier: Apache-2.0
/// @file
/// An executor over a cluster in memory, with its thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "argo/connect.hpp"
#include "argo_instant.hpp"
#include "promoflow/argo_executor.hpp"

namespace promoflow::test {

/// What stands between the executor and that cluster.
class MemoryHttp final : public detail::HttpClient {
 public:
  explicit MemoryHttp(InstantCluster& cluster) : cluster_(cluster) {}

  void start(RequestId request, HttpRequest what) override {
    queue_.emplace_back(request, std::move(what));
  }
  void stop(RequestId request) override {
    std::erase_if(queue_, [&](const auto& one) { return one.first == request; });
    if (watch_ && watch_->first == request) { watch_.reset(); }
  }
  void wait(std::optional<std::chrono::milliseconds> time,
            detail::HttpListener& listener) override {
    if (work(listener)) { return; }
    std::unique_lock lock(mutex_);
    const auto most = time.value_or(std::chrono::hours{1});
    woken_.wait_for(lock, most, [this] { return is_woken_; });
    is_woken_ = false;
  }
  void wake() noexcept override {
    const std::lock_guard lock(mutex_);
    is_woken_ = true;
    woken_.notify_all();
  }

 private:
  bool work(detail::HttpListener& listener) {
    bool has_worked = !queue_.empty();
    for (auto& [id, request] : std::exchange(queue_, {})) {
      if (request.is_stream) {
        const std::string mark = "resourceVersion=";
        const std::string& target = request.target;
        watch_ = {id, std::stoull(target.substr(target.find(mark) + mark.size()))};
        continue;
      }
      std::optional<HttpResponse> response;
      {
        const std::lock_guard lock(cluster_.mutex);
        response = cluster_.answer(request);
      }
      listener.on_response(id, std::move(*response));
    }
    if (!watch_) { return has_worked; }
    std::string lines;
    {
      const std::lock_guard lock(cluster_.mutex);
      lines = cluster_.cluster.lines(watch_->second);
      watch_->second = cluster_.cluster.version;
    }
    if (!lines.empty()) { listener.on_data(watch_->first, lines); }
    return has_worked || !lines.empty();
  }

  InstantCluster& cluster_;
  std::vector<std::pair<RequestId, HttpRequest>> queue_{};
  std::optional<std::pair<RequestId, std::uint64_t>> watch_{};
  std::mutex mutex_{};
  std::condition_variable woken_{};
  bool is_woken_ = false;
};

inline std::unique_ptr<ArgoExecutor> executor_over(InstantCluster& cluster,
                                                   const ArgoOptions& options) {
  detail::Connection connection{detail::Api(detail::ApiKind::Cluster, "argo", "promoflow"),
                                std::make_unique<MemoryHttp>(cluster), "a test"};
  return ArgoExecutor::over(options, std::move(connection));
}

/// The names of all that was created, in order.
inline std::vector<std::string> created_in(InstantCluster& cluster) {
  const std::lock_guard lock(cluster.mutex);
  std::vector<std::string> names;
  for (const HttpRequest& request : cluster.cluster.requests) {
    if (request.method != "POST") { continue; }
    names.push_back(Json::parse(request.body)["metadata"]["name"]);
  }
  return names;
}

}  // namespace promoflow::test
