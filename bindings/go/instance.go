// SPDX-License-Identifier: Apache-2.0

package promoflow

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
)

// A machine runs the library's functions. Both kinds take the same values: numbers and addresses in
// its memory, in which a text is the address of a promoflow_str. A function that returns a text gets
// as its first value the address to write it to. wordBytes is the size of an address.
type machine interface {
	// call fails only with a trap, after which the machine cannot be used.
	call(ctx context.Context, name string, values []uint64) (uint64, error)
	// read gives bytes of its memory; they are valid until the next call.
	read(at, size uint64) []byte
	close()
}

// Places in the scratch memory of an instance.
const (
	outputAt     = 0  // An address, or another result.
	errorAt      = 8  // A promoflow_error.
	textAt       = 16 // A promoflow_str that a function returns.
	secondTextAt = 32 // One that it writes, or an index.
	countAt      = 48
	eventsAt     = 56 // A promoflow_str: the batch.
	scratchBytes = 72
)

// An instance of the library. Its mutex is held by do(), and is left by unlock().
type instance struct {
	mutex   sync.Mutex
	machine machine
	scratch uint64
	broken  error // What calls answer.
	trapped bool  // Nothing may be called any more, not even what frees.
	current call
	batch   []byte // The events of a turn; then in the memory of the instance, and how many fit.
	events  uint64
	room    int

	unreachable atomic.Pointer[handle] // The first of a list: who unlocks frees them.
}

// freeObject is of use when the engine was closed, too: then do() does nothing.
func (in *instance) freeObject(name string, pointer uint64) {
	if in.trapped {
		return
	}
	_, err := in.machine.call(context.Background(), name, []uint64{pointer})
	in.trapped = err != nil
}

// close frees what the instance has for itself. Its objects are freed one by one.
func (in *instance) close() {
	in.mutex.Lock()
	defer in.unlock()
	in.freeObject("free", in.scratch)
	in.freeObject("free", in.events)
	in.broken = ErrClosed
	in.machine.close()
}

func (in *instance) isBroken() bool {
	in.mutex.Lock()
	defer in.unlock()
	return in.broken != nil
}

// A call is what is done with the instance locked. Its first error counts: after it nothing is
// called, and what is read is zero. Memory taken by it is freed in the end.
type call struct {
	*instance
	ctx    context.Context
	values [12]uint64
	held   []uint64
	err    error
}

func (in *instance) do(body func(*call)) error { return in.doFor(context.Background(), body) }

func (in *instance) doFor(ctx context.Context, body func(*call)) error {
	in.mutex.Lock()
	defer in.unlock()
	if in.broken != nil {
		return in.broken
	}
	c := &in.current
	c.instance, c.ctx, c.held, c.err = in, ctx, c.held[:0], nil
	body(c)
	for _, pointer := range c.held {
		c.free("free", pointer)
	}
	return c.err
}

func (c *call) raw(name string, values ...uint64) uint64 {
	if c.err != nil {
		return 0
	}
	result, err := c.machine.call(c.ctx, name, c.values[:copy(c.values[:], values)])
	if err != nil {
		text, _, _ := strings.Cut(err.Error(), "\n")
		c.broken = &Error{ErrTrapped.Code, "", fmt.Sprintf("a trap in %s: %s", name, text)}
		c.err, c.trapped = c.broken, true
		return 0
	}
	return result
}

// free calls a function that frees, whatever error there is already.
func (c *call) free(name string, pointer uint64) {
	if c.broken != nil {
		return
	}
	err := c.err
	c.err = nil
	c.raw(name, pointer)
	if c.err == nil {
		c.err = err
	}
}

func (c *call) alloc(size int) uint64 {
	pointer := c.raw("malloc", uint64(max(size, 1)))
	if pointer == 0 {
		if c.err == nil {
			c.err = &Error{"out-of-memory", "", "out of memory"}
		}
		return 0
	}
	c.held = append(c.held, pointer)
	return pointer
}

func (c *call) write(at uint64, bytes []byte) { copy(c.machine.read(at, uint64(len(bytes))), bytes) }

