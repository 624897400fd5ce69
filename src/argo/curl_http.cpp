// SPDX-License-Identifier: Apache-2.0
#include "argo/curl_http.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <climits>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "argo/credentials.hpp"
#include "base/guard.hpp"
#include "promoflow/version.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr std::size_t kTransfersMax = 8;  // Besides watches. The server's own limit is for all.
constexpr std::size_t kHandlesKept = 16;
constexpr long kConnectionsKept = 32;
constexpr std::size_t kBodyMax = std::size_t{256} << 20;
constexpr long kConnectMs = 10'000;

struct EasyCleanup {
  void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
struct ListCleanup {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
struct MultiCleanup {
  void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
};
using Easy = std::unique_ptr<CURL, EasyCleanup>;
using List = std::unique_ptr<curl_slist, ListCleanup>;
using Multi = std::unique_ptr<CURLM, MultiCleanup>;

List appended(List list, const std::string& text) {
  curl_slist* const longer = curl_slist_append(list.get(), text.c_str());
  if (longer == nullptr) { throw std::bad_alloc(); }
  static_cast<void>(list.release());
  return List(longer);
}

/// The host and port of a URL, with a port always.
std::string host_and_port(const std::string& url) {
  const std::size_t begin = url.find("://") + 3;
  std::string host = url.substr(begin, url.find('/', begin) - begin);
  const bool has_port =
      host.find(':', host.rfind(']') == std::string::npos ? 0 : host.rfind(']')) !=
      std::string::npos;
  if (!has_port) { host += url.starts_with("https:") ? ":443" : ":80"; }
  return host;
}

class CurlHttp final : public HttpClient {
 public:
  CurlHttp(ClusterAccess access, Multi multi)
      : access_(std::move(access)), credentials_(access_), multi_(std::move(multi)) {}
  ~CurlHttp() override {
    for (auto& [id, transfer] : transfers_) {
      curl_multi_remove_handle(multi_.get(), transfer->easy.get());
    }
  }

  void start(RequestId request, HttpRequest what) override {
    if (what.is_urgent) { return begin(request, std::move(what)); }
    queue_.emplace_back(request, std::move(what));
    start_queued();
  }

  void stop(RequestId request) override {
    std::erase_if(queue_, [&](const auto& one) { return one.first == request; });
    const auto found = transfers_.find(request);
    if (found == transfers_.end()) { return; }
    curl_multi_remove_handle(multi_.get(), found->second->easy.get());
    transfers_.erase(found);
    start_queued();
  }

  void wait(std::optional<std::chrono::milliseconds> time, HttpListener& listener) override {
    listener_ = &listener;
    if (!work()) {
      const auto most = std::chrono::milliseconds(INT_MAX);
      const int left = static_cast<int>(
          std::clamp(time.value_or(std::chrono::hours{1}), std::chrono::milliseconds{0}, most)
              .count());
      curl_multi_poll(multi_.get(), nullptr, 0, left, nullptr);
      work();
    }
    listener_ = nullptr;
  }

  void wake() noexcept override { curl_multi_wakeup(multi_.get()); }

 private:
  struct Transfer {
    CurlHttp* self = nullptr;
    RequestId id{};
    HttpRequest request{};
    Easy easy{};
    List headers{};
    List connect_to{};
    std::string body{};
    char problem[CURL_ERROR_SIZE] = {};
  };

  static std::size_t take_data(char* data, std::size_t size, std::size_t count, void* user) {
    Transfer& transfer = *static_cast<Transfer*>(user);
    return transfer.self->take_data(transfer, {data, size * count}) ? size * count : 0;
  }

  bool take_data(Transfer& transfer, std::string_view data) noexcept {
    try {
      has_news_ = true;
      long status = 0;
      curl_easy_getinfo(transfer.easy.get(), CURLINFO_RESPONSE_CODE, &status);
      if (transfer.request.is_stream && status == 200) {
        listener_->on_data(transfer.id, data);
        return true;
      }
      if (transfer.body.size() + data.size() > kBodyMax) { return false; }
      transfer.body += data;
      return true;
    } catch (...) {
      thrown_ = std::current_exception();
      return false;
    }
  }

