// SPDX-License-Identifier: Apache-2.0

// Package promoflow decides what a GitOps promotion release must run next, and with which
// arguments: events in, commands out. It is the library promoflow as a module of WebAssembly, so
// it needs no C compiler and no shared library. With the build tag promoflow_cgo it is the system's
// library instead, found by pkg-config.
//
// All types may be used by any number of goroutines. What is not closed is freed when it is no
// longer reachable; what was closed answers [ErrClosed].
package promoflow

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// Version is that of the library.
const Version = "0.2.0"

// Points at which hooks run.
const (
	ReleaseOnStart       = "release.onStart"
	ReleaseOnSuccess     = "release.onSuccess"
	ReleaseOnFail        = "release.onFail"
	EnvironmentOnStart   = "environment.onStart"
	EnvironmentOnSuccess = "environment.onSuccess"
	EnvironmentOnFail    = "environment.onFail"
)

// The words of the module for its numbers, and the names of a flow's environments.
type words struct {
	environments                         []string
	points                               [7]string
	policyActions                        [4]string
	releaseStatuses, environmentStatuses [8]string
}

func (w *words) read(c *call) {
	fill := func(list []string, name string) {
		for i := 1; i < len(list); i++ {
			list[i] = c.textOf(name, uint64(i))
		}
	}
	fill(w.points[:], "promoflow_point_name")
	fill(w.policyActions[:], "promoflow_policy_action_name")
	fill(w.releaseStatuses[:], "promoflow_release_status_name")
	fill(w.environmentStatuses[:], "promoflow_environment_status_name")
}

// numberOf gives the number of a word; 0 for the empty one.
func numberOf(list []string, word, what string) (uint32, error) {
	if word == "" {
		return 0, nil
	}
	for i, one := range list {
		if i > 0 && one == word {
			return uint32(i), nil
		}
	}
	return 0, &Error{"invalid-argument", what, fmt.Sprintf("there is no %q; there are: %v", word,
		list[1:])}
}

// A Flow is checked and immutable.
type Flow struct {
	engine   *Engine
	name     string
	words    words
	manifest []byte // As JSON: with it the flow gets into further instances.
	warnings Diagnostics

	mutex   sync.Mutex
	closed  bool
	handles map[*instance]*handle
}

// Load reads the one flow of a YAML or JSON text. The error is [Diagnostics] if the text has errors.
func Load[Text ~string | ~[]byte](text Text) (*Flow, error) {
	engine, err := sharedEngine()
	if err != nil {
		return nil, err
	}
	return engine.Load([]byte(text))
}

// Load is the function Load with this engine.
func (e *Engine) Load(text []byte) (*Flow, error) {
	return e.flow(func(c *call) uint64 { return c.make("promoflow_manifest_read", c.text(text), 0) })
}

// flow makes a flow of the manifest that `read` gives.
func (e *Engine) flow(read func(*call) uint64) (*Flow, error) {
	in, err := e.take()
	if err != nil {
		return nil, err
	}
	return e.flowIn(in, read)
}

func (e *Engine) flowIn(in *instance, read func(*call) uint64) (*Flow, error) {
	flow := &Flow{engine: e, handles: map[*instance]*handle{}}
	var pointer uint64
	err := in.do(func(c *call) {
		manifest := read(c)
		if c.err != nil {
			return
		}
		defer c.free("promoflow_manifest_free", manifest)
		flow.warnings = diagnostics(c, "manifest", manifest)
		if c.err == nil && flow.warnings.hasErrors() {
			c.err = flow.warnings
			return
		}
		pointer = c.make("promoflow_manifest_flow", manifest, 0)
		if second := c.make("promoflow_manifest_flow", manifest, 1); second != 0 {
			c.free("promoflow_flow_free", second)
			c.free("promoflow_flow_free", pointer)
			c.err = &Error{"invalid-manifest", "", "it has several flows; give a text with one"}
			return
		}
		flow.describe(c, pointer)
	})
	if err != nil {
		return nil, err
	}
	flow.handles[in] = newHandle(in, pointer, "promoflow_flow_free")
	return flow, nil
}

func (f *Flow) describe(c *call, pointer uint64) {
	f.words.read(c)
	out := c.scratch + secondTextAt
	c.check(c.raw("promoflow_flow_name", pointer, out))
	f.name = string(c.str(out))
	f.words.environments = environmentNames(c, pointer)
	f.manifest = c.buffer("promoflow_flow_write", pointer, 2)
}

