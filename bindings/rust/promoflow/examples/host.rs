// SPDX-License-Identifier: Apache-2.0
//! A host with a journal: it carries out a release, crashes half way, and goes on from the journal.
//! Hooks and promotions are printed only. Without an argument it uses a flow of its own:
//! `host [FLOW]`.
use promoflow::{Command, Event, Flow, FlowBuilder, Hook, Point, Release, Start, Step, Timestamp};
use std::error::Error;

fn own_flow() -> promoflow::Result<Flow> {
    FlowBuilder::new("billing", "dev")
        .hook(
            Point::ReleaseOnStart,
            Hook::new("notify").argument("CHANNEL", "#ops"),
        )
        .step(Step::new("staging").depends_on(["dev"]))
        .step(Step::new("production").depends_on(["staging"]))
        .build()
}

/// Carries commands out, and says what became of them.
fn carry_out(release: &mut Release) -> Vec<Event<'static>> {
    let mut answers = Vec::new();
    for command in release.commands() {
        match command {
            Command::RunHook(hook) => {
                println!("run {} with {}", hook.hook(), hook.arguments().len());
                answers.push(Event::hook_succeeded(hook.ticket()));
            }
            Command::Promote(into) => {
                println!("promote into {}", into.environment());
                answers.push(Event::promotion_succeeded(into.ticket()));
            }
            Command::Cancel(ticket) => println!("cancel {ticket}"),
        }
    }
    answers
}

/// Drives a release, at most so many events far. Each event is stored before it is applied.
fn drive(release: &mut Release, journal: &mut String, events: usize) -> promoflow::Result<()> {
    let mut answers = carry_out(release);
    for _ in 0..events {
        if answers.is_empty() {
            break;
        }
        let event = answers.remove(0).at(Timestamp::now());
        *journal += &event.to_json()?;
        journal.push('\n');
        release.apply(event)?;
        answers.extend(carry_out(release));
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let flow = match std::env::args().nth(1) {
        Some(path) => Flow::load(std::fs::read(path)?)?,
        None => own_flow()?,
    };
    let start = Start::new("r-42").product("billing").at(Timestamp::now());
    let mut journal = flow.start_json(&start)? + "\n"; // A real host writes it to a disk.
    let mut release = flow.start(&start)?;
    drive(&mut release, &mut journal, 2)?;
    drop(release);
    println!("crashed, and started again");

    let mut release = flow.recover(&journal)?;
    drive(&mut release, &mut journal, usize::MAX)?;
    println!("{}", release.status());
    Ok(())
}
