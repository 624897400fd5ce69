// SPDX-License-Identifier: Apache-2.0

package promoflow

import "encoding/json"

// A QueueCommand is one of [StartRelease], [BeginEnvironment], [TerminateRelease], [DropRelease].
type QueueCommand interface{ queueCommand() }

// The commands of a queue, to be carried out in their order.
type (
	// StartRelease: the release may start. Flow is what Requested was given.
	StartRelease struct{ Release, Flow string }
	// BeginEnvironment: the environment is free for the release.
	BeginEnvironment struct{ Release, Environment string }
	// TerminateRelease: the release is to be terminated.
	TerminateRelease struct{ Release, Reason string }
	// DropRelease: the release never starts.
	DropRelease struct{ Release, Reason string }
)

func (StartRelease) queueCommand()     {}
func (BeginEnvironment) queueCommand() {}
func (TerminateRelease) queueCommand() {}
func (DropRelease) queueCommand()      {}

// A ReleaseQueue says which releases of one product may run, and which may be in an environment.
// An event that does not fit is refused with [ErrNotAllowed], and changes nothing.
type ReleaseQueue struct{ *handle }

// NewReleaseQueue makes a queue. In mode "queue" one release runs and the others wait, waitingMax at
// most: the oldest is dropped for one more. In mode "terminate" a release starts at once, and
// terminates an older one whose environment it needs. A function of the package, as
// ReadConfiguration is, with whose module it comes.
func NewReleaseQueue(mode string, waitingMax uint32) (*ReleaseQueue, error) {
	number, err := numberOf([]string{"", "queue", "terminate"}, mode, "mode")
	if err != nil {
		return nil, err
	}
	return newQueue(func(c *call) uint64 {
		return c.make("promoflow_queue_new", uint64(number), uint64(waitingMax))
	})
}

// RestoreReleaseQueue gives the queue of a snapshot, without commands.
func RestoreReleaseQueue(snapshot []byte) (*ReleaseQueue, error) {
	return newQueue(func(c *call) uint64 {
		return c.make("promoflow_queue_restore", c.text(append([]byte{}, snapshot...)))
	})
}

func newQueue(make func(*call) uint64) (*ReleaseQueue, error) {
	_, in, err := takeForConfigurations()
	if err != nil {
		return nil, err
	}
	var pointer uint64
	if err := in.do(func(c *call) { pointer = make(c) }); err != nil {
		return nil, err
	}
	return &ReleaseQueue{newHandle(in, pointer, "promoflow_queue_free")}, nil
}

// Close frees it. A second call does nothing.
func (q *ReleaseQueue) Close() error {
	q.handle.close()
	return nil
}

// Requested: a release is wanted. Its flow is kept, and given back by StartRelease.
func (q *ReleaseQueue) Requested(release, flow string) ([]QueueCommand, error) {
	return q.apply(1, release, flow)
}

// Began: an environment of an active release is about to begin. It begins on BeginEnvironment.
func (q *ReleaseQueue) Began(release, environment string) ([]QueueCommand, error) {
	return q.apply(2, release, environment)
}

// Left: an environment is neither Running nor Suspended any more, or not wanted any more.
func (q *ReleaseQueue) Left(release, environment string) ([]QueueCommand, error) {
	return q.apply(3, release, environment)
}

// Ended: an active release is final; it has left all environments.
func (q *ReleaseQueue) Ended(release string) ([]QueueCommand, error) { return q.apply(4, release, "") }

// Cancelled: a release is not wanted any more, whether it waits or is active.
func (q *ReleaseQueue) Cancelled(release string) ([]QueueCommand, error) {
	return q.apply(5, release, "")
}

func (q *ReleaseQueue) apply(kind uint64, release, detail string) (commands []QueueCommand, err error) {
	err = q.do(func(c *call, pointer uint64) {
		c.act("promoflow_queue_apply", pointer, kind, c.text([]byte(release)),
			c.text([]byte(detail)))
		c.elements(commandBytes, func(at, capacity, count uint64) {
			c.act("promoflow_queue_commands", pointer, at, commandBytes, capacity, count)
		}, func(at uint64) {
			v := view{c, at + 4}
			kind, release := v.u32(), v.text()
			flow, environment, reason := v.text(), v.text(), v.text()
			switch kind {
			case 1:
				commands = append(commands, StartRelease{release, flow})
			case 2:
				commands = append(commands, BeginEnvironment{release, environment})
			case 3:
				commands = append(commands, TerminateRelease{release, reason})
			case 4:
				commands = append(commands, DropRelease{release, reason})
			}
		})
	})
	return commands, err
}

// Status is "queued" or "active"; empty: the release is not known, or has ended.
func (q *ReleaseQueue) Status(release string) (status string, err error) {
	err = q.do(func(c *call, pointer uint64) {
		c.make("promoflow_queue_status", pointer, c.text([]byte(release)))
		status = []string{"", "queued", "active"}[c.u32(c.scratch+outputAt)]
	})
	return status, err
}

// Holder is the active release that is in an environment; empty: none is.
func (q *ReleaseQueue) Holder(environment string) (release string, err error) {
	err = q.do(func(c *call, pointer uint64) {
		at := c.scratch + secondTextAt
		name := c.text([]byte(environment))
		if c.err == nil {
			c.setText(at, 0, 0) // It stays so if there is none.
		}
		c.act("promoflow_queue_holder", pointer, name, at)
		release = string(c.view(at))
	})
	return release, err
}

// Releases are those that wait or are active, oldest first.
func (q *ReleaseQueue) Releases() (releases []string, err error) {
	err = q.do(func(c *call, pointer uint64) {
		c.elements(2*wordBytes, func(at, capacity, count uint64) {
			c.act("promoflow_queue_releases", pointer, at, capacity, count)
		}, func(at uint64) { releases = append(releases, string(c.view(at))) })
	})
	return releases, err
}

// Snapshot is the queue as JSON, for RestoreReleaseQueue.
func (q *ReleaseQueue) Snapshot() (snapshot json.RawMessage, err error) {
	err = q.do(func(c *call, pointer uint64) {
		snapshot = c.buffer("promoflow_queue_snapshot", pointer)
	})
	return snapshot, err
}
