// SPDX-License-Identifier: Apache-2.0
//! The conformance stories of the project, and a host that answers as their scenarios say.
#![allow(dead_code)] // Each test program uses a part of it.
use promoflow::{
    ActionKind, Command, ErrorCode, Event, Flow, Outcome, Point, RecordKind, Release, RunHook,
    Scenario, ScenarioParts, Start, Ticket, Timestamp,
};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub struct Story {
    pub name: String,
    pub flow: PathBuf,
    pub scenario: PathBuf,
    pub answer: PathBuf,
}

pub fn project() -> PathBuf {
    match std::env::var_os("PROMOFLOW_SOURCE") {
        Some(folder) => folder.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.."),
    }
}

fn folders() -> Vec<PathBuf> {
    let conformance = project().join("tests/conformance");
    let mut found: Vec<PathBuf> = fs::read_dir(&conformance)
        .unwrap_or_else(|why| panic!("{}: {why}", conformance.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir() && path.join("scenario.yaml").exists() || is_diagnostics(path))
        .collect();
    found.sort();
    found
}

fn is_diagnostics(folder: &Path) -> bool {
    folder.join("diagnostics.txt").exists()
}

fn story(folder: &Path, answer: &str) -> Story {
    let json = folder.join("flow.json");
    Story {
        name: folder.file_name().unwrap().to_string_lossy().into_owned(),
        flow: if json.exists() {
            json
        } else {
            folder.join("flow.yaml")
        },
        scenario: folder.join("scenario.yaml"),
        answer: folder.join(answer),
    }
}

/// Those with a trace, the worked traces of the corpus among them.
pub fn traces() -> Vec<Story> {
    let mut found: Vec<Story> = folders()
        .iter()
        .filter(|folder| folder.join("trace.jsonl").exists())
        .map(|folder| story(folder, "trace.jsonl"))
        .collect();
    let worked = project().join("tests/corpus/traces");
    for entry in fs::read_dir(worked).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        if let Some(base) = file.strip_suffix(".trace.jsonl") {
            found.push(Story {
                name: format!("worked-{base}"),
                flow: path.with_file_name(format!("{base}.flow.yaml")),
                scenario: path.with_file_name(format!("{base}.scenario.yaml")),
                answer: path,
            });
        }
    }
    found
}

/// Those with diagnostics.
pub fn diagnostics() -> Vec<Story> {
    let found = folders();
    let found = found.iter().filter(|folder| is_diagnostics(folder));
    found
        .map(|folder| story(folder, "diagnostics.txt"))
        .collect()
}

pub fn flow_of(story: &Story) -> Flow {
    Flow::load(fs::read(&story.flow).unwrap()).unwrap()
}

pub fn scenario_of(story: &Story) -> Scenario {
    Scenario::load(fs::read(&story.scenario).unwrap(), None).unwrap()
}

/// Says what becomes of each command, as a scenario's rules do.
pub struct Script {
    flow: Flow,
    outcomes: Vec<Outcome>,
    issued: HashMap<(Point, Option<String>, usize), u32>,
    current: HashMap<(Point, Option<String>), usize>,
}

impl Script {
    pub fn new(flow: &Flow, outcomes: Vec<Outcome>) -> Self {
        let (issued, current) = (HashMap::new(), HashMap::new());
        Self {
            flow: flow.clone(),
            outcomes,
            issued,
            current,
        }
    }

    /// The place of a hook in its list, from 1: a list may have a name twice, but attempts are
    /// counted for each place, and places are issued in order.
    fn place(&mut self, name: &str, point: Point, at: Option<&str>, attempt: u32) -> u32 {
        let hooks = match at {
            Some(name) => self.flow.environment(name).unwrap().hooks(point),
            None => self.flow.hooks(point),
        };
        let at = at.map(str::to_owned);
        let first = *self.current.get(&(point, at.clone())).unwrap_or(&0);
        for place in (first..hooks.len()).chain(0..first) {
            let issued = self.issued.entry((point, at.clone(), place)).or_insert(0);
            if hooks[place].name == name && *issued + 1 == attempt {
                *issued += 1;
                self.current.insert((point, at), place);
                return place as u32 + 1;
            }
        }
        panic!("the flow has no {name} at {point}, attempt {attempt}");
    }

