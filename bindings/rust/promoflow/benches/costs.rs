// SPDX-License-Identifier: Apache-2.0
//! What an event and a simulation cost, in processor time, and the ratio to C++ in the same run:
//! `costs NATIVE`, where NATIVE is the program of bench/native.cpp. check.sh bench builds and runs
//! both. Without it, as under `cargo test --benches`, it measures nothing.
use promoflow::{Command, Event, Flow, FlowBuilder, Hook, Point, Start, Step, Timestamp};
use std::process::Command as Process;

const ROUNDS: usize = 15;
const HOOKS: u64 = 20_000;
const ENVIRONMENTS: usize = 10_000;
const CONTEXT: &str =
    r##"{"JIRA":"ABC-1","CHANNEL":"#ops","OWNER":"billing","TRIES":3,"SITES":["a","b"]}"##;

#[repr(C)]
struct Timespec {
    seconds: i64,
    nanos: i64,
}

extern "C" {
    fn clock_gettime(clock: i32, out: *mut Timespec) -> i32;
}

/// Processor time of this process in nanoseconds.
fn processor_time() -> f64 {
    let mut time = Timespec {
        seconds: 0,
        nanos: 0,
    };
    // SAFETY: CLOCK_PROCESS_CPUTIME_ID is 2 on Linux; the struct is that of 64-bit targets.
    assert_eq!(unsafe { clock_gettime(2, &mut time) }, 0);
    time.seconds as f64 * 1e9 + time.nanos as f64
}

fn median(mut found: Vec<f64>) -> f64 {
    found.sort_by(f64::total_cmp);
    found[found.len() / 2]
}

/// One hook after another, each with 8 arguments and the keys of the context.
fn chain() -> Flow {
    (0..HOOKS)
        .fold(FlowBuilder::new("chain", "dev"), |builder, n| {
            let hook = Hook::new(format!("hook-{}", n % 50));
            let hook = hook
                .argument("LEVEL", "info")
                .argument("TEMPLATE", "started");
            builder.hook(Point::ReleaseOnStart, hook)
        })
        .step(Step::new("staging").depends_on(["dev"]))
        .build()
        .unwrap()
}

/// Environments in layers of a hundred, each with hooks of its own.
fn fleet() -> Flow {
    (0..ENVIRONMENTS)
        .fold(FlowBuilder::new("fleet", "dev"), |builder, n| {
            let on = if n < 100 {
                "dev".to_owned()
            } else {
                format!("e{}", n - 100)
            };
            let step = Step::new(format!("e{n}")).depends_on([on]);
            let step = step.hook(Point::EnvironmentOnStart, Hook::new("a"));
            builder.step(step.hook(Point::EnvironmentOnSuccess, Hook::new("b")))
        })
        .build()
        .unwrap()
}

#[derive(Clone, Copy, PartialEq)]
enum Read {
    Nothing,
    Arguments,
    Everything,
}

/// Nanoseconds of one event: it is applied, its command taken, and read.
fn event(flow: &Flow, read: Read) -> f64 {
    let start = Start::new("r-42")
        .url("https://x/r-42")
        .product("billing")
        .version("1.4.0");
    let start = start
        .commit_sha("3f2a91c")
        .context(CONTEXT)
        .at(Timestamp::from_millis(0));
    let mut bytes = 0;
    let found = (0..ROUNDS).map(|_| {
        let mut release = flow.start(&start).unwrap();
        let mut ticket = release.next_command().unwrap().unwrap().ticket();
        let begin = processor_time();
        while ticket.0 < HOOKS {
            let at = Timestamp::from_millis(0);
            release.apply(Event::hook_succeeded(ticket).at(at)).unwrap();
            for command in release.commands() {
                ticket = command.ticket();
                if let (Command::RunHook(hook), true) = (command, read != Read::Nothing) {
                    // 8 arguments, and 5 that are the keys of the context.
                    let arguments = hook.arguments();
                    assert_eq!(arguments.len(), 13);
                    bytes += arguments
                        .map(|(name, value)| name.len() + value.len())
                        .sum::<usize>();
                    if read == Read::Everything {
                        let entries = hook.context();
                        assert_eq!(entries.len(), 5);
                        bytes += entries.map(|one| one.json.len()).sum::<usize>();
                    }
                }
            }
        }
        (processor_time() - begin) / (HOOKS - 1) as f64
    });
    let found = median(found.collect());
    assert!(bytes > 0 || read == Read::Nothing);
    found
}

/// What the C++ program says: nanoseconds of an event with its arguments read, then simulations.
fn native(program: &str, what: &str, flow: &std::path::Path) -> f64 {
    let done = Process::new(program).arg(what).arg(flow).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    let text = String::from_utf8(done.stdout).unwrap();
    median(text.lines().map(|line| line.parse().unwrap()).collect())
}

fn main() {
    let native_program = match std::env::args().nth(1).filter(|one| !one.starts_with('-')) {
        Some(program) => program,
        None => return println!("no NATIVE was given: nothing is measured"),
    };
    let folder = std::env::temp_dir().join(format!("promoflow-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, flow: &Flow| {
        let path = folder.join(name);
        std::fs::write(&path, flow.write(promoflow::TextFormat::Json).unwrap()).unwrap();
        path
    };
    let (chain, fleet) = (chain(), fleet());
    let (chain_file, fleet_file) = (write("chain.json", &chain), write("fleet.json", &fleet));

    for (name, read) in [
        ("nothing read", Read::Nothing),
        ("8 arguments and 5 context keys read", Read::Arguments),
        ("the same, and the context's entries", Read::Everything),
    ] {
        println!("event, {name:<36} {:>8.0} ns", event(&chain, read));
    }
    println!(
        "event in C++, 8 arguments and 5 keys read   {:>8.0} ns",
        native(&native_program, "event", &chain_file)
    );

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        // By turns: the machine is not always the same.
        theirs.push(native(&native_program, "simulate", &fleet_file));
        drop(promoflow::simulate(&fleet, None).unwrap());
        let begin = processor_time();
        let trace = promoflow::simulate(&fleet, None).unwrap();
        assert_eq!(trace.status(), promoflow::ReleaseStatus::Succeeded);
        ours.push(processor_time() - begin);
    }
    let (rust, cpp) = (median(ours), median(theirs));
    println!(
        "simulate {ENVIRONMENTS} environments: {:.2} ms, C++ {:.2} ms, ratio {:.2}",
        rust / 1e6,
        cpp / 1e6,
        rust / cpp
    );
    std::fs::remove_dir_all(&folder).unwrap();
}
