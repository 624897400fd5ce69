// SPDX-License-Identifier: Apache-2.0

package promoflow

import (
	"encoding/json"
	"time"
)

// A Command is what the host is to do: [RunHook], [Promote] or [Cancel].
type Command interface{ command() }

// An Argument of a hook.
type Argument struct{ Name, Value string }

// RunHook: run a hook, and answer with HookSucceeded or HookFailed.
type RunHook struct {
	Ticket      uint64
	Hook        string
	Point       string
	Environment string // Empty at release points.
	Attempt     uint32 // From 1.
	Arguments   []Argument
	Context     json.RawMessage // The promotion context that the hook sees.
}

// Argument gives the value of an argument.
func (h RunHook) Argument(name string) (value string, found bool) {
	for _, argument := range h.Arguments {
		if argument.Name == name {
			return argument.Value, true
		}
	}
	return "", false
}

// A Policy says how an environment is promoted to; each field may be empty.
type Policy struct {
	Action     string // "commit", "pr" or "none".
	PreAction  string
	PostAction string
}

// Promote: promote to an environment, and answer with PromotionSucceeded or PromotionFailed.
type Promote struct {
	Ticket      uint64
	Environment string
	Attempt     uint32
	Policy      Policy
}

// Cancel: stop what runs under this ticket.
type Cancel struct{ Ticket uint64 }

func (RunHook) command() {}
func (Promote) command() {}
func (Cancel) command()  {}

// A Record is something that happened. Which fields it has depends on its kind, which is that of a
// trace: "release", "environment", "hook", "promote", "hook-succeeded", ...
type Record struct {
	Kind         string
	At           time.Time
	Ticket       uint64 // "conflict": the later write's.
	Earlier      uint64 // "conflict": the other one's.
	Status       string // "release", "environment".
	Environment  string
	Environments []string // "retry".
	Text         string   // Message or reason; "conflict", "shadowed": the key.
	Context      json.RawMessage
	By           string
	Force        bool
	Line         string  // As a line of a trace; of releases that are started for that only.
	Command      Command // Of commands; else nil.
}

// A Release is one run of a change through a flow.
type Release struct {
	*handle
	flow   *Flow
	origin *int64

	// Guarded by the instance's mutex.
	queue   []untaken
	taken   int // How many of these are.
	last    state
	results []result // Of the last turn.
	one     [1]Event // The event of a turn that has one.
}

// turn applies events and takes the records. The results are valid until the next turn.
func (r *Release) turn(c *call, pointer uint64, events []Event) []result {
	flags, origin := uint32(flagArguments|flagContext), int64(0)
	if r.origin != nil {
		flags, origin = flags|flagLines, *r.origin
	}
	batch := c.turn(pointer, events, flags, origin)
	if c.err != nil {
		return nil
	}
	one := untaken{reader: batchReader{batch: batch}}
	r.last, r.results, one.count = readTurn(&one.reader, r.results[:0])
	if one.count > 0 {
		r.queue = append(r.queue, one)
	}
	return r.results
}

// Flow is the release's flow.
func (r *Release) Flow() *Flow { return r.flow }

// Close frees it. A second call does nothing.
func (r *Release) Close() error {
	r.handle.close()
	return nil
}

// Apply applies an event whole; or refuses it, and changes nothing but what timers do that are due.
func (r *Release) Apply(event Event) (refused error) {
	err := r.do(func(c *call, pointer uint64) {
		r.one[0] = event
		for _, one := range r.turn(c, pointer, r.one[:]) {
			refused = one.err(c)
		}
		r.one[0] = nil
	})
	if err != nil {
		return err
	}
	return refused
}

// ApplyAll applies events one after another. The errors are those of each event that was refused.
func (r *Release) ApplyAll(events []Event) ([]error, error) {
	refused := make([]error, len(events))
	err := r.do(func(c *call, pointer uint64) {
		for i, one := range r.turn(c, pointer, events) {
			refused[i] = one.err(c)
		}
	})
	return refused, err
}

// err is why the event was refused; nil: it was not.
func (r *result) err(c *call) error {
	if r.status == 0 {
		return nil
	}
	return &Error{c.textOf("promoflow_status_name", uint64(uint32(r.status))), r.where, r.message}
}

// Journal gives the lines of events for the host's journal: stored before they are applied.
func (r *Release) Journal(events ...Event) (lines []byte, err error) {
	err = r.do(func(c *call, _ uint64) {
		lines = c.buffer("promoflow_batch_journal", c.text(encodeEvents(nil, events, 0, 0)))
	})
	return lines, err
}

// forget drops what was not taken.
func (r *Release) forget() {
	clear(r.queue)
	r.queue, r.taken = r.queue[:0], 0
}

// take gives the next record, or the next command; false: there is none.
func (r *Release) take(onlyCommands bool) (record Record, found bool) {
	r.in.mutex.Lock()
	defer r.in.mutex.Unlock()
	if r.in.broken != nil || r.pointer == 0 {
		return Record{}, false
	}
	for !found && r.taken < len(r.queue) {
		first := &r.queue[r.taken]
		record, found = first.next(&r.flow.words, onlyCommands)
		if first.count == 0 {
			*first = untaken{}
			r.taken++
		}
	}
	if r.taken == len(r.queue) {
		r.forget()
	}
	return record, found
}

