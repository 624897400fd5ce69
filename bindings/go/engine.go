// SPDX-License-Identifier: Apache-2.0

package promoflow

import (
	"fmt"
	"runtime"
	"sync"
)

const (
	abiMajor     = 0
	abiMinor     = 2
	batchVersion = 1
)

// Options of an Engine. The zero value is fine.
type Options struct {
	// Instances: how many calls can be at work at once; 0: GOMAXPROCS.
	Instances int
	// MemoryBytesMax bounds the memory of each instance; 0: 4 GiB. Beyond it the module traps. Like
	// CacheDirectory it is not looked at with the build tag promoflow_cgo.
	MemoryBytesMax uint64
	// CacheDirectory keeps what was compiled for the next process; empty: nothing is kept.
	CacheDirectory string
}

// An Engine is a pool of instances of the library. It and all objects made with it may be used by
// any number of goroutines; calls of objects that live in the same instance wait for one another.
type Engine struct {
	options        Options
	core           pool
	explorations   pool
	configurations pool
}

// A library is what instances are made of: a compiled module, or the system's library.
type library interface {
	open() (machine, error)
	close() error
}

// An opener makes a library. One that is not called anywhere is not linked, nor is its module.
type opener func(Options) (library, error)

// A pool has the instances of one library, which is opened when the first of them is needed.
type pool struct {
	mutex     sync.Mutex
	library   library
	instances []*instance
	next      int
	closed    bool
}

// NewEngine compiles the module. Close frees all of it.
func NewEngine(options Options) (*Engine, error) {
	if options.Instances <= 0 {
		options.Instances = runtime.GOMAXPROCS(0)
	}
	engine := &Engine{options: options}
	if err := engine.core.load(openCore, options); err != nil {
		return nil, err
	}
	return engine, nil
}

// Close frees the engine; its objects are closed.
func (e *Engine) Close() error {
	var failed error
	for _, one := range []*pool{&e.core, &e.explorations, &e.configurations} {
		if err := one.close(); err != nil {
			failed = err
		}
	}
	return failed
}

var shared struct {
	once   sync.Once
	engine *Engine
	err    error
}

func sharedEngine() (*Engine, error) {
	shared.once.Do(func() { shared.engine, shared.err = NewEngine(Options{}) })
	return shared.engine, shared.err
}

// take gives an instance of what every engine has.
func (e *Engine) take() (*instance, error) { return e.core.take(openCore, e.options) }

// load opens the library unless that was done.
func (p *pool) load(open opener, options Options) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.closed {
		return ErrClosed
	}
	if p.library != nil {
		return nil
	}
	opened, err := open(options)
	if err == nil {
		p.library = opened
	}
	return err
}

// take gives one instance after another; those that have trapped are replaced.
func (p *pool) take(open opener, options Options) (*instance, error) {
	if err := p.load(open, options); err != nil {
		return nil, err
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.closed {
		return nil, ErrClosed
	}
	if len(p.instances) < options.Instances {
		made, err := newInstance(p.library)
		if err == nil {
			p.instances = append(p.instances, made)
		}
		return made, err
	}
	p.next = (p.next + 1) % len(p.instances)
	if p.instances[p.next].isBroken() {
		made, err := newInstance(p.library)
		if err != nil {
			return nil, err
		}
		p.instances[p.next].machine.close()
		p.instances[p.next] = made
	}
	return p.instances[p.next], nil
}

func (p *pool) close() error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.closed = true
	for _, one := range p.instances {
		one.close()
	}
	p.instances = nil
	if p.library == nil {
		return nil
	}
	return p.library.close()
}

// Version is the version of the library.
func (e *Engine) Version() (string, error) {
	in, err := e.take()
	if err != nil {
		return "", err
	}
	var version string
	err = in.do(func(c *call) { version = c.textOf("promoflow_version") })
	return version, err
}

func newInstance(of library) (*instance, error) {
	opened, err := of.open()
	if err != nil {
		return nil, fmt.Errorf("promoflow: %w", err)
	}
	in := &instance{machine: opened}
	err = in.do(func(c *call) {
		abi, batch := c.raw("promoflow_abi_version"), c.raw("promoflow_batch_version")
		if c.err == nil {
			c.err = checkVersions(uint32(abi), uint32(batch))
		}
		in.scratch = c.raw("malloc", scratchBytes)
	})
	return in, err
}

// checkVersions fails unless this package was made for a library with these versions.
func checkVersions(abi, batch uint32) error {
	if abi>>16 == abiMajor && abi&0xffff >= abiMinor && batch == batchVersion {
		return nil
	}
	return &Error{"internal", libraryName, fmt.Sprintf("it has interface %d.%d and batches of "+
		"version %d, this package needs %d.%d and %d; update both", abi>>16, abi&0xffff, batch,
		abiMajor, abiMinor, batchVersion)}
}
