// SPDX-License-Identifier: Apache-2.0
//! What may go to other threads, drops in any order, memory that stays flat.
use promoflow::{
    simulate, Action, Control, Error, Flow, Manifest, Outcome, OwnedCommand, Point, Release,
    ReleaseStatus, Render, Reply, Scenario, ScenarioParts, Selection, Start, Trace,
};
use std::sync::Arc;
use std::time::Duration;

const FLOW: &str = "
apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata: {name: billing}
spec:
  triggerEnvironment: dev
  hooks: {onStart: notify, onFail: slack-fail}
  steps:
  - {environment: staging, dependsOn: [dev], hooks: {onSuccess: smoke-test}}
  - {environment: production, dependsOn: [staging]}
";

#[test]
fn what_is_said_to_go_to_other_threads_does() {
    fn is_send<T: Send>() {}
    fn is_sync<T: Sync>() {}
    is_send::<(
        Flow,
        Manifest,
        Scenario,
        Trace,
        Reply,
        Control,
        Release,
        Error,
        OwnedCommand,
    )>();
    is_sync::<(
        Flow,
        Manifest,
        Scenario,
        Trace,
        Reply,
        Control,
        Error,
        OwnedCommand,
    )>();
}

/// A release is not `Sync`, commands are not `Send`: this compiles only if that is so, because
/// otherwise the compiler could not choose one of the two.
#[test]
fn what_is_said_to_stay_does() {
    trait Ambiguous<A> {
        fn here() -> bool {
            true
        }
    }
    struct IfSync;
    struct IfSend;
    impl<T: ?Sized> Ambiguous<()> for T {}
    impl<T: ?Sized + Sync> Ambiguous<IfSync> for T {}
    assert!(<Release as Ambiguous<_>>::here());
    trait AmbiguousSend<A> {
        fn here() -> bool {
            true
        }
    }
    impl<T: ?Sized> AmbiguousSend<()> for T {}
    impl<T: ?Sized + Send> AmbiguousSend<IfSend> for T {}
    assert!(<promoflow::Command<'static> as AmbiguousSend<_>>::here());
    assert!(<promoflow::Record<'static> as AmbiguousSend<_>>::here());
    assert!(<promoflow::Commands<'static> as AmbiguousSend<_>>::here());
}

#[test]
fn one_flow_serves_many_threads_and_releases_move_between_them() {
    let flow = Arc::new(Flow::load(FLOW).unwrap());
    let threads: Vec<_> = (0..4)
        .map(|n| {
            let flow = Arc::clone(&flow);
            std::thread::spawn(move || {
                for _ in 0..50 {
                    assert_eq!(simulate!(&*flow).status(), ReleaseStatus::Succeeded);
                }
                flow.start(&Start::new(format!("r-{n}"))).unwrap()
            })
        })
        .collect();
    for (n, thread) in threads.into_iter().enumerate() {
        let mut release = thread.join().unwrap();
        assert_eq!(release.info().id, format!("r-{n}"));
        assert_eq!(release.commands().count(), 1);
    }
}

#[test]
fn handles_may_be_dropped_in_any_order() {
    for first in 0..4 {
        let manifest = Manifest::read(FLOW).unwrap();
        let flow = manifest.flows().next().unwrap();
        let trace = simulate!(flow, Outcome::promotion("staging").fails("degraded"));
        let mut release = flow.start(&Start::new("r")).unwrap();
        let mut parts = [Some(()); 4];
        let (mut manifest, mut flow) = (Some(manifest), Some(flow));
        let (mut trace, mut kept) = (Some(trace), Some(release.flow().clone()));
        for step in 0..4 {
            let which = (first + step) % 4;
            parts[which] = None;
            match which {
                0 => drop(manifest.take()),
                1 => drop(flow.take()),
                2 => drop(trace.take()),
                _ => drop(kept.take()),
            }
            if let Some(trace) = &trace {
                assert_eq!(trace.hooks(Point::ReleaseOnFail)[0].hook(), "slack-fail");
                assert_eq!(trace.flow().name(), "billing");
            }
            if let Some(flow) = &flow {
                assert_eq!(flow.environments().len(), 3);
            }
        }
        assert_eq!(release.commands().count(), 1);
        assert_eq!(release.flow().name(), "billing");
    }
}

#[test]
fn a_simulation_answers_its_queries() {
    let flow = Flow::load(FLOW).unwrap();
    let trace = simulate!(
        flow,
        Outcome::promotion("production")
            .after(Duration::from_secs(60))
            .fails("degraded"),
        Outcome::hook("smoke-test").exports(r#"{"RESULT": {"OK": 9007199254740993}}"#),
        Action::retry(Duration::from_secs(120)).by("sam"),
    );
    assert_eq!(trace.status(), ReleaseStatus::Failed);
    assert_eq!(trace.promotions(), ["staging", "production", "production"]);
    assert_eq!(trace.duration(), Duration::from_secs(180));
    assert_eq!(trace.environment("production").unwrap().message, "degraded");
    let failed = trace.hooks(Point::ReleaseOnFail);
    assert_eq!(failed.len(), 2);
    assert_eq!(failed[0].argument("ERROR_MESSAGE"), Some("degraded"));
    assert_eq!(
        failed[0].argument("RESULT"),
        Some(r#"{"OK":9007199254740993}"#)
    );
    let smoke = trace.environment_hooks(Point::EnvironmentOnSuccess, "staging");
    assert_eq!((smoke.len(), smoke[0].context().len()), (1, 0));
    assert!(trace
        .environment_hooks(Point::EnvironmentOnSuccess, "nowhere")
        .is_empty());
    assert_eq!(
        trace.context().next().unwrap().writer,
        Some(smoke[0].ticket())
    );
    assert_eq!(trace.jsonl().unwrap().lines().count(), trace.len());
    assert_eq!(trace.records().len(), trace.len());
    let last = trace.record_json(trace.len() - 1).unwrap().unwrap();
    assert!(trace.jsonl().unwrap().ends_with(&(last + "\n")));
    assert!(trace.get(trace.len()).is_none());
    assert!(trace.conflicts().unwrap().is_empty() && trace.shadowed().unwrap().is_empty());
    assert!(trace
        .timeline(Render::default())
        .unwrap()
        .contains("degraded"));
    let until = simulate!(
        flow,
        Selection::Until(vec!["staging".into()]),
        Start::new("r-7")
    );
    assert_eq!(until.info().id, "r-7");
}

#[test]
fn a_rule_for_what_the_flow_does_not_have_is_no_success() {
    let flow = Flow::load(FLOW).unwrap();
    let wrong = |outcome: Outcome| {
        let caught = std::panic::catch_unwind(|| simulate!(flow, outcome)).unwrap_err();
        caught.downcast_ref::<String>().cloned().unwrap()
    };
    assert!(wrong(Outcome::promotion("prodction").fails("x")).contains("prodction"));
    assert!(wrong(Outcome::hook("smoke").fails("x")).contains("smoke"));
    let text = "outcomes: [{hook: smoke, fail: x}]";
    let scenario = Scenario::load(text, Some(&flow)).unwrap();
    assert_eq!(scenario.diagnostics()[0].code.as_str(), "unknown-hook");
    let error = Scenario::load("outcomes: 7", None).unwrap_err();
    assert_eq!(error.diagnostics()[0].line, 1);
}

#[test]
fn the_parts_of_a_scenario_come_back_as_they_went_in() {
    let parts = ScenarioParts {
        context: br#"{"A":1}"#.to_vec(),
        selection: Selection::Skip(vec!["production".into()]),
        outcomes: vec![
            Outcome::hook("notify")
                .at(Point::ReleaseOnStart)
                .attempt(2)
                .fails("x"),
            Outcome::promotion("production").suspends(Duration::from_secs(1)),
            Outcome::promotion("staging").fails_in_soak(Duration::from_secs(2), "late"),
        ],
        actions: vec![
            Action::skip(Duration::from_secs(3), "staging", "why").by("sam"),
            Action::terminate_by_force(Duration::from_secs(4), "enough"),
            Action::retry_environments(Duration::from_secs(5), ["staging"]),
            Action::retry(Duration::from_secs(6)),
        ],
        ..ScenarioParts::default()
    };
    let mut read = Scenario::new(&parts).unwrap().parts();
    assert_eq!(read.release.id, "simulated");
    read.release.id.clear();
    assert_eq!(read, parts);
}