func environmentNames(c *call, flow uint64) (names []string) {
	out := c.scratch + secondTextAt
	c.check(c.raw("promoflow_flow_environment_count", flow, out))
	for i := range c.u32(out) {
		c.check(c.raw("promoflow_flow_environment_name", flow, uint64(i), out))
		names = append(names, string(c.view(out)))
	}
	return names
}

func diagnostics(c *call, what string, pointer uint64) Diagnostics {
	var found Diagnostics
	c.list(diagnosticBytes, "promoflow_"+what+"_diagnostics", []uint64{pointer}, func(at uint64) {
		v := view{c, at + 4}
		code, severity := v.u32(), v.u32()
		one := Diagnostic{Document: int(v.u32()), Line: int(v.u32()), Column: int(v.u32()),
			Length: int(v.u32())}
		v.u32()
		one.Pointer, one.Message, one.Hint = v.text(), v.text(), v.text()
		one.Code = c.textOf("promoflow_diagnostic_code_name", uint64(code))
		one.Severity = c.textOf("promoflow_severity_name", uint64(severity))
		found = append(found, one)
	})
	return found
}

// with runs body with the flow in one of the instances; it is loaded there if it is not yet.
func (f *Flow) with(body func(in *instance, c *call, pointer uint64)) error {
	in, err := f.engine.take()
	if err != nil {
		return err
	}
	h, err := f.in(in)
	if err != nil {
		return err
	}
	return h.do(func(c *call, pointer uint64) { body(in, c, pointer) })
}

func (f *Flow) in(in *instance) (*handle, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.closed {
		return nil, ErrClosed
	}
	if h := f.handles[in]; h != nil {
		return h, nil
	}
	var pointer uint64
	err := in.do(func(c *call) {
		pointer = c.make("promoflow_flow_load", c.text(f.manifest), 0)
	})
	if err != nil {
		return nil, err
	}
	for other := range f.handles {
		if other.isBroken() {
			delete(f.handles, other)
		}
	}
	f.handles[in] = newHandle(in, pointer, "promoflow_flow_free")
	return f.handles[in], nil
}

// Close frees the flow; its releases can still be used. A second call does nothing.
func (f *Flow) Close() error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.closed = true
	for _, h := range f.handles {
		h.close()
	}
	f.handles = nil
	return nil
}

// Name is the flow's name.
func (f *Flow) Name() string { return f.name }

// Warnings are the diagnostics of its text.
func (f *Flow) Warnings() Diagnostics { return f.warnings }

// Environments are their names in step order; the first is the trigger environment.
func (f *Flow) Environments() []string { return append([]string{}, f.words.environments...) }

func (f *Flow) index(environment string) (uint32, error) {
	for i, name := range f.words.environments {
		if name == environment {
			return uint32(i), nil
		}
	}
	return 0, &Error{ErrUnknownEnvironment.Code, environment, "the flow has no such environment"}
}

func (f *Flow) related(name, environment string) ([]string, error) {
	index, err := f.index(environment)
	if err != nil {
		return nil, err
	}
	var found []string
	err = f.with(func(_ *instance, c *call, pointer uint64) {
		capacity := len(f.words.environments)
		at, count := c.alloc(4*capacity), c.scratch+countAt
		c.check(c.raw(name, pointer, uint64(index), at, uint64(capacity), count))
		for i := range c.word(count) {
			found = append(found, f.words.environments[c.u32(at+4*i)])
		}
	})
	return found, err
}

// Dependencies are what an environment directly depends on, in the manifest's order.
func (f *Flow) Dependencies(environment string) ([]string, error) {
	return f.related("promoflow_flow_dependencies", environment)
}

// Dependents are what directly depends on an environment, in step order.
func (f *Flow) Dependents(environment string) ([]string, error) {
	return f.related("promoflow_flow_dependents", environment)
}

// Hooks are the names of the hooks of a point, in order. The environment of release points is empty.
func (f *Flow) Hooks(point, environment string) ([]string, error) {
	number, err := numberOf(f.words.points[:], point, "point")
	var index uint32
	if err == nil && environment != "" {
		index, err = f.index(environment)
	}
	if err != nil {
		return nil, err
	}
	var names []string
	err = f.with(func(_ *instance, c *call, pointer uint64) {
		c.list(hookBytes, "promoflow_flow_hooks", []uint64{pointer, uint64(number), uint64(index)},
			func(at uint64) { names = append(names, string(c.str(at+8))) })
	})
	return names, err
}

// YAML is the flow as a manifest; read again it is equal.
func (f *Flow) YAML() ([]byte, error) { return f.write(1) }

