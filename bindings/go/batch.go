// SPDX-License-Identifier: Apache-2.0

package promoflow

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"time"
)

// An Event is what a host tells a release. Contexts are JSON objects as text; nil: nothing.
type Event interface{ event() wireEvent }

// The events. At is when it happened; times never go backwards.
type (
	// Tick says that a time has come.
	Tick struct{ At time.Time }
	// HookSucceeded: a hook ran, and exported something.
	HookSucceeded struct {
		Ticket  uint64
		Context json.RawMessage
		At      time.Time
	}
	// HookFailed: a hook failed.
	HookFailed struct {
		Ticket  uint64
		Message string
		Context json.RawMessage
		At      time.Time
	}
	// PromotionSucceeded: an environment was promoted to.
	PromotionSucceeded struct {
		Ticket uint64
		At     time.Time
	}
	// PromotionFailed: a promotion failed, or what it brought is bad news while it soaks.
	PromotionFailed struct {
		Ticket  uint64
		Message string
		At      time.Time
	}
	// Suspended: a command waits for a person.
	Suspended struct {
		Ticket uint64
		At     time.Time
	}
	// Resumed: the person has decided.
	Resumed struct {
		Ticket uint64
		By     string
		At     time.Time
	}
	// Queued: there is no room yet for a command; its timeout stops.
	Queued struct {
		Ticket uint64
		At     time.Time
	}
	// Started: a command has begun; its timeout counts anew.
	Started struct {
		Ticket uint64
		At     time.Time
	}
	// Terminate ends the release; with Force at once.
	Terminate struct {
		Reason string
		Force  bool
		By     string
		At     time.Time
	}
	// Retry lets a release go on that has failed. Environments nil: all.
	Retry struct {
		Environments []string
		By           string
		At           time.Time
	}
	// Skip goes on without an environment.
	Skip struct {
		Environment string
		Reason      string
		By          string
		At          time.Time
	}
)

type wireEvent struct {
	kind                           uint32
	at                             time.Time
	ticket                         uint64
	text, context, by, environment []byte
	environments                   []string
	force                          bool
}

func given(text string) []byte {
	if text == "" {
		return nil
	}
	return []byte(text)
}

func (e Tick) event() wireEvent { return wireEvent{kind: 1, at: e.At} }
func (e HookSucceeded) event() wireEvent {
	return wireEvent{kind: 2, at: e.At, ticket: e.Ticket, context: e.Context}
}
func (e HookFailed) event() wireEvent {
	return wireEvent{kind: 3, at: e.At, ticket: e.Ticket, text: []byte(e.Message), context: e.Context}
}
func (e PromotionSucceeded) event() wireEvent {
	return wireEvent{kind: 4, at: e.At, ticket: e.Ticket}
}
func (e PromotionFailed) event() wireEvent {
	return wireEvent{kind: 5, at: e.At, ticket: e.Ticket, text: []byte(e.Message)}
}
func (e Suspended) event() wireEvent { return wireEvent{kind: 6, at: e.At, ticket: e.Ticket} }
func (e Resumed) event() wireEvent {
	return wireEvent{kind: 7, at: e.At, ticket: e.Ticket, by: given(e.By)}
}
func (e Terminate) event() wireEvent {
	return wireEvent{kind: 8, at: e.At, text: given(e.Reason), by: given(e.By), force: e.Force}
}
func (e Retry) event() wireEvent {
	return wireEvent{kind: 9, at: e.At, by: given(e.By), environments: e.Environments}
}
func (e Queued) event() wireEvent  { return wireEvent{kind: 10, at: e.At, ticket: e.Ticket} }
func (e Started) event() wireEvent { return wireEvent{kind: 11, at: e.At, ticket: e.Ticket} }
func (e Skip) event() wireEvent {
	return wireEvent{kind: 12, at: e.At, text: given(e.Reason), by: given(e.By),
		environment: []byte(e.Environment)}
}

const (
	flagArguments = 1
	flagContext   = 2
	flagLines     = 4
	absent        = math.MaxUint32
	noEnvironment = math.MaxUint32
)

// encodeEvents appends a batch; docs/wasm.md of the project has its layout.
func encodeEvents(out []byte, events []Event, flags uint32, origin int64) []byte {
	little := binary.LittleEndian
	out = little.AppendUint32(out, batchVersion)
	out = little.AppendUint32(out, flags)
	out = little.AppendUint32(out, uint32(len(events)))
	out = little.AppendUint32(out, 0)
	out = little.AppendUint64(out, uint64(origin))
	for _, one := range events {
		begin := len(out)
		e := one.event()
		out = little.AppendUint32(out, 0)
		out = little.AppendUint32(out, e.kind)
		out = little.AppendUint64(out, uint64(e.at.UnixMilli()))
		out = little.AppendUint64(out, e.ticket)
		var bits uint32
		if e.force {
			bits |= 1
		}
		if e.environments != nil {
			bits |= 2
		}
		out = little.AppendUint32(out, bits)
		out = little.AppendUint32(out, uint32(len(e.environments)))
		texts := [...][]byte{e.text, e.context, e.by, e.environment}
		for _, text := range texts {
			if text == nil {
				out = little.AppendUint32(out, absent)
			} else {
				out = little.AppendUint32(out, uint32(len(text)))
			}
		}
		for _, text := range texts {
			out = append(out, text...)
		}
		for _, name := range e.environments {
			out = little.AppendUint32(out, uint32(len(name)))
			out = append(out, name...)
		}
		for len(out)%8 != 0 {
			out = append(out, 0)
		}
		little.PutUint32(out[begin:], uint32(len(out)-begin))
	}
	return out
}

