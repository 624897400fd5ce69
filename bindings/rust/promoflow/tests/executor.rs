// SPDX-License-Identifier: Apache-2.0
//! run(): answers from any thread, virtual time, journals, operators, panics.
use promoflow::{
    resume, retry, run, Clock, Command, Control, ErrorCode, Executor, Flow, HookCall,
    PromotionCall, RecordKind, ReleaseStatus, Reply, RunOptions, Selection, Start, Ticket,
    Timestamp, Waiting,
};
use std::cell::Cell;
use std::time::Duration;

const FLOW: &str = "
apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata: {name: billing}
spec:
  triggerEnvironment: dev
  hooks: {onStart: {name: notify, timeout: 30s}, onFail: slack-fail}
  steps:
  - {environment: staging, dependsOn: [dev]}
  - {environment: production, dependsOn: [staging]}
";

fn flow() -> Flow {
    Flow::load(FLOW).unwrap()
}

/// Answers through two functions.
struct Host<H, P> {
    hook: H,
    promotion: P,
    cancelled: Vec<Ticket>,
}

fn host<H, P>(hook: H, promotion: P) -> Host<H, P>
where
    H: FnMut(&HookCall<'_>, Reply),
    P: FnMut(&PromotionCall<'_>, Reply),
{
    Host {
        hook,
        promotion,
        cancelled: Vec::new(),
    }
}

impl<H, P> Executor for Host<H, P>
where
    H: FnMut(&HookCall<'_>, Reply),
    P: FnMut(&PromotionCall<'_>, Reply),
{
    fn run_hook(&mut self, call: &HookCall<'_>, reply: Reply) {
        (self.hook)(call, reply);
    }

    fn promote(&mut self, call: &PromotionCall<'_>, reply: Reply) {
        (self.promotion)(call, reply);
    }

    fn cancel(&mut self, release_id: &str, ticket: Ticket) {
        assert_eq!(release_id, "r-42");
        self.cancelled.push(ticket);
    }
}

/// Time that jumps to the next deadline.
struct Virtual(Cell<i64>);

impl Clock for Virtual {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.get())
    }

    fn wait(&self, waiting: &mut Waiting<'_>, deadline: Option<Timestamp>) {
        if waiting.is_ready() {
            return;
        }
        match deadline {
            Some(deadline) => self.0.set(deadline.as_millis().max(self.0.get())),
            None => {
                waiting.sleep(None);
            }
        }
    }
}

fn fine(_: &PromotionCall<'_>, reply: Reply) {
    reply.succeeded();
}

#[test]
fn answers_come_from_any_thread_and_exports_reach_later_hooks() {
    let flow = Flow::load(FLOW.replace(
        "dependsOn: [dev]",
        "dependsOn: [dev], hooks: {onSuccess: smoke-test}",
    ))
    .unwrap();
    let mut seen = Vec::new();
    let hook = |call: &HookCall<'_>, reply: Reply| {
        assert_eq!((call.release_id(), call.attempt()), ("r-42", 1));
        let arguments: Vec<_> = call.arguments().map(|(name, _)| name.to_owned()).collect();
        seen.push((
            call.hook().to_owned(),
            call.environment().map(str::to_owned),
            arguments,
        ));
        std::thread::spawn(move || reply.succeeded_with(r#"{"JIRA": "ABC-1"}"#));
    };
    let mut executor = host(hook, |call: &PromotionCall<'_>, reply: Reply| {
        assert!(
            call.arguments()
                .any(|argument| argument == ("RELEASE_ID", "r-42")),
            "{call:?}"
        );
        reply.succeeded();
    });
    let release = run(&flow, &Start::new("r-42"), &mut executor, RunOptions::new()).unwrap();
    assert_eq!(release.status(), ReleaseStatus::Succeeded);
    assert_eq!(release.context_json().unwrap(), r#"{"JIRA":"ABC-1"}"#);
    assert_eq!(seen.len(), 2);
    assert!(!seen[0].2.contains(&"JIRA".to_owned()) && seen[1].2.contains(&"JIRA".to_owned()));
    assert_eq!(seen[1].1.as_deref(), Some("staging"));
}

#[test]
fn a_timeout_cancels_in_virtual_time() {
    let clock = Virtual(Cell::new(0));
    let mut kept = Vec::new();
    let mut executor = host(
        |call: &HookCall<'_>, reply: Reply| match call.hook() {
            "notify" => {
                assert_eq!(call.timeout(), Some(Duration::from_secs(30)));
                kept.push(reply); // Never answered.
            }
            _ => reply.succeeded(),
        },
        fine,
    );
    let options = RunOptions::new().clock(&clock);
    let release = run(&flow(), &Start::new("r-42"), &mut executor, options).unwrap();
    assert_eq!(release.status(), ReleaseStatus::Failed);
    assert_eq!(executor.cancelled, [Ticket(1)]);
    assert_eq!(clock.0.get(), 30_000);
}

#[test]
fn a_reply_that_is_dropped_fails_its_command() {
    let mut executor = host(|_: &HookCall<'_>, reply: Reply| drop(reply), fine);
    let release = run(
        &flow(),
        &Start::new("r-42"),
        &mut executor,
        RunOptions::new(),
    )
    .unwrap();
    assert_eq!(release.status(), ReleaseStatus::Failed);
    assert!(
        release.state().message.contains("without an answer"),
        "{:?}",
        release.state()
    );
}

#[test]
fn a_journal_gets_all_and_recovers_the_release() {
    let flow = flow();
    let mut journal = String::new();
    let options = RunOptions::new().journal(|event| {
        journal += &(event.to_json()? + "\n");
        Ok(())
    });
    let mut executor = host(|_: &HookCall<'_>, reply: Reply| reply.succeeded(), fine);
    let start = Start::new("r-42").selection(Selection::Until(vec!["staging".into()]));
    let release = run(&flow, &start, &mut executor, options).unwrap();
    let recovered = flow.recover(&journal).unwrap();
    assert_eq!(recovered.snapshot().unwrap(), release.snapshot().unwrap());
    assert_eq!(recovered.status(), ReleaseStatus::Succeeded);
    assert!(journal.lines().count() >= 3, "{journal}");
}

#[test]
fn a_journal_that_fails_ends_the_run_with_its_error() {
    let mut stored = 0;
    let options = RunOptions::new().journal(|_| {
        stored += 1;
        if stored > 1 {
            return Err("disk full".into());
        }
        Ok(())
    });
    let mut executor = host(|_: &HookCall<'_>, reply: Reply| reply.succeeded(), fine);
    let error = run(&flow(), &Start::new("r-42"), &mut executor, options).unwrap_err();
    assert_eq!(error.code(), ErrorCode::Host);
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "disk full"
    );
}

#[test]
fn an_observer_sees_every_record_before_its_commands_are_carried_out() {
    let seen = std::cell::RefCell::new(Vec::new());
    let hook = |call: &HookCall<'_>, reply: Reply| {
        assert!(seen.borrow().contains(&call.hook().to_owned()));
        reply.succeeded();
    };
    let options = RunOptions::new().observer(|record| match &record.kind {
        RecordKind::Command(Command::RunHook(hook)) => {
            assert!(hook.argument("RELEASE_ID").is_some());
            seen.borrow_mut().push(hook.hook().to_owned());
        }
        RecordKind::Environment {
            environment,
            status,
            ..
        } => {
            seen.borrow_mut().push(format!("{environment} {status}"));
        }
        _ => {}
    });
    run(&flow(), &Start::new("r-42"), &mut host(hook, fine), options).unwrap();
    assert!(
        seen.borrow().contains(&"staging Successful".to_owned()),
        "{seen:?}"
    );
}

#[test]
fn an_operator_ends_a_run_from_another_thread() {
    let control = Control::new().unwrap();
    let mut kept = Vec::new();
    let mut executor = host(
        |call: &HookCall<'_>, reply: Reply| {
            if call.hook() == "notify" {
                kept.push(reply);
                let control = &control;
                std::thread::scope(|scope| {
                    scope.spawn(move || control.terminate("wrong version", "sam").unwrap());
                });
            } else {
                reply.succeeded();
            }
        },
        fine,
    );
    let options = RunOptions::new().control(&control);
    let release = run(&flow(), &Start::new("r-42"), &mut executor, options).unwrap();
    assert_eq!(release.status(), ReleaseStatus::Terminated);
    assert_eq!(executor.cancelled, [Ticket(1)]);
}

#[test]
fn a_failed_release_is_retried_and_a_restored_one_resumed() {
    let flow = flow();
    let mut executor = host(
        |_: &HookCall<'_>, reply: Reply| reply.succeeded(),
        |_: &PromotionCall<'_>, reply: Reply| reply.failed("degraded"),
    );
    let mut release = run(&flow, &Start::new("r-42"), &mut executor, RunOptions::new()).unwrap();
    assert_eq!(release.status(), ReleaseStatus::Failed);
    let mut executor = host(|_: &HookCall<'_>, reply: Reply| reply.succeeded(), fine);
    let wrong = retry(
        &mut release,
        &["nowhere"],
        "",
        &mut executor,
        RunOptions::new(),
    );
    assert_eq!(wrong.unwrap_err().code(), ErrorCode::UnknownEnvironment);
    retry(&mut release, &[], "sam", &mut executor, RunOptions::new()).unwrap();
    assert_eq!(release.status(), ReleaseStatus::Succeeded);

    let mut begun = flow.start(&Start::new("r-42")).unwrap();
    assert_eq!(begun.commands().count(), 1); // Taken by a process that is gone.
    let mut restored = flow.restore(&begun.snapshot().unwrap()).unwrap();
    drop(begun);
    resume(&mut restored, &mut executor, RunOptions::new()).unwrap();
    assert_eq!(restored.status(), ReleaseStatus::Succeeded);
}

#[test]
fn a_command_waits_for_a_person_and_for_room() {
    let mut executor = host(
        |_: &HookCall<'_>, reply: Reply| {
            reply.queued();
            reply.started();
            reply.suspended();
            reply.resumed("sam");
            reply.succeeded();
        },
        fine,
    );
    let mut seen = Vec::new();
    let options = RunOptions::new().observer(|record| {
        if let RecordKind::Resumed { by, .. } = record.kind {
            seen.push(by.map(str::to_owned));
        }
    });
    let release = run(&flow(), &Start::new("r-42"), &mut executor, options).unwrap();
    assert_eq!(release.status(), ReleaseStatus::Succeeded);
    assert_eq!(seen, [Some("sam".to_owned())]);
}

fn panics(text: &str, body: impl FnOnce() + std::panic::UnwindSafe) {
    let panic = std::panic::catch_unwind(body).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&text));
}