  /// Lets libcurl do what it can at once. Whether something was handed to the listener.
  bool work() {
    has_news_ = false;
    int running = 0;
    curl_multi_perform(multi_.get(), &running);
    if (thrown_) { std::rethrow_exception(std::exchange(thrown_, nullptr)); }
    int left = 0;
    std::vector<std::pair<CURL*, CURLcode>> ended;
    while (const CURLMsg* const message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg == CURLMSG_DONE) {
        ended.emplace_back(message->easy_handle, message->data.result);
      }
    }
    for (const auto& [easy, result] : ended) { finish(easy, result); }
    for (auto& [id, response] : std::exchange(unsent_, {})) {
      has_news_ = true;
      listener_->on_response(id, std::move(response));
    }
    start_queued();
    return has_news_;
  }

  void finish(CURL* easy, CURLcode result) {
    char* pointer = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &pointer);
    const RequestId id = reinterpret_cast<Transfer*>(pointer)->id;
    auto node = transfers_.extract(id);
    if (node.empty()) { return; }
    Transfer& transfer = *node.mapped();
    curl_multi_remove_handle(multi_.get(), easy);
    HttpResponse response = response_of(transfer, result);
    if (response.status == kUnauthorized) { credentials_.reject(); }
    if (handles_.size() < kHandlesKept) {
      curl_easy_reset(easy);
      handles_.push_back(std::move(transfer.easy));
    }
    has_news_ = true;
    listener_->on_response(id, std::move(response));
  }

  HttpResponse response_of(Transfer& transfer, CURLcode result) const {
    HttpResponse response;
    long status = 0;
    curl_easy_getinfo(transfer.easy.get(), CURLINFO_RESPONSE_CODE, &status);
    if (result != CURLE_OK && !(transfer.request.is_stream && status == 200)) {
      const char* const known = curl_easy_strerror(result);
      response.problem = transfer.problem[0] != '\0' ? transfer.problem : known;
      return response;
    }
    response.status = static_cast<int>(status);
    response.body = std::move(transfer.body);
    curl_off_t after = 0;
    curl_easy_getinfo(transfer.easy.get(), CURLINFO_RETRY_AFTER, &after);
    if (after > 0) { response.retry_after = std::chrono::seconds(after); }
    return response;
  }

  void start_queued() {
    while (!queue_.empty()) {
      const auto running = static_cast<std::size_t>(
          std::count_if(transfers_.begin(), transfers_.end(), [](const auto& one) {
            const HttpRequest& request = one.second->request;
            return !request.is_stream && !request.is_urgent;
          }));
      if (running >= kTransfersMax && !queue_.front().second.is_stream) { return; }
      auto [id, request] = std::move(queue_.front());
      queue_.pop_front();
      begin(id, std::move(request));
    }
  }

  void begin(RequestId id, HttpRequest request) {
    const Result<Identity> identity = credentials_.current(std::chrono::system_clock::now());
    if (!identity) {
      unsent_.emplace_back(id, HttpResponse{.problem = identity.error().message});
      wake();
      return;
    }
    std::chrono::milliseconds time = request.time_max;
    if (request.not_after) {
      time = std::min(time, std::chrono::floor<std::chrono::milliseconds>(
                                *request.not_after - std::chrono::steady_clock::now()));
    }
    if (time.count() <= 0) {
      unsent_.emplace_back(id, HttpResponse{.problem = "there was no time left to send it"});
      return wake();
    }
    auto transfer = std::make_unique<Transfer>();
    transfer->self = this;
    transfer->id = id;
    transfer->request = std::move(request);
    if (handles_.empty()) {
      transfer->easy.reset(curl_easy_init());
    } else {
      transfer->easy = std::move(handles_.back());
      handles_.pop_back();
    }
    if (!transfer->easy) { throw std::bad_alloc(); }
    set_request(*transfer, *identity);
    set(transfer->easy.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(time.count()));
    set_server(*transfer);
    set_identity(*transfer, *identity);
    CURL* const easy = transfer->easy.get();
    transfers_.emplace(id, std::move(transfer));
    if (curl_multi_add_handle(multi_.get(), easy) != CURLM_OK) { throw std::bad_alloc(); }
  }

  template <class Value>
  static void set(CURL* easy, CURLoption option, Value value) {
    if (curl_easy_setopt(easy, option, value) == CURLE_OUT_OF_MEMORY) { throw std::bad_alloc(); }
  }

