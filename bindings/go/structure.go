// SPDX-License-Identifier: Apache-2.0

package promoflow

import "math"

// Sizes of the structs of promoflow.h; wordBytes is 4 in the module, mostly 8 otherwise.
const (
	diagnosticBytes = 32 + 6*wordBytes
	hookBytes       = 56 + 2*wordBytes
	assignedBytes   = 8 + 4*wordBytes
	infoBytes       = 8 + 10*wordBytes
	selectionBytes  = 24
	outcomeBytes    = 48 + 10*wordBytes
	actionBytes     = 40 + 6*wordBytes
	stateBytes      = 8 + 4*wordBytes
	contextUseBytes = 24 + 4*wordBytes
	commandBytes    = 8 + 8*wordBytes // promoflow_queue_command.
)

// A structure is built member by member, each at its place.
type structure struct{ bytes []byte }

func (s *structure) align(size int) {
	for len(s.bytes)%size != 0 {
		s.bytes = append(s.bytes, 0)
	}
}
func (s *structure) u32(value uint32) { s.bytes = order.AppendUint32(s.bytes, value) }
func (s *structure) i64(value int64) {
	s.align(8)
	s.bytes = order.AppendUint64(s.bytes, uint64(value))
}
func (s *structure) f64(value float64) { s.i64(int64(math.Float64bits(value))) }
func (s *structure) word(value uint64) {
	if wordBytes == 4 {
		s.u32(uint32(value))
	} else {
		s.i64(int64(value))
	}
}
func (s *structure) text(c *call, text []byte) {
	if text == nil {
		s.word(0)
		s.word(0)
		return
	}
	s.word(c.put(text))
	s.word(uint64(len(text)))
}

// optional is a text that is not given if it is empty.
func (s *structure) optional(c *call, text string) {
	if text == "" {
		s.text(c, nil)
	} else {
		s.text(c, []byte(text))
	}
}

// place puts the structure into memory; its first member is its size.
func (s *structure) place(c *call) uint64 {
	order.PutUint32(s.bytes, uint32(len(s.bytes)))
	return c.put(s.bytes)
}

func sized() *structure { return &structure{bytes: make([]byte, 4)} }

// empty gives a struct of so many bytes, to be filled by the library.
func (c *call) empty(size int) uint64 {
	s := structure{bytes: make([]byte, size)}
	return s.place(c)
}

// A view reads a struct member by member.
type view struct {
	c  *call
	at uint64
}

func (v *view) u32() uint32 {
	v.at += 4
	return v.c.u32(v.at - 4)
}
func (v *view) i64() int64 {
	v.at = (v.at+7)/8*8 + 8
	return int64(v.c.u64(v.at - 8))
}
func (v *view) word() uint64 {
	v.at = (v.at+wordBytes-1)/wordBytes*wordBytes + wordBytes
	return v.c.word(v.at - wordBytes)
}
func (v *view) text() string { return string(v.bytes()) }
func (v *view) bytes() []byte {
	v.word()
	v.word()
	return v.c.str(v.at - 2*wordBytes)
}