func (c *call) put(bytes []byte) uint64 {
	at := c.alloc(len(bytes))
	if c.err == nil {
		c.write(at, bytes)
	}
	return at
}

// text gives the address of a promoflow_str. Bytes that are nil are not given.
func (c *call) text(text []byte) uint64 {
	var s structure
	s.text(c, text)
	return c.put(s.bytes)
}

func (c *call) texts(list []string) uint64 {
	var s structure
	for _, text := range list {
		s.text(c, []byte(text))
	}
	return c.put(s.bytes)
}

func (c *call) u32(at uint64) uint32 {
	if c.err != nil {
		return 0
	}
	return order.Uint32(c.machine.read(at, 4))
}
func (c *call) u64(at uint64) uint64 {
	if c.err != nil {
		return 0
	}
	return order.Uint64(c.machine.read(at, 8))
}

// word reads an address or a size.
func (c *call) word(at uint64) uint64 {
	if wordBytes == 4 {
		return uint64(c.u32(at))
	}
	return c.u64(at)
}

// view reads a promoflow_str: valid until the next call; nil: it is not given.
func (c *call) view(at uint64) []byte {
	data := c.word(at)
	if data == 0 {
		return nil
	}
	return c.machine.read(data, c.word(at+wordBytes))
}

// str is view with a copy.
func (c *call) str(at uint64) []byte {
	view := c.view(at)
	if view == nil {
		return nil
	}
	return append([]byte{}, view...)
}

// textOf calls a function that returns a promoflow_str.
func (c *call) textOf(name string, values ...uint64) string {
	at := c.scratch + textAt
	if c.scratch == 0 { // Before there is a scratch.
		at = c.alloc(2 * wordBytes)
	}
	c.raw(name, append([]uint64{at}, values...)...)
	return string(c.view(at))
}

// make calls a function whose last parameters are an output and an error. 0: there is nothing.
func (c *call) make(name string, values ...uint64) uint64 {
	return c.finish(name, append(values, c.scratch+outputAt, c.scratch+errorAt))
}

// act calls a function whose last parameter is an error.
func (c *call) act(name string, values ...uint64) {
	c.finish(name, append(values, c.scratch+errorAt))
}

func (c *call) finish(name string, values []uint64) uint64 {
	if c.err != nil {
		return 0
	}
	clear(c.machine.read(c.scratch+outputAt, 16))
	status := int32(c.raw(name, values...))
	if status < 0 {
		c.fail(status, c.word(c.scratch+errorAt))
	}
	if c.err != nil || status > 0 {
		return 0
	}
	return c.word(c.scratch + outputAt)
}

// check is for functions without an error. It reports whether there is something.
func (c *call) check(status uint64) bool {
	if c.err == nil && int32(status) < 0 {
		c.fail(int32(status), 0)
	}
	return c.err == nil && int32(status) == 0
}

func (c *call) fail(status int32, pointer uint64) {
	failed := &Error{Code: c.textOf("promoflow_status_name", uint64(uint32(status)))}
	if pointer != 0 {
		failed.Where = c.textOf("promoflow_error_where", pointer)
		failed.Message = c.textOf("promoflow_error_message", pointer)
		c.free("promoflow_error_free", pointer)
	}
	if c.err == nil {
		c.err = failed
	}
}

// buffer calls a function that makes a promoflow_buffer; nil: there is nothing.
func (c *call) buffer(name string, values ...uint64) []byte {
	return c.take(c.make(name, values...))
}

// take gives the text of a buffer and frees that.
func (c *call) take(buffer uint64) []byte {
	if buffer == 0 {
		return nil
	}
	c.raw("promoflow_buffer_text", c.scratch+textAt, buffer)
	text := c.str(c.scratch + textAt)
	c.free("promoflow_buffer_free", buffer)
	return text
}

// list reads the elements of an array that a function fills; each is of `size` bytes.
func (c *call) list(size int, name string, values []uint64, read func(at uint64)) {
	c.elements(size, func(at, capacity, count uint64) {
		c.check(c.raw(name, append(append([]uint64{}, values...), at, uint64(size), capacity,
			count)...))
	}, read)
}

