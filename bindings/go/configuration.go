// SPDX-License-Identifier: Apache-2.0

package promoflow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strings"
)

// A File is a text with its name.
type File struct {
	Name string
	Text []byte
}

// A Place is one of a file.
type Place struct {
	File    string `json:"file"`
	Line    int    `json:"line"`   // From 1.
	Column  int    `json:"column"` // In characters, from 1.
	Length  int    `json:"length"`
	Message string `json:"message"` // What is there.
}

// A Problem is one of a configuration: File is empty if it is about all files.
type Problem struct {
	Place
	Document int     `json:"document"`
	Severity string  `json:"severity"` // "error", "warning" or "note".
	Code     string  `json:"code"`
	Pointer  string  `json:"pointer"`
	Hint     string  `json:"hint"`
	Related  []Place `json:"related"` // Further places that it speaks of, in any of the files.
}

func (p Problem) String() string {
	text := fmt.Sprintf("%s: %s [%s]", p.Severity, p.Message, p.Code)
	if p.File != "" {
		text = fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, text)
	}
	if p.Hint != "" {
		text += "; " + p.Hint
	}
	return text
}

// Problems are all those of a configuration that has errors. Get them with errors.As.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

// A Configuration is the manifests that a team keeps together, read and checked as one: flows, the
// templates of their hooks, products, policies, permissions. It is immutable.
type Configuration struct {
	*handle
	engine   *Engine
	problems Problems
}

// takeForConfigurations gives an instance of the module for configurations and queues.
func takeForConfigurations() (*Engine, *instance, error) {
	engine, err := sharedEngine()
	if err != nil {
		return nil, nil, err
	}
	in, err := engine.configurations.take(openConfiguration, engine.options)
	return engine, in, err
}

// ReadConfiguration reads files. The error is [Problems] if they have errors. It is a function of
// the package, so that a program that does not call it does not have its module.
func ReadConfiguration(files []File) (*Configuration, error) {
	engine, in, err := takeForConfigurations()
	if err != nil {
		return nil, err
	}
	made := &Configuration{engine: engine}
	var pointer uint64
	err = in.do(func(c *call) {
		var list structure
		for _, file := range files {
			list.text(c, []byte(file.Name))
			list.text(c, append([]byte{}, file.Text...))
		}
		at := c.put(list.bytes)
		pointer = c.make("promoflow_configuration_read", at, uint64(len(files)))
		if pointer == 0 {
			return
		}
		const asJSON = 3
		lines := c.buffer("promoflow_configuration_format", pointer, at, uint64(len(files)), asJSON)
		if c.err == nil {
			made.problems, c.err = problems(lines)
		}
		if c.err != nil {
			c.free("promoflow_configuration_free", pointer)
		}
	})
	if err != nil {
		return nil, err
	}
	made.handle = newHandle(in, pointer, "promoflow_configuration_free")
	return made, nil
}

// problems reads what the library wrote; the error is all of it if one is an error.
func problems(lines []byte) (Problems, error) {
	var all Problems
	isWrong := false
	for decoder := json.NewDecoder(bytes.NewReader(lines)); decoder.More(); {
		var one Problem
		if err := decoder.Decode(&one); err != nil {
			return nil, err
		}
		isWrong = isWrong || one.Severity == "error"
		all = append(all, one)
	}
	if isWrong {
		return nil, all
	}
	return all, nil
}

// ReadConfigurationFS reads every *.yaml, *.yml and *.json of a file system, in the order of the
// paths' bytes. Hidden files and directories are left out, and links are not followed.
func ReadConfigurationFS(system fs.FS) (*Configuration, error) {
	var files []File
	err := fs.WalkDir(system, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !entry.Type().IsRegular() || !isManifest(name):
			return nil
		}
		text, err := fs.ReadFile(system, name)
		files = append(files, File{name, text})
		return err
	})
	if err != nil {
		return nil, err
	}
	sort.Slice(files, func(i, j int) bool { return files[i].Name < files[j].Name })
	return ReadConfiguration(files)
}

func isManifest(name string) bool {
	switch path.Ext(name) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}

// Close frees it. A second call does nothing.
func (c *Configuration) Close() error {
	c.handle.close()
	return nil
}

// Problems are its warnings and notes.
func (c *Configuration) Problems() Problems { return c.problems }

// A Trigger is what a promotion is asked for with. Message and Revision may be empty.
type Trigger struct {
	Product  string
	Message  string // Of the commit.
	Revision string // A branch or a tag.
	// PolicyOrder: "descending" (default) or "ascending": the highest or the lowest priority decides.
	PolicyOrder string
}

// Rejected is a flow that was not taken, and why.
type Rejected struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

// A PolicyField is one field of the policy of an environment.
type PolicyField struct {
	Value  string `json:"value"`
	Origin string `json:"origin"` // What it comes from.
}

