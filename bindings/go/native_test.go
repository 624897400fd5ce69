// SPDX-License-Identifier: Apache-2.0

//go:build linux && promoflow_cgo

package promoflow_test

import (
	"fmt"
	"os"
	"testing"

	"promoflow"
)

// resident gives how much memory the process has, in bytes.
func resident(t *testing.T) int {
	t.Helper()
	statm, err := os.ReadFile("/proc/self/statm")
	check(t, err)
	var size, pages int
	_, err = fmt.Sscan(string(statm), &size, &pages)
	check(t, err)
	return pages * os.Getpagesize()
}

func Test100000ReleasesInFlatMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("it is long under the race detector")
	}
	flow := load(t)
	releases := func(count int) {
		for range count {
			check(t, start(t, flow, promoflow.Start{ID: "r", At: at(0)}).Close())
		}
	}
	releases(20_000) // The garbage collector has its room now.
	before := resident(t)
	releases(100_000)
	if after := resident(t); after > before+8<<20 { // 80 bytes a release.
		t.Fatalf("%d bytes, before %d", after, before)
	}
}
