// SPDX-License-Identifier: Apache-2.0

package promoflow

import (
	"bytes"
	"encoding/json"
	"time"
)

// An Outcome is a rule of a scenario: how commands end. The first that fits counts.
type Outcome struct {
	Point, Hook, Environment string // Empty: any; without Hook a rule is for promotions.
	Fail                     *string
	Context                  json.RawMessage
	After                    time.Duration
	Suspend                  *time.Duration
	Attempt, Place           uint32 // 0: any.
	FailInSoak               *string
	FailInSoakAfter          time.Duration
}

// A Scenario says how the commands of a simulated release end, and what its operator does.
type Scenario struct {
	*handle
	flow     *Flow
	warnings Diagnostics
}

// Scenario reads a scenario of this flow from YAML or JSON. The error is [Diagnostics] if the text
// has errors.
func (f *Flow) Scenario(text []byte) (*Scenario, error) {
	scenario := &Scenario{flow: f}
	var made uint64
	var home *instance
	err := f.with(func(in *instance, c *call, pointer uint64) {
		home = in
		made = c.make("promoflow_scenario_read", c.text(text), pointer, 0)
		if c.err != nil {
			return
		}
		scenario.warnings = diagnostics(c, "scenario", made)
		if scenario.warnings.hasErrors() {
			c.free("promoflow_scenario_free", made)
			c.err = scenario.warnings
		}
	})
	if err != nil {
		return nil, err
	}
	scenario.handle = newHandle(home, made, "promoflow_scenario_free")
	return scenario, nil
}

// Close frees it. A second call does nothing.
func (s *Scenario) Close() error {
	s.handle.close()
	return nil
}

// Warnings are the diagnostics of its text.
func (s *Scenario) Warnings() Diagnostics { return s.warnings }

func names(c *call, at uint64, count int64) []string {
	list := make([]string, count)
	for i := range list {
		list[i] = string(c.view(at + 2*wordBytes*uint64(i)))
	}
	return list
}

// Start is what Flow.Start is given, but for the time.
func (s *Scenario) Start() (start Start, err error) {
	err = s.do(func(c *call, pointer uint64) {
		info, selection := c.empty(infoBytes), c.empty(selectionBytes)
		initial := c.scratch + secondTextAt
		c.check(c.raw("promoflow_scenario_release", pointer, info, initial))
		c.check(c.raw("promoflow_scenario_selection", pointer, selection))
		v := view{c, info + 8}
		start = Start{ID: v.text(), URL: v.text(), Product: v.text(), Version: v.text(),
			CommitSHA: v.text()}
		if text := c.str(initial); len(text) > 0 {
			start.Context = text
		}
		v = view{c, selection + 4}
		kind, at := v.u32(), v.word()
		list := []*[]string{nil, &start.Skip, &start.Until, &start.Only}[kind]
		if list != nil {
			*list = names(c, at, v.i64())
		}
	})
	return start, err
}

// Outcomes are its rules.
func (s *Scenario) Outcomes() (list []Outcome, err error) {
	optional := func(text []byte) *string {
		if text == nil {
			return nil
		}
		made := string(text)
		return &made
	}
	err = s.do(func(c *call, pointer uint64) {
		c.list(outcomeBytes, "promoflow_scenario_outcomes", []uint64{pointer}, func(at uint64) {
			v := view{c, at + 4}
			one := Outcome{Point: s.flow.words.points[v.u32()], Hook: v.text(),
				Environment: v.text(), Fail: optional(v.bytes()), Context: v.bytes()}
			one.After = time.Duration(v.i64()) * time.Millisecond
			suspend := time.Duration(v.i64()) * time.Millisecond
			if v.u32() != 0 {
				one.Suspend = &suspend
			}
			one.Attempt = v.u32()
			one.FailInSoak = optional(v.bytes())
			one.FailInSoakAfter = time.Duration(v.i64()) * time.Millisecond
			one.Place = v.u32()
			list = append(list, one)
		})
	})
	return list, err
}

// Actions are what the operator does, as events; their times count from the zero of Unix time.
func (s *Scenario) Actions() (list []Event, err error) {
	err = s.do(func(c *call, pointer uint64) {
		c.list(actionBytes, "promoflow_scenario_actions", []uint64{pointer}, func(at uint64) {
			v := view{c, at + 4}
			kind := v.u32()
			when := time.UnixMilli(v.i64()).UTC()
			reason, by, environment := v.text(), v.text(), v.text()
			environments, count := v.word(), v.i64()
			switch kind {
			case 8:
				list = append(list, Terminate{reason, v.u32() == 1, by, when})
			case 9:
				retry := Retry{By: by, At: when}
				if environments != 0 {
					retry.Environments = names(c, environments, count)
				}
				list = append(list, retry)
			case 12:
				list = append(list, Skip{environment, reason, by, when})
			}
		})
	})
	return list, err
}