    pub fn of_hook(
        &mut self,
        name: &str,
        point: Point,
        environment: Option<&str>,
        attempt: u32,
    ) -> Option<Outcome> {
        let place = self.place(name, point, environment, attempt);
        let matches = |rule: &&Outcome| {
            rule.hook.as_deref() == Some(name)
                && rule.place.map_or(true, |wanted| wanted == place)
                && rule.point.map_or(true, |wanted| wanted == point)
                && rule
                    .environment
                    .as_deref()
                    .map_or(true, |at| Some(at) == environment)
                && rule.attempt.map_or(true, |wanted| wanted == attempt)
        };
        self.outcomes.iter().find(matches).cloned()
    }

    pub fn of_promotion(&self, environment: &str, attempt: u32) -> Option<Outcome> {
        let matches = |rule: &&Outcome| {
            rule.hook.is_none()
                && rule
                    .environment
                    .as_deref()
                    .map_or(true, |at| at == environment)
                && rule.attempt.map_or(true, |wanted| wanted == attempt)
        };
        self.outcomes.iter().find(matches).cloned()
    }

    fn of_run_hook(&mut self, hook: &RunHook<'_>) -> Option<Outcome> {
        self.of_hook(
            hook.hook(),
            hook.point(),
            hook.environment(),
            hook.attempt(),
        )
    }
}

/// An answer that is due: by its time, its ticket and its step they are in order.
struct Answer {
    at: i64,
    ticket: Ticket,
    step: u8,
    event: Event<'static>,
}

/// The loop of a host, with nothing but a release.
pub struct Host {
    script: Script,
    parts: ScenarioParts,
    lines: String,
    answers: Vec<Answer>,
    now: i64,
}

impl Host {
    pub fn new(flow: &Flow, scenario: &Scenario) -> Self {
        let parts = scenario.parts();
        let script = Script::new(flow, parts.outcomes.clone());
        Self {
            script,
            parts,
            lines: String::new(),
            answers: Vec::new(),
            now: 0,
        }
    }

    fn schedule(&mut self, ticket: Ticket, rule: Option<Outcome>, is_hook: bool) {
        let rule = rule.unwrap_or_default();
        let mut at = self.now;
        let time = Timestamp::from_millis;
        if let Some(suspend) = rule.suspend {
            let event = Event::suspended(ticket).at(time(at));
            self.answers.push(Answer {
                at,
                ticket,
                step: 0,
                event,
            });
            at += millis(suspend);
            let event = Event::resumed(ticket).at(time(at));
            self.answers.push(Answer {
                at,
                ticket,
                step: 1,
                event,
            });
        }
        at += millis(rule.after);
        let fails = rule.fail.is_some();
        let event = match (rule.fail, is_hook) {
            (Some(message), true) => Event::hook_failed(ticket, message),
            (Some(message), false) => Event::promotion_failed(ticket, message),
            (None, true) => Event::hook_succeeded(ticket),
            (None, false) => Event::promotion_succeeded(ticket),
        };
        let event = match rule.context {
            Some(context) if !fails => event.exporting(context),
            _ => event,
        };
        self.answers.push(Answer {
            at,
            ticket,
            step: 2,
            event: event.at(time(at)),
        });
        if let (Some((after, message)), false, false) = (rule.fail_in_soak, is_hook, fails) {
            at += millis(after);
            let event = Event::promotion_failed(ticket, message).at(time(at));
            self.answers.push(Answer {
                at,
                ticket,
                step: 3,
                event,
            });
        }
    }

    fn take(&mut self, release: &mut Release) {
        loop {
            let (is_tick, command) = match release.next_record().unwrap() {
                Some(record) => {
                    let command = record.command().map(|command| match command {
                        Command::RunHook(hook) => {
                            (hook.ticket(), Some((self.script.of_run_hook(hook), true)))
                        }
                        Command::Promote(promotion) => {
                            let (name, attempt) = (promotion.environment(), promotion.attempt());
                            let rule = self.script.of_promotion(name, attempt);
                            (promotion.ticket(), Some((rule, false)))
                        }
                        Command::Cancel(ticket) => (*ticket, None),
                    });
                    (matches!(record.kind, RecordKind::Tick), command)
                }
                None => return,
            };
            if !is_tick {
                let line = release
                    .record_json(Timestamp::from_millis(0))
                    .unwrap()
                    .unwrap();
                self.lines.push_str(&line);
                self.lines.push('\n');
            }
            match command {
                Some((ticket, Some((rule, is_hook)))) => self.schedule(ticket, rule, is_hook),
                Some((ticket, None)) => self.answers.retain(|answer| answer.ticket != ticket),
                None => {}
            }
        }
    }