// Records takes the records there are; commands are among them. Range over it:
//
//	for record := range release.Records() { ... }
func (r *Release) Records() func(yield func(Record) bool) {
	return func(yield func(Record) bool) {
		for {
			record, found := r.take(false)
			if !found || !yield(record) {
				return
			}
		}
	}
}

// Commands takes the commands there are, in the order of issue; other records are dropped.
//
//	for command := range release.Commands() { ... }
func (r *Release) Commands() func(yield func(Command) bool) {
	return func(yield func(Command) bool) {
		for {
			record, found := r.take(true)
			if !found || !yield(record.Command) {
				return
			}
		}
	}
}

// Reissue drops what was not taken, and issues every outstanding command again.
func (r *Release) Reissue() error {
	return r.do(func(c *call, pointer uint64) {
		c.act("promoflow_release_reissue", pointer)
		r.forget()
		r.turn(c, pointer, nil)
	})
}

// Status is "Running", "Suspended", "Terminating", "Succeeded", "Failed" or "Terminated".
func (r *Release) Status() (status string, err error) {
	err = r.do(func(*call, uint64) { status = r.flow.words.releaseStatuses[r.last.status] })
	return status, err
}

// IsFinal reports whether the release has ended.
func (r *Release) IsFinal() (final bool, err error) {
	err = r.do(func(*call, uint64) { final = r.last.isFinal })
	return final, err
}

// NextTimer is when to send the next event at the latest; zero: no timer is armed.
func (r *Release) NextTimer() (at time.Time, err error) {
	err = r.do(func(*call, uint64) {
		if r.last.hasTimer {
			at = time.UnixMilli(r.last.timer).UTC()
		}
	})
	return at, err
}

func (r *Release) text(name string, values ...uint64) (text []byte, err error) {
	err = r.do(func(c *call, pointer uint64) {
		text = c.buffer(name, append([]uint64{pointer}, values...)...)
	})
	return text, err
}

// EnvironmentState is how an environment is.
type EnvironmentState struct {
	Name    string `json:"name"`
	Status  string `json:"status"`
	Phase   string `json:"phase"`
	Message string `json:"message"` // Why it failed, was terminated or skipped; else empty.
}

// Description is the whole state of a release.
type Description struct {
	Release struct {
		ID      string `json:"id"`
		Flow    string `json:"flow"`
		Status  string `json:"status"`
		Phase   string `json:"phase"`
		Message string `json:"message"`
	} `json:"release"`
	Environments []EnvironmentState `json:"environments"`
	Outstanding  []struct {
		Ticket      uint64 `json:"ticket"`
		Kind        string `json:"kind"`
		Hook        string `json:"hook"`
		Point       string `json:"point"`
		Environment string `json:"environment"`
		Attempt     uint32 `json:"attempt"`
		Suspended   bool   `json:"suspended"`
		Queued      bool   `json:"queued"`
	} `json:"outstanding"`
	Context []struct {
		Key      string          `json:"key"`
		Value    json.RawMessage `json:"value"`
		Ticket   uint64          `json:"ticket"`
		Shadowed bool            `json:"shadowed"`
	} `json:"context"`
	Conflicts []struct {
		Key     string `json:"key"`
		Earlier uint64 `json:"earlier"`
		Later   uint64 `json:"later"`
	} `json:"conflicts"`
	RejectedExports []struct {
		Ticket uint64 `json:"ticket"`
		Reason string `json:"reason"`
		Text   string `json:"text"`
	} `json:"rejectedExports"`
}

// Describe gives the whole state.
func (r *Release) Describe() (*Description, error) {
	text, err := r.text("promoflow_release_describe")
	if err != nil {
		return nil, err
	}
	read := &Description{}
	return read, json.Unmarshal(text, read)
}

// Environment is how an environment is.
func (r *Release) Environment(name string) (EnvironmentState, error) {
	index, err := r.flow.index(name)
	if err != nil {
		return EnvironmentState{}, err
	}
	read, err := r.Describe()
	if err != nil {
		return EnvironmentState{}, err
	}
	return read.Environments[index], nil
}

// Context is the promotion context now, as one JSON object.
func (r *Release) Context() (json.RawMessage, error) { return r.text("promoflow_release_context_json") }

// Snapshot is the whole state as text for [Flow.Restore].
func (r *Release) Snapshot() ([]byte, error) { return r.text("promoflow_release_snapshot") }

// Key is "RELEASE_ID/ticket", an idempotency key for what a command does.
func (r *Release) Key(ticket uint64) (string, error) {
	text, err := r.text("promoflow_release_key", ticket)
	return string(text), err
}

// Render draws the state.
func (r *Release) Render(options RenderOptions) (drawing string, err error) {
	err = r.do(func(c *call, pointer uint64) {
		drawing = string(c.buffer("promoflow_release_render", pointer, options.place(c)))
	})
	return drawing, err
}
