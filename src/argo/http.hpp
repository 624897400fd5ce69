// SPDX-License-Identifier: Apache-2.0
/// @file
/// HttpClient: how requests reach a server. An interface, so that tests answer each request as they
/// like; curl_http.hpp is the implementation over a network.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

/// Statuses of answers.
inline constexpr int kUnauthorized = 401;
inline constexpr int kForbidden = 403;
inline constexpr int kNotFound = 404;
inline constexpr int kConflict = 409;
inline constexpr int kGone = 410;

/// Chosen by whoever sends the request; never used twice.
enum class RequestId : std::uint64_t {};

struct HttpRequest {
  std::string method;          ///< GET, POST, PUT or PATCH.
  std::string target;          ///< Path and query, from the server's root; escaped.
  std::string content_type{};  ///< Of the body; empty: there is none.
  std::string body{};
  /// The body of the answer comes piece by piece to HttpListener::on_data(), if the status is 200.
  bool is_stream = false;
  std::chrono::seconds time_max{30};  ///< Then it has failed; of a stream, too.
  /// It must not reach the server later: then it has failed, sent or not. None: whenever.
  std::optional<std::chrono::steady_clock::time_point> not_after{};
  bool is_urgent = false;  ///< It does not wait for those before it.
};

struct HttpResponse {
  int status = 0;                                     ///< 0: there is no whole answer.
  std::string body{};                                 ///< Of a stream with status 200: empty.
  std::string problem{};                              ///< Why there is no whole answer.
  std::optional<std::chrono::seconds> retry_after{};  ///< As the server asked for.
};

/// Called by HttpClient::wait() alone.
class HttpListener {
 public:
  HttpListener() = default;
  HttpListener(const HttpListener&) = delete;
  HttpListener& operator=(const HttpListener&) = delete;
  virtual ~HttpListener() = default;
  virtual void on_data(RequestId request, std::string_view data) = 0;
  /// The request is over; once for each that was not stopped.
  virtual void on_response(RequestId request, HttpResponse response) = 0;
};

/// Used by one thread, but for wake(). Its functions may throw std::bad_alloc.
class HttpClient {
 public:
  HttpClient() = default;
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  virtual ~HttpClient() = default;
  virtual void start(RequestId request, HttpRequest what) = 0;
  /// No answer is wanted any more.
  virtual void stop(RequestId request) = 0;
  /// Waits for answers, for at most `time` (none: without limit) or until wake() is called, and
  /// hands what has come to `listener`.
  virtual void wait(std::optional<std::chrono::milliseconds> time, HttpListener& listener) = 0;
  /// From any thread: the wait ends, or the next one does at once.
  virtual void wake() noexcept = 0;
};

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
