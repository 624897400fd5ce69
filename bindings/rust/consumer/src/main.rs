// SPDX-License-Identifier: Apache-2.0
//! What a user of the published packages writes.
use promoflow::{simulate, Event, Flow, Outcome, ReleaseStatus, Start};

const FLOW: &str = "{kind: PromotionFlow, apiVersion: codefresh.io/v1beta1, metadata: {name: x},
  spec: {triggerEnvironment: dev, steps: [{environment: qa, dependsOn: [dev]}]}}";

fn main() -> promoflow::Result<()> {
    promoflow::check_library()?;
    let flow = Flow::load(FLOW)?;
    let trace = simulate!(flow, Outcome::promotion("qa").fails("degraded"));
    assert_eq!(trace.status(), ReleaseStatus::Failed);
    let mut release = flow.start(&Start::new("r-42"))?;
    let ticket = release.commands().next().expect("a promotion").ticket();
    release.apply(Event::promotion_succeeded(ticket))?;
    println!("{} with promoflow {}", release.status(), promoflow::version());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_in_qa_fails_the_release() {
        let flow = Flow::load(FLOW).unwrap();
        let trace = simulate!(flow, Outcome::promotion("qa").fails("degraded"));
        assert_eq!(trace.environment("qa").unwrap().message, "degraded");
    }
}
