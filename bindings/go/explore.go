// SPDX-License-Identifier: Apache-2.0

package promoflow

import (
	"context"
	"encoding/json"
	"math"
)

// Numbers of failures beside those that are counted.
const (
	NoFailures  = -1
	AllFailures = -2
)

// ExploreOptions say what may happen in a run, and how far to look. The zero value is fine.
type ExploreOptions struct {
	// Failures: how many commands may fail in one run; 0: two; or NoFailures, AllFailures.
	Failures       int
	Retries        uint32 // Retries of a release that has ended, in one run.
	Terminate      bool   // The operator terminates, and then forces, once each.
	Skip           bool   // The operator skips one environment.
	Suspend        bool   // Commands wait for a person, and go on.
	Timeouts       bool   // Timeouts and deadlines come due.
	AllOrders      bool   // Look at every order, also where it cannot matter.
	StatesMax      uint64 // 0: 1,000,000.
	MemoryBytesMax uint64 // 0: 2 GiB.
	Exports        []byte // A scenario: what its rules say that hooks export; nil: nothing.
	Properties     []byte // A properties file, which is checked, too; nil: none.
}

// Occurs says in which runs something happens.
type Occurs struct {
	Runs     string `json:"runs"` // "always", "sometimes", "never" or "unknown".
	Failures uint32 `json:"failures"`
}

// A HookPlace is one hook of a flow.
type HookPlace struct {
	Hook        string `json:"hook"`
	Point       string `json:"point"`
	Environment string `json:"environment"` // Empty at release points.
	Place       uint32 `json:"place"`       // In the list of its point, from 1.
}

// A ReleaseOutcome is how a release can end.
type ReleaseOutcome struct {
	Release      string            `json:"release"`      // Its status.
	Environments map[string]string `json:"environments"` // Their statuses.
	Failures     uint32            `json:"failures"`     // The fewest that lead to it.
	Steps        uint32            `json:"steps"`        // The fewest events of such a run.
	// Scenario is such a run for [Flow.SimulateText]; "null": the durations of the flow forbid each,
	// and ForbiddenBy says which.
	Scenario    json.RawMessage `json:"scenario"`
	ForbiddenBy string          `json:"forbiddenBy"`
	Retry       *struct {       // What a retry leads to if nothing fails any more; nil: none is taken.
		Release      string            `json:"release"`
		Environments map[string]string `json:"environments"`
	} `json:"retry"`
	Skips []string `json:"skips"` // Environments of which a skip is taken.
}

// An Exploration is everything that can happen to a release of a flow, under the given bounds.
type Exploration struct {
	Flow                  string           `json:"flow"`
	Outcomes              []ReleaseOutcome `json:"outcomes"` // By failures, then by steps.
	Complete              bool             `json:"complete"`
	Bound                 string           `json:"bound"` // Which one was reached, if not complete.
	CompleteBelowFailures uint32           `json:"completeBelowFailures"`
	States                uint64           `json:"states"`
	Transitions           uint64           `json:"transitions"`
	Hooks                 []struct {
		HookPlace
		Occurs
	} `json:"hooks"`
	Environments []struct {
		Environment string `json:"environment"`
		Begun       Occurs `json:"begun"`
		Succeeded   Occurs `json:"succeeded"`
		Failed      Occurs `json:"failed"`
		Terminated  Occurs `json:"terminated"`
	} `json:"environments"`
	// Untold: runs that do not succeed and in which no onFail hook succeeds.
	Untold      Occurs  `json:"untold"`
	CommandsMax *uint64 `json:"commandsMax"` // Nil: it is not known.
	LongestWait []struct {
		Environment string `json:"environment"`
		Hook        string `json:"hook"`
		Attempts    uint32 `json:"attempts"`
		Ms          int64  `json:"ms"`
	} `json:"longestWait"`
	Conflicts []struct {
		Key         string          `json:"key"`
		Earlier     HookPlace       `json:"earlier"`
		Later       HookPlace       `json:"later"`
		Failures    uint32          `json:"failures"`
		Scenario    json.RawMessage `json:"scenario"`
		ForbiddenBy string          `json:"forbiddenBy"`
	} `json:"conflicts"`
	Properties []struct {
		Name        string          `json:"name"`
		Verdict     string          `json:"verdict"` // "holds", "violated" or "undecided".
		Scenario    json.RawMessage `json:"scenario"`
		ForbiddenBy string          `json:"forbiddenBy"`
	} `json:"properties"`
}

