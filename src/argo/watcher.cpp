// SPDX-License-Identifier: Apache-2.0
#include "argo/watcher.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "argo/json_members.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kLineMax = std::size_t{64} << 20;  // An object of etcd has 1.5 MB.
constexpr std::chrono::seconds kWatchTime{290};
constexpr unsigned kWatchSpread = 60;  // Seconds: hosts do not list together.

}  // namespace

std::optional<HttpRequest> Watcher::next_request(Moment now, Chance& chance) {
  if (is_under_way_ || !due_ || *due_ > now) { return std::nullopt; }
  is_under_way_ = true;
  due_ = std::nullopt;
  if (!is_watching_) { return api_.list(next_page_); }
  buffer_.clear();
  has_line_ = false;
  return api_.watch(version_, kWatchTime + std::chrono::seconds(chance() % kWatchSpread));
}

void Watcher::fail(Moment now, const HttpResponse& response, Chance& chance) {
  due_ = backoff_.after_failure(now, chance, response.retry_after);
}

void Watcher::list_anew(Moment due) {
  is_watching_ = is_too_old_ = false;
  next_page_.clear();
  listed_ = {};
  due_ = due;
}

WatchNews Watcher::on_response(Moment now, const HttpResponse& response, Chance& chance) {
  WatchNews news;
  is_under_way_ = false;
  if (response.status == kGone) {
    list_anew(backoff_.after_failure(now, chance));
  } else if (response.status != 200) {
    fail(now, response, chance);
    if (response.status == kForbidden || response.status == kUnauthorized) {
      news.problem = refusal(response);
    }
  } else if (!is_watching_) {
    take_page(now, response, chance, news);
  } else {
    // It ended in time, or was torn: what has not ended is sent again.
    const bool is_whole = has_line_ && buffer_.empty();
    due_ = is_whole ? now : backoff_.after_failure(now, chance);
  }
  return news;
}

void Watcher::take_page(Moment now, const HttpResponse& response, Chance& chance, WatchNews& news) {
  const Json page = parse_answer(response.body);
  const Json& metadata = member(page, "metadata");
  std::string version = text_of(metadata, "resourceVersion");
  if (version.empty()) { return fail(now, response, chance); }
  const auto items = page.find("items");  // null: there are none.
  if (items != page.end() && items->is_array()) {
    for (const Json& item : *items) {
      std::optional<WorkflowView> view = read_workflow(item);
      if (!view) { continue; }
      listed_.names.insert(view->name);
      news.sightings.push_back({std::move(*view)});
    }
  }
  // All pages are of the version of the first one.
  if (listed_.version.empty()) { listed_.version = std::move(version); }
  next_page_ = text_of(metadata, "continue");
  due_ = now;
  if (!next_page_.empty()) { return; }
  version_ = listed_.version;
  news.listed = std::exchange(listed_, {});
  is_watching_ = true;
}

WatchNews Watcher::on_data(Moment now, std::string_view data, bool& stop, Chance& chance) {
  WatchNews news;
  stop = false;
  buffer_ += data;
  std::size_t begin = 0;
  for (std::size_t end = buffer_.find('\n'); end != std::string::npos && !stop;
       end = buffer_.find('\n', begin)) {
    const std::string_view line = std::string_view(buffer_).substr(begin, end - begin);
    stop = !line.empty() && !take_line(line, news);
    begin = end + 1;
  }
  buffer_.erase(0, begin);
  stop = stop || buffer_.size() > kLineMax;
  if (!stop) { return news; }
  is_under_way_ = false;
  if (is_too_old_) {
    list_anew(backoff_.after_failure(now, chance));
  } else {
    fail(now, {}, chance);
  }
  return news;
}

bool Watcher::take_line(std::string_view line, WatchNews& news) {
  const Json answer = parse_answer(line);
  const Json& result = member(answer, "result");  // An Argo Server wraps it.
  const Json& event = result.is_null() ? answer : result;
  if (!event.is_object()) { return false; }
  if (event.contains("error")) { return take_error(event["error"]); }
  const std::string type = text_of(event, "type");
  const Json& object = member(event, "object");
  if (type == "ERROR") { return take_error(object); }
  std::string version = text_of(member(object, "metadata"), "resourceVersion");
  if (version.empty()) { return false; }
  if (type != "BOOKMARK") {
    std::optional<WorkflowView> view = read_workflow(object);
    if (view) { news.sightings.push_back({std::move(*view), type == "DELETED"}); }
  }
  // A server that was restarted may send what is older than what it has sent.
  if (!is_older(version, version_)) { version_ = std::move(version); }
  backoff_.succeeded();  // Not before: a list that succeeds says nothing of the watch behind it.
  has_line_ = true;
  return true;
}

bool Watcher::take_error(const Json& status) {
  const Json& code = member(status, "code");
  const Json& http_code = member(status, "http_code");
  const std::string message = text_of(status, "message");
  is_too_old_ = code == kGone || http_code == kGone || text_of(status, "reason") == "Expired" ||
                text_of(status, "reason") == "Gone" ||
                message.find("too old resource version") != std::string::npos;
  return false;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
