// SPDX-License-Identifier: Apache-2.0
//! Releases: commands, events, refusals, journals, snapshots, and what there is to see.
use promoflow::{
    AdmissionBlock, Command, EnvironmentStatus, ErrorCode, Event, Flow, OwnedCommand, Point,
    RecordKind, Release, ReleaseStatus, Render, Selection, Start, Ticket, Timestamp,
};

const FLOW: &str = "
apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata: {name: billing}
spec:
  triggerEnvironment: dev
  hooks: {onStart: [{name: notify, arguments: {CHANNEL: '#ops'}}, approve], onFail: slack-fail}
  steps:
  - {environment: staging, dependsOn: [dev]}
  - {environment: production, dependsOn: [staging]}
";

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn flow() -> Flow {
    Flow::load(FLOW).unwrap()
}

fn started(context: &str) -> Release {
    flow()
        .start(
            &Start::new("r-42")
                .product("billing")
                .context(context)
                .at(at(1000)),
        )
        .unwrap()
}

fn tickets(release: &mut Release) -> Vec<u64> {
    release
        .commands()
        .map(|command| command.ticket().0)
        .collect()
}

#[test]
fn commands_carry_what_hooks_get() {
    let mut release = started(r#"{"JIRA": "ABC-1"}"#);
    let command = release.next_command().unwrap().unwrap();
    let hook = match &command {
        Command::RunHook(hook) => *hook,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        (hook.hook(), hook.point()),
        ("notify", Point::ReleaseOnStart)
    );
    assert_eq!(
        (hook.environment(), hook.attempt(), hook.ticket()),
        (None, 1, Ticket(1))
    );
    assert_eq!(hook.argument("CHANNEL"), Some("#ops"));
    assert_eq!(hook.argument("PRODUCT"), None);
    assert_eq!(hook.argument("JIRA"), Some("ABC-1"));
    assert_eq!(hook.arguments().len(), hook.arguments().count());
    let entry = hook.context().next().unwrap();
    assert_eq!(
        (entry.key, entry.json, entry.text, entry.writer),
        ("JIRA", r#""ABC-1""#, "ABC-1", None)
    );
    assert!(hook
        .arguments_json()
        .unwrap()
        .contains(r##""CHANNEL":"#ops""##));
    let owned = command.to_owned();
    drop(release); // A copy lives on.
    match std::thread::spawn(move || owned).join().unwrap() {
        OwnedCommand::RunHook(hook) => assert_eq!(hook.argument("CHANNEL"), Some("#ops")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_release_goes_to_its_end_and_outlives_its_flow() {
    let flow = flow();
    let mut release = flow.start(&Start::new("r-42")).unwrap();
    drop(flow);
    let mut promoted = Vec::new();
    while !release.is_final() {
        let events: Vec<Event<'_>> = release
            .commands()
            .filter_map(|command| match command {
                Command::RunHook(hook) => Some(Event::hook_succeeded(hook.ticket())),
                Command::Promote(into) => {
                    promoted.push(into.environment().to_owned());
                    Some(Event::promotion_succeeded(into.ticket()))
                }
                Command::Cancel(_) => None,
            })
            .collect();
        for event in events {
            release.apply(event).unwrap();
        }
    }
    assert_eq!(release.status(), ReleaseStatus::Succeeded);
    assert_eq!(promoted, ["staging", "production"]);
    let staging = release.environment("staging").unwrap();
    assert_eq!(staging.status, EnvironmentStatus::Successful);
    assert!(release.environment("nowhere").is_none());
}

#[test]
fn refusals_say_why_and_change_nothing() {
    let mut release = started("");
    assert_eq!(tickets(&mut release), [1]);
    let before = release.snapshot().unwrap();
    let mut refused = |event: Event<'_>| {
        let error = release.apply(event.at(at(1000))).unwrap_err();
        assert!(error.is_refusal() && !error.message().is_empty());
        error.code()
    };
    assert_eq!(
        refused(Event::hook_succeeded(Ticket(99))),
        ErrorCode::UnknownTicket
    );
    assert_eq!(
        refused(Event::promotion_succeeded(Ticket(1))),
        ErrorCode::WrongKind
    );
    assert_eq!(refused(Event::retry()), ErrorCode::NotAllowed);
    assert_eq!(
        refused(Event::skip("nowhere", "")),
        ErrorCode::UnknownEnvironment
    );
    let none: [&str; 0] = [];
    assert_ne!(
        refused(Event::retry_environments(none)),
        ErrorCode::Internal
    );
    assert_eq!(before, release.snapshot().unwrap());
    release
        .apply(Event::hook_succeeded(Ticket(1)).at(at(1002)))
        .unwrap();
    let error = release
        .apply(Event::hook_succeeded(Ticket(1)).at(at(1003)))
        .unwrap_err();
    assert_eq!(
        (error.code(), error.code().as_str()),
        (ErrorCode::SettledTicket, "settled-ticket")
    );
}

#[test]
fn a_journal_gives_the_release_again() {
    let flow = flow();
    let start = Start::new("r-42").context(r#"{"A": 1}"#).at(at(5));
    let mut journal = flow.start_json(&start).unwrap() + "\n";
    let mut release = flow.start(&start).unwrap();
    assert_eq!(tickets(&mut release), [1]);
    let event = Event::hook_succeeded(Ticket(1))
        .exporting(r#"{"B": 2}"#)
        .at(at(6));
    journal += &(event.to_json().unwrap() + "\n");
    release.apply(event).unwrap();
    let mut again = flow.recover(&(journal.clone() + r#"{"cut sho"#)).unwrap();
    assert_eq!(again.context_json().unwrap(), r#"{"A":1,"B":2}"#);
    assert_eq!(tickets(&mut again), tickets(&mut release));
    assert_eq!(again.key(Ticket(2)), "r-42/2");
    let error = flow.recover("{}\n").unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidEvent);
    let error = Flow::load(FLOW.replace("notify", "tell"))
        .unwrap()
        .recover(&journal)
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::SnapshotOfOtherFlow);
    let line = Event::hook_succeeded(Ticket(2))
        .at(at(9))
        .to_json()
        .unwrap();
    again.apply_json(&line).unwrap();
    assert_eq!(
        again.apply_json("no event").unwrap_err().code(),
        ErrorCode::InvalidEvent
    );
}

#[test]
fn what_is_stored_needs_a_time() {
    let error = Event::tick().to_json().unwrap_err();
    assert_eq!(
        (error.code(), error.place()),
        (ErrorCode::InvalidArgument, "at")
    );
    assert_eq!(
        flow().start_json(&Start::new("r")).unwrap_err().place(),
        "at"
    );
}

#[test]
fn a_snapshot_gives_the_release_again() {
    let flow = flow();
    let mut release = started(r#"{"A": 1}"#);
    assert_eq!(tickets(&mut release), [1]);
    release
        .apply(Event::suspended(Ticket(1)).at(at(2000)))
        .unwrap();
    let snapshot = release.snapshot().unwrap();
    drop(release);
    let mut again = flow.restore(&snapshot).unwrap();
    assert_eq!(again.status(), ReleaseStatus::Suspended);
    let outstanding = again.outstanding().unwrap();
    assert!(outstanding[0].is_suspended && !outstanding[0].is_queued);
    assert_eq!(outstanding[0].command.ticket(), Ticket(1));
    assert_eq!(tickets(&mut again), [1]);
    again.reissue().unwrap();
    assert_eq!(tickets(&mut again), [1]);
    assert_eq!(
        flow.restore("{}").unwrap_err().code(),
        ErrorCode::InvalidSnapshot
    );
    let other = Flow::load(FLOW.replace("approve", "ask")).unwrap();
    assert_eq!(
        other.restore(&snapshot).unwrap_err().code(),
        ErrorCode::SnapshotOfOtherFlow
    );
}

#[test]
fn a_release_shows_why_it_waits_and_what_it_is() {
    let mut release = started("");
    let why = release.why_pending("production").unwrap().unwrap();
    assert_eq!(why.block, AdmissionBlock::ReleaseStarting);
    assert_eq!(why.unmet[0].name(), "staging");
    assert_eq!(why.causes[0].name(), "dev");
    assert!(release.why_pending("nowhere").unwrap().is_none());
    let names: Vec<_> = release
        .environments()
        .iter()
        .map(|(one, _)| one.name())
        .collect();
    assert_eq!(names, ["dev", "staging", "production"]);
    assert_eq!(release.info().product, "billing");
    assert!(release.next_timer().is_some(), "the promotion's timeout");
    assert!(release.describe().unwrap().starts_with('{'));
    assert!(release
        .render(Render::default())
        .unwrap()
        .contains("staging"));
    assert_eq!(format!("{release:?}"), r#"Release("r-42", Running)"#);
}

#[test]
fn an_operator_s_events_are_recorded_with_who_asked() {
    let mut release = started("");
    let event = Event::terminate("wrong version").by("sam").at(at(1001));
    release.apply(event).unwrap();
    let mut found = None;
    for record in release.records() {
        if let RecordKind::Terminate { reason, force, by } = record.kind {
            found = Some((reason.to_owned(), force, by.map(str::to_owned), record.at));
        }
    }
    assert_eq!(
        found,
        Some(("wrong version".into(), false, Some("sam".into()), at(1001)))
    );
    assert_eq!(release.status(), ReleaseStatus::Terminating);
    let again = release
        .apply(Event::terminate("again").at(at(1002)))
        .unwrap_err();
    assert_eq!(again.code(), ErrorCode::NotAllowed);
    release
        .apply(Event::terminate_by_force("now").at(at(1003)))
        .unwrap();
    assert_eq!(release.state().status, ReleaseStatus::Terminated);
    assert!(!release.state().message.is_empty());
}

#[test]
fn a_start_is_checked() {
    let refused = |start: Start| flow().start(&start).unwrap_err().code();
    assert_eq!(refused(Start::new("")), ErrorCode::InvalidArgument);
    assert_eq!(
        refused(Start::new("r").context("[]")),
        ErrorCode::InvalidContext
    );
    let only = |names: &[&str]| {
        Start::new("r").selection(Selection::Only(
            names.iter().map(|n| n.to_string()).collect(),
        ))
    };
    assert_eq!(refused(only(&["nowhere"])), ErrorCode::UnknownEnvironment);
    assert_eq!(refused(only(&[])), ErrorCode::InvalidArgument);
    let release = flow().start(&only(&["staging"])).unwrap();
    let production = release.environment("production").unwrap();
    assert_eq!(production.status, EnvironmentStatus::Skipped);
}

#[test]
fn any_unicode_large_integers_and_deep_json_survive() {
    let text = "\u{0}\u{1F600}\u{202E}e\u{301} \u{FFFF}";
    let deep = "[".repeat(60) + &"]".repeat(60);
    let context = format!(
        r#"{{"BIG":9007199254740993,"HUGE":123456789012345678901234567890,"DEEP":{deep}}}"#
    );
    let mut release = started(&context);
    assert_eq!(release.context_json().unwrap(), context);
    let hook = match release.next_command().unwrap().unwrap() {
        Command::RunHook(hook) => hook.to_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(hook.argument("BIG"), Some("9007199254740993"));
    assert_eq!(
        hook.argument("HUGE"),
        Some("123456789012345678901234567890")
    );
    assert_eq!(hook.argument("DEEP"), Some(deep.as_str()));
    release
        .apply(Event::hook_failed(hook.ticket, text).at(at(2000)))
        .unwrap();
    assert!(
        release.state().message.contains(text),
        "{:?}",
        release.state()
    );
    let shown = release.snapshot().unwrap();
    let again = release.flow().clone().restore(&shown).unwrap();
    assert!(again.state().message.contains(text));
    assert_eq!(again.context_json().unwrap(), context);
}

#[test]
fn exports_that_break_the_bounds_are_kept_to_the_byte() {
    let mut release = started("");
    assert_eq!(tickets(&mut release), [1]);
    let bytes = b"{\"A\": \xff\xfe}".to_vec();
    let event = Event::hook_succeeded(Ticket(1))
        .exporting(bytes.clone())
        .at(at(1500));
    release.apply(event).unwrap();
    let rejected = release.rejected().unwrap();
    assert_eq!(rejected[0].text, bytes);
    assert!(!rejected[0].reason.is_empty());
    assert!(release.context().next().is_none());
    assert!(release.conflicts().unwrap().is_empty());
}

#[test]
fn many_arguments_and_keys_are_all_read() {
    let context: Vec<String> = (0..100).map(|n| format!(r#""K{n}":{n}"#)).collect();
    let mut release = started(&format!("{{{}}}", context.join(",")));
    assert_eq!(release.context().len(), 100);
    let command = release.next_command().unwrap().unwrap();
    let hook = match command {
        Command::RunHook(hook) => hook,
        other => panic!("{other:?}"),
    };
    assert_eq!(hook.context().len(), 100);
    assert_eq!(hook.argument("K99"), Some("99"));
}
