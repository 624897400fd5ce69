// SPDX-License-Identifier: Apache-2.0
//! Flows: read, checked, built, asked and drawn.
use promoflow::{
    ErrorCode, Flow, FlowBuilder, FlowOptions, Hook, Manifest, OnError, Point, PolicyAction,
    ReadOptions, Render, RenderFormat, Retry, Severity, Step, TextFormat,
};
use std::time::Duration;

const FLOW: &str = "
apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata: {name: billing, annotations: {owner: payments}}
spec:
  triggerEnvironment: dev
  hooks: {onStart: notify}
  steps:
  - environment: staging
    dependsOn: [dev]
    hooks: {onSuccess: smoke-test}
  - {environment: production, dependsOn: [staging]}
";

fn names<'f>(found: impl IntoIterator<Item = promoflow::Environment<'f>>) -> Vec<&'f str> {
    found.into_iter().map(|one| one.name()).collect()
}

#[test]
fn a_flow_says_what_its_manifest_says() {
    let flow = Flow::load(FLOW).unwrap();
    assert_eq!(flow.name(), "billing");
    assert_eq!(names(flow.environments()), ["dev", "staging", "production"]);
    let production = flow.environment("production").unwrap();
    let dev = flow.environment("dev").unwrap();
    assert_eq!((production.level(), production.index()), (2, 2));
    assert_eq!(names(production.dependencies()), ["staging"]);
    assert_eq!(names(dev.dependents()), ["staging"]);
    assert!(production.depends_on(dev).unwrap() && !dev.depends_on(production).unwrap());
    assert!(flow.environment("qa").is_none());
    assert_eq!(flow.hooks(Point::ReleaseOnStart)[0].name, "notify");
    let staging = flow.environment("staging").unwrap();
    assert_eq!(
        staging.hooks(Point::EnvironmentOnSuccess)[0].name,
        "smoke-test"
    );
    assert!(staging.hooks(Point::ReleaseOnStart).is_empty());
    assert!(flow.hooks(Point::EnvironmentOnSuccess).is_empty());
    assert_eq!(
        flow.annotations(),
        [("owner".to_owned(), "payments".to_owned())]
    );
    assert_eq!(flow.options().promotion_timeout_minutes, 1440);
}

#[test]
fn all_problems_of_a_text_are_in_the_error_with_their_positions() {
    let text =
        "kind: PromotionFlow\nmetadata: {name: x}\nspec:\n  triggerEnvironment: dev\n  steps:\n  \
                - {environment: qa, dependsOn: [staging]}\n  - {environment: Prod!}\n";
    let error = Flow::load(text).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidManifest);
    let unknown = error
        .diagnostics()
        .iter()
        .find(|one| one.code.as_str() == "unknown-environment");
    let unknown = unknown.unwrap_or_else(|| panic!("{error:#?} {:?}", error.diagnostics()));
    assert_eq!((unknown.line, unknown.severity), (6, Severity::Error));
    assert_eq!(unknown.pointer, "/spec/steps/0/dependsOn/0");
    assert!(error.diagnostics().len() >= 2, "{:?}", error.diagnostics());
    assert!(error.to_string().contains("<flow>:6:"), "{error}");
    assert_eq!(error.place().split(':').count(), 2, "{error:?}");
}

#[test]
fn a_text_with_several_flows_is_a_manifest() {
    let two = format!(
        "{FLOW}---\n{}",
        FLOW.replace("name: billing", "name: search")
    );
    let manifest = Manifest::read(&two).unwrap();
    let found: Vec<Flow> = manifest.flows().collect();
    drop(manifest); // Flows live on.
    assert_eq!((found[0].name(), found[1].name()), ("billing", "search"));
    let error = Flow::load(&two).unwrap_err();
    assert!(error.message().contains("several flows"), "{error}");
    assert!(Flow::load("").unwrap_err().code() == ErrorCode::InvalidManifest);
}

#[test]
fn warnings_do_not_hide_the_flow() {
    let manifest =
        Manifest::read(FLOW.replace("dependsOn: [dev]", "dependsOn: [dev, dev]")).unwrap();
    assert_eq!(manifest.flows().count(), 1);
    assert_eq!(manifest.diagnostics()[0].severity, Severity::Warning);
    assert_eq!(
        manifest.diagnostics()[0].code.as_str(),
        "duplicate-dependency"
    );
}

#[test]
fn bounds_are_kept_and_bytes_that_are_no_text_are_a_diagnostic() {
    let options = ReadOptions {
        text_bytes_max: 10,
        ..ReadOptions::default()
    };
    let error = Flow::load_with(FLOW, &options).unwrap_err();
    assert_eq!(error.diagnostics()[0].code.as_str(), "limit-exceeded");
    let error = Flow::load(b"kind: \xff\xfe").unwrap_err();
    assert_eq!(error.diagnostics()[0].code.as_str(), "syntax");
    let options = ReadOptions {
        format: Some(TextFormat::Json),
        ..ReadOptions::default()
    };
    assert!(Flow::load_with(FLOW, &options).is_err());
}

