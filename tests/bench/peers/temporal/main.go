// SPDX-License-Identifier: Apache-2.0

// Temporal's test suite: a workflow that runs the layered graph of a thousand environments in
// virtual time, three activities for each, 24 hours in all. Prints `LABEL NANOSECONDS` for each
// environment, the median of three.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand"
	"os"
	"sort"
	"syscall"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"
)

const (
	size         = 1000
	layers       = 10
	dependencies = 4
	rounds       = 3
)

// layered says what each environment depends on: nothing, environment 0, or four of the layer
// before.
func layered() [][]int {
	chance := rand.New(rand.NewSource(42))
	width := (size - 1) / layers
	on := make([][]int, size)
	for i := 1; i < size; i++ {
		layer := (i - 1) / width
		if layer == 0 {
			on[i] = []int{0}
			continue
		}
		for _, from := range chance.Perm(width)[:dependencies] {
			on[i] = append(on[i], 1+(layer-1)*width+from)
		}
	}
	return on
}

var graph = layered()

// An activity as the test suite knows it: what takes time is a timer before it, which is skipped.
func carryOut(context.Context) error { return nil }

// Each of two hooks takes an hour in eleven layers; with the promotion it is a day.
var steps = []time.Duration{time.Hour, 2 * time.Hour / 11, time.Hour}

// release begins each environment when all that it depends on has succeeded. A coroutine for each
// from the start would be shorter, but the suite looks at all that live after every event.
func release(ctx workflow.Context) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: time.Hour})
	unmet := make([]int, size)
	dependents := make([][]int, size)
	for i, all := range graph {
		unmet[i] = len(all)
		for _, on := range all {
			dependents[on] = append(dependents[on], i)
		}
	}
	succeeded := workflow.NewBufferedChannel(ctx, size)
	begin := func(environment int) {
		workflow.Go(ctx, func(ctx workflow.Context) {
			if promote(ctx) == nil {
				succeeded.Send(ctx, environment)
			}
		})
	}
	begin(0)
	for range size {
		var environment int
		succeeded.Receive(ctx, &environment)
		for _, dependent := range dependents[environment] {
			if unmet[dependent]--; unmet[dependent] == 0 {
				begin(dependent)
			}
		}
	}
	return nil
}

// promote carries out an environment's hooks and its promotion, one after another.
func promote(ctx workflow.Context) error {
	for _, took := range steps {
		if err := workflow.Sleep(ctx, took); err != nil {
			return err
		}
		if err := workflow.ExecuteActivity(ctx, carryOut).Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

// processorTime of this process so far, in nanoseconds.
func processorTime() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

// simulate runs one release, and says what processor time that took.
func simulate() float64 {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	environment := suite.NewTestWorkflowEnvironment()
	environment.SetTestTimeout(time.Minute)
	environment.SetWorkflowRunTimeout(48 * time.Hour)
	environment.RegisterWorkflow(release)
	environment.RegisterActivityWithOptions(carryOut, activity.RegisterOptions{})
	start := environment.Now()
	begin := processorTime()
	environment.ExecuteWorkflow(release)
	took := processorTime() - begin
	if err := environment.GetWorkflowError(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if virtual := environment.Now().Sub(start); virtual < 23*time.Hour {
		fmt.Fprintln(os.Stderr, "not a day:", virtual)
		os.Exit(1)
	}
	return float64(took)
}

func main() {
	var taken []float64
	for range rounds {
		taken = append(taken, simulate()/size)
	}
	sort.Float64s(taken)
	fmt.Println("Temporal testsuite, 24 hours/layered/1k", taken[rounds/2])
}
