// SPDX-License-Identifier: Apache-2.0

//go:build go1.23

package promoflow

import (
	"os"
	"runtime"
	"testing"
)

// Collected returns when the finalizers of what is not reachable have run. Those that one
// collection finds come in any order, so a second one follows it.
func Collected() {
	for range 2 {
		done := make(chan struct{})
		runtime.SetFinalizer(new([64]byte), func(*[64]byte) { close(done) })
		runtime.GC()
		<-done
	}
}

func TestAFinalizerDoesNotWaitForACall(t *testing.T) {
	text, err := os.ReadFile("../../examples/demo/flow.yaml")
	if err != nil {
		t.Fatal(err)
	}
	flow, err := Load(text)
	if err != nil {
		t.Fatal(err)
	}
	release, err := flow.Start(Start{ID: "r"})
	if err != nil {
		t.Fatal(err)
	}
	in := release.handle.in
	in.mutex.Lock() // As a call that takes long.
	release = nil
	Collected()
	if in.unreachable.Load() == nil {
		t.Fatal("the release was not found, or freed while the instance was at work")
	}
	in.unlock()
	if in.unreachable.Load() != nil {
		t.Fatal("who unlocks frees what is not reachable")
	}
	runtime.KeepAlive(flow)
}