fn built() -> FlowBuilder {
    FlowBuilder::new("billing", "dev")
        .annotation("owner", "payments")
        .options(FlowOptions {
            hook_timeout: Duration::from_secs(5),
            ..FlowOptions::default()
        })
        .hook(
            Point::ReleaseOnStart,
            Hook::new("notify").argument("CHANNEL", "#ops"),
        )
        .step(
            Step::new("staging")
                .depends_on(["dev"])
                .policy(PolicyAction::PullRequest)
                .soak(Duration::from_secs(60))
                .hook(
                    Point::EnvironmentOnSuccess,
                    Hook {
                        on_error: Some(OnError::Ignore),
                        retry: Retry {
                            limit: 3,
                            duration: Duration::from_secs(10),
                            factor: 2.0,
                            max_duration: Some(Duration::from_secs(60)),
                        },
                        arguments: vec![promoflow::Argument::json("SITES", r#"["a","b"]"#)],
                        ..Hook::new("smoke-test").timeout(Duration::from_millis(1500))
                    },
                ),
        )
        .step(Step::new("production").depends_on(["staging"]))
}

#[test]
fn a_flow_that_is_built_is_written_read_and_equal() {
    let flow = built().build().unwrap();
    for format in [TextFormat::Yaml, TextFormat::Json] {
        let read = Flow::load(flow.write(format).unwrap()).unwrap();
        assert_eq!(flow, read);
        assert_eq!(flow.fingerprint(), read.fingerprint());
    }
    assert_ne!(flow, Flow::load(FLOW).unwrap());
    let staging = flow.environment("staging").unwrap();
    assert_eq!(
        staging.step().policy_action,
        Some(PolicyAction::PullRequest)
    );
    assert_eq!(staging.step().soak, Duration::from_secs(60));
    assert_eq!(staging.step().depends_on, ["dev"]);
    let hook = &staging.hooks(Point::EnvironmentOnSuccess)[0];
    assert_eq!(
        (hook.timeout, hook.retry.limit),
        (Duration::from_millis(1500), 3)
    );
    assert_eq!(hook.retry.max_duration, Some(Duration::from_secs(60)));
    assert!(hook.arguments[0].is_json() && hook.arguments[0].value() == r#"["a","b"]"#);
    assert_eq!(flow.options().hook_timeout, Duration::from_secs(5));
}

#[test]
fn problems_of_a_built_flow_are_diagnostics_too() {
    let error = built()
        .step(Step::new("qa").depends_on(["nowhere"]))
        .build()
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidFlow);
    assert_eq!(error.diagnostics()[0].code.as_str(), "unknown-environment");
    let wrong = FlowBuilder::new("x", "dev").hook(Point::EnvironmentOnStart, Hook::new("a"));
    assert_eq!(wrong.build().unwrap_err().code(), ErrorCode::NotAllowed);
    let wrong = FlowBuilder::new("x", "dev").hook(Point::Unknown, Hook::new("a"));
    assert_eq!(
        wrong.build().unwrap_err().code(),
        ErrorCode::InvalidArgument
    );
}

#[test]
fn flows_are_drawn_in_every_format() {
    let flow = Flow::load(FLOW).unwrap();
    let starts = |format: RenderFormat| flow.render(format).unwrap();
    assert!(starts(RenderFormat::Mermaid).contains("flowchart"));
    assert!(starts(RenderFormat::Dot).starts_with("digraph"));
    assert!(starts(RenderFormat::Svg).contains("<svg"));
    let text = flow
        .render(Render {
            ascii: true,
            ..Render::default()
        })
        .unwrap();
    assert!(text.contains("production") && text.is_ascii(), "{text}");
    let narrow = |width| {
        flow.render(Render {
            width,
            ..Render::default()
        })
        .unwrap()
    };
    assert_eq!(narrow(5), narrow(40));
}

#[test]
fn schemas_and_durations_are_the_library_s() {
    assert!(promoflow::manifest_schema().contains("triggerEnvironment"));
    assert!(promoflow::scenario_schema().contains("outcomes"));
    let ninety = Duration::from_secs(90 * 60);
    assert_eq!(promoflow::format_duration(ninety).unwrap(), "1h30m");
    assert_eq!(promoflow::parse_duration("1h30m").unwrap(), ninety);
    assert_eq!(
        promoflow::parse_duration("soon").unwrap_err().code(),
        ErrorCode::InvalidArgument
    );
}
