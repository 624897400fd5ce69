// SPDX-License-Identifier: Apache-2.0
// What servers answer to the requests of a Reconciler.
#include <utility>

#include "argo/reconciler.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

constexpr std::uint32_t kUnauthorizedMax = 5;  // Credentials are read anew after each.
constexpr std::uint32_t kUnreachedToTell = 3;

bool is_fine(const HttpResponse& response) {
  return response.status >= 200 && response.status < 300;
}

/// Whether the request is to be made again, as it is.
bool is_temporary(const HttpResponse& response) {
  return may_pass(response) || response.status == kUnauthorized;
}

/// Whose workflow it is that has the name of ours.
std::string whose(const WorkflowView& view, const CallKey& key) {
  if (view.release_id.empty()) { return "was not created by promoflow; delete or rename it"; }
  if (view.release_id != key.release) { return "is of the release '" + view.release_id + "'"; }
  if (view.is_settled) {
    return "is of an earlier release with the same id '" + key.release +
           "': give this one another id, or delete the workflow";
  }
  return "is of another host: its label promoflow.dev/instance is '" + view.instance + "'";
}

}  // namespace

void Reconciler::notice(std::string text) {
  if (text == last_notice_) { return; }
  last_notice_ = text;
  orders_.notices.push_back(std::move(text));
}

/// Tells that the server is not there, and that it is there again: each once.
void Reconciler::note_reach(const HttpResponse& response) {
  if (response.status != 0) {
    if (std::exchange(failures_, 0) >= kUnreachedToTell) {
      orders_.notices.emplace_back("the server is reached again");
      last_notice_.clear();
    }
    return;
  }
  if (++failures_ == kUnreachedToTell) {
    notice("the server is not reached: " + refusal(response) + "; it is tried again");
  }
}

void Reconciler::on_data(Moment now, RequestId id, std::string_view data) {
  if (watching_ != id) { return; }
  bool stop = false;
  WatchNews news = watcher_.on_data(now, data, stop, chance_);
  if (stop) {
    orders_.requests.emplace_back(Orders::Drop{id});
    watching_.reset();
  }
  take_news(now, std::move(news));
}

void Reconciler::on_response(Moment now, RequestId id, const HttpResponse& response) {
  note_reach(response);
  if (watching_ == id) {
    watching_.reset();
    return take_news(now, watcher_.on_response(now, response, chance_));
  }
  const auto request = request_of_.find(id);
  if (request == request_of_.end()) { return; }
  const std::string name = std::move(request->second);
  request_of_.erase(request);
  auto place = entries_.find(name);
  if (place == entries_.end()) { return; }
  Entry& entry = place->second;
  if (!is_temporary(response)) { entry.backoff.succeeded(); }
  switch (std::exchange(entry.under_way, Request::None)) {
    case Request::None: break;
    case Request::Create: on_created(now, name, entry, response); break;
    case Request::Read: on_read(now, name, entry, response); break;
    case Request::ShutDown: on_shut_down(now, name, entry, response); break;
    case Request::Settle: on_settled(now, name, entry, response); break;
  }
  place = entries_.find(name);
  if (place != entries_.end()) { advance(now, place); }
}

void Reconciler::on_created(Moment now, const std::string& name, Entry& entry,
                            const HttpResponse& response) {
  if (entry.state != State::Wanted) { return; }  // The watch was quicker.
  if (is_fine(response)) {
    const std::optional<WorkflowView> view = read_workflow_text(response.body);
    if (view && view->name == name && is_own(entry, *view)) { return take(name, entry, *view); }
    entry.state = State::Sought;  // It was created, and the answer is damaged.
  } else if (response.status == kConflict) {
    entry.state = State::Sought;
  } else if (may_pass(response) ||
             (response.status == kUnauthorized && entry.backoff.failures() < kUnauthorizedMax)) {
    retry(now, name, entry, response);
  } else {
    end(entry, CallAnswer::Kind::Failed,
        "the workflow " + name + " cannot be created in namespace " + api_.name_space() + ": " +
            refusal(response));
    entry.is_gone = true;
  }
}

