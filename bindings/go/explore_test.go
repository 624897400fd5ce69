// SPDX-License-Identifier: Apache-2.0

//go:build go1.23

package promoflow_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"promoflow"
)

// program runs the program; its exit status is that of what it says, so it is not looked at.
func program(t *testing.T, arguments ...string) string {
	t.Helper()
	path := os.Getenv("PROMOFLOW_PROGRAM")
	if path == "" {
		t.Skip("PROMOFLOW_PROGRAM does not name the program")
	}
	command := exec.Command(path, arguments...)
	said, err := command.Output()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	if len(said) == 0 {
		t.Fatal("the program says nothing")
	}
	return string(said)
}

func flowFile(t *testing.T, path string) *promoflow.Flow {
	t.Helper()
	text, err := os.ReadFile(path)
	check(t, err)
	flow, err := promoflow.Load(text)
	check(t, err)
	return flow
}

func TestExplorationsAreThoseOfTheProgram(t *testing.T) {
	files, err := filepath.Glob("../../tests/corpus/traces/0*.flow.yaml")
	check(t, err)
	if len(files) < 9 {
		t.Fatal(files)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			said := program(t, "explore", file, "--failures", "1", "--terminate", "--format", "json")
			got, err := promoflow.ExploreText(context.Background(), flowFile(t, file),
				promoflow.ExploreOptions{Failures: 1, Terminate: true}, "json")
			check(t, err)
			if strings.TrimRight(got, "\n") != strings.TrimRight(said, "\n") {
				t.Fatalf("%s\n%s", got, said)
			}
		})
	}
}

func TestDifferencesAreThoseOfTheProgram(t *testing.T) {
	const before = "../../tests/corpus/traces/02-parallel-fail-fast.flow.yaml"
	for _, after := range []string{before, "../../tests/corpus/traces/03-continue.flow.yaml"} {
		said := program(t, "diff", before, after, "--format", "json")
		got, equal, err := promoflow.Diff(context.Background(), flowFile(t, before),
			flowFile(t, after), promoflow.ExploreOptions{}, "json")
		check(t, err)
		if strings.TrimRight(got, "\n") != strings.TrimRight(said, "\n") || equal != (after == before) {
			t.Fatalf("%v %s\n%s", equal, got, said)
		}
	}
}

func TestAnExploration(t *testing.T) {
	ctx := context.Background()
	flow := load(t)
	found, err := promoflow.Explore(ctx, flow, promoflow.ExploreOptions{Failures: 1,
		Properties: []byte("properties:\n- name: p\n  never: {environment: production, " +
			"status: Running, while: {environment: staging, status: Failed}}\n")})
	check(t, err)
	if !found.Complete || found.Flow != "billing" || found.Outcomes[0].Release != "Succeeded" ||
		found.Properties[0].Verdict != "holds" || found.Hooks[0].Hook != "gate" ||
		found.Hooks[0].Runs != "always" || found.States == 0 {
		t.Fatalf("%+v", found)
	}
	for _, outcome := range found.Outcomes { // Each comes with a run that leads to it.
		trace, err := flow.SimulateText(outcome.Scenario)
		check(t, err)
		if end, _, _ := trace.Status(); end != outcome.Release {
			t.Fatalf("%s, not %s", end, outcome.Release)
		}
	}
	none, err := promoflow.Explore(ctx, flow, promoflow.ExploreOptions{
		Failures: promoflow.NoFailures})
	check(t, err)
	all, err := promoflow.Explore(ctx, flow, promoflow.ExploreOptions{
		Failures: promoflow.AllFailures})
	check(t, err)
	if len(none.Outcomes) != 1 || len(all.Outcomes) < len(found.Outcomes) {
		t.Fatal(len(none.Outcomes), len(found.Outcomes), len(all.Outcomes))
	}
	bounded, err := promoflow.Explore(ctx, flow, promoflow.ExploreOptions{StatesMax: 3})
	check(t, err)
	if bounded.Complete || bounded.Bound == "" {
		t.Fatalf("%+v", bounded)
	}
}

func TestWhatCannotBeExplored(t *testing.T) {
	ctx := context.Background()
	flow := load(t)
	_, err := promoflow.Explore(ctx, flow, promoflow.ExploreOptions{Properties: []byte("x: 1")})
	is(t, err, promoflow.ErrInvalidArgument)
	_, err = promoflow.Explore(ctx, flow, promoflow.ExploreOptions{Failures: -3})
	is(t, err, promoflow.ErrInvalidArgument)
	_, err = promoflow.Explore(ctx, flow, promoflow.ExploreOptions{Exports: []byte("outcomes: 7")})
	var diagnostics promoflow.Diagnostics
	if !errors.As(err, &diagnostics) {
		t.Fatal(err)
	}
	_, err = promoflow.ExploreText(ctx, flow, promoflow.ExploreOptions{}, "png")
	is(t, err, promoflow.ErrInvalidArgument)
	check(t, flow.Close())
	_, err = promoflow.Explore(ctx, flow, promoflow.ExploreOptions{})
	is(t, err, promoflow.ErrClosed)
}

func TestAnExplorationIsStopped(t *testing.T) {
	builder := promoflow.NewBuilder("wide", "dev")
	for i := range 40 { // Far more states than can be found.
		builder.Step(promoflow.Step{Environment: string(rune('A'+i%26)) + string(rune('a'+i/26)),
			DependsOn: []string{"dev"}}).Hook(promoflow.EnvironmentOnStart, promoflow.Hook{Name: "h"})
	}
	flow, err := builder.Build()
	check(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	go cancel() // Before it begins, or in the middle of it.
	options := promoflow.ExploreOptions{Failures: promoflow.AllFailures, AllOrders: true,
		StatesMax: 1 << 40}
	_, err = promoflow.Explore(ctx, flow, options)
	is(t, err, context.Canceled)
	found, err := promoflow.Explore(context.Background(), flow, // The next one is not affected.
		promoflow.ExploreOptions{StatesMax: 10})
	check(t, err)
	if found.Complete {
		t.Fatal(found)
	}
}
