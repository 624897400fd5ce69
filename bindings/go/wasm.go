// SPDX-License-Identifier: Apache-2.0

//go:build !promoflow_cgo

package promoflow

import (
	"context"
	_ "embed"
	"encoding/binary"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// The library as modules of WebAssembly. Those of explorations and configurations have all that the
// first one has, too; a program that uses none of them has only the first.
var (
	//go:embed promoflow.wasm
	coreModule []byte
	//go:embed promoflow-diff.wasm
	diffModule []byte
	//go:embed promoflow-configuration.wasm
	configurationModule []byte
)

const (
	wordBytes   = 4
	pageBytes   = 65536
	libraryName = "promoflow.wasm"
)

var order = binary.LittleEndian

func openCore(options Options) (library, error) { return compile(coreModule, options, false) }

func openExploration(options Options) (library, error) {
	return compile(diffModule, options, true)
}

func openConfiguration(options Options) (library, error) {
	return compile(configurationModule, options, false)
}

// A compiled module in a runtime of its own.
type compiled struct {
	runtime wazero.Runtime
	module  wazero.CompiledModule
}

// compile compiles a module. A call of one that can be stopped ends when its context is done; all
// its calls cost a little more.
func compile(module []byte, options Options, canBeStopped bool) (library, error) {
	ctx := context.Background()
	config := wazero.NewRuntimeConfig().WithCloseOnContextDone(canBeStopped)
	if options.MemoryBytesMax > 0 {
		pages := options.MemoryBytesMax / pageBytes
		if pages < 32 || pages > 65536 {
			return nil, &Error{"invalid-argument", "MemoryBytesMax", "it is from 2 MiB to 4 GiB"}
		}
		config = config.WithMemoryLimitPages(uint32(pages))
	}
	if options.CacheDirectory != "" {
		cache, err := wazero.NewCompilationCacheWithDir(options.CacheDirectory)
		if err != nil {
			return nil, fmt.Errorf("promoflow: %w", err)
		}
		config = config.WithCompilationCache(cache)
	}
	made := &compiled{runtime: wazero.NewRuntimeWithConfig(ctx, config)}
	_, err := wasi_snapshot_preview1.Instantiate(ctx, made.runtime)
	if err == nil {
		made.module, err = made.runtime.CompileModule(ctx, module)
	}
	if err != nil {
		made.runtime.Close(ctx)
		return nil, fmt.Errorf("promoflow: %w", err)
	}
	return made, nil
}

func (c *compiled) close() error { return c.runtime.Close(context.Background()) }

func (c *compiled) open() (machine, error) {
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize")
	made, err := c.runtime.InstantiateModule(context.Background(), c.module, config)
	if err != nil {
		return nil, err
	}
	return &wasmMachine{module: made, functions: map[string]api.Function{}}, nil
}

type wasmMachine struct {
	module    api.Module
	functions map[string]api.Function
	stack     [16]uint64
}

func (m *wasmMachine) call(ctx context.Context, name string, values []uint64) (uint64, error) {
	if m.module.IsClosed() {
		return 0, ErrClosed
	}
	function := m.functions[name]
	if function == nil {
		function = m.module.ExportedFunction(name)
		if function == nil {
			return 0, fmt.Errorf("the module has no function %s", name)
		}
		m.functions[name] = function
	}
	copy(m.stack[:], values)
	err := function.CallWithStack(ctx, m.stack[:])
	return m.stack[0], err
}

func (m *wasmMachine) read(at, size uint64) []byte {
	bytes, _ := m.module.Memory().Read(uint32(at), uint32(size))
	return bytes
}

func (m *wasmMachine) close() { _ = m.module.Close(context.Background()) }

// A stop ends an exploration when its context is done: the runtime does.
type stop struct{ progress, user uint64 }

func newStop(context.Context) *stop { return &stop{} }
func (*stop) close()                {}
