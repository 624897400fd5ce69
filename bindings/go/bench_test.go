// SPDX-License-Identifier: Apache-2.0

//go:build unix

package promoflow

// go test -run '^$' -bench . prints what an event and a simulation cost, and how long a first flow
// takes; with -tags promoflow_cgo those of the system's library. PROMOFLOW_NATIVE names the program
// made of bindings/rust/bench/native.cpp, with which both are compared. cpu-ns/op is processor
// time of all threads, which says more than the time that passed where other programs run.

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	benchHooks        = 20_000
	benchEnvironments = 10_000
	benchContext      = `{"JIRA":"ABC-1","CHANNEL":"#ops","OWNER":"billing","TRIES":3,` +
		`"SITES":["a","b"]}`
)

// processorTime is that of the process, in nanoseconds.
func processorTime() float64 {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return float64(used.Utime.Nano() + used.Stime.Nano())
}

// measure gives processor time of an operation, without the times in which the timer is stopped.
type measure struct {
	b     *testing.B
	begun float64
	sum   float64
}

func (m *measure) start() { m.begun = processorTime(); m.b.StartTimer() }
func (m *measure) stop()  { m.b.StopTimer(); m.sum += processorTime() - m.begun }
func (m *measure) report() float64 {
	cost := m.sum / float64(m.b.N)
	m.b.ReportMetric(cost, "cpu-ns/op")
	return cost
}

// chain has one hook after another, each with 8 arguments and the 5 keys of the context.
func chain(b *testing.B) *Flow {
	b.Helper()
	builder := NewBuilder("chain", "dev")
	for i := range benchHooks {
		builder.Hook(ReleaseOnStart, Hook{Name: fmt.Sprintf("hook-%d", i%50),
			Arguments: map[string]any{"LEVEL": "info", "TEMPLATE": "started"}})
	}
	flow, err := builder.Step(Step{Environment: "staging", DependsOn: []string{"dev"}}).Build()
	if err != nil {
		b.Fatal(err)
	}
	return flow
}

// An event is applied, its command taken, its arguments read.
func BenchmarkEvent(b *testing.B) {
	flow := chain(b)
	at := time.Unix(0, 0)
	begin := func() *Release {
		release, err := flow.Start(Start{ID: "r-42", URL: "https://x/r-42", Product: "billing",
			Version: "1.4.0", CommitSHA: "3f2a91c", Context: json.RawMessage(benchContext), At: at})
		if err != nil {
			b.Fatal(err)
		}
		release.Commands()(func(Command) bool { return true })
		return release
	}
	release := begin()
	ticket, read := uint64(1), 0
	b.ReportAllocs()
	b.ResetTimer()
	m := measure{b: b}
	m.start()
	for range b.N {
		if ticket == benchHooks {
			m.stop()
			release.Close()
			release, ticket = begin(), 1
			m.start()
		}
		if err := release.Apply(HookSucceeded{Ticket: ticket, At: at}); err != nil {
			b.Fatal(err)
		}
		release.Commands()(func(command Command) bool {
			hook := command.(RunHook)
			ticket = hook.Ticket
			for _, one := range hook.Arguments {
				read += len(one.Name) + len(one.Value)
			}
			return true
		})
	}
	m.stop()
	compare(b, "event", flow, m.report())
	if read == 0 {
		b.Fatal("no argument was read")
	}
}

// Environments in layers of a hundred, each with hooks of its own.
func BenchmarkSimulation(b *testing.B) {
	builder := NewBuilder("fleet", "dev")
	for i := range benchEnvironments {
		on := "dev"
		if i >= 100 {
			on = fmt.Sprintf("e%d", i-100)
		}
		builder.Step(Step{Environment: fmt.Sprintf("e%d", i), DependsOn: []string{on}}).
			Hook(EnvironmentOnStart, Hook{Name: "a"}).
			Hook(EnvironmentOnSuccess, Hook{Name: "b"})
	}
	flow, err := builder.Build()
	if err != nil {
		b.Fatal(err)
	}
	simulate := func() {
		trace, err := flow.Simulate(nil)
		if err != nil {
			b.Fatal(err)
		}
		if status, message, _ := trace.Status(); status != "Succeeded" {
			b.Fatal(message)
		}
		trace.Close()
	}
	for range 4 { // The flow gets into each instance first.
		simulate()
	}
	b.ResetTimer()
	m := measure{b: b}
	m.start()
	for range b.N {
		simulate()
	}
	m.stop()
	ours := m.report()
	compare(b, "simulate", flow, ours)
}

// compare prints the cost of the same in C++, if there is a program that tells it.
func compare(b *testing.B, what string, flow *Flow, ours float64) {
	if program := os.Getenv("PROMOFLOW_NATIVE"); program != "" {
		native := nativeCost(b, program, what, flow)
		b.ReportMetric(native, "ns-in-C++/op")
		b.ReportMetric(ours/native, "times-C++")
	}
}

// nativeCost gives the median of a few runs, in nanoseconds.
func nativeCost(b *testing.B, program, what string, flow *Flow) float64 {
	b.Helper()
	text, err := flow.JSON()
	file := filepath.Join(b.TempDir(), "flow.json")
	if err == nil {
		err = os.WriteFile(file, text, 0o600)
	}
	var found []float64
	for range 7 {
		var said []byte
		if err == nil {
			said, err = exec.Command(program, what, file).Output()
		}
		if err != nil {
			b.Fatal(err)
		}
		for _, line := range strings.Fields(string(said)) {
			one, err := strconv.ParseFloat(line, 64)
			if err != nil {
				b.Fatal(err)
			}
			found = append(found, one)
		}
	}
	slices.Sort(found)
	return found[len(found)/2]
}

const benchFlow = "apiVersion: codefresh.io/v1beta1\nkind: PromotionFlow\nmetadata: {name: f}\n" +
	"spec: {triggerEnvironment: dev, steps: [{environment: s, dependsOn: [dev]}]}\n"

func benchmarkStart(b *testing.B, options Options) {
	m := measure{b: b}
	m.start()
	for range b.N {
		engine, err := NewEngine(options)
		if err == nil {
			_, err = engine.Load([]byte(benchFlow))
		}
		if err != nil {
			b.Fatal(err)
		}
		engine.Close()
	}
	m.stop()
	m.report()
}

// A new engine, until its first flow is loaded.
func BenchmarkStart(b *testing.B) { benchmarkStart(b, Options{Instances: 1}) }

// The same with what an earlier one has compiled.
func BenchmarkStartWithCache(b *testing.B) {
	options := Options{Instances: 1, CacheDirectory: b.TempDir()}
	engine, err := NewEngine(options)
	if err != nil {
		b.Fatal(err)
	}
	engine.Close()
	b.ResetTimer()
	benchmarkStart(b, options)
}
