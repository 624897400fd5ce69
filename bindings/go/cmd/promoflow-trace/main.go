// SPDX-License-Identifier: Apache-2.0

// promoflow-trace FLOW SCENARIO prints the trace of a simulation and nothing else.
package main

import (
	"errors"
	"fmt"
	"os"

	"promoflow"
)

func trace(flowFile, scenarioFile string) ([]byte, error) {
	text, err := os.ReadFile(flowFile)
	if err != nil {
		return nil, err
	}
	flow, err := promoflow.Load(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flowFile, err)
	}
	text, err = os.ReadFile(scenarioFile)
	if err != nil {
		return nil, err
	}
	simulated, err := flow.SimulateText(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", scenarioFile, err)
	}
	return simulated.JSONL()
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: promoflow-trace FLOW SCENARIO")
		os.Exit(2)
	}
	lines, err := trace(os.Args[1], os.Args[2])
	if err == nil {
		_, err = os.Stdout.Write(lines)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		if !errors.Is(err, promoflow.ErrInvalidContext) { // A refused start is an empty trace.
			os.Exit(1)
		}
	}
}
