// SPDX-License-Identifier: Apache-2.0
//! run_async(): every story that an executor can tell, in virtual time and without a runtime.
#![cfg(feature = "async")]
use futures_util::task::noop_waker;
use promoflow::{
    resume_async, run_async, simulate, AsyncCall, AsyncClock, AsyncControl, AsyncExecutor,
    AsyncRunOptions, BoxFuture, ErrorCode, Event, Failure, Flow, Outcome, OwnedPromote,
    OwnedRunHook, ReleaseStatus, Start, Timestamp,
};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

mod stories;
use stories::{flow_of, scenario_of, traces, Script};

/// Virtual time: when nothing is ready, it jumps to the first that sleeps.
#[derive(Clone, Default)]
struct Time(Arc<Mutex<(i64, Vec<i64>)>>);

impl Time {
    fn millis(&self) -> i64 {
        self.0.lock().unwrap().0
    }

    /// Polls until it is done; `None`: it waits for ever.
    fn run<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        let mut future = Box::pin(future);
        let waker = noop_waker();
        let mut idle = 0;
        loop {
            if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return Some(done);
            }
            let mut time = self.0.lock().unwrap();
            let (now, sleepers) = &mut *time;
            let now_is = *now;
            sleepers.retain(|at| *at > now_is);
            match sleepers.iter().min().copied() {
                Some(next) => (*now, idle) = (next, 0),
                None => idle += 1,
            }
            if idle > 3 {
                return None;
            }
        }
    }
}

struct Sleep(Time, i64);

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut time = self.0 .0.lock().unwrap();
        if time.0 >= self.1 {
            return Poll::Ready(());
        }
        time.1.push(self.1);
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl AsyncClock for Time {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.millis())
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        Box::pin(Sleep(
            self.clone(),
            self.millis() + duration.as_millis() as i64,
        ))
    }
}

/// Carries out what a scenario's rules say.
struct Scripted(Mutex<Script>, Time);

impl Scripted {
    fn carry_out<T: Send + 'static>(
        &self,
        call: AsyncCall<T>,
        rule: Option<Outcome>,
    ) -> BoxFuture<'_, Result<Option<String>, Failure>> {
        let time = self.1.clone();
        Box::pin(async move {
            let rule = rule.unwrap_or_default();
            if let Some(suspend) = rule.suspend {
                call.suspended();
                time.sleep(suspend).await;
                call.resumed("");
            }
            if rule.after > Duration::ZERO {
                time.sleep(rule.after).await;
            }
            match (rule.fail, rule.context) {
                (Some(message), _) => Err(message.into()),
                (None, Some(context)) => String::from_utf8(context).map(Some).map_err(Into::into),
                (None, None) => Ok(None),
            }
        })
    }
}

impl AsyncExecutor for Scripted {
    fn run_hook(
        &self,
        call: AsyncCall<OwnedRunHook>,
    ) -> BoxFuture<'_, Result<Option<String>, Failure>> {
        let hook = &call.command;
        let environment = hook.environment.as_deref();
        let mut script = self.0.lock().unwrap();
        let rule = script.of_hook(&hook.hook, hook.point, environment, hook.attempt);
        drop(script);
        self.carry_out(call, rule)
    }

    fn promote(&self, call: AsyncCall<OwnedPromote>) -> BoxFuture<'_, Result<(), Failure>> {
        let script = self.0.lock().unwrap();
        let rule = script.of_promotion(&call.command.environment, call.command.attempt);
        drop(script);
        let done = self.carry_out(call, rule);
        Box::pin(async move { done.await.map(|_| ()) })
    }
}

#[test]
fn every_story_without_an_operator_ends_as_its_simulation() {
    let mut count = 0;
    for story in traces() {
        let text = std::fs::read_to_string(&story.scenario).unwrap();
        if text.contains("actions:") || text.contains("failInSoak") {
            continue; // A future that has ended cannot fail while its environment soaks.
        }
        let (flow, scenario) = (flow_of(&story), scenario_of(&story));
        let parts = scenario.parts();
        let wanted = match simulate(&flow, Some(&scenario)) {
            Ok(trace) => trace,
            Err(error) => {
                assert_eq!(error.code(), ErrorCode::InvalidContext, "{}", story.name);
                continue;
            }
        };
        let time = Time::default();
        let script = Script::new(&flow, parts.outcomes.clone());
        let executor = Scripted(Mutex::new(script), time.clone());
        let start = Start::of(parts.release.clone())
            .context(parts.context.clone())
            .selection(parts.selection.clone());
        let run = run_async(&flow, &start, &executor, &time, AsyncRunOptions::new());
        let release = match time.run(run) {
            Some(done) => done.unwrap(),
            None => {
                assert!(!wanted.status().is_final(), "{}", story.name);
                continue;
            }
        };
        assert_eq!(release.status(), wanted.status(), "{}", story.name);
        for (environment, state) in release.environments() {
            assert_eq!(
                Some(state),
                wanted.environment(environment.name()),
                "{}",
                story.name
            );
        }
        assert_eq!(
            release.context_json().unwrap(),
            wanted.context_json().unwrap()
        );
        count += 1;
    }
    assert!(count > 100, "only {count} stories");
}

