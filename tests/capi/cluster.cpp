// SPDX-License-Identifier: Apache-2.0
// The API server of the tests: sockets and HTTP here, workflows in InstantCluster.
#include "cluster.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "../unit/argo_instant.hpp"

using namespace promoflow::test;

struct TestCluster {
  InstantCluster workflows{};
  std::condition_variable changed{};  ///< With the mutex of the workflows, like what follows.
  bool is_stopping = false;
  bool is_allowed = true;
  std::vector<int> connections{};
  std::vector<std::thread> threads{};
  std::thread accepting{};
  int listening = -1;
  std::string url{};
};

namespace {

constexpr std::string_view kWatchFrom = "resourceVersion=";

bool send_all(int connection, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = send(connection, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) { return false; }
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

/// The value of a header, in the lower case in which libcurl does not write them; empty: none.
std::string header(const std::string& head, const std::string& name) {
  const std::size_t at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) { return {}; }
  const std::size_t begin = at + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

/// Reads one request; false: the connection is closed.
bool read_request(int connection, std::string& rest, HttpRequest& out) {
  char bytes[4096];
  std::size_t end = 0;
  std::size_t size = 0;
  while (true) {
    end = rest.find("\r\n\r\n");
    if (end != std::string::npos) {
      const std::string length = header(rest.substr(0, end + 2), "Content-Length");
      size = end + 4 + (length.empty() ? 0 : std::stoul(length));
      if (rest.size() >= size) { break; }
    }
    const ssize_t got = recv(connection, bytes, sizeof(bytes), 0);
    if (got <= 0) { return false; }
    rest.append(bytes, static_cast<std::size_t>(got));
  }
  const std::string head = rest.substr(0, end + 2);
  const std::size_t blank = head.find(' ');
  out.method = head.substr(0, blank);
  out.target = head.substr(blank + 1, head.find(' ', blank + 1) - blank - 1);
  out.content_type = header(head, "Content-Type");
  out.body = rest.substr(end + 4, size - end - 4);
  rest.erase(0, size);
  return true;
}

/// The mutex is held.
HttpResponse answer(TestCluster& cluster, const HttpRequest& request) {
  if (request.target.find("/selfsubjectaccessreviews") != std::string::npos) {
    const Json review = {{"status", {{"allowed", cluster.is_allowed}}}};
    return {.status = 201, .body = review.dump()};
  }
  const std::size_t templates = request.target.find("workflowtemplates/");
  if (templates != std::string::npos) {
    const std::string name = request.target.substr(request.target.rfind('/') + 1);
    if (name == "missing") { return status_of(404, "NotFound", "no such template"); }
    const Json object = {
        {"apiVersion", "argoproj.io/v1alpha1"},
        {"kind", "WorkflowTemplate"},
        {"metadata",
         {{"name", name}, {"annotations", {{"codefresh.io/workflow-origin", "promotion"}}}}},
        {"spec", {{"entrypoint", "main"}}}};
    return {.status = 200, .body = object.dump()};
  }
  HttpResponse response = cluster.workflows.answer(request);
  cluster.changed.notify_all();
  return response;
}

/// The mutex is held.
bool has(const TestCluster& cluster, const char* name, const char* text) {
  const auto& objects = cluster.workflows.cluster.objects;
  const auto found = objects.find(name);
  return found != objects.end() && found->second.dump().find(text) != std::string::npos;
}

/// Streams a watch until the cluster stops or nobody reads it any more.
void stream(TestCluster& cluster, int connection, std::uint64_t from) {
  if (!send_all(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")) { return; }
  std::unique_lock lock(cluster.workflows.mutex);
  while (true) {
    std::string lines;
    cluster.changed.wait(lock, [&] {
      lines = cluster.workflows.cluster.lines(from);
      return cluster.is_stopping || !lines.empty();
    });
    if (cluster.is_stopping) { return; }
    from = cluster.workflows.cluster.version;
    lock.unlock();
    char size[24];
    snprintf(size, sizeof(size), "%zx\r\n", lines.size());
    if (!send_all(connection, size + lines + "\r\n")) { return; }
    lock.lock();
  }
}

void serve(TestCluster& cluster, int connection) {
  std::string rest;
  HttpRequest request;
  while (read_request(connection, rest, request)) {
    if (request.target.find("watch=") != std::string::npos) {
      const std::size_t at = request.target.find(kWatchFrom);
      stream(cluster, connection, std::stoull(request.target.substr(at + kWatchFrom.size())));
      break;
    }
    HttpResponse response;
    {
      const std::lock_guard lock(cluster.workflows.mutex);
      response = answer(cluster, request);
    }
    const std::string head = "HTTP/1.1 " + std::to_string(response.status) +
                             " Said\r\nContent-Type: application/json\r\nContent-Length: " +
                             std::to_string(response.body.size()) + "\r\n\r\n";
    if (!send_all(connection, head + response.body)) { break; }
  }
}

void accept_all(TestCluster& cluster) {
  while (true) {
    const int connection = accept(cluster.listening, nullptr, nullptr);
    const std::lock_guard lock(cluster.workflows.mutex);
    if (connection < 0 || cluster.is_stopping) {
      if (connection >= 0) { close(connection); }
      return;
    }
    cluster.connections.push_back(connection);
    cluster.threads.emplace_back([&cluster, connection] { serve(cluster, connection); });
  }
}

}  // namespace

TestCluster* cluster_start(void) {
  auto* const cluster = new TestCluster;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  cluster->listening = socket(AF_INET, SOCK_STREAM, 0);
  if (cluster->listening < 0 || bind(cluster->listening, any, size) != 0 ||
      listen(cluster->listening, SOMAXCONN) != 0 ||
      getsockname(cluster->listening, any, &size) != 0) {
    delete cluster;
    return nullptr;
  }
  cluster->url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  cluster->accepting = std::thread([cluster] { accept_all(*cluster); });
  return cluster;
}

void cluster_stop(TestCluster* cluster) {
  {
    const std::lock_guard lock(cluster->workflows.mutex);
    cluster->is_stopping = true;
    for (const int connection : cluster->connections) { shutdown(connection, SHUT_RDWR); }
    cluster->changed.notify_all();
  }
  shutdown(cluster->listening, SHUT_RDWR);
  cluster->accepting.join();
  for (std::thread& thread : cluster->threads) { thread.join(); }
  for (const int connection : cluster->connections) { close(connection); }
  close(cluster->listening);
  delete cluster;
}

const char* cluster_url(const TestCluster* cluster) { return cluster->url.c_str(); }

void cluster_allow(TestCluster* cluster, int allowed) {
  const std::lock_guard lock(cluster->workflows.mutex);
  cluster->is_allowed = allowed != 0;
}

int cluster_created(TestCluster* cluster) {
  const std::lock_guard lock(cluster->workflows.mutex);
  return static_cast<int>(cluster->workflows.cluster.created);
}

int cluster_has(TestCluster* cluster, const char* name, const char* text) {
  const std::lock_guard lock(cluster->workflows.mutex);
  return has(*cluster, name, text) ? 1 : 0;
}

void cluster_await(TestCluster* cluster, const char* name, const char* text) {
  std::unique_lock lock(cluster->workflows.mutex);
  cluster->changed.wait(lock, [&] { return has(*cluster, name, text); });
}