void Reconciler::on_read(Moment now, const std::string& name, Entry& entry,
                         const HttpResponse& response) {
  if (is_fine(response)) {
    const std::optional<WorkflowView> view = read_workflow_text(response.body);
    if (!view || view->name != name) { return retry(now, name, entry, response); }
    entry.must_read = false;
    if (is_own(entry, *view)) { return take(name, entry, *view); }
    if (!entry.uid.empty()) { return note_absence(name, entry); }
    if (entry.is_asked) {
      report_finding(entry, entry.is_cancelled ? Recovery::Ended : Recovery::Unknown);
      entry.state = State::Over;
    } else {
      end(entry, CallAnswer::Kind::Failed,
          "the workflow " + name + " is there already, and " + whose(*view, entry.key));
    }
    entry.is_gone = true;
  } else if (response.status == kNotFound) {
    note_absence(name, entry);
  } else if (response.status == kForbidden && entry.state == State::Sought && !entry.is_asked) {
    end(entry, CallAnswer::Kind::Failed,
        "the workflow " + name + " cannot be read: " + refusal(response));
    entry.is_gone = true;
  } else {
    if (!may_pass(response)) { notice("a workflow cannot be read: " + refusal(response)); }
    retry(now, name, entry, response);
  }
}

/// A read that was not from a cache says that there is no such workflow.
void Reconciler::note_absence(const std::string& name, Entry& entry) {
  entry.must_read = false;
  if (entry.state == State::Over) {
    entry.is_gone = true;
  } else if (entry.is_asked) {
    // Where a finalizer keeps it, it was never created.
    const Recovery recovery = api_.keeps_outcomes() ? Recovery::Unknown : Recovery::Lost;
    report_finding(entry, entry.is_cancelled ? Recovery::Ended : recovery);
    entry.state = State::Over;
    entry.is_gone = true;
  } else if (!entry.object.empty() && !entry.is_cancelled && !entry.is_settled) {
    entry.state = State::Wanted;
  } else {
    end(entry, CallAnswer::Kind::Failed, "workflow " + name + " was deleted");
    entry.is_gone = true;
  }
}

void Reconciler::on_shut_down(Moment now, const std::string& name, Entry& entry,
                              const HttpResponse& response) {
  if (entry.state != State::Present) { return; }
  if (is_fine(response)) {
    const std::optional<WorkflowView> view = read_workflow_text(response.body);
    if (!view || view->name != name) { return retry(now, name, entry, response); }  // Damaged.
    entry.sent = entry.sending;
    if (is_own(entry, *view)) { take(name, entry, *view); }
    return;
  }
  if (is_temporary(response) || response.status == kForbidden) {
    if (!may_pass(response)) { notice("a workflow cannot be stopped: " + refusal(response)); }
    return retry(now, name, entry, response);
  }
  // It is gone, or has ended already.
  entry.must_read = true;
  if (response.status != kNotFound && response.status != kConflict) {
    entry.sent = entry.sending;  // The same request would be refused again.
  }
}

void Reconciler::on_settled(Moment now, const std::string& name, Entry& entry,
                            const HttpResponse& response) {
  if (is_fine(response)) {
    const std::optional<WorkflowView> view = read_workflow_text(response.body);
    if (!view || view->name != name) { return retry(now, name, entry, response); }  // Damaged.
    take(name, entry, *view);
  } else if (response.status == kNotFound) {
    entry.is_gone = true;
  } else if (is_temporary(response) || response.status == kForbidden) {
    if (!may_pass(response)) {
      notice("the finalizer of a workflow cannot be removed: " + refusal(response));
    }
    retry(now, name, entry, response);
  } else {
    entry.must_read = true;  // Somebody else has changed the finalizers.
    retry(now, name, entry, response);
  }
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
