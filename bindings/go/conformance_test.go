// SPDX-License-Identifier: Apache-2.0

package promoflow

// Every story of tests/conformance and every worked trace of tests/corpus, to the byte: simulated,
// and by the loop of a host, as it is and restored from a snapshot before each event.

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

type story struct {
	name, flow, scenario, answer string
	isTrace                      bool
}

func stories(t *testing.T) (traces, diagnostics []story) {
	t.Helper()
	root := filepath.Join("..", "..", "tests")
	folders, err := os.ReadDir(filepath.Join(root, "conformance"))
	if err != nil {
		t.Fatal(err)
	}
	exists := func(path string) bool {
		_, err := os.Stat(path)
		return err == nil
	}
	for _, folder := range folders {
		at := filepath.Join(root, "conformance", folder.Name())
		one := story{name: folder.Name(), flow: filepath.Join(at, "flow.yaml"),
			scenario: filepath.Join(at, "scenario.yaml"), answer: filepath.Join(at, "trace.jsonl")}
		if exists(filepath.Join(at, "flow.json")) {
			one.flow = filepath.Join(at, "flow.json")
		}
		if exists(one.answer) {
			traces = append(traces, one)
		} else if one.answer = filepath.Join(at, "diagnostics.txt"); exists(one.answer) {
			diagnostics = append(diagnostics, one)
		}
	}
	worked, _ := filepath.Glob(filepath.Join(root, "corpus", "traces", "*.trace.jsonl"))
	for _, answer := range worked {
		base := strings.TrimSuffix(answer, ".trace.jsonl")
		traces = append(traces, story{name: "worked-" + filepath.Base(base),
			flow: base + ".flow.yaml", scenario: base + ".scenario.yaml", answer: answer})
	}
	if len(traces) < 170 || len(diagnostics) < 20 {
		t.Fatalf("%d and %d stories", len(traces), len(diagnostics))
	}
	return traces, diagnostics
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestStoriesAreSimulated(t *testing.T) {
	traces, _ := stories(t)
	for _, one := range traces {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			flow := must(Load(read(t, one.flow)))(t)
			var got []byte
			trace, err := flow.SimulateText(read(t, one.scenario))
			if err == nil {
				got = must(trace.JSONL())(t)
			} else if !errors.Is(err, ErrInvalidContext) {
				t.Fatal(err)
			}
			same(t, string(read(t, one.answer)), string(got))
		})
	}
}

func TestStoriesOfDiagnostics(t *testing.T) {
	_, all := stories(t)
	for _, one := range all {
		t.Run(one.name, func(t *testing.T) {
			var found Diagnostics
			flow, err := Load(read(t, one.flow))
			if err == nil {
				found = flow.Warnings()
			} else if !errors.As(err, &found) {
				t.Fatal(err)
			}
			var lines strings.Builder
			for _, d := range found {
				lines.WriteString(strings.TrimRight(fmt.Sprintf("%s %s %d:%d %s", d.Code, d.Severity,
					d.Line, d.Column, d.Pointer), " ") + "\n")
			}
			same(t, string(read(t, one.answer)), lines.String())
		})
	}
}

func TestStoriesByALoopOfAHost(t *testing.T) {
	traces, _ := stories(t)
	for _, one := range traces {
		for _, restore := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/restored=%v", one.name, restore), func(t *testing.T) {
				t.Parallel()
				flow := must(Load(read(t, one.flow)))(t)
				scenario := must(flow.Scenario(read(t, one.scenario)))(t)
				h := &host{t: t, flow: flow, outcomes: must(scenario.Outcomes())(t),
					actions: must(scenario.Actions())(t), issued: map[string]uint32{},
					current: map[string]int{}}
				h.run(must(scenario.Start())(t), restore)
				same(t, string(read(t, one.answer)), h.lines.String())
			})
		}
	}
}

func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func same(t *testing.T, want, got string) {
	t.Helper()
	if want != got {
		t.Errorf("expected:\n%s\ngot:\n%s", want, got)
	}
}

// A host answers as a scenario says: S1 to S4 once more.
type host struct {
	t        *testing.T
	flow     *Flow
	outcomes []Outcome
	actions  []Event
	lines    strings.Builder
	answers  []answer
	now      time.Time
	issued   map[string]uint32
	current  map[string]int
}

type answer struct {
	at     time.Time
	ticket uint64
	step   int
	event  Event
}

// place is that of a hook in its list, from 1: a list may have a name twice.
func (h *host) place(hook RunHook) uint32 {
	list := hook.Point + " " + hook.Environment
	names := must(h.flow.Hooks(hook.Point, hook.Environment))(h.t)
	for i := range names {
		place := (h.current[list] + i) % len(names)
		key := fmt.Sprint(list, " ", place)
		if names[place] == hook.Hook && h.issued[key]+1 == hook.Attempt {
			h.issued[key]++
			h.current[list] = place
			return uint32(place) + 1
		}
	}
	h.t.Fatalf("no place for %+v", hook)
	return 0
}