// Explore finds everything that can happen to a release of a flow. It works until all is found or a
// bound is reached; its error is that of ctx if that is done before. It is a function, and no method,
// so that a program that does not call it does not have its module.
func Explore(ctx context.Context, flow *Flow, options ExploreOptions) (*Exploration, error) {
	text, err := ExploreText(ctx, flow, options, "json")
	if err != nil {
		return nil, err
	}
	found := &Exploration{}
	return found, json.Unmarshal([]byte(text), found)
}

// ExploreText is Explore as "text" for people, or as the "json" that `promoflow explore` prints.
func ExploreText(ctx context.Context, flow *Flow, options ExploreOptions, format string) (
	text string, err error) {
	number, err := numberOf([]string{"", "text", "json"}, format, "format")
	if err != nil {
		return "", err
	}
	err = exploring(ctx, options, func(c *call, flows []uint64, properties, given uint64) {
		text = string(c.buffer("promoflow_explore", flows[0], properties, given, uint64(number)))
	}, flow)
	return text, err
}

// Diff says what a change to a flow changes, as "text", "json" or "markdown", and whether the two
// are equal. Properties are checked in both. Else it is as Explore.
func Diff(ctx context.Context, before, after *Flow, options ExploreOptions, format string) (
	text string, equal bool, err error) {
	number, err := numberOf([]string{"", "text", "json", "markdown"}, format, "format")
	if err != nil {
		return "", false, err
	}
	err = exploring(ctx, options, func(c *call, flows []uint64, properties, given uint64) {
		isEqual := c.scratch + countAt
		text = string(c.take(c.finish("promoflow_diff", []uint64{flows[0], flows[1], properties,
			given, uint64(number), c.scratch + outputAt, isEqual, c.scratch + errorAt})))
		equal = c.u32(isEqual) == 1
	}, before, after)
	return text, equal, err
}

// exploring runs body with the flows in an instance of the library that has explorations.
func exploring(ctx context.Context, options ExploreOptions,
	body func(c *call, flows []uint64, properties, given uint64), flows ...*Flow) error {
	engine := flows[0].engine
	in, err := engine.explorations.take(openExploration, engine.options)
	if err != nil {
		return err
	}
	handles := make([]*handle, len(flows))
	for i, flow := range flows {
		if handles[i], err = flow.in(in); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	stop := newStop(ctx)
	defer stop.close()
	err = in.doFor(ctx, func(c *call) {
		pointers := make([]uint64, len(handles))
		for i, one := range handles {
			if pointers[i] = one.pointer; one.pointer == 0 {
				c.err = ErrClosed
			}
		}
		exports := scenarioOf(c, options.Exports, pointers[0])
		body(c, pointers, c.text(options.Properties), options.place(c, exports, stop))
		if exports != 0 {
			c.free("promoflow_scenario_free", exports)
		}
	})
	if ctx.Err() != nil { // What was found until then is not all.
		return ctx.Err()
	}
	return err
}

// scenarioOf reads a scenario, if there is one; its errors are those of the call.
func scenarioOf(c *call, text []byte, flow uint64) uint64 {
	if text == nil {
		return 0
	}
	read := c.make("promoflow_scenario_read", c.text(text), flow, 0)
	if c.err != nil {
		return 0
	}
	if found := diagnostics(c, "scenario", read); c.err == nil && found.hasErrors() {
		c.err = found
	}
	return read
}

func (o ExploreOptions) place(c *call, exports uint64, stop *stop) uint64 {
	const limited, all = 1, 2
	s := sized()
	switch {
	case o.Failures == 0:
		s.u32(0)
		s.u32(0)
	case o.Failures == AllFailures:
		s.u32(all)
		s.u32(0)
	case o.Failures >= NoFailures && o.Failures <= math.MaxInt32:
		s.u32(limited)
		s.u32(uint32(max(o.Failures, 0)))
	case c.err == nil:
		c.err = &Error{"invalid-argument", "Failures", "it is a number from 1, or 0, NoFailures or " +
			"AllFailures"}
		return 0
	}
	s.u32(o.Retries)
	for _, is := range []bool{o.Terminate, o.Skip, o.Suspend, o.Timeouts, o.AllOrders} {
		s.u32(number(is))
	}
	s.u32(0)
	s.i64(int64(o.StatesMax))
	s.i64(int64(o.MemoryBytesMax))
	s.word(exports)
	s.word(stop.progress)
	s.word(stop.user)
	s.align(8)
	return s.place(c)
}
