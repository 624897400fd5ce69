# SPDX-License-Identifier: Apache-2.0
"""[H31] Every function that a header declares, with each of its pointers and texts in turn NULL and
all others good: refused, or documented as optional. And *error, which is poisoned before each call,
is set by all of them. From the headers, so that none can be forgotten."""

import ctypes
import os
import re
import tempfile
import unittest
from pathlib import Path

CAPI = Path(__file__).resolve().parent.parent.parent / "capi"
LIBRARY = os.environ.get("PROMOFLOW_LIBRARY", "")
ENGINE = os.environ.get("PROMOFLOW_ENGINE", "")
ARGO = os.environ.get("PROMOFLOW_ARGO", "")
PROCESS = os.environ.get("PROMOFLOW_PROCESS", "")
INVALID_ARGUMENT = -1
POISON = 0x5a5a5a5a
ERROR = ("promoflow_error**", "error")
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
    ("promoflow_store_list", "filter"), ("promoflow_engine_retry", "environments"),
    ("promoflow_scenario_new_with", "selection"), ("promoflow_start_json", "selection"),
    ("promoflow_diff", "out_equal"), ("promoflow_argo_check", "selection"),
    ("promoflow_process_check", "selection"),
}
# All others take none, too.
NEEDED_OPTIONS = {"promoflow_builder_options", "promoflow_engine_new", "promoflow_process_check",
                  "promoflow_process_executor_new"}


class Str(ctypes.Structure):
    _fields_ = [("data", ctypes.c_char_p), ("size", ctypes.c_size_t)]


NUMBERS = {"int32_t": ctypes.c_int32, "uint32_t": ctypes.c_uint32, "int64_t": ctypes.c_int64,
           "uint64_t": ctypes.c_uint64, "size_t": ctypes.c_size_t,
           "promoflow_status": ctypes.c_int32, "promoflow_str": Str, "double": ctypes.c_double,
           "void": None}


def code(header):
    """The header without its comments."""
    return re.sub(r"/\*.*?\*/", "", (CAPI / header).read_text(encoding="utf-8"), flags=re.DOTALL)


def texts_of_structs():
    """{struct: (its size, the offsets of its texts)}, of those that callers give."""
    found = {}
    for header in sorted(path.name for path in CAPI.glob("*.h")):
        for name, body in re.findall(r"typedef struct (\w+) \{(.*?)\} \1;", code(header), re.S):
            fields = [re.fullmatch(r"(.*?)\(?\*?(\w+)(\)\(.*\))?", " ".join(field.split()))
                      for field in body.split(";") if field.strip()]
            kinds = [ctypes.c_void_p if "*" in field[0] or field[3]
                     else NUMBERS[field[1].strip()] for field in fields]
            made = type(name, (ctypes.Structure,),
                        {"_fields_": [(field[2], kind) for field, kind in zip(fields, kinds)]})
            found[name] = (ctypes.sizeof(made), [getattr(made, field[2]).offset
                           for field, kind in zip(fields, kinds) if kind is Str])
    return found


def functions(header):
    """(name, what it returns, [(type, name)])."""
    text = code(header)
    for returns, name, words in re.findall(r"^PROMOFLOW_API (\w+)\s+(\w+)\(([^;]*)\);", text, re.M):
        parameters = [re.fullmatch(r"(.*?)(\w+)", " ".join(word.split())).groups()
                      for word in words.split(",") if word.strip() != "void"]
        yield name, returns, [(kind.replace("const ", "").strip(), word)
                              for kind, word in parameters]