// What is known of a release after its last turn.
type state struct {
	timer    int64
	hasTimer bool
	status   uint32
	isFinal  bool
}

type result struct {
	status         int32
	where, message string
}

// A batchReader reads a copy of the batch, of which the texts that it gives are parts.
type batchReader struct {
	batch string
	at    int
}

func (r *batchReader) u32() uint32 {
	b := r.batch[r.at : r.at+4]
	r.at += 4
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}
func (r *batchReader) u64() uint64 {
	low := r.u32()
	return uint64(low) | uint64(r.u32())<<32
}

// text gives the empty text for one that is not given.
func (r *batchReader) text(size uint32) string {
	if size == absent {
		return ""
	}
	r.at += int(size)
	return r.batch[r.at-int(size) : r.at]
}

// rawJSON gives nil for a text that is not given.
func rawJSON(text string, size uint32) json.RawMessage {
	if size == absent {
		return nil
	}
	return json.RawMessage(text)
}

// readTurn reads a batch as far as its results, which it appends to those given. The reader is at the
// first of so many records then.
func readTurn(r *batchReader, results []result) (state, []result, uint32) {
	r.at = 8
	resultCount, recordCount := r.u32(), r.u32()
	s := state{timer: int64(r.u64())}
	s.hasTimer = s.timer != math.MinInt64
	s.status = r.u32()
	s.isFinal = r.u32() == 1
	for range resultCount {
		begin := r.at
		size := r.u32()
		one := result{status: int32(r.u32())}
		where, message := r.u32(), r.u32()
		one.where, one.message = r.text(where), r.text(message)
		results = append(results, one)
		r.at = begin + int(size)
	}
	return s, results, recordCount
}

// The records of a turn that were not taken yet: they are decoded when they are.
type untaken struct {
	reader batchReader
	count  uint32
}

const commandKindAt = 40 // In a record.

// next decodes the next record and passes over it; or only passes over one that is no command, if
// none but commands are wanted.
func (u *untaken) next(w *words, onlyCommands bool) (record Record, decoded bool) {
	begin := u.reader.at
	kind := batchReader{u.reader.batch, begin + commandKindAt}
	size := u.reader.u32()
	if decoded = !onlyCommands || kind.u32() != 0; decoded {
		w.decodeRecord(&u.reader, &record)
	}
	u.reader.at = begin + int(size)
	u.count--
	return record, decoded
}

func (w *words) decodeRecord(r *batchReader, record *Record) {
	kind := r.u32()
	record.Kind = recordKinds[kind]
	record.At = time.UnixMilli(int64(r.u64())).UTC()
	record.Ticket = r.u64()
	record.Earlier = r.u64()
	status, environment, commandKind := r.u32(), r.u32(), r.u32()
	point, attempt, action := r.u32(), r.u32(), r.u32()
	record.Force = r.u32() == 1
	names, arguments := r.u32(), r.u32()
	var lengths [9]uint32
	for i := range lengths {
		lengths[i] = r.u32()
	}
	var texts [9]string
	for i := range texts {
		texts[i] = r.text(lengths[i])
	}
	record.Text, record.By, record.Line = texts[0], texts[2], texts[8]
	record.Context = rawJSON(texts[1], lengths[1])
	if environment != noEnvironment {
		record.Environment = w.environments[environment]
	}
	switch kind {
	case 20:
		record.Status = w.releaseStatuses[status]
	case 21:
		record.Status = w.environmentStatuses[status]
	}
	for range names {
		record.Environments = append(record.Environments, r.text(r.u32()))
	}
	switch commandKind {
	case 1:
		hook := RunHook{Ticket: record.Ticket, Hook: texts[3], Point: w.points[point],
			Environment: record.Environment, Attempt: attempt, Context: rawJSON(texts[7], lengths[7]),
			Arguments: make([]Argument, 0, arguments)}
		for range arguments {
			name, value := r.u32(), r.u32()
			hook.Arguments = append(hook.Arguments, Argument{r.text(name), r.text(value)})
		}
		record.Command = hook
	case 2:
		record.Command = Promote{Ticket: record.Ticket, Environment: record.Environment,
			Attempt: attempt, Policy: Policy{Action: w.policyActions[action],
				PreAction: texts[5], PostAction: texts[6]}}
	case 3:
		record.Command = Cancel{Ticket: record.Ticket}
	}
}

var recordKinds = [...]string{
	1: "tick", 2: "hook-succeeded", 3: "hook-failed", 4: "promotion-succeeded",
	5: "promotion-failed", 6: "suspended", 7: "resumed", 8: "terminate", 9: "retry", 10: "queued",
	11: "started", 12: "skip", 13: "release-started", 20: "release", 21: "environment", 22: "hook",
	23: "promote", 24: "cancel", 26: "soaked", 27: "conflict", 28: "shadowed",
}