// JSON is the same as JSON.
func (f *Flow) JSON() ([]byte, error) { return f.write(2) }

func (f *Flow) write(format uint64) (text []byte, err error) {
	err = f.with(func(_ *instance, c *call, pointer uint64) {
		text = c.buffer("promoflow_flow_write", pointer, format)
	})
	return text, err
}

// RenderOptions say how something is drawn.
type RenderOptions struct {
	Format string // "text" (default), "mermaid", "dot" or "svg".
	Color  bool   // ANSI colours; this and the next two for text only.
	ASCII  bool
	Width  int // Columns; default 100, at least 40.
}

func (o RenderOptions) place(c *call) uint64 {
	formats := map[string]uint32{"": 1, "text": 1, "mermaid": 2, "dot": 3, "svg": 4}
	format, ok := formats[o.Format]
	if !ok && c.err == nil {
		c.err = &Error{"invalid-argument", "Format", "there is no " + o.Format}
	}
	s := sized()
	s.u32(format)
	s.u32(number(o.Color))
	s.u32(number(o.ASCII))
	s.u32(uint32(o.Width))
	s.u32(0)
	return s.place(c)
}

func number(is bool) uint32 {
	if is {
		return 1
	}
	return 0
}

// Render draws the flow.
func (f *Flow) Render(options RenderOptions) (drawing string, err error) {
	err = f.with(func(_ *instance, c *call, pointer uint64) {
		drawing = string(c.buffer("promoflow_flow_render", pointer, options.place(c)))
	})
	return drawing, err
}

// Start says what a release is started with. Give at most one of Skip, Until and Only.
type Start struct {
	ID        string
	URL       string
	Product   string
	Version   string
	CommitSHA string
	Context   json.RawMessage // The initial promotion context; nil: none.
	At        time.Time
	Skip      []string
	Until     []string
	Only      []string
}

// place gives the info, the context and the selection.
func (s Start) place(c *call) (info, initial, selection uint64) {
	i := sized()
	i.u32(0)
	for _, text := range []string{s.ID, s.URL, s.Product, s.Version, s.CommitSHA} {
		i.text(c, []byte(text))
	}
	kinds := 0
	for kind, names := range [][]string{nil, s.Skip, s.Until, s.Only} {
		if names == nil {
			continue
		}
		kinds++
		chosen := sized()
		chosen.u32(uint32(kind))
		chosen.word(c.texts(names))
		chosen.i64(int64(len(names)))
		selection = chosen.place(c)
	}
	if kinds > 1 && c.err == nil {
		c.err = &Error{"invalid-argument", "Start", "give one of Skip, Until and Only"}
	}
	return i.place(c), c.text(s.Context), selection
}

// Start starts a release; its first commands are ready.
func (f *Flow) Start(start Start) (*Release, error) {
	return f.release(func(c *call, pointer uint64) uint64 {
		info, initial, selection := start.place(c)
		return c.make("promoflow_release_start_with", pointer, info,
			uint64(start.At.UnixMilli()), initial, selection)
	}, nil)
}

// StartLine is the first line of a journal, stored before the first command is carried out.
func (f *Flow) StartLine(start Start) (line []byte, err error) {
	err = f.with(func(_ *instance, c *call, pointer uint64) {
		info, initial, selection := start.place(c)
		line = c.buffer("promoflow_start_json", pointer, info, uint64(start.At.UnixMilli()), initial,
			selection)
	})
	return append(line, '\n'), err
}

// Restore gives the release of a snapshot; its outstanding commands are ready to be taken again.
func (f *Flow) Restore(snapshot []byte) (*Release, error) {
	return f.release(func(c *call, pointer uint64) uint64 {
		return c.make("promoflow_release_restore", pointer, c.text(snapshot))
	}, nil)
}

// Recover gives the release of a journal: the line of its start, and of each event.
func (f *Flow) Recover(journal []byte) (*Release, error) {
	return f.release(func(c *call, pointer uint64) uint64 {
		return c.make("promoflow_release_recover", pointer, c.text(journal))
	}, nil)
}

// release makes one. With `origin` its records have lines, whose times count from there.
func (f *Flow) release(make func(*call, uint64) uint64, origin *int64) (*Release, error) {
	r := &Release{flow: f, origin: origin}
	var made uint64
	var home *instance
	err := f.with(func(in *instance, c *call, pointer uint64) {
		home = in
		made = make(c, pointer)
		if c.err == nil {
			r.turn(c, made, nil)
		}
	})
	if err != nil {
		return nil, err
	}
	r.handle = newHandle(home, made, "promoflow_release_free")
	return r, nil
}