class EachNull(unittest.TestCase):
    header, pointers, all_of_them, texts = "promoflow.h", 200, 120, 40  # At least so many.

    @classmethod
    def setUpClass(cls):
        cls.library = ctypes.CDLL(LIBRARY)
        cls.handles = {}
        cls.make_handles()

    @classmethod
    def make_handles(cls):
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
        cls.make("promoflow_queue", "promoflow_queue_new", ctypes.c_int32(1), ctypes.c_uint32(50))

    @classmethod
    def make(cls, kind, function, *words):
        out = ctypes.c_void_p()
        if getattr(cls.library, function)(*words, ctypes.byref(out), None) != 0:
            raise AssertionError(function)
        cls.handles[kind] = out
        return out

    @classmethod
    def tearDownClass(cls):
        for kind, handle in reversed(cls.handles.items()):
            getattr(cls.library, f"{kind}_free")(handle)

    def good(self, kind):
        """A parameter that may well be given: a handle, room that is zero, a one, a short text."""
        if kind in NUMBERS:
            return Str(b"a", 1) if kind == "promoflow_str" else NUMBERS[kind](1)
        if kind[:-1] in self.handles:
            return self.handles[kind[:-1]]
        return ctypes.cast((ctypes.c_char * 4096)(), ctypes.c_void_p)

    def call(self, name, returns, parameters, words):
        """What the function answers. *error is set, whatever that is."""
        function = getattr(self.library, name)
        function.restype = NUMBERS[returns]
        places = [index for index, given in enumerate(parameters) if given == ERROR]
        error = ctypes.c_void_p(POISON)
        for index in places:
            words[index] = ctypes.byref(error)
        answer = function(*words)
        if places:
            self.assertNotEqual(error.value, POISON, f"{name} does not set *error")
            self.assertEqual(error.value is not None, answer < 0, f"{name}: {answer}")
            self.assertEqual(self.library.promoflow_error_code(error), min(answer, 0), name)
            self.library.promoflow_error_free(error)
        return answer

    def test_error_is_set_where_nothing_is_missing(self):
        for name, returns, parameters in functions(self.header):
            if parameters[-1:] == [ERROR]:
                for _ in range(2):  # The second time there may be nothing more.
                    words = [self.good(kind) for kind, _ in parameters]
                    self.call(name, returns, parameters, words)

    def test_a_text_without_a_pointer_within_a_struct_is_missed(self):
        structs, count = texts_of_structs(), 0
        for name, returns, parameters in functions(self.header):
            for index, (kind, _) in enumerate(parameters):
                size, texts = structs.get(kind[:-1], (0, []))
                for offset in texts if (name, kind[:-1]) in self.given() else []:
                    words = [self.good(each) for each, _ in parameters]
                    block = (ctypes.c_char * 4096)()
                    if 0 not in texts:  # struct_size is there.
                        ctypes.c_uint32.from_buffer(block).value = size
                    Str.from_buffer(block, offset).size = 5
                    words[index] = ctypes.cast(block, ctypes.c_void_p)
                    for place, (_, word) in enumerate(parameters):
                        if word.endswith("stride"):
                            words[place] = ctypes.c_size_t(size)
                    with self.subTest(function=name, offset=offset):
                        self.assertLess(self.call(name, returns, parameters, words), 0)
                    count += 1
        self.assertGreaterEqual(count, self.texts)

    def given(self):
        """(function, struct) where the function reads the struct."""
        return {(name, kind) for name, words in re.findall(
            r"(\w+)\(([^;]*)\);", code(self.header)) for kind in re.findall(
                r"const (promoflow_\w+)\*", words)}

    def test_each_pointer_that_must_be_given_is_missed(self):
        count = 0
        for name, returns, parameters in functions(self.header):
            for index, (kind, word) in enumerate(parameters):
                if not kind.endswith("*") or word == "error" or name.endswith("_free"):
                    continue
                words = [self.good(each) for each, _ in parameters]
                words[index] = None
                answer = self.call(name, returns, parameters, words)
                is_optional = (name, word) in OPTIONAL or (
                    word == "options" and name not in NEEDED_OPTIONS)
                if returns == "promoflow_status" and name != "promoflow_error_code":
                    with self.subTest(function=name, parameter=word):
                        if not is_optional:
                            self.assertEqual(answer, INVALID_ARGUMENT)
                    count += 1
        self.assertGreater(count, self.pointers)

    def test_each_text_without_a_pointer_is_missed(self):
        for name, returns, parameters in functions(self.header):
            for index, (kind, _) in enumerate(parameters):
                if kind == "promoflow_str":
                    words = [self.good(each) for each, _ in parameters]
                    words[index] = Str(None, 5)
                    with self.subTest(function=name):
                        answer = self.call(name, returns, parameters, words)
                        self.assertEqual(answer, INVALID_ARGUMENT)

    def test_with_nothing_at_all_every_function_returns(self):
        names = []
        for name, returns, parameters in functions(self.header):
            words = [None if kind.endswith("*") else self.good(kind) for kind, _ in parameters]
            self.call(name, returns, parameters, list(words))
            self.call(name, returns, [], words)  # Without *error, too.
            names.append(name)
        self.assertGreater(len(names), self.all_of_them)