func fits[T comparable](wanted, got T) bool {
	var any T
	return wanted == any || wanted == got
}

func (h *host) schedule(command Command) {
	var hook RunHook
	var ticket uint64
	var place uint32
	switch c := command.(type) {
	case RunHook:
		hook, ticket, place = c, c.Ticket, h.place(c)
	case Promote:
		hook, ticket = RunHook{Environment: c.Environment, Attempt: c.Attempt}, c.Ticket
	}
	var rule Outcome
	for _, one := range h.outcomes {
		if one.Hook == hook.Hook && fits(one.Attempt, hook.Attempt) && fits(one.Place, place) &&
			fits(one.Point, hook.Point) && fits(one.Environment, hook.Environment) {
			rule = one
			break
		}
	}
	at := h.now
	add := func(step int, event Event) {
		h.answers = append(h.answers, answer{at, ticket, step, event})
	}
	if rule.Suspend != nil {
		add(0, Suspended{ticket, at})
		at = at.Add(*rule.Suspend)
		add(1, Resumed{ticket, "", at})
	}
	at = at.Add(rule.After)
	isHook := hook.Hook != ""
	switch {
	case rule.Fail != nil && isHook:
		add(2, HookFailed{ticket, *rule.Fail, nil, at})
	case rule.Fail != nil:
		add(2, PromotionFailed{ticket, *rule.Fail, at})
	case isHook:
		add(2, HookSucceeded{ticket, rule.Context, at})
	default:
		add(2, PromotionSucceeded{ticket, at})
		if rule.FailInSoak != nil {
			at = at.Add(rule.FailInSoakAfter)
			add(3, PromotionFailed{ticket, *rule.FailInSoak, at})
		}
	}
}

func (h *host) take(release *Release) {
	release.Records()(func(record Record) bool {
		if record.Kind != "tick" {
			h.lines.WriteString(record.Line + "\n")
		}
		switch command := record.Command.(type) {
		case nil:
		case Cancel:
			h.answers = slices.DeleteFunc(h.answers,
				func(one answer) bool { return one.ticket == command.Ticket })
		default:
			h.schedule(command)
		}
		return true
	})
}

func (h *host) run(start Start, restore bool) {
	origin := int64(0)
	h.now = time.UnixMilli(0).UTC()
	start.At = h.now
	release, err := h.flow.release(func(c *call, pointer uint64) uint64 {
		info, initial, selection := start.place(c)
		return c.make("promoflow_release_start_with", pointer, info, 0, initial, selection)
	}, &origin)
	if errors.Is(err, ErrInvalidContext) {
		return
	}
	if err != nil {
		h.t.Fatal(err)
	}
	actions := slices.Clone(h.actions)
	slices.SortStableFunc(actions, func(a, b Event) int { return a.event().at.Compare(b.event().at) })
	h.take(release)
	for {
		if must(release.IsFinal())(h.t) && len(actions) == 0 {
			return
		}
		slices.SortStableFunc(h.answers, func(a, b answer) int {
			return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.ticket, b.ticket), a.step-b.step)
		})
		var next time.Time
		if len(actions) > 0 {
			next = actions[0].event().at
		}
		if len(h.answers) > 0 && (next.IsZero() || h.answers[0].at.Before(next)) {
			next = h.answers[0].at
		}
		timer := must(release.NextTimer())(h.t)
		var event Event
		var action Event
		var step int
		switch {
		case !timer.IsZero() && (next.IsZero() || !timer.After(next)):
			event = Tick{timer}
		case next.IsZero():
			return
		case len(actions) > 0 && actions[0].event().at.Equal(next):
			event, action, actions = actions[0], actions[0], actions[1:]
		default:
			event, step, h.answers = h.answers[0].event, h.answers[0].step, h.answers[1:]
		}
		h.now = event.event().at
		if restore {
			snapshot := must(release.Snapshot())(h.t)
			release.Close()
			release = must(h.flow.release(func(c *call, pointer uint64) uint64 {
				return c.make("promoflow_release_restore", pointer, c.text(snapshot))
			}, &origin))(h.t)
			release.Commands()(func(Command) bool { return true }) // They run already.
		}
		h.refused(release.Apply(event), action, step)
		h.take(release)
	}
}

func (h *host) refused(err error, action Event, step int) {
	var refused *Error
	if !errors.As(err, &refused) {
		return
	}
	if action == nil { // It soaks no more.
		if step != 3 || !errors.Is(err, ErrSettledTicket) {
			h.t.Fatal(err)
		}
		return
	}
	word := map[uint32]string{8: "terminate", 9: "retry", 12: "skip"}[action.event().kind]
	fmt.Fprintf(&h.lines, `{"t":%d,"event":"refused","action":"%s","error":"%s"`, h.now.UnixMilli(),
		word, refused.Code)
	if by := action.event().by; by != nil {
		text, _ := json.Marshal(string(by))
		fmt.Fprintf(&h.lines, `,"by":%s`, text)
	}
	h.lines.WriteString("}\n")
}