    /// Drives a release to its end; with `restore`, by way of a snapshot before each event.
    pub fn run(mut self, restore: bool) -> Result<String, promoflow::Error> {
        let flow = self.script.flow.clone();
        let start = Start::of(self.parts.release.clone())
            .context(self.parts.context.clone())
            .selection(self.parts.selection.clone())
            .at(Timestamp::from_millis(0));
        let mut release = flow.start(&start)?;
        let mut actions = std::mem::take(&mut self.parts.actions);
        actions.sort_by_key(|action| action.at);
        let mut actions = actions.into_iter().peekable();
        self.take(&mut release);
        loop {
            if release.is_final() && actions.peek().is_none() {
                return Ok(self.lines);
            }
            self.answers
                .sort_by_key(|answer| (answer.at, answer.ticket, answer.step));
            let action_at = actions.peek().map(|action| millis(action.at));
            let answer_at = self.answers.first().map(|answer| answer.at);
            let first = action_at.into_iter().chain(answer_at).min();
            let timer = release.next_timer().map(Timestamp::as_millis);
            let mut what = None;
            let mut step = None;
            let event = match (timer, first) {
                (Some(timer), first) if first.map_or(true, |at| timer <= at) => {
                    self.now = timer;
                    Event::tick().at(Timestamp::from_millis(timer))
                }
                (_, None) => return Ok(self.lines),
                (_, first) if action_at == first => {
                    let action = actions.next().unwrap();
                    self.now = millis(action.at);
                    what = Some((word_of(&action.kind), action.by.clone()));
                    event_of(action, self.now)
                }
                _ => {
                    let answer = self.answers.remove(0);
                    self.now = answer.at;
                    step = Some(answer.step);
                    answer.event
                }
            };
            if restore {
                release = restored(&flow, release);
            }
            if let Err(refused) = release.apply(event) {
                assert!(refused.is_refusal(), "{refused:?}");
                match what {
                    Some((word, by)) => self.refused(word, refused.code(), by),
                    // It soaks no more.
                    None => assert_eq!((step, refused.code()), (Some(3), ErrorCode::SettledTicket)),
                }
            }
            self.take(&mut release);
        }
    }

    fn refused(&mut self, action: &str, code: ErrorCode, by: Option<String>) {
        let by = by.map_or(String::new(), |by| format!(r#","by":"{by}""#));
        let line = format!(
            r#"{{"t":{},"event":"refused","action":"{action}","error":"{code}"{by}}}"#,
            self.now
        );
        self.lines.push_str(&line);
        self.lines.push('\n');
    }
}

fn millis(duration: Duration) -> i64 {
    duration.as_millis() as i64
}

fn word_of(kind: &ActionKind) -> &'static str {
    match kind {
        ActionKind::Retry { .. } => "retry",
        ActionKind::Skip { .. } => "skip",
        _ => "terminate",
    }
}

/// What the operator does, as an event.
fn event_of(action: promoflow::Action, at: i64) -> Event<'static> {
    let event = match action.kind {
        ActionKind::Retry { environments: None } => Event::retry(),
        ActionKind::Retry {
            environments: Some(names),
        } => Event::retry_environments(names),
        ActionKind::Skip {
            environment,
            reason,
        } => Event::skip(environment, reason),
        ActionKind::Terminate {
            reason,
            force: false,
        } => Event::terminate(reason),
        ActionKind::Terminate { reason, .. } => Event::terminate_by_force(reason),
        other => panic!("{other:?}"),
    };
    let event = match action.by {
        Some(by) => event.by(by),
        None => event,
    };
    event.at(Timestamp::from_millis(at))
}

/// A copy by way of a snapshot; its outstanding commands run already.
fn restored(flow: &Flow, release: Release) -> Release {
    let snapshot = release.snapshot().unwrap();
    drop(release);
    let mut twin = flow.restore(&snapshot).unwrap();
    assert!(twin.commands().all(|command| command.ticket() > Ticket(0)));
    twin
}