@unittest.skipUnless(ENGINE, "the engine is not built")
class EachNullOfTheEngine(EachNull):
    """The functions of promoflow_engine.h."""
    header, pointers, all_of_them = "promoflow_engine.h", 40, 23
    texts = 9

    @classmethod
    def setUpClass(cls):
        cls.before = os.getcwd()
        cls.folder = tempfile.TemporaryDirectory()
        os.chdir(cls.folder.name)  # Where stores are made.
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        os.chdir(cls.before)
        cls.folder.cleanup()

    @classmethod
    def make_handles(cls):
        cls.make("promoflow_flow", "promoflow_flow_load", Str(FLOW, len(FLOW)), None)
        cls.library = ctypes.CDLL(ENGINE)  # It links the other one, and so has its functions.
        store = cls.make("promoflow_store", "promoflow_store_new_memory")
        callbacks = (ctypes.c_void_p * 20)()  # An executor that is never called: no release starts.
        callbacks[2] = callbacks[3] = ctypes.cast(cls.library.promoflow_engine_free,
                                                  ctypes.c_void_p).value
        executor = (ctypes.c_void_p * 3)(None, None, ctypes.addressof(callbacks))
        options = (ctypes.c_char * 4096)()
        ctypes.c_void_p.from_buffer(options, 8).value = ctypes.addressof(executor)
        ctypes.c_uint64.from_buffer(options, 16).value = 1
        cls.make("promoflow_engine", "promoflow_engine_new", store, options)


@unittest.skipUnless(ARGO, "the executor on clusters is not built")
class EachNullOfArgo(EachNull):
    """The functions of promoflow_argo.h. Nothing listens where the kubeconfig says."""
    header, pointers, all_of_them = "promoflow_argo.h", 12, 6
    texts = 5

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        config = Path(cls.folder.name) / "config"
        config.write_text("{current-context: a, contexts: [{name: a, context: {cluster: c, user: "
                          "u}}], clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}], "
                          "users: [{name: u, user: {token: t}}]}", encoding="utf-8")
        cls.before = os.environ.get("KUBECONFIG")
        os.environ["KUBECONFIG"] = str(config)
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        os.environ.pop("KUBECONFIG")
        if cls.before is not None:
            os.environ["KUBECONFIG"] = cls.before
        cls.folder.cleanup()

    @classmethod
    def make_handles(cls):
        flow = cls.make("promoflow_flow", "promoflow_flow_load", Str(FLOW, len(FLOW)), None)
        cls.library = ctypes.CDLL(ARGO)  # It links the other one, and so has its functions.
        cls.make("promoflow_argo_executor", "promoflow_argo_executor_new", None)
        cls.make("promoflow_argo_findings", "promoflow_argo_check", flow, None, None, None,
                 ctypes.c_size_t(0))


class EachNullOfBatches(EachNull):
    """The functions of promoflow_batch.h."""
    header, pointers, all_of_them, texts = "promoflow_batch.h", 4, 3, 0


@unittest.skipUnless(PROCESS, "the executor of programs is not built")
class EachNullOfPrograms(EachNull):
    """The functions of promoflow_process.h."""
    header, pointers, all_of_them, texts = "promoflow_process.h", 12, 9, 6

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.folder.cleanup()

    @classmethod
    def make_handles(cls):
        cls.make("promoflow_flow", "promoflow_flow_load", Str(FLOW, len(FLOW)), None)
        cls.library = ctypes.CDLL(PROCESS)  # It links the other one, and so has its functions.
        cls.make("promoflow_process_commands", "promoflow_process_commands_read", Str(b"{}", 2),
                 Str(b"", 0), None)
        options, folder = (ctypes.c_char * 4096)(), cls.folder.name.encode()
        work = Str.from_buffer(options, 32)  # The work directory.
        work.data, work.size = folder, len(folder)
        cls.make("promoflow_process_executor", "promoflow_process_executor_new", options)


class EachHeader(unittest.TestCase):
    def test_no_header_is_forgotten(self):
        cases = [EachNull, *EachNull.__subclasses__()]
        self.assertEqual({case.header for case in cases}, {path.name for path in CAPI.glob("*.h")})


if __name__ == "__main__":
    unittest.main()
