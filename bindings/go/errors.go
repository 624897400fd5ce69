// SPDX-License-Identifier: Apache-2.0

package promoflow

import (
	"fmt"
	"strings"
)

// An Error is what the library answers. Compare its code with errors.Is:
//
//	if errors.Is(err, promoflow.ErrSettledTicket) { ... }
type Error struct {
	Code    string // As the library spells it: "settled-ticket".
	Where   string // A parameter, a ticket, a place; may be empty.
	Message string
}

func (e *Error) Error() string {
	switch {
	case e.Message == "":
		return "promoflow: " + e.Code
	case e.Where == "":
		return "promoflow: " + e.Message
	}
	return "promoflow: " + e.Where + ": " + e.Message
}

// Is reports whether target has the same code.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code
}

// What a host may want to tell apart.
var (
	ErrUnknownTicket       = &Error{Code: "unknown-ticket"}
	ErrSettledTicket       = &Error{Code: "settled-ticket"}
	ErrWrongKind           = &Error{Code: "wrong-kind"}
	ErrNotAllowed          = &Error{Code: "not-allowed"}
	ErrUnknownEnvironment  = &Error{Code: "unknown-environment"}
	ErrInvalidArgument     = &Error{Code: "invalid-argument"}
	ErrInvalidContext      = &Error{Code: "invalid-context"}
	ErrInvalidEvent        = &Error{Code: "invalid-event"}
	ErrInvalidSnapshot     = &Error{Code: "invalid-snapshot"}
	ErrSnapshotOfOtherFlow = &Error{Code: "snapshot-of-other-flow"}
	ErrSnapshotTooNew      = &Error{Code: "snapshot-too-new"}
	ErrLimitExceeded       = &Error{Code: "limit-exceeded"}
	ErrOutOfMemory         = &Error{Code: "out-of-memory"}

	// ErrClosed: an object was used after it was closed.
	ErrClosed = &Error{Code: "closed", Message: "it was closed"}
	// ErrTrapped: the module trapped, as when memory ran out. The objects that lived in the same
	// instance are closed; others are not affected.
	ErrTrapped = &Error{Code: "trapped"}
)

// A Diagnostic is one problem of a text. Lines and columns count from 1; line 0: there is no text.
type Diagnostic struct {
	Code     string
	Severity string // "error", "warning" or "note".
	Document int    // Which document of the text, from 0.
	Line     int
	Column   int    // In characters.
	Length   int    // How many characters to underline.
	Pointer  string // JSON pointer; empty: the root.
	Message  string
	Hint     string // May be empty.
}

func (d Diagnostic) String() string {
	place := d.Pointer
	if d.Line > 0 {
		place = fmt.Sprintf("%d:%d", d.Line, d.Column)
	}
	text := fmt.Sprintf("%s: %s: %s [%s]", place, d.Severity, d.Message, d.Code)
	if d.Hint != "" {
		text += "; " + d.Hint
	}
	return text
}

// Diagnostics are all problems of a text that has errors. Get them with errors.As:
//
//	var diagnostics promoflow.Diagnostics
//	if errors.As(err, &diagnostics) { ... }
type Diagnostics []Diagnostic

func (d Diagnostics) Error() string {
	lines := make([]string, len(d))
	for i, one := range d {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

func (d Diagnostics) hasErrors() bool {
	for _, one := range d {
		if one.Severity == "error" {
			return true
		}
	}
	return false
}
