// SPDX-License-Identifier: Apache-2.0

package promoflow

import (
	"encoding/json"
	"sort"
	"time"
)

// A Backoff says how often, and when, a command that failed is tried again.
type Backoff struct {
	Limit       uint32
	Duration    time.Duration
	Factor      float64 // 0: 1.
	MaxDuration time.Duration
}

// A Step of a flow that is built. The zero value of each field is its default.
type Step struct {
	Environment string
	DependsOn   []string
	Policy      Policy
	Timeout     time.Duration
	Retry       Backoff
	Soak        time.Duration
}

// A Hook of a flow that is built.
type Hook struct {
	Name    string
	OnError string // "fail" (default) or "ignore".
	Timeout time.Duration
	Retry   Backoff
	// Arguments that the flow assigns: texts, or what json.Marshal takes.
	Arguments map[string]any
}

// FlowOptions are what a flow says besides its steps and hooks.
type FlowOptions struct {
	FailurePolicy           string // "failFast" (default), "continue" or "abort".
	ContextMerge            string // "shallow" (default) or "deep".
	PromotionTimeoutMinutes int64
	PostTrigger             string
	HookTimeout             time.Duration
	TerminationGracePeriod  time.Duration
	Annotations             map[string]string
}

// A Builder builds a flow in code. What is wrong is reported by Build.
type Builder struct {
	engine *Engine
	name   string
	dev    string
	steps  []func(c *call, builder uint64)
	words  words
	err    error
}

// NewBuilder gives a builder of a flow without steps.
func NewBuilder(name, trigger string) *Builder {
	engine, err := sharedEngine()
	if err != nil {
		return &Builder{err: err}
	}
	return engine.NewBuilder(name, trigger)
}

// NewBuilder is the function NewBuilder with this engine.
func (e *Engine) NewBuilder(name, trigger string) *Builder {
	b := &Builder{engine: e, name: name, dev: trigger}
	in, err := e.take()
	if err == nil {
		err = in.do(func(c *call) { b.words.read(c) })
	}
	b.err = err
	return b
}

func (b *Builder) add(step func(c *call, builder uint64)) *Builder {
	b.steps = append(b.steps, step)
	return b
}

func (b *Builder) number(list []string, word, what string) uint32 {
	found, err := numberOf(list, word, what)
	if err != nil && b.err == nil {
		b.err = err
	}
	return found
}

func (s *structure) backoff(retry Backoff) {
	s.i64(retry.Duration.Milliseconds())
	s.i64(retry.MaxDuration.Milliseconds())
	s.f64(retry.Factor)
	s.u32(retry.Limit)
	s.u32(number(retry.MaxDuration != 0))
}

// Options sets them.
func (b *Builder) Options(options FlowOptions) *Builder {
	policy := b.number([]string{"", "failFast", "continue", "abort"}, options.FailurePolicy,
		"FailurePolicy")
	merge := b.number([]string{"", "shallow", "deep"}, options.ContextMerge, "ContextMerge")
	return b.add(func(c *call, builder uint64) {
		s := sized()
		s.u32(policy)
		s.u32(merge)
		s.u32(0)
		s.i64(options.PromotionTimeoutMinutes)
		s.optional(c, options.PostTrigger)
		s.i64(options.HookTimeout.Milliseconds())
		s.i64(options.TerminationGracePeriod.Milliseconds())
		var list structure
		for _, name := range sortedKeys(options.Annotations) {
			list.text(c, []byte(name))
			list.text(c, []byte(options.Annotations[name]))
		}
		c.act("promoflow_builder_options", builder, s.place(c), c.put(list.bytes),
			uint64(len(options.Annotations)))
	})
}

// Step adds a step behind those added before: this is the step order.
func (b *Builder) Step(step Step) *Builder {
	action := b.number(b.words.policyActions[:], step.Policy.Action, "Policy.Action")
	return b.add(func(c *call, builder uint64) {
		s := sized()
		s.u32(action)
		s.optional(c, step.Policy.PreAction)
		s.optional(c, step.Policy.PostAction)
		s.i64(step.Timeout.Milliseconds())
		s.backoff(step.Retry)
		s.i64(step.Soak.Milliseconds())
		c.act("promoflow_builder_step", builder, c.text([]byte(step.Environment)),
			c.texts(step.DependsOn), uint64(len(step.DependsOn)), s.place(c))
	})
}

// Hook appends a hook: to the release at release points, else to the step added last.
func (b *Builder) Hook(point string, hook Hook) *Builder {
	at := b.number(b.words.points[:], point, "point")
	onError := b.number([]string{"", "fail", "ignore"}, hook.OnError, "OnError")
	return b.add(func(c *call, builder uint64) {
		s := sized()
		s.u32(onError)
		s.text(c, []byte(hook.Name))
		s.i64(hook.Timeout.Milliseconds())
		s.backoff(hook.Retry)
		s.i64(0)
		var list structure
		for _, name := range sortedKeys(hook.Arguments) {
			text, isText := hook.Arguments[name].(string)
			value := []byte(text)
			if !isText {
				var err error
				if value, err = json.Marshal(hook.Arguments[name]); err != nil && c.err == nil {
					c.err = err
				}
			}
			list.u32(assignedBytes)
			list.u32(number(!isText))
			list.text(c, []byte(name))
			list.text(c, value)
		}
		c.act("promoflow_builder_hook", builder, uint64(at), s.place(c), c.put(list.bytes),
			assignedBytes, uint64(len(hook.Arguments)))
	})
}

// Build checks everything. The error is [Diagnostics] if the flow has errors. The builder can be
// added to, and built again.
func (b *Builder) Build() (*Flow, error) {
	if b.err != nil {
		return nil, b.err
	}
	return b.engine.flow(func(c *call) uint64 {
		builder := c.make("promoflow_builder_new", c.text([]byte(b.name)), c.text([]byte(b.dev)))
		defer c.free("promoflow_builder_free", builder)
		for _, step := range b.steps {
			step(c, builder)
		}
		return c.make("promoflow_builder_build", builder)
	})
}

func sortedKeys[V any](of map[string]V) []string {
	keys := make([]string, 0, len(of))
	for key := range of {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
