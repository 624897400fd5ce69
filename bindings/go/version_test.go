// SPDX-License-Identifier: Apache-2.0

package promoflow

import (
	"errors"
	"strings"
	"testing"
)

func TestAnotherVersionOfTheModuleIsRefused(t *testing.T) {
	const abi = abiMajor<<16 | abiMinor
	if err := checkVersions(abi+1, batchVersion); err != nil { // A higher minor has all of a lower.
		t.Fatal(err)
	}
	for _, wrong := range [][2]uint32{{abi + 1<<16, batchVersion}, {abi - 1, batchVersion},
		{abi, batchVersion + 1}} {
		err := checkVersions(wrong[0], wrong[1])
		if !errors.Is(err, &Error{Code: "internal"}) ||
			!strings.Contains(err.Error(), "this package needs") {
			t.Errorf("%v: %v", wrong, err)
		}
	}
}