#[test]
fn a_panic_of_the_host_ends_the_run_and_goes_on_in_its_caller() {
    panics("in a hook", || {
        let mut executor = host(|_: &HookCall<'_>, _: Reply| panic!("in a hook"), fine);
        let _ = run(
            &flow(),
            &Start::new("r-42"),
            &mut executor,
            RunOptions::new(),
        );
    });
    panics("in an observer", || {
        let mut kept = Vec::new();
        let mut executor = host(|_: &HookCall<'_>, reply: Reply| kept.push(reply), fine);
        let options = RunOptions::new().observer(|_| panic!("in an observer"));
        let _ = run(&flow(), &Start::new("r-42"), &mut executor, options);
    });
    struct Broken;
    impl Clock for Broken {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(0)
        }

        fn wait(&self, _: &mut Waiting<'_>, _: Option<Timestamp>) {
            panic!("in a clock")
        }
    }
    panics("in a clock", || {
        let mut kept = Vec::new();
        let mut executor = host(|_: &HookCall<'_>, reply: Reply| kept.push(reply), fine);
        let options = RunOptions::new().clock(&Broken);
        let _ = run(&flow(), &Start::new("r-42"), &mut executor, options);
    });
}

#[test]
fn late_answers_are_dropped() {
    let late = std::sync::Mutex::new(Vec::new());
    let mut executor = host(
        |call: &HookCall<'_>, reply: Reply| match call.hook() {
            "notify" => late.lock().unwrap().push(reply),
            _ => reply.succeeded(),
        },
        fine,
    );
    let clock = Virtual(Cell::new(0));
    let options = RunOptions::new().clock(&clock);
    let release = run(&flow(), &Start::new("r-42"), &mut executor, options).unwrap();
    drop(release);
    late.into_inner()
        .unwrap()
        .into_iter()
        .for_each(Reply::succeeded);
}
