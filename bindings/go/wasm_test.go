// SPDX-License-Identifier: Apache-2.0

//go:build go1.23 && !promoflow_cgo

package promoflow_test

import (
	"runtime"
	"strings"
	"testing"

	"promoflow"
)

// limited gives an engine of one instance with so much memory, and a flow in it.
func limited(t *testing.T, bytes uint64) (*promoflow.Engine, *promoflow.Flow) {
	engine, err := promoflow.NewEngine(promoflow.Options{Instances: 1, MemoryBytesMax: bytes})
	check(t, err)
	flow, err := engine.Load([]byte(text))
	check(t, err)
	return engine, flow
}

func TestATrapClosesWhatLivedInItsInstance(t *testing.T) {
	engine, flow := limited(t, 8<<20)
	defer engine.Close()
	first := start(t, flow, promoflow.Start{ID: "r", At: at(0)})
	other := start(t, load(t), promoflow.Start{ID: "r", At: at(0)})
	var err error
	var kept []*promoflow.Release
	for err == nil {
		var release *promoflow.Release
		release, err = flow.Start(promoflow.Start{ID: "r", At: at(0)})
		kept = append(kept, release)
	}
	is(t, err, promoflow.ErrTrapped)
	_, err = first.Snapshot()
	is(t, err, promoflow.ErrTrapped)
	if !strings.Contains(err.Error(), "a trap in") {
		t.Fatal(err)
	}
	check(t, kept[0].Close())
	_, err = other.Snapshot()
	check(t, err)
	status(t, start(t, flow, promoflow.Start{ID: "r", At: at(0)}), "Running") // A new instance.
	check(t, engine.Close())
	_, err = flow.JSON()
	is(t, err, promoflow.ErrClosed)
	_, err = promoflow.NewEngine(promoflow.Options{MemoryBytesMax: 1000})
	is(t, err, promoflow.ErrInvalidArgument)
}

func Test100000ReleasesInFlatMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("it is long under the race detector")
	}
	// So little memory that what is not freed would trap.
	engine, flow := limited(t, 4<<20)
	defer engine.Close()
	heap := func() uint64 {
		var stats runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	before := heap()
	for range 100_000 {
		check(t, start(t, flow, promoflow.Start{ID: "r", At: at(0)}).Close())
	}
	if after := heap(); after > before+1<<20 {
		t.Fatalf("%d bytes, before %d", after, before)
	}
}

func TestWhatIsNotClosedIsFreedWhenItIsNotReachable(t *testing.T) {
	if testing.Short() {
		t.Skip("it is long under the race detector")
	}
	engine, flow := limited(t, 16<<20)
	defer engine.Close()
	for range 50 { // 50,000 releases need more.
		for range 1000 {
			start(t, flow, promoflow.Start{ID: "r", At: at(0)})
		}
		promoflow.Collected()
	}
}
