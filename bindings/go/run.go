// SPDX-License-Identifier: Apache-2.0

package promoflow

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"
)

// A HookCall is a hook to run. Its context is done when the release cancels it; what is returned
// then has no effect.
type HookCall struct {
	RunHook
	ReleaseID string
	Key       string // An idempotency key.
	Reports   Reports
}

// A PromotionCall is an environment to promote to.
type PromotionCall struct {
	Promote
	ReleaseID string
	Key       string
	Reports   Reports
}

// Reports is what an executor may say of a call while it is at work.
type Reports interface {
	Suspended() // It waits for a person.
	Resumed(by string)
	Queued() // There is no room for it yet: its timeout stops.
	Started()
}

// An Executor carries commands out: each in a goroutine of its own. An error fails the command.
type Executor interface {
	// RunHook returns what the hook exports, a JSON object; nil: nothing.
	RunHook(ctx context.Context, call HookCall) (json.RawMessage, error)
	Promote(ctx context.Context, call PromotionCall) error
}

// HookError fails a hook that has exported something nevertheless.
type HookError struct {
	Message string
	Context json.RawMessage
}

func (e *HookError) Error() string { return e.Message }

// RunOptions are options of Run. The zero value is fine.
type RunOptions struct {
	// Journal is called with lines before what they say is applied, and returns when they are safe.
	// Its error ends the run.
	Journal func(lines []byte) error
	// Observe is called with each record, in order.
	Observe func(Record)
}

// Run starts a release and drives it to its end. When ctx is done the release is terminated, and its
// onFail hooks run, with contexts that are not done. A zero Start.At is now.
func Run(ctx context.Context, flow *Flow, executor Executor, start Start, options RunOptions) (
	*Release, error) {
	if start.At.IsZero() {
		start.At = time.Now()
	}
	if options.Journal != nil {
		line, err := flow.StartLine(start)
		if err == nil {
			err = options.Journal(line)
		}
		if err != nil {
			return nil, err
		}
	}
	release, err := flow.Start(start)
	if err != nil {
		return nil, err
	}
	return release, Resume(ctx, release, executor, options)
}

// Resume goes on with a release that was restored, or that Retry lets go on.
func Resume(ctx context.Context, release *Release, executor Executor, options RunOptions) error {
	description, err := release.Describe()
	if err != nil {
		return err
	}
	calls, stop := context.WithCancel(context.WithoutCancel(ctx))
	d := &driver{release: release, executor: executor, options: options, calls: calls,
		id: description.Release.ID, running: map[uint64]context.CancelFunc{},
		events: make(chan Event), stopped: calls.Done()}
	err = d.drive(ctx)
	stop()
	d.group.Wait()
	return err
}

type driver struct {
	release  *Release
	executor Executor
	options  RunOptions
	calls    context.Context
	id       string
	running  map[uint64]context.CancelFunc
	events   chan Event
	stopped  <-chan struct{}
	group    sync.WaitGroup
}

func (d *driver) drive(ctx context.Context) error {
	done := ctx.Done()
	for {
		if err := d.carryOut(); err != nil {
			return err
		}
		if final, err := d.release.IsFinal(); err != nil || final {
			return err
		}
		at, err := d.release.NextTimer()
		if err != nil {
			return err
		}
		var timer <-chan time.Time
		if !at.IsZero() {
			timer = time.After(time.Until(at))
		}
		var event Event
		select {
		case event = <-d.events:
		case now := <-timer:
			event = Tick{At: now}
		case <-done:
			done = nil
			event = Terminate{Reason: context.Cause(ctx).Error(), At: time.Now()}
		}
		if d.options.Journal != nil {
			lines, err := d.release.Journal(event)
			if err == nil {
				err = d.options.Journal(lines)
			}
			if err != nil {
				return err
			}
		}
		// An answer that comes after its command was cancelled has no effect.
		err = d.release.Apply(event)
		if err != nil && !errors.Is(err, ErrSettledTicket) && !errors.Is(err, ErrNotAllowed) {
			return err
		}
	}
}

func (d *driver) carryOut() (err error) {
	d.release.Records()(func(record Record) bool {
		if d.options.Observe != nil {
			d.options.Observe(record)
		}
		switch command := record.Command.(type) {
		case RunHook:
			err = d.begin(command.Ticket, func(ctx context.Context, key string, r Reports) Event {
				exported, err := d.executor.RunHook(ctx, HookCall{command, d.id, key, r})
				var failed *HookError
				switch {
				case err == nil:
					return HookSucceeded{command.Ticket, exported, time.Now()}
				case errors.As(err, &failed):
					exported = failed.Context
				}
				return HookFailed{command.Ticket, err.Error(), exported, time.Now()}
			})
		case Promote:
			err = d.begin(command.Ticket, func(ctx context.Context, key string, r Reports) Event {
				err := d.executor.Promote(ctx, PromotionCall{command, d.id, key, r})
				if err != nil {
					return PromotionFailed{command.Ticket, err.Error(), time.Now()}
				}
				return PromotionSucceeded{command.Ticket, time.Now()}
			})
		case Cancel:
			if cancel := d.running[command.Ticket]; cancel != nil {
				cancel()
			}
		}
		return err == nil
	})
	return err
}

func (d *driver) begin(ticket uint64, work func(context.Context, string, Reports) Event) error {
	key, err := d.release.Key(ticket)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(d.calls)
	d.running[ticket] = cancel
	d.group.Add(1)
	go func() {
		defer d.group.Done()
		defer cancel()
		d.send(work(ctx, key, reports{d, ticket}))
	}()
	return nil
}

// send waits until the loop takes the event, or has ended.
func (d *driver) send(event Event) {
	select {
	case d.events <- event:
	case <-d.stopped:
	}
}

type reports struct {
	driver *driver
	ticket uint64
}

func (r reports) Suspended()        { r.driver.send(Suspended{r.ticket, time.Now()}) }
func (r reports) Resumed(by string) { r.driver.send(Resumed{r.ticket, by, time.Now()}) }
func (r reports) Queued()           { r.driver.send(Queued{r.ticket, time.Now()}) }
func (r reports) Started()          { r.driver.send(Started{r.ticket, time.Now()}) }
