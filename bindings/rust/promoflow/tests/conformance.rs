// SPDX-License-Identifier: Apache-2.0
//! Every story of tests/conformance and every worked trace of tests/corpus, to the byte: by
//! simulation, and by the loop of a host, which also goes by way of a snapshot before each event.
use promoflow::{simulate, Error, ErrorCode, Manifest};
use std::fs;

mod stories;
use stories::{diagnostics, flow_of, scenario_of, traces, Host, Story};

/// Runs all stories, and names those that fail with their first line that differs.
fn all(stories: Vec<Story>, at_least: usize, run: impl Fn(&Story) -> Result<String, Error>) {
    assert!(stories.len() >= at_least, "only {} stories", stories.len());
    let mut failed = Vec::new();
    for story in &stories {
        let wanted = fs::read_to_string(&story.answer).unwrap();
        let got = match run(story) {
            Ok(got) => got,
            Err(error) if error.code() == ErrorCode::InvalidContext => String::new(),
            Err(error) => format!("{error:?}"),
        };
        if got != wanted {
            let mut lines = wanted.lines().zip(got.lines().chain(std::iter::repeat("")));
            let differs = lines.find(|(wanted, got)| wanted != got);
            failed.push(format!("{}: {differs:?}", story.name));
        }
    }
    assert!(
        failed.is_empty(),
        "{} of {}:\n{}",
        failed.len(),
        stories.len(),
        failed.join("\n")
    );
    println!("{} stories", stories.len());
}

#[test]
fn every_story_by_simulation() {
    all(traces(), 150, |story| {
        simulate(&flow_of(story), Some(&scenario_of(story)))?.jsonl()
    });
}

#[test]
fn every_story_by_the_loop_of_a_host() {
    all(traces(), 150, |story| {
        Host::new(&flow_of(story), &scenario_of(story)).run(false)
    });
}

#[test]
fn every_story_by_a_host_that_restores_a_snapshot_before_each_event() {
    all(traces(), 150, |story| {
        Host::new(&flow_of(story), &scenario_of(story)).run(true)
    });
}

#[test]
fn every_story_of_diagnostics() {
    all(diagnostics(), 20, |story| {
        let manifest = Manifest::read(fs::read(&story.flow).unwrap())?;
        let lines = manifest.diagnostics().into_iter().map(|found| {
            let line = format!(
                "{} {} {}:{} {}",
                found.code, found.severity, found.line, found.column, found.pointer
            );
            line.trim_end().to_owned() + "\n"
        });
        Ok(lines.collect())
    });
}