// A TraceRecord is a line of a trace.
type TraceRecord struct {
	T           int64             `json:"t"` // Milliseconds from the start.
	Event       string            `json:"event"`
	Ticket      uint64            `json:"ticket"`
	Hook        string            `json:"hook"`
	Point       string            `json:"point"`
	Environment string            `json:"environment"`
	Attempt     uint32            `json:"attempt"`
	Status      string            `json:"status"`
	Message     string            `json:"message"`
	Reason      string            `json:"reason"`
	Arguments   map[string]string `json:"arguments"`
	Context     json.RawMessage   `json:"context"`
	Line        string            `json:"-"` // The line itself.
}

// A Trace is everything that happened in a simulated release.
type Trace struct {
	*handle
	flow *Flow
}

// Simulate runs a release in virtual time. A nil scenario: everything succeeds at once. It may be a
// scenario of another flow, too.
func (f *Flow) Simulate(scenario *Scenario) (*Trace, error) {
	trace := &Trace{flow: f}
	in, err := f.engine.take()
	if scenario != nil {
		in = scenario.in
	}
	if err != nil {
		return nil, err
	}
	flow, err := f.in(in)
	if err != nil {
		return nil, err
	}
	var made uint64
	err = flow.do(func(c *call, pointer uint64) {
		var rules uint64
		if scenario != nil {
			rules = scenario.pointer
			if rules == 0 {
				c.err = ErrClosed
			}
		}
		made = c.make("promoflow_simulate", pointer, rules, 0)
	})
	if err != nil {
		return nil, err
	}
	trace.handle = newHandle(in, made, "promoflow_trace_free")
	return trace, nil
}

// SimulateText is Simulate with the text of a scenario.
func (f *Flow) SimulateText(scenario []byte) (*Trace, error) {
	read, err := f.Scenario(scenario)
	if err != nil {
		return nil, err
	}
	defer read.Close()
	return f.Simulate(read)
}

// Close frees it. A second call does nothing.
func (t *Trace) Close() error {
	t.handle.close()
	return nil
}

func (t *Trace) text(name string, values ...uint64) (text []byte, err error) {
	err = t.do(func(c *call, pointer uint64) {
		text = c.buffer(name, append([]uint64{pointer}, values...)...)
	})
	return text, err
}

// JSONL is all records as JSON Lines.
func (t *Trace) JSONL() ([]byte, error) { return t.text("promoflow_trace_jsonl") }

// Records are all records, in order.
func (t *Trace) Records() ([]TraceRecord, error) {
	text, err := t.JSONL()
	if err != nil {
		return nil, err
	}
	var records []TraceRecord
	for _, line := range bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n")) {
		record := TraceRecord{Line: string(line)}
		if err := json.Unmarshal(line, &record); err != nil {
			return nil, err
		}
		records = append(records, record)
	}
	return records, nil
}

// Hooks are the hooks that ran at a point, in order; of one environment, or of all ("").
func (t *Trace) Hooks(point, environment string) ([]TraceRecord, error) {
	records, err := t.Records()
	var found []TraceRecord
	for _, record := range records {
		if record.Event == "hook" && record.Point == point &&
			(environment == "" || record.Environment == environment) {
			found = append(found, record)
		}
	}
	return found, err
}

func (t *Trace) state(name string, values ...uint64) (status uint32, phase, message string,
	err error) {
	err = t.do(func(c *call, pointer uint64) {
		at := c.empty(stateBytes)
		all := append(append([]uint64{pointer}, values...), at)
		if c.check(c.raw(name, all...)) {
			v := view{c, at + 4}
			status, phase, message = v.u32(), v.text(), v.text()
		}
	})
	return status, phase, message, err
}

// Status is that of the release in the end, with the reason if it did not succeed.
func (t *Trace) Status() (status, message string, err error) {
	number, _, message, err := t.state("promoflow_trace_state")
	return t.flow.words.releaseStatuses[number], message, err
}

// Environment is how an environment is in the end.
func (t *Trace) Environment(name string) (EnvironmentState, error) {
	index, err := t.flow.index(name)
	if err != nil {
		return EnvironmentState{}, err
	}
	status, phase, message, err := t.state("promoflow_trace_environment", uint64(index))
	return EnvironmentState{name, t.flow.words.environmentStatuses[status], phase, message}, err
}

// Context is the promotion context in the end, as one JSON object.
func (t *Trace) Context() (json.RawMessage, error) { return t.text("promoflow_trace_context_json") }

// Render draws a timeline for people.
func (t *Trace) Render(options RenderOptions) (drawing string, err error) {
	err = t.do(func(c *call, pointer uint64) {
		drawing = string(c.buffer("promoflow_trace_render", pointer, options.place(c)))
	})
	return drawing, err
}
