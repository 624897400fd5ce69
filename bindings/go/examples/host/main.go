// SPDX-License-Identifier: Apache-2.0

// A host with an executor: hooks and promotions are printed, and succeed.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"

	"promoflow"
)

type printer struct{}

func (printer) RunHook(_ context.Context, call promoflow.HookCall) (json.RawMessage, error) {
	fmt.Println("hook", call.Hook, "at", call.Point)
	return nil, nil
}

func (printer) Promote(_ context.Context, call promoflow.PromotionCall) error {
	fmt.Println("promote to", call.Environment)
	return nil
}

func host(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	flow, err := promoflow.Load(text)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	release, err := promoflow.Run(ctx, flow, printer{}, promoflow.Start{ID: "r-1"},
		promoflow.RunOptions{})
	if err != nil {
		return err
	}
	status, err := release.Status()
	fmt.Println(status)
	return err
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: host FLOW")
		os.Exit(2)
	}
	if err := host(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
