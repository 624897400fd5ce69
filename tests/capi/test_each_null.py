# SPDX-License-Identifier: Apache-2.0
"""Every function that the header declares, with each of its pointers in turn NULL and all others
good: refused, or documented as optional. From the header, so that none can be forgotten."""

import ctypes
import os
import re
import unittest
from pathlib import Path

HEADER = Path(__file__).resolve().parent.parent.parent / "capi" / "promoflow.h"
LIBRARY = os.environ.get("PROMOFLOW_LIBRARY", "")
INVALID_ARGUMENT = -1
FLOW = (b"{apiVersion: codefresh.io/v1beta1, kind: PromotionFlow, metadata: {name: f}, spec: "
        b"{triggerEnvironment: dev, hooks: {onStart: h}, steps: [{environment: a, "
        b"dependsOn: [dev]}]}}")

# What may be NULL beside `error` and `options`, as the comments say.
OPTIONAL = {
    ("promoflow_builder_step", "step"), ("promoflow_release_apply_many", "statuses"),
    ("promoflow_release_next_record", "command"), ("promoflow_scenario_read", "flow"),
    ("promoflow_scenario_new", "info"), ("promoflow_simulate", "scenario"),
    ("promoflow_trace_record", "command"), ("promoflow_text", "text"),
    ("promoflow_release_start_with", "selection"), ("promoflow_scenario_new_with", "info"),
    ("promoflow_scenario_new_with", "selection"),
}
NEEDED_OPTIONS = {"promoflow_builder_options"}  # All others take none, too.


class Str(ctypes.Structure):
    _fields_ = [("data", ctypes.c_char_p), ("size", ctypes.c_size_t)]


NUMBERS = {"int32_t": ctypes.c_int32, "uint32_t": ctypes.c_uint32, "int64_t": ctypes.c_int64,
           "uint64_t": ctypes.c_uint64, "size_t": ctypes.c_size_t,
           "promoflow_status": ctypes.c_int32, "promoflow_str": Str, "void": None}


def functions():
    """(name, what it returns, [(type, name)])."""
    text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(encoding="utf-8"), flags=re.DOTALL)
    for returns, name, words in re.findall(r"^PROMOFLOW_API (\w+) (\w+)\(([^;]*)\);", text, re.M):
        parameters = [re.fullmatch(r"(.*?)(\w+)", " ".join(word.split())).groups()
                      for word in words.split(",") if word.strip() != "void"]
        yield name, returns, [(kind.replace("const ", "").strip(), word)
                              for kind, word in parameters]


class EachNull(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.library = ctypes.CDLL(LIBRARY)
        cls.handles = {}
        text, none = Str(FLOW, len(FLOW)), Str(None, 0)
        flow = cls.make("promoflow_flow", "promoflow_flow_load", text, None)
        cls.make("promoflow_manifest", "promoflow_manifest_read", text, None)
        cls.make("promoflow_builder", "promoflow_builder_new", Str(b"f", 1), Str(b"dev", 3))
        cls.make("promoflow_scenario", "promoflow_scenario_read", Str(b"{}", 2), None, None)
        cls.make("promoflow_trace", "promoflow_simulate", flow, None, ctypes.c_uint64(0))
        info = (ctypes.c_char * 4096)()
        Str.from_buffer(info, 8).data, Str.from_buffer(info, 8).size = b"r-42", 4
        cls.make("promoflow_release", "promoflow_release_start", flow, info, ctypes.c_int64(0),
                 none)
        cls.make("promoflow_control", "promoflow_control_new")

    @classmethod
    def make(cls, kind, function, *words):
        out = ctypes.c_void_p()
        if getattr(cls.library, function)(*words, ctypes.byref(out), None) != 0:
            raise AssertionError(function)
        cls.handles[kind] = out
        return out

    @classmethod
    def tearDownClass(cls):
        for kind, handle in cls.handles.items():
            getattr(cls.library, f"{kind}_free")(handle)

    def good(self, kind):
        """A parameter that may well be given: a handle, room that is zero, a one, a short text."""
        if kind in NUMBERS:
            return Str(b"a", 1) if kind == "promoflow_str" else NUMBERS[kind](1)
        if kind[:-1] in self.handles:
            return self.handles[kind[:-1]]
        return ctypes.cast((ctypes.c_char * 4096)(), ctypes.c_void_p)

    def call(self, name, returns, words):
        function = getattr(self.library, name)
        function.restype = NUMBERS[returns]
        return function(*words)

    def test_each_pointer_that_must_be_given_is_missed(self):
        count = 0
        for name, returns, parameters in functions():
            for index, (kind, word) in enumerate(parameters):
                if not kind.endswith("*") or word == "error" or name.endswith("_free"):
                    continue
                words = [self.good(each) for each, _ in parameters]
                words[index] = None
                answer = self.call(name, returns, words)
                is_optional = (name, word) in OPTIONAL or (
                    word == "options" and name not in NEEDED_OPTIONS)
                if returns == "promoflow_status" and name != "promoflow_error_code":
                    with self.subTest(function=name, parameter=word):
                        if not is_optional:
                            self.assertEqual(answer, INVALID_ARGUMENT)
                    count += 1
        self.assertGreater(count, 200)

    def test_each_text_without_a_pointer_is_missed(self):
        for name, returns, parameters in functions():
            for index, (kind, _) in enumerate(parameters):
                if kind == "promoflow_str":
                    words = [self.good(each) for each, _ in parameters]
                    words[index] = Str(None, 5)
                    with self.subTest(function=name):
                        self.assertEqual(self.call(name, returns, words), INVALID_ARGUMENT)

    def test_with_nothing_at_all_every_function_returns(self):
        names = []
        for name, returns, parameters in functions():
            words = [None if kind.endswith("*") else self.good(kind) for kind, _ in parameters]
            self.call(name, returns, words)
            names.append(name)
        self.assertGreater(len(names), 120)


if __name__ == "__main__":
    unittest.main()