  void set_request(Transfer& transfer, const Identity& identity) {
    CURL* const easy = transfer.easy.get();
    const HttpRequest& request = transfer.request;
    set(easy, CURLOPT_PRIVATE, static_cast<void*>(&transfer));
    set(easy, CURLOPT_ERRORBUFFER, static_cast<char*>(transfer.problem));
    set(easy, CURLOPT_WRITEFUNCTION, static_cast<curl_write_callback>(&CurlHttp::take_data));
    set(easy, CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
    set(easy, CURLOPT_NOSIGNAL, 1L);
    set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(easy, CURLOPT_CONNECTTIMEOUT_MS, kConnectMs);
    set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    set(easy, CURLOPT_USERAGENT, "promoflow/" PROMOFLOW_VERSION);
    transfer.headers = appended(std::move(transfer.headers), "Accept: application/json");
    transfer.headers = appended(std::move(transfer.headers), "Expect:");
    if (!identity.authorization.empty()) {
      transfer.headers =
          appended(std::move(transfer.headers), "Authorization: " + identity.authorization);
    }
    set(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    if (!request.content_type.empty()) {
      transfer.headers =
          appended(std::move(transfer.headers), "Content-Type: " + request.content_type);
      set(easy, CURLOPT_POSTFIELDS, request.body.data());
      set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    }
  }

  void set_server(Transfer& transfer) {
    CURL* const easy = transfer.easy.get();
    std::string server = access_.server;
    if (!access_.tls_server_name.empty()) {  // Its certificate is of another name than its host's.
      const std::string there = host_and_port(server);
      const std::size_t begin = server.find("://") + 3;
      const std::size_t end = std::min(server.find('/', begin), server.size());
      server = "https://" + access_.tls_server_name + there.substr(there.rfind(':')) +
               server.substr(end);
      transfer.connect_to = appended(nullptr, "::" + there);
      transfer.headers = appended(std::move(transfer.headers), "Host: " + there);
      set(easy, CURLOPT_CONNECT_TO, transfer.connect_to.get());
    }
    set(easy, CURLOPT_URL, (server + transfer.request.target).c_str());
    set(easy, CURLOPT_HTTPHEADER, transfer.headers.get());
    if (!access_.proxy.empty()) { set(easy, CURLOPT_PROXY, access_.proxy.c_str()); }
    set(easy, CURLOPT_SSL_VERIFYPEER, access_.is_insecure ? 0L : 1L);
    set(easy, CURLOPT_SSL_VERIFYHOST, access_.is_insecure ? 0L : 2L);
    if (!access_.authority.path.empty()) {
      set(easy, CURLOPT_CAINFO, access_.authority.path.c_str());
    } else if (!access_.authority.text.empty()) {
      set_blob(easy, CURLOPT_CAINFO_BLOB, access_.authority.text);
    }
  }

  void set_identity(Transfer& transfer, const Identity& identity) {
    CURL* const easy = transfer.easy.get();
    const auto set_pem = [&](const Pem& pem, CURLoption path, CURLoption blob) {
      if (!pem.text.empty()) {
        set_blob(easy, blob, pem.text);
      } else if (!pem.path.empty()) {
        set(easy, path, pem.path.c_str());
      }
    };
    set_pem(identity.certificate, CURLOPT_SSLCERT, CURLOPT_SSLCERT_BLOB);
    set_pem(identity.key, CURLOPT_SSLKEY, CURLOPT_SSLKEY_BLOB);
  }

  static void set_blob(CURL* easy, CURLoption option, const std::string& text) {
    curl_blob blob{};
    blob.data = const_cast<char*>(text.data());  // It is copied, and not written to.
    blob.len = text.size();
    blob.flags = CURL_BLOB_COPY;
    set(easy, option, &blob);
  }

  const ClusterAccess access_;
  Credentials credentials_;
  Multi multi_;
  std::map<RequestId, std::unique_ptr<Transfer>> transfers_{};
  std::deque<std::pair<RequestId, HttpRequest>> queue_{};
  std::vector<std::pair<RequestId, HttpResponse>> unsent_{};
  std::vector<Easy> handles_{};
  HttpListener* listener_ = nullptr;
  std::exception_ptr thrown_{};
  bool has_news_ = false;
};

}  // namespace

Result<std::unique_ptr<HttpClient>> make_curl_http(ClusterAccess access) {
  static std::once_flag begun;
  std::call_once(begun, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  Multi multi(curl_multi_init());
  if (!multi) { return out_of_memory(); }
  // By itself libcurl keeps fewer while few requests run, and shakes hands anew for those to come.
  curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, kConnectionsKept);
  return std::make_unique<CurlHttp>(std::move(access), std::move(multi));
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
