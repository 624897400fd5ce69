// SPDX-License-Identifier: Apache-2.0
// Pool: programs that have a supervisor. Whatever happens to whom, what counts is what the records
// of the run directory say.
#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "executor/joined_stop.hpp"
#include "process/escaped.hpp"
#include "process/pool.hpp"
#include "process/supervisor_protocol.hpp"

namespace promoflow::inline PROMOFLOW_NAMESPACE::detail {

namespace {

// If this process is there, the release ends what has timed out, so that its record says so. The
// supervisor does so later than that, if nobody else has.
constexpr std::chrono::seconds kAfterTimeout{1};

constexpr const char* kLost =
    "its supervisor was killed, or the machine was: nobody knows how the program ended";
constexpr const char* kNotStarted = "its supervisor was killed before it started the program";

/// Why there is no end record; nothing of its program runs. `status`: how its supervisor ended.
std::string why_no_record(RunDirectory& run, RunState state, int status) {
  const std::string path = run.path();
  if (status == kSupervisorDone) {
    return "it has ended, but the record of that is not in " + path +
           ": this program or another one has moved or removed it";
  }
  Problem problem = run.open(path, false);
  if (!problem) {
    problem = run.files().write_new(kNewEndFile, {});
    (void)run.files().remove(kNewEndFile);
  }
  if (status == kSupervisorNoRecord) {
    return "it has ended, but the record of that could not be written" +
           (problem ? ": " + problem.text : " into " + path + "; its log says why");
  }
  if (problem && state != RunState::Unstarted) {
    return "its supervisor was killed, or it could not write the record of the end: " +
           problem.text;
  }
  return state == RunState::Unstarted ? kNotStarted : kLost;
}

std::string failure_of(const RunEnd& end) {
  if (end.cause.empty()) { return failure_message(end.end, end.last_words); }
  std::string words = end.cause == "timeout" ? "timed out" : "its supervisor was told to end it";
  return end.last_words.empty() ? words : words + ": " + end.last_words;
}

/// The run directory of a call, in that of its ticket where it is of an application.
std::string run_path(const std::string& ticket, std::string_view application) {
  return application.empty() ? ticket : ticket + '/' + hash_text(application);
}

bool is_there(const std::string& path) {
  RunDirectory run;
  return !run.open(path, false);
}

/// `kept`: the directory for an export that is none.
void answer_end(const Job& job, RunEnd end, const ReleaseDirectory& kept) {
  Exported exported;
  if (may_export(job.call)) {
    exported =
        kept.judge_export(std::move(end.context), end.is_refused, files_of(job.call).rejected);
  }
  const bool suspended = end.cause.empty() && is_suspension(end.end);
  send_answer(job.reply, failure_of(end), std::move(exported), suspended);
}

}  // namespace

// --- Starting ------------------------------------------------------------------------------------

Pool::Start Pool::launch_supervised(Program& program, const ProgramCall& command,
                                    Problem& problem) {
  OpenedFile log;
  problem = prepare(program, log);
  if (problem) { return Start::Answered; }
  Job& job = program.job;
  Supervision& supervision = program.supervision.emplace();
  if (!job.run) {  // Nobody has asked for its reference: it is of this process alone.
    const std::string path =
        RunDirectory::path_of(options_.work_directory, release_of(job.call), ticket_of(job.call));
    problem = supervision.run.open_fresh(run_path(path, application_of(job.call)));
  } else {
    problem = supervision.run.open(job.run->directory, true);
    if (problem) { return Start::Answered; }
    const RunState state = supervision.run.look().state;
    if (state == RunState::Lost && job.run->was_lost) {
      supervision.run.forget_start();
    } else if (state != RunState::Unstarted) {
      return go_on_supervised(program);
    }
  }
  if (problem) { return Start::Answered; }
  // Another process may be about to start this call as well, with the same arguments.
  const std::string number = parts_.mark.substr(kMarkName.size() + 1) + std::to_string(++numbers_);
  const ReleaseDirectory& files = supervision.run.files();
  problem = files.replace(kArgumentsFile, std::string(kArgumentsFile) + '.' + number,
                          arguments_json(job.call));
  if (problem) { return Start::Answered; }
  const Environment environment =
      environment_for(program, files, kArgumentsFile, kContextFile,
                      RunDirectory::token_of(supervision.run.path()) + ".1");
  if (!environment.omitted.empty()) { write_note(log.file, omitted_note(environment)); }
  const auto timeout = std::visit([](const auto& call) { return call.timeout; }, job.call);
  problem = start_supervisor(
      {.supervisor = parts_.supervisor,
       .run = supervision.run,
       .log = log.file,
       .program = command,
       .environment = environment.variables,
       .log_left = options_.log_bytes_max - std::min(options_.log_bytes_max, log.size),
       .timeout = timeout ? std::optional(*timeout + kAfterTimeout) : std::nullopt,
       .grace = options_.grace},
      supervision);
  return Start::Running;
}

/// The run directory of a call whose reference was asked for. The mutex is held.
void Pool::assign_run(Job& job) {
  const std::string application(application_of(job.call));
  const Key key(release_of(job.call), ticket_of(job.call));
  if (auto known = runs_.extract({key, application})) {
    job.run = std::move(known.mapped());
  } else if (const auto ticket = runs_.find({key, {}}); ticket != runs_.end()) {
    job.run = KnownRun{run_path(ticket->second.directory, application)};
  }
}

/// Its program was started before, by whomever.
Pool::Start Pool::go_on_supervised(Program& program) {
  Supervision& supervision = *program.supervision;
  supervision.is_child = false;
  RunLook look = supervision.run.look();
  if (look.state == RunState::Running && attach_supervisor(std::move(look), supervision)) {
    return Start::Running;
  }
  finish_supervised(program, kSupervisorGone);
  return Start::Answered;
}

void Pool::attach(Attach request) {
  Program& program = running_.emplace_back(Program{.job = std::move(request.job)});
  program.files = files_of(program.job.call);
  program.supervision = std::move(request.supervision);
}

// --- Ends ----------------------------------------------------------------------------------------

/// True: it is over, and nothing of it is left to be waited for.
bool Pool::has_supervisor_ended(Program& program) noexcept {
  const std::optional<int> status = supervisor_end(*program.supervision);
  if (!status) { return false; }
  try {
    if (*status == kSupervisorStartedBefore) {
      return go_on_supervised(program) == Start::Answered;
    }
    if (*status == kSupervisorDone || *status == kSupervisorNoRecord ||
        *status == kSupervisorGone) {
      finish_supervised(program, *status);
    } else if (program.is_cancelled) {
      program.job.reply.stopped();
    } else if (*status == kSupervisorWrongCall) {
      program.job.reply.failed(parts_.supervisor +
                               " is not of this version of promoflow: install both anew");
    } else {
      Problem problem =
          system_problem("cannot write into " + program.supervision->run.path(), *status);
      if (is_short(problem)) {
        program.job.was_short = true;
        program.job.queued = true;  // It has been reported as started.
        waiting_.push_front({std::move(program.job)});
        back_off();
      } else {
        program.job.reply.failed(std::move(problem.text));
      }
    }
  } catch (const std::exception& error) { program.job.reply.failed(error.what()); }
  return true;
}

void Pool::reap_supervisors() {
  const std::size_t before = running_.size() + waiting_.size();
  running_.remove_if([this](Program& program) { return has_supervisor_ended(program); });
  // What was short may be there now.
  if (running_.size() + waiting_.size() != before) { starts_at_.reset(); }
}

/// Nothing of it runs any more: answers with what the records say. `status`: its supervisor's.
void Pool::finish_supervised(Program& program, int status) noexcept {
  const Reply& reply = program.job.reply;
  spare_.reset();
  try {
    RunDirectory& run = program.supervision->run;
    const std::string path = run.path();
    // The supervisor makes a directory that was moved or removed anew.
    RunLook look = run.open(path, false) ? RunLook() : run.look();
    if (look.state == RunState::Ended) { end_shortage(); }
    if (look.state != RunState::Ended) { kill_leftovers(path); }
    if (look.state == RunState::Unstarted) { run.forbid_start(); }
    std::string problem;
    if (look.state != RunState::Ended && !program.is_cancelled) {
      problem = why_no_record(run, look.state, status);
    }
    if (look.state != RunState::Missing) { run.clean_up(); }
    if (program.is_cancelled) {
      reply.stopped();  // Nobody asks how it ended.
    } else if (look.state != RunState::Ended) {
      reply.failed(std::move(problem));
    } else {
      const OpenedDirectory kept = parts_.work.open_release(program.files.release);
      answer_end(program.job, std::move(look.end), kept.directory ? *kept.directory : run.files());
    }
  } catch (const std::exception& error) { reply.failed(error.what()); }
  keep_spare();
}

// --- After a restart -----------------------------------------------------------------------------

std::string Pool::reference(std::string_view release_id, Ticket ticket) {
  std::string path = RunDirectory::path_of(options_.work_directory, release_id, ticket);
  // A directory that cannot be made now is made, or the failure is told, when the call is made.
  RunDirectory run;
  (void)run.open_fresh(path);
  const std::lock_guard lock(mutex_);
  runs_.insert_or_assign({Key(release_id, ticket), {}}, KnownRun{path});
  return path;
}

Recovery Pool::recover(Call call, std::string_view reference, const Reply& reply) {
  const std::string ticket(reference);
  const std::string application(application_of(call));
  const std::string path = ticket.empty() ? ticket : run_path(ticket, application);
  Attach found{{std::move(call), reply}, {}};
  const auto go_on = [&] {
    const std::lock_guard lock(mutex_);
    requests_.emplace_back(std::move(found));
    idle_ = false;
    wake();
    return Recovery::Attached;
  };
  const Key key(release_of(found.job.call), ticket_of(found.job.call));
  const auto make_again = [&](Recovery recovery) {
    const std::lock_guard lock(mutex_);
    runs_.insert_or_assign({key, application}, KnownRun{path, recovery == Recovery::Lost});
    return recovery;
  };
  if (path.empty() || path.front() != '/') { return Recovery::Lost; }
  RunDirectory& run = found.supervision.run;
  RunLook look = run.open(path, false) ? RunLook() : run.look();
  if (look.state == RunState::Unstarted || look.state == RunState::Missing) {
    // The program may have removed its records, and run on.
    if (find_supervisor_of(path, found.supervision)) { return go_on(); }
    look = run.open(path, false) ? RunLook() : run.look();  // It may have ended just now.
  }
  if (look.state == RunState::Running) {
    if (attach_supervisor(std::move(look), found.supervision)) { return go_on(); }
    look = run.look();
  }
  switch (look.state) {
    case RunState::Unstarted: return make_again(Recovery::Unknown);
    case RunState::Ended: {
      run.clean_up();
      const std::string release = release_directory(options_.work_directory, key.first);
      const OpenedDirectory kept = open_directory(release, options_.work_directory.size(), true);
      answer_end(found.job, std::move(look.end), kept.directory ? *kept.directory : run.files());
      return Recovery::Ended;
    }
    case RunState::Missing:
      if (path != ticket && is_there(ticket)) { return make_again(Recovery::Unknown); }
      break;
    case RunState::Running:
    case RunState::Lost: run.clean_up(); break;
  }
  kill_leftovers(path);
  return make_again(Recovery::Lost);
}

bool Pool::recover_cancelled(std::string_view release_id, Ticket ticket, std::string_view reference,
                             const Reply& reply) {
  const std::string path(reference);
  if (path.empty() || path.front() != '/') { return false; }
  const Key key(release_id, ticket);
  RunDirectory run;
  std::vector<std::string> applications;
  if (!run.open(path, false)) { applications = run.files().directories(); }
  if (applications.empty()) { return attach_cancelled(key, path, reply); }
  const auto all = std::make_shared<JoinedStop>(reply, ticket);
  // Or they are a hook's own directories.
  all->add([&](const Reply& one) { return attach_cancelled(key, path, one); });
  for (const std::string& name : applications) {
    all->add([&](const Reply& one) {
      return attach_cancelled(key, fmt::format("{}/{}", path, name), one);
    });
  }
  return all->close();
}

/// Whether a program of that run directory still runs; then its end is waited for.
bool Pool::attach_cancelled(const Key& key, const std::string& path, const Reply& reply) {
  Supervision supervision;
  RunLook look = supervision.run.open(path, false) ? RunLook() : supervision.run.look();
  // A supervisor that has only just been started must not start the program any more.
  if (look.state == RunState::Unstarted) {
    supervision.run.forbid_start();
    look = supervision.run.look();
  }
  // The program may have removed its records, and run on.
  const bool runs = look.state == RunState::Running
                        ? attach_supervisor(std::move(look), supervision)
                        : look.state != RunState::Ended && find_supervisor_of(path, supervision);
  if (!runs) {
    kill_leftovers(path);
    return false;
  }
  HookCall call;
  call.ticket = key.second;
  call.release_id = key.first;
  const std::lock_guard lock(mutex_);
  requests_.emplace_back(Attach{{Call(std::move(call)), reply}, std::move(supervision)});
  idle_ = false;
  wake();
  return true;
}

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE::detail
