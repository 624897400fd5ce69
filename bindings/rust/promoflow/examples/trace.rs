// SPDX-License-Identifier: Apache-2.0
//! Prints the trace of a scenario as JSON Lines: `trace FLOW SCENARIO`.
//!
//! Exit status: 0 done, also if the release did not succeed; 1 a file is wrong; 2 wrong call.
use promoflow::{simulate, ErrorCode, Flow, Scenario};
use std::error::Error;
use std::io::Write;

fn trace(flow: &str, scenario: &str) -> Result<(), Box<dyn Error>> {
    let read = |path: &str| std::fs::read(path).map_err(|why| format!("{path}: {why}"));
    let flow = Flow::load(read(flow)?)?;
    let scenario = Scenario::load(read(scenario)?, None)?;
    let text = match simulate(&flow, Some(&scenario)) {
        Ok(trace) => trace.jsonl()?,
        // The start is refused: such a scenario has an empty trace.
        Err(error) if error.code() == ErrorCode::InvalidContext => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let status = match &arguments[..] {
        [flow, scenario] => match trace(flow, scenario) {
            Ok(()) => 0,
            Err(error) => {
                eprintln!("{error}");
                1
            }
        },
        _ => {
            eprintln!("usage: trace FLOW SCENARIO");
            2
        }
    };
    std::process::exit(status);
}
