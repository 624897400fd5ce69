// SPDX-License-Identifier: Apache-2.0

//go:build go1.23

package promoflow_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"promoflow"
	"promoflow/promoflowtest"
)

const text = `apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata: {name: billing}
spec:
  triggerEnvironment: dev
  steps:
  - {environment: staging, dependsOn: [dev], hooks: {onStart: gate, onFail: report}}
  - {environment: production, dependsOn: [staging]}
`

func load(t *testing.T) *promoflow.Flow {
	t.Helper()
	flow, err := promoflow.Load(text)
	if err != nil {
		t.Fatal(err)
	}
	return flow
}

func start(t *testing.T, flow *promoflow.Flow, s promoflow.Start) *promoflow.Release {
	t.Helper()
	release, err := flow.Start(s)
	if err != nil {
		t.Fatal(err)
	}
	return release
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func is(t *testing.T, err, wanted error) {
	t.Helper()
	if !errors.Is(err, wanted) {
		t.Fatalf("got %v, not %v", err, wanted)
	}
}

func at(ms int64) time.Time { return time.UnixMilli(ms) }

func commands(release *promoflow.Release) (list []promoflow.Command) {
	for command := range release.Commands() {
		list = append(list, command)
	}
	return list
}

func status(t *testing.T, release *promoflow.Release, wanted string) {
	t.Helper()
	got, err := release.Status()
	check(t, err)
	if got != wanted {
		t.Fatalf("the status is %s, not %s", got, wanted)
	}
}

func TestAFlowCanBeAsked(t *testing.T) {
	flow := load(t)
	if got := strings.Join(flow.Environments(), " "); got != "dev staging production" {
		t.Fatal(got)
	}
	dependencies, err := flow.Dependencies("production")
	check(t, err)
	dependents, err := flow.Dependents("dev")
	check(t, err)
	hooks, err := flow.Hooks(promoflow.EnvironmentOnStart, "staging")
	check(t, err)
	if len(dependencies) != 1 || dependencies[0] != "staging" || dependents[0] != "staging" ||
		hooks[0] != "gate" || flow.Name() != "billing" {
		t.Fatal(dependencies, dependents, hooks)
	}
	_, err = flow.Dependents("qa")
	is(t, err, promoflow.ErrUnknownEnvironment)
	_, err = flow.Hooks("onStart", "")
	is(t, err, promoflow.ErrInvalidArgument)
	svg, err := flow.Render(promoflow.RenderOptions{Format: "svg"})
	check(t, err)
	if !strings.HasPrefix(svg, "<svg") {
		t.Fatal(svg)
	}
	_, err = flow.Render(promoflow.RenderOptions{Format: "png"})
	is(t, err, promoflow.ErrInvalidArgument)
}

func TestDiagnosticsHaveTheirPlaces(t *testing.T) {
	wrong := strings.NewReplacer("[staging]", "[stagin]", "name: billing", "name: 7!").Replace(text)
	_, err := promoflow.Load([]byte(wrong))
	var diagnostics promoflow.Diagnostics
	if !errors.As(err, &diagnostics) || len(diagnostics) != 2 {
		t.Fatal(err)
	}
	d := diagnostics[1]
	if d.Code != "unknown-environment" || d.Severity != "error" || d.Line != 8 || d.Column < 2 ||
		d.Pointer != "/spec/steps/1/dependsOn/0" || !strings.Contains(d.Hint, "staging") {
		t.Fatalf("%+v", d)
	}
	if !strings.Contains(err.Error(), "8:") {
		t.Fatal(err)
	}
	_, err = promoflow.Load(text + "---\n" + strings.Replace(text, "billing", "other", 1))
	is(t, err, &promoflow.Error{Code: "invalid-manifest"})
}

func TestAFlowIsBuiltInCode(t *testing.T) {
	builder := promoflow.NewBuilder("billing", "dev").
		Step(promoflow.Step{Environment: "staging", DependsOn: []string{"dev"}}).
		Hook(promoflow.EnvironmentOnStart, promoflow.Hook{Name: "gate"}).
		Hook(promoflow.EnvironmentOnFail, promoflow.Hook{Name: "report"}).
		Step(promoflow.Step{Environment: "production", DependsOn: []string{"staging"}})
	flow, err := builder.Build()
	check(t, err)
	built, err := flow.YAML()
	check(t, err)
	read, err := load(t).YAML()
	check(t, err)
	if string(built) != string(read) {
		t.Fatalf("%s\n%s", built, read)
	}
	builder.Options(promoflow.FlowOptions{FailurePolicy: "continue", HookTimeout: time.Hour,
		Annotations: map[string]string{"team": "d\u00e9v"}}).
		Hook(promoflow.EnvironmentOnSuccess, promoflow.Hook{Name: "notify", OnError: "ignore",
			Retry:     promoflow.Backoff{Limit: 2, Duration: 5 * time.Second, Factor: 1.5},
			Arguments: map[string]any{"n": uint64(1) << 60, "s": "a"}})
	flow, err = builder.Build()
	check(t, err)
	json, err := flow.JSON()
	check(t, err)
	for _, part := range []string{"1152921504606846976", "d\u00e9v", "continue", "1.5", `"5s"`} {
		if !strings.Contains(string(json), part) {
			t.Fatalf("no %s in %s", part, json)
		}
	}
	builder.Step(promoflow.Step{Environment: "staging", DependsOn: []string{"nowhere"}})
	_, err = builder.Build()
	var diagnostics promoflow.Diagnostics
	if !errors.As(err, &diagnostics) || len(diagnostics) != 2 || diagnostics[0].Line != 0 {
		t.Fatal(err)
	}
	_, err = promoflow.NewBuilder("f", "dev").
		Options(promoflow.FlowOptions{FailurePolicy: "never"}).Build()
	is(t, err, promoflow.ErrInvalidArgument)
}

func TestALoopOfAHost(t *testing.T) {
	release := start(t, load(t), promoflow.Start{ID: "r-1", Product: "shop", At: at(0)})
	hook := commands(release)[0].(promoflow.RunHook)
	product, _ := hook.Argument("PRODUCT_NAME")
	if hook.Hook != "gate" || hook.Point != promoflow.EnvironmentOnStart || hook.Attempt != 1 ||
		hook.Environment != "staging" || product != "shop" {
		t.Fatalf("%+v", hook)
	}
	check(t, release.Apply(promoflow.HookSucceeded{Ticket: hook.Ticket,
		Context: json.RawMessage(`{"URL":"x"}`), At: at(1)}))
	promote := commands(release)[0].(promoflow.Promote)
	again := promoflow.HookSucceeded{Ticket: hook.Ticket, At: at(2)}
	is(t, release.Apply(again), promoflow.ErrSettledTicket)
	is(t, release.Apply(promoflow.Started{Ticket: 99, At: at(2)}), promoflow.ErrUnknownTicket)
	refused, err := release.ApplyAll([]promoflow.Event{
		promoflow.PromotionSucceeded{Ticket: promote.Ticket, At: at(5)},
		promoflow.Skip{Environment: "nowhere", At: at(5)}})
	check(t, err)
	check(t, refused[0])
	is(t, refused[1], promoflow.ErrUnknownEnvironment)
	staging, err := release.Environment("staging")
	check(t, err)
	if staging.Status != "Successful" {
		t.Fatal(staging)
	}
	check(t, release.Apply(promoflow.Terminate{Reason: "enough", Force: true, By: "ann", At: at(6)}))
	status(t, release, "Terminated")
	for record := range release.Records() {
		if record.Kind == "terminate" &&
			(record.By != "ann" || record.Text != "enough" || !record.Force) {
			t.Fatalf("%+v", record)
		}
	}
	check(t, release.Apply(promoflow.Retry{Environments: []string{"production"}, At: at(7)}))
	for record := range release.Records() {
		if record.Kind == "retry" && record.Environments[0] != "production" {
			t.Fatalf("%+v", record)
		}
	}
}

func TestAReleaseSurvivesACrash(t *testing.T) {
	flow := load(t)
	begin := promoflow.Start{ID: "r", At: at(0), Context: json.RawMessage(`{"A":1}`)}
	journal, err := flow.StartLine(begin)
	check(t, err)
	release := start(t, flow, begin)
	event := promoflow.HookSucceeded{Ticket: 1, Context: json.RawMessage(`{"B":2}`), At: at(7)}
	lines, err := release.Journal(event)
	check(t, err)
	check(t, release.Apply(event))
	snapshot, err := release.Snapshot()
	check(t, err)
	restored, err := flow.Restore(snapshot)
	check(t, err)
	recovered, err := flow.Recover(append(journal, lines...))
	check(t, err)
	for _, twin := range []*promoflow.Release{restored, recovered} {
		for range 2 {
			if got := commands(twin); len(got) != 1 || got[0].(promoflow.Promote).Ticket != 2 {
				t.Fatal(got)
			}
			check(t, twin.Reissue())
		}
		same, err := twin.Snapshot()
		check(t, err)
		if string(same) != string(snapshot) {
			t.Fatalf("%s\n%s", same, snapshot)
		}
	}
	_, err = flow.Restore([]byte("{}"))
	is(t, err, promoflow.ErrInvalidSnapshot)
	other, err := promoflow.Load(strings.Replace(text, "billing", "other", 1))
	check(t, err)
	_, err = other.Restore(snapshot)
	is(t, err, promoflow.ErrSnapshotOfOtherFlow)
}

func TestContextsSurvive(t *testing.T) {
	value := `[9223372036854775808,-1180591620717411303424,"\ud83d\ude00"]`
	for range 60 {
		value = `{"k":` + value + `}`
	}
	given := `{"deep":` + value + `,"\ud83d\ude00 \\\"":"\u2028\u0000"}`
	release := start(t, load(t), promoflow.Start{ID: "\u00e9", At: at(0),
		Context: json.RawMessage(given)})
	got, err := release.Context()
	check(t, err)
	var a, b any
	if json.Unmarshal([]byte(given), &a) != nil || json.Unmarshal(got, &b) != nil {
		t.Fatal(string(got))
	}
	if !strings.Contains(string(got), "9223372036854775808,-1180591620717411303424") {
		t.Fatal(string(got))
	}
	key, err := release.Key(1)
	check(t, err)
	if key != "\u00e9/1" {
		t.Fatal(key)
	}
	_, err = load(t).Start(promoflow.Start{ID: "r", Context: json.RawMessage("[1]")})
	is(t, err, promoflow.ErrInvalidContext)
	_, err = load(t).Start(promoflow.Start{ID: "r", Skip: []string{"dev"}, Only: []string{"dev"}})
	is(t, err, promoflow.ErrInvalidArgument)
	_, err = load(t).Start(promoflow.Start{})
	is(t, err, promoflow.ErrInvalidArgument)
}

func TestASimulation(t *testing.T) {
	trace := promoflowtest.Simulate(t, load(t), promoflowtest.FailHook("gate", "closed"))
	if !promoflowtest.RanHook(t, trace, "report", promoflow.EnvironmentOnFail, "staging") ||
		promoflowtest.Promoted(t, trace, "staging") {
		t.Fatal("report did not run, or staging was promoted to")
	}
	end, message, err := trace.Status()
	check(t, err)
	staging, err := trace.Environment("staging")
	check(t, err)
	if end != "Failed" || !strings.Contains(message, "closed") || staging.Status != "Failed" {
		t.Fatal(end, message, staging)
	}
	_, err = load(t).SimulateText([]byte("outcomes: 7"))
	var diagnostics promoflow.Diagnostics
	if !errors.As(err, &diagnostics) || diagnostics[0].Line != 1 {
		t.Fatal(err)
	}
	failed := promoflowtest.Simulate(t, load(t),
		promoflowtest.FailPromotion("staging", "Application degraded"))
	if promoflowtest.Promoted(t, failed, "production") {
		t.Fatal("production was promoted to")
	}
}

type executor struct {
	hook    func(context.Context, promoflow.HookCall) (json.RawMessage, error)
	promote func(context.Context, promoflow.PromotionCall) error
}

func (e executor) RunHook(ctx context.Context, call promoflow.HookCall) (json.RawMessage, error) {
	if e.hook == nil {
		return nil, nil
	}
	return e.hook(ctx, call)
}
func (e executor) Promote(ctx context.Context, call promoflow.PromotionCall) error {
	if e.promote == nil {
		return nil
	}
	return e.promote(ctx, call)
}

func TestRun(t *testing.T) {
	flow := load(t)
	var journal []byte
	release, err := promoflow.Run(context.Background(), flow, executor{
		hook: func(_ context.Context, call promoflow.HookCall) (json.RawMessage, error) {
			call.Reports.Suspended()
			call.Reports.Resumed("ann")
			return json.RawMessage(`{"KEY":"` + call.Key + `"}`), nil
		}}, promoflow.Start{ID: "r-1"}, promoflow.RunOptions{
		Journal: func(lines []byte) error {
			journal = append(journal, lines...)
			return nil
		}})
	check(t, err)
	status(t, release, "Succeeded")
	exported, err := release.Context()
	check(t, err)
	if string(exported) != `{"KEY":"r-1/1"}` {
		t.Fatal(string(exported))
	}
	recovered, err := flow.Recover(journal)
	check(t, err)
	status(t, recovered, "Succeeded")
}

func TestRunWithFailuresAndARetry(t *testing.T) {
	fails := true
	e := executor{hook: func(_ context.Context, call promoflow.HookCall) (json.RawMessage, error) {
		if call.Hook == "gate" && fails {
			return nil, &promoflow.HookError{Message: "closed", Context: json.RawMessage(`{"W":1}`)}
		}
		return nil, nil
	}}
	release, err := promoflow.Run(context.Background(), load(t), e, promoflow.Start{ID: "r"},
		promoflow.RunOptions{})
	check(t, err)
	status(t, release, "Failed")
	state, err := release.Describe()
	check(t, err)
	if len(state.RejectedExports) != 1 || !strings.Contains(state.Release.Message, "closed") {
		t.Fatalf("%+v", state)
	}
	fails = false
	check(t, release.Apply(promoflow.Retry{At: time.Now()}))
	check(t, promoflow.Resume(context.Background(), release, e, promoflow.RunOptions{}))
	status(t, release, "Succeeded")
}

func TestAContextThatIsDoneTerminatesTheRelease(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	e := executor{hook: func(hook context.Context, call promoflow.HookCall) (json.RawMessage, error) {
		if call.Hook == "gate" {
			cancel(errors.New("shutting down"))
			<-hook.Done()
		}
		return nil, hook.Err()
	}}
	release, err := promoflow.Run(ctx, load(t), e, promoflow.Start{ID: "r"}, promoflow.RunOptions{})
	check(t, err)
	status(t, release, "Terminated")
	state, err := release.Describe()
	check(t, err)
	if !strings.Contains(state.Release.Message, "shutting down") {
		t.Fatal(state.Release.Message)
	}
}

func TestHandlesAreClosedInAnyOrder(t *testing.T) {
	flow := load(t)
	release := start(t, flow, promoflow.Start{ID: "r", At: at(0)})
	trace, err := flow.Simulate(nil)
	check(t, err)
	check(t, flow.Close())
	check(t, flow.Close())
	_, err = flow.JSON()
	is(t, err, promoflow.ErrClosed)
	_, err = flow.Start(promoflow.Start{ID: "r"})
	is(t, err, promoflow.ErrClosed)
	if len(commands(release)) != 1 {
		t.Fatal("no command")
	}
	_, err = trace.JSONL()
	check(t, err)
	check(t, release.Close())
	check(t, trace.Close())
	_, err = release.Snapshot()
	is(t, err, promoflow.ErrClosed)
	is(t, release.Apply(promoflow.Tick{At: at(1)}), promoflow.ErrClosed)
	_, err = trace.JSONL()
	is(t, err, promoflow.ErrClosed)
	if len(commands(release)) != 0 {
		t.Fatal("a command of a closed release")
	}
}

func TestManyGoroutines(t *testing.T) {
	flow := load(t)
	shared := start(t, flow, promoflow.Start{ID: "shared", At: at(0)})
	var group sync.WaitGroup
	for range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			for range 20 {
				release, err := flow.Start(promoflow.Start{ID: "r", At: at(0)})
				if err != nil {
					t.Error(err)
					return
				}
				for len(commands(release)) > 0 {
					_ = release.Apply(promoflow.HookSucceeded{Ticket: 1, At: at(1)})
				}
				_, err = shared.Snapshot()
				_ = shared.Apply(promoflow.Tick{At: at(1)})
				if _, e := flow.Simulate(nil); err != nil || e != nil {
					t.Error(err, e)
				}
				release.Close()
			}
		}()
	}
	group.Wait()
}

func TestAnEngineThatIsClosedClosesItsObjects(t *testing.T) {
	engine, err := promoflow.NewEngine(promoflow.Options{Instances: 2})
	check(t, err)
	flow, err := engine.Load([]byte(text))
	check(t, err)
	release := start(t, flow, promoflow.Start{ID: "r", At: at(0)})
	check(t, engine.Close())
	_, err = flow.JSON()
	is(t, err, promoflow.ErrClosed)
	_, err = release.Snapshot()
	is(t, err, promoflow.ErrClosed)
	check(t, release.Close())
	check(t, flow.Close())
	check(t, engine.Close())
	_, err = engine.Load([]byte(text))
	is(t, err, promoflow.ErrClosed)
}

func TestTheVersion(t *testing.T) {
	engine, err := promoflow.NewEngine(promoflow.Options{CacheDirectory: t.TempDir()})
	check(t, err)
	defer engine.Close()
	version, err := engine.Version()
	check(t, err)
	if version != promoflow.Version {
		t.Fatal(version)
	}
}