const FLOW: &str = "
apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata: {name: x}
spec:
  triggerEnvironment: dev
  hooks: {onStart: {name: slow, timeout: 30s}, onFail: slack-fail}
  steps: [{environment: qa, dependsOn: [dev]}]
";

/// Its hook `slow` never ends; it counts futures that live.
struct Slow(Arc<AtomicUsize>);

struct Alive(Arc<AtomicUsize>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl AsyncExecutor for Slow {
    fn run_hook(
        &self,
        call: AsyncCall<OwnedRunHook>,
    ) -> BoxFuture<'_, Result<Option<String>, Failure>> {
        let is_slow = call.command.hook == "slow";
        assert!(
            is_slow || self.0.load(Ordering::SeqCst) == 0,
            "what was cancelled has ended"
        );
        self.0.fetch_add(1, Ordering::SeqCst);
        let alive = Alive(Arc::clone(&self.0));
        Box::pin(async move {
            let _alive = alive;
            if is_slow {
                std::future::pending::<()>().await;
            }
            Ok(None)
        })
    }

    fn promote(&self, _: AsyncCall<OwnedPromote>) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(async { Ok(()) })
    }
}

#[test]
fn a_cancelled_command_is_a_dropped_future() {
    let (flow, time) = (Flow::load(FLOW).unwrap(), Time::default());
    let executor = Slow(Arc::default());
    let start = Start::new("r-1");
    let run = run_async(&flow, &start, &executor, &time, AsyncRunOptions::new());
    let release = time.run(run).unwrap().unwrap();
    assert_eq!(release.status(), ReleaseStatus::Failed);
    assert_eq!(
        (time.millis(), executor.0.load(Ordering::SeqCst)),
        (30_000, 0)
    );
}

#[test]
fn a_dropped_run_drops_its_futures_and_the_release_goes_on_later() {
    let (flow, time) = (Flow::load(FLOW).unwrap(), Time::default());
    let executor = Slow(Arc::default());
    let mut release = flow
        .start(&Start::new("r-1").at(Timestamp::from_millis(0)))
        .unwrap();
    {
        let run = resume_async(&mut release, &executor, &time, AsyncRunOptions::new());
        let mut run = Box::pin(run);
        let waker = noop_waker();
        assert!(run
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_pending());
        assert_eq!(executor.0.load(Ordering::SeqCst), 1);
    }
    assert_eq!(executor.0.load(Ordering::SeqCst), 0);
    let control = AsyncControl::new();
    control.request(Event::terminate("enough").by("sam"));
    let mut lines = Vec::new();
    let options = AsyncRunOptions::new().control(&control).journal(|line| {
        lines.push(line.to_owned());
        Ok(())
    });
    time.run(resume_async(&mut release, &executor, &time, options))
        .unwrap()
        .unwrap();
    assert_eq!(release.status(), ReleaseStatus::Terminated);
    assert!(
        lines[0].contains("terminate") && lines[0].contains("sam"),
        "{lines:?}"
    );
}

#[test]
fn a_journal_gets_the_start_first_and_recovers_the_release() {
    let flow = Flow::load(FLOW.replace("slow", "quick")).unwrap();
    let (time, executor) = (Time::default(), Slow(Arc::default()));
    let mut journal = String::new();
    let options = AsyncRunOptions::new().journal(|line| {
        journal += line;
        journal += "\n";
        Ok(())
    });
    let start = Start::new("r-1");
    let release = time
        .run(run_async(&flow, &start, &executor, &time, options))
        .unwrap()
        .unwrap();
    let again = flow.recover(&journal).unwrap();
    assert_eq!(again.snapshot().unwrap(), release.snapshot().unwrap());
    let options = AsyncRunOptions::new().journal(|_| Err("disk full".into()));
    let failed = time
        .run(run_async(&flow, &start, &executor, &time, options))
        .unwrap();
    assert_eq!(failed.unwrap_err().code(), ErrorCode::Host);
}

#[test]
fn a_run_may_go_from_thread_to_thread() {
    fn is_send<T: Send>(_: &T) {}
    let (flow, time) = (Flow::load(FLOW).unwrap(), Time::default());
    let (executor, start) = (Slow(Arc::default()), Start::new("r-1"));
    is_send(&run_async(
        &flow,
        &start,
        &executor,
        &time,
        AsyncRunOptions::new(),
    ));
}
