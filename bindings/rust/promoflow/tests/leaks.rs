// SPDX-License-Identifier: Apache-2.0
//! Memory stays flat: alone in its process, because it reads how large that is.
#![cfg(target_os = "linux")]
use promoflow::{Event, FlowBuilder, Hook, Point, Start, Step};

/// Resident bytes of this process.
fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[test]
fn a_hundred_thousand_releases_leave_memory_flat() {
    let flow = FlowBuilder::new("x", "dev").step(Step::new("qa").depends_on(["dev"]));
    let flow = flow
        .hook(Point::ReleaseOnStart, Hook::new("a"))
        .build()
        .unwrap();
    let start = Start::new("r").context(r#"{"A": [1, 2, 3]}"#);
    let live = |count: usize| {
        for _ in 0..count {
            let mut release = flow.start(&start).unwrap();
            let ticket = release.next_command().unwrap().unwrap().ticket();
            let event = Event::hook_succeeded(ticket).exporting(r#"{"B": "c"}"#);
            release.apply(event).unwrap();
            let refused = release.apply(Event::hook_succeeded(ticket)).unwrap_err();
            assert!(refused.is_refusal());
        }
    };
    live(10_000);
    let before = resident();
    live(90_000);
    let grown = resident().saturating_sub(before);
    assert!(grown < 2_000_000, "{grown} bytes for 90000 releases");
}
