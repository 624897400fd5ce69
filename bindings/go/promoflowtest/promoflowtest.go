// SPDX-License-Identifier: Apache-2.0

// Package promoflowtest helps to test flows.
package promoflowtest

import (
	"encoding/json"
	"testing"

	"promoflow"
)

// An Option says how the commands of a simulated release end.
type Option func(*scenario)

type scenario struct {
	Outcomes []map[string]string `json:"outcomes"`
	text     []byte
}

// FailPromotion lets the promotions to an environment fail.
func FailPromotion(environment, message string) Option {
	return func(s *scenario) {
		s.Outcomes = append(s.Outcomes,
			map[string]string{"environment": environment, "fail": message})
	}
}

// FailHook lets a hook fail.
func FailHook(hook, message string) Option {
	return func(s *scenario) {
		s.Outcomes = append(s.Outcomes, map[string]string{"hook": hook, "fail": message})
	}
}

// Scenario takes the whole scenario from a text; other options have no effect then.
func Scenario(text string) Option { return func(s *scenario) { s.text = []byte(text) } }

// Simulate runs a release of the flow in virtual time. What is wrong ends the test; if the test
// fails its log has the timeline of the release.
func Simulate(t testing.TB, flow *promoflow.Flow, options ...Option) *promoflow.Trace {
	t.Helper()
	made := scenario{Outcomes: []map[string]string{}}
	for _, option := range options {
		option(&made)
	}
	text, err := json.Marshal(made)
	if made.text != nil {
		text, err = made.text, nil
	}
	if err != nil {
		t.Fatal(err)
	}
	trace, err := flow.SimulateText(text)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			if timeline, err := trace.Render(promoflow.RenderOptions{}); err == nil {
				t.Log("\n" + timeline)
			}
		}
		trace.Close()
	})
	return trace
}

// RanHook reports whether a hook ran at a point: of one environment, or of any ("").
func RanHook(t testing.TB, trace *promoflow.Trace, hook, point, environment string) bool {
	t.Helper()
	hooks, err := trace.Hooks(point, environment)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range hooks {
		if one.Hook == hook {
			return true
		}
	}
	return false
}

// Promoted reports whether the trace has a promotion to an environment.
func Promoted(t testing.TB, trace *promoflow.Trace, environment string) bool {
	t.Helper()
	records, err := trace.Records()
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range records {
		if record.Event == "promote" && record.Environment == environment {
			return true
		}
	}
	return false
}