// A Lost policy is one that did not decide, and why.
type Lost struct {
	Policy string `json:"policy"`
	Why    string `json:"why"`
}

// An EnvironmentPolicy is the policy of one environment. PreAction and PostAction may be nil.
type EnvironmentPolicy struct {
	Environment string `json:"name"`
	Policy      struct {
		PreAction  *PolicyField `json:"preAction"`
		Action     PolicyField  `json:"action"`
		PostAction *PolicyField `json:"postAction"`
	} `json:"policy"`
	Lost []Lost `json:"lost"`
}

// A Resolution says which flow a trigger starts, which policies its environments have, and why.
type Resolution struct {
	Product string `json:"product"`
	Flow    struct {
		Name     string     `json:"name"` // Empty: none is started.
		Rejected []Rejected `json:"rejected"`
	} `json:"flow"`
	Environments []EnvironmentPolicy `json:"environments"`
}

func numberOfOrder(word string) (uint64, error) {
	if word == "" {
		word = "descending"
	}
	found, err := numberOf([]string{"", "descending", "ascending"}, word, "PolicyOrder")
	return uint64(found), err
}

// Resolve says what a trigger starts. ErrInvalidArgument: there is no such product.
func (c *Configuration) Resolve(trigger Trigger) (*Resolution, error) {
	number, err := numberOfOrder(trigger.PolicyOrder)
	if err != nil {
		return nil, err
	}
	var text []byte
	err = c.do(func(call *call, pointer uint64) {
		text = call.buffer("promoflow_configuration_resolve", pointer,
			call.text([]byte(trigger.Product)), call.text([]byte(trigger.Message)),
			call.text([]byte(trigger.Revision)), number)
	})
	if err != nil {
		return nil, err
	}
	found := &Resolution{}
	return found, json.Unmarshal(text, found)
}

// Flow is the flow of a name, with the policies of its environments filled in: those of a product,
// or, if that is empty, those that ask for none. It lives on its own.
func (c *Configuration) Flow(name, product, policyOrder string) (*Flow, error) {
	number, err := numberOfOrder(policyOrder)
	if err != nil {
		return nil, err
	}
	var manifest []byte
	err = c.do(func(call *call, pointer uint64) {
		flow := call.make("promoflow_configuration_flow", pointer, call.text([]byte(name)),
			call.text([]byte(product)), number)
		if flow == 0 {
			if call.err == nil {
				call.err = &Error{ErrInvalidArgument.Code, name, "there is no such flow"}
			}
			return
		}
		manifest = call.buffer("promoflow_flow_write", flow, 2)
		call.free("promoflow_flow_free", flow)
	})
	if err != nil {
		return nil, err
	}
	return c.engine.Load(manifest)
}

// A ContextUse is a hook that writes or reads a key of the promotion context.
type ContextUse struct {
	Key         string
	Hook        string
	Point       string
	Environment string // Empty: a hook of the release.
	Writes      bool   // It exports the key; else it reads it.
	Required    bool   // It reads the key, and has no value without it.
}

// ContextUses says who exports which key of a flow's context to whom, as far as it is known: by key,
// those that export it first.
func (c *Configuration) ContextUses(flow string) (uses []ContextUse, err error) {
	var w words
	var environments []string
	err = c.do(func(call *call, pointer uint64) {
		w.read(call)
		found := call.make("promoflow_configuration_flow", pointer, call.text([]byte(flow)),
			call.text([]byte{}), 1)
		if found == 0 {
			if call.err == nil {
				call.err = &Error{ErrInvalidArgument.Code, flow, "there is no such flow"}
			}
			return
		}
		defer call.free("promoflow_flow_free", found)
		environments = environmentNames(call, found)
		name := call.text([]byte(flow))
		call.elements(contextUseBytes, func(at, capacity, count uint64) {
			call.act("promoflow_configuration_context_uses", pointer, name, at, contextUseBytes,
				capacity, count)
		}, func(at uint64) {
			v := view{call, at + 4}
			use := ContextUse{Point: w.points[v.u32()]}
			if index := v.u32(); index != noEnvironment {
				use.Environment = environments[index]
			}
			use.Writes, use.Required = v.u32() == 1, v.u32() == 1
			v.u32()
			use.Hook, use.Key = v.text(), v.text()
			uses = append(uses, use)
		})
	})
	return uses, err
}

// RenderContext draws the same.
func (c *Configuration) RenderContext(flow string, options RenderOptions) (drawing string, err error) {
	err = c.do(func(call *call, pointer uint64) {
		name := call.text([]byte(flow))
		made := call.make("promoflow_configuration_render_context", pointer, name,
			options.place(call))
		if made == 0 && call.err == nil {
			call.err = &Error{ErrInvalidArgument.Code, flow, "there is no such flow"}
		}
		drawing = string(call.take(made))
	})
	return drawing, err
}