// elements calls fill twice: for the number of elements, and with room for them.
func (c *call) elements(size int, fill func(at, capacity, count uint64), read func(at uint64)) {
	count := c.scratch + countAt
	if c.err == nil {
		clear(c.machine.read(count, wordBytes)) // It stays so if there is nothing.
	}
	fill(0, 0, count)
	n := c.word(count)
	if n == 0 {
		return
	}
	at := c.alloc(int(n) * size)
	fill(at, n, count)
	for i := range n {
		if c.err == nil {
			read(at + i*uint64(size))
		}
	}
}

// turn applies events and takes the records, as one batch each way. The events stay in memory that
// is kept for the next turn.
func (c *call) turn(release uint64, events []Event, flags uint32, origin int64) string {
	c.batch = encodeEvents(c.batch[:0], events, flags, origin)
	if len(c.batch) > c.room && c.err == nil {
		c.free("free", c.events)
		c.room = 2 * len(c.batch)
		if c.events = c.raw("malloc", uint64(c.room)); c.events == 0 {
			c.room = 0
		}
	}
	if c.err == nil && c.events == 0 {
		c.err = &Error{"out-of-memory", "", "out of memory"}
	}
	if c.err != nil {
		return ""
	}
	c.write(c.events, c.batch)
	c.setText(c.scratch+eventsAt, c.events, uint64(len(c.batch)))
	clear(c.machine.read(c.scratch+errorAt, 8))
	status := int32(c.raw("promoflow_batch_turn_view", release, c.scratch+eventsAt,
		c.scratch+textAt, c.scratch+errorAt))
	if status < 0 {
		c.fail(status, c.word(c.scratch+errorAt))
	}
	if c.err != nil {
		return ""
	}
	return string(c.view(c.scratch + textAt))
}

func (c *call) setText(at, data, size uint64) {
	to := c.machine.read(at, 2*wordBytes)
	if wordBytes == 4 {
		order.PutUint32(to, uint32(data))
		order.PutUint32(to[4:], uint32(size))
		return
	}
	order.PutUint64(to, data)
	order.PutUint64(to[8:], size)
}

// A handle is an object in an instance. Its fields are guarded by the instance's mutex.
type handle struct {
	in      *instance
	pointer uint64
	free    string
	next    *handle // In the list of those that are not reachable.
}

func newHandle(in *instance, pointer uint64, free string) *handle {
	made := &handle{in: in, pointer: pointer, free: free}
	runtime.SetFinalizer(made, func(h *handle) { h.in.collect(h) })
	return made
}

// collect frees an object that is not reachable any more. It does not wait for a call that is at
// work: one goroutine runs all finalizers of a program.
func (in *instance) collect(h *handle) {
	for {
		h.next = in.unreachable.Load()
		if in.unreachable.CompareAndSwap(h.next, h) {
			break
		}
	}
	in.freeUnreachable()
}

// freeUnreachable does nothing while the instance is locked: who unlocks it comes here.
func (in *instance) freeUnreachable() {
	for in.unreachable.Load() != nil && in.mutex.TryLock() {
		for h := in.unreachable.Swap(nil); h != nil; h = h.next {
			h.freePointer()
		}
		in.mutex.Unlock()
	}
}

func (in *instance) unlock() {
	in.mutex.Unlock()
	in.freeUnreachable()
}

// close frees the object, also one whose engine was closed before.
func (h *handle) close() {
	h.in.mutex.Lock()
	defer h.in.unlock()
	h.freePointer()
	runtime.SetFinalizer(h, nil)
}

// freePointer is called with the instance locked.
func (h *handle) freePointer() {
	if h.pointer != 0 {
		h.in.freeObject(h.free, h.pointer)
		h.pointer = 0
	}
}

func (h *handle) do(body func(c *call, pointer uint64)) error {
	return h.doFor(context.Background(), body)
}

func (h *handle) doFor(ctx context.Context, body func(c *call, pointer uint64)) error {
	return h.in.doFor(ctx, func(c *call) {
		if h.pointer == 0 {
			c.err = ErrClosed
			return
		}
		body(c, h.pointer)
	})
}
