// SPDX-License-Identifier: Apache-2.0

//go:build go1.23

package promoflow_test

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"promoflow"
)

const configurationText = `apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata: {name: to-prod}
spec:
  triggerEnvironment: dev
  steps:
  - {environment: staging, dependsOn: [dev], hooks: {onStart: [open, announce]}}
---
apiVersion: codefresh.io/v1beta1
kind: Product
metadata: {name: billing}
spec:
  promotionFlows: [{name: to-prod}]
---
apiVersion: codefresh.io/v1beta1
kind: PromotionPolicy
metadata: {name: by-request}
spec:
  priority: 5
  policy: {action: pr}
  selector: {targetEnvironment: {names: [staging]}}
---
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata:
  name: open
  annotations: {codefresh.io/workflow-origin: promotion, promoflow.dev/exports: "TICKET"}
spec: {arguments: {parameters: [{name: RELEASE_ID}]}}
---
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: announce, annotations: {codefresh.io/workflow-origin: promotion}}
spec: {arguments: {parameters: [{name: TICKET}]}}
`

func TestProblemsOfAConfigurationAreThoseOfTheProgram(t *testing.T) {
	const folder = "../../tests/cli/configuration/broken"
	_, err := promoflow.ReadConfigurationFS(os.DirFS(folder))
	var problems promoflow.Problems
	if !errors.As(err, &problems) {
		t.Fatal(err)
	}
	if problems[0].Code != "ambiguous-name" || problems[0].Line != 10 || problems[0].Column != 18 ||
		problems[0].File != "flows/to-prod-copy.yaml" || problems[0].Related[0].Line != 3 ||
		!strings.HasPrefix(problems[0].String(), "flows/to-prod-copy.yaml:10:18: error: ") {
		t.Fatalf("%+v", problems[0])
	}
	lines := strings.Split(strings.TrimSpace(program(t, "validate", folder, "--format", "json")), "\n")
	if len(problems) != len(lines) {
		t.Fatalf("%d, the program has %d", len(problems), len(lines))
	}
	for i, line := range lines {
		if !strings.Contains(line, `"code":"`+problems[i].Code+`"`) ||
			!strings.Contains(line, folder+"/"+problems[i].File+`"`) {
			t.Errorf("%v\n%s", problems[i], line)
		}
	}
}

func TestAConfiguration(t *testing.T) {
	read, err := promoflow.ReadConfigurationFS(fstest.MapFS{
		"all.yaml":     {Data: []byte(configurationText)},
		".hidden.yaml": {Data: []byte("kind: [")},
		".git/a.yaml":  {Data: []byte("kind: [")},
		"notes.txt":    {Data: []byte("kind: [")}})
	check(t, err)
	defer read.Close()
	found, err := read.Resolve(promoflow.Trigger{Product: "billing"})
	check(t, err)
	staging := found.Environments[0]
	if found.Flow.Name != "to-prod" || staging.Environment != "staging" ||
		staging.Policy.Action.Value != "pr" ||
		!strings.Contains(staging.Policy.Action.Origin, "by-request") {
		t.Fatalf("%+v", found)
	}
	_, err = read.Resolve(promoflow.Trigger{Product: "nothing"})
	is(t, err, promoflow.ErrInvalidArgument)
	_, err = read.Resolve(promoflow.Trigger{Product: "billing", PolicyOrder: "up"})
	is(t, err, promoflow.ErrInvalidArgument)
	flow, err := read.Flow("to-prod", "billing", "")
	check(t, err)
	_, err = read.Flow("nothing", "", "")
	is(t, err, promoflow.ErrInvalidArgument)
	uses, err := read.ContextUses("to-prod")
	check(t, err)
	wanted := []promoflow.ContextUse{
		{Key: "TICKET", Hook: "open", Point: promoflow.EnvironmentOnStart, Environment: "staging",
			Writes: true},
		{Key: "TICKET", Hook: "announce", Point: promoflow.EnvironmentOnStart,
			Environment: "staging", Required: true}}
	if !reflect.DeepEqual(uses, wanted) {
		t.Fatalf("%+v", uses)
	}
	drawing, err := read.RenderContext("to-prod", promoflow.RenderOptions{})
	check(t, err)
	if !strings.Contains(drawing, "TICKET") {
		t.Fatal(drawing)
	}
	_, err = read.ContextUses("nothing")
	is(t, err, promoflow.ErrInvalidArgument)
	check(t, read.Close())
	_, err = read.Resolve(promoflow.Trigger{Product: "billing"})
	is(t, err, promoflow.ErrClosed)
	release := start(t, flow, promoflow.Start{ID: "r", At: at(0)}) // It lives on its own.
	if hook := commands(release)[0].(promoflow.RunHook); hook.Hook != "open" {
		t.Fatal(hook)
	}
}

func TestAReleaseQueue(t *testing.T) {
	queue, err := promoflow.NewReleaseQueue("queue", 1)
	check(t, err)
	expect := func(commands []promoflow.QueueCommand, err error) func(...promoflow.QueueCommand) {
		t.Helper()
		return func(wanted ...promoflow.QueueCommand) {
			t.Helper()
			check(t, err)
			if len(commands) != len(wanted) || len(wanted) > 0 && !reflect.DeepEqual(commands, wanted) {
				t.Fatalf("%+v, not %+v", commands, wanted)
			}
		}
	}
	expect(queue.Requested("r1", "to-prod"))(promoflow.StartRelease{Release: "r1", Flow: "to-prod"})
	expect(queue.Began("r1", "staging"))(
		promoflow.BeginEnvironment{Release: "r1", Environment: "staging"})
	expect(queue.Requested("r2", "to-prod"))()
	holder, err := queue.Holder("staging")
	check(t, err)
	nobody, err := queue.Holder("production")
	check(t, err)
	first, _ := queue.Status("r1")
	second, _ := queue.Status("r2")
	third, err := queue.Status("r3")
	check(t, err)
	if holder != "r1" || nobody != "" || first != "active" || second != "queued" || third != "" {
		t.Fatal(holder, nobody, first, second, third)
	}
	_, err = queue.Ended("r2")
	is(t, err, promoflow.ErrNotAllowed)
	snapshot, err := queue.Snapshot()
	check(t, err)
	again, err := promoflow.RestoreReleaseQueue(snapshot)
	check(t, err)
	releases, err := again.Releases()
	check(t, err)
	if !reflect.DeepEqual(releases, []string{"r1", "r2"}) {
		t.Fatal(releases)
	}
	expect(again.Left("r1", "staging"))()
	expect(again.Ended("r1"))(promoflow.StartRelease{Release: "r2", Flow: "to-prod"})
	expect(again.Cancelled("r2"))(promoflow.TerminateRelease{Release: "r2", Reason: "cancelled"})
	check(t, again.Close())
	_, err = again.Releases()
	is(t, err, promoflow.ErrClosed)
	_, err = promoflow.NewReleaseQueue("stack", 1)
	is(t, err, promoflow.ErrInvalidArgument)
	_, err = promoflow.RestoreReleaseQueue([]byte("{}"))
	is(t, err, promoflow.ErrInvalidSnapshot)
}
