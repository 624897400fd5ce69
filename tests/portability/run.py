#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds promoflow for other platforms, standard libraries and versions of what it needs, and runs
its tests there.

    run.py                  all platforms and versions whose compiler and emulator this machine has
    run.py --brief          a part of it that takes minutes: see BRIEF
    run.py NAME...          these; a missing compiler is an error then
    run.py --list           the names, and whether this machine has what they need

Each platform builds with headers from a folder that holds nothing else, and with libyaml from its
sources (LIBYAML_SOURCE, or from Debian's archive). On each of them: the unit tests, the conformance
stories, and snapshots of many releases, which are the same on every platform, byte by byte. What
this machine lacks is printed with the reason and counted as not run. Everything is kept in
build/portability.
"""

import argparse
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

from debian import SOURCE, WORK, Unavailable, libyaml, run, unpacked

HERE = Path(__file__).resolve().parent
SAY_VERSIONS = """
#include <fmt/core.h>
#include <nlohmann/detail/abi_macros.hpp>
#include <tl/expected.hpp>
versions FMT_VERSION
NLOHMANN_JSON_VERSION_MAJOR NLOHMANN_JSON_VERSION_MINOR NLOHMANN_JSON_VERSION_PATCH
TL_EXPECTED_VERSION_MAJOR TL_EXPECTED_VERSION_MINOR TL_EXPECTED_VERSION_PATCH
"""
HEADERS = ("nlohmann", "tl", "fmt", "boost", "CLI", "catch2")
STATIC = "-DCMAKE_EXE_LINKER_FLAGS=-static"


class Platform:
    """One way of building: a compiler, options for CMake, and what runs its programs."""

    def __init__(self, compiler, runner=(), options=(), system="", c_compiler="",
                 suffix=""):
        self.compiler, self.runner, self.options = compiler, list(runner), list(options)
        self.system, self.suffix = system, suffix
        self.c_compiler = c_compiler or compiler.replace("clang++", "clang").replace("g++", "gcc")

    def missing(self):
        tools = [self.compiler] + self.runner[:1]
        return [tool for tool in tools if not shutil.which(tool)]


def cross(triple, emulator, processor):
    return Platform(f"{triple}-g++", [emulator] if emulator else [], [
        STATIC, f"-DCMAKE_SYSTEM_PROCESSOR={processor}"], system="Linux")


PLATFORMS = {
    "native": Platform("g++"),
    "libcxx": Platform("clang++-14", options=["-DCMAKE_CXX_FLAGS=-stdlib=libc++"]),
    "aarch64": cross("aarch64-linux-gnu", "qemu-aarch64-static", "aarch64"),
    "i686": cross("i686-linux-gnu", "", "i686"),  # 32 bits; this machine runs it as it is.
    "s390x": cross("s390x-linux-gnu", "qemu-s390x-static", "s390x"),  # Big endian.
    "mingw": Platform("x86_64-w64-mingw32-g++-posix", ["wine"], [
        STATIC, "-DCMAKE_RC_COMPILER=x86_64-w64-mingw32-windres"], system="Windows",
        suffix=".exe"),
    # Emscripten 3.1.6 of Debian would fetch the module by its URL where Node has fetch().
    "emscripten": Platform("em++", ["node", "--no-experimental-fetch"], [
        "-DCMAKE_CXX_FLAGS=-fexceptions",
        "-DCMAKE_EXE_LINKER_FLAGS=-fexceptions -sALLOW_MEMORY_GROWTH -sTOTAL_STACK=4MB "
        "-sNODERAWFS -sEXIT_RUNTIME",
    ], system="Emscripten", c_compiler="emcc", suffix=".js"),
}

# Versions of libraries, with this machine's compiler: the headers of packages of other suites of
# Debian. The oldest ones that are supported are those of Debian 12, which the other platforms use.
PACKAGES = {"fmt": "libfmt-dev", "nlohmann": "nlohmann-json3-dev", "tl": "libexpected-dev"}
VERSIONS = {
    "fmt-10": {"fmt": "trixie", "nlohmann": "trixie", "tl": "trixie"},
    "fmt-11": {"fmt": "sid", "nlohmann": "sid", "tl": "sid"},
    "fmt-12": {"fmt": "experimental", "nlohmann": "experimental", "tl": "sid"},
}
PLATFORMS.update({name: Platform("g++") for name in VERSIONS})

BRIEF = ["s390x"]  # Another byte order finds most of what the others would.


def versions(name):
    """The versions of the three libraries, as their headers say."""
    source = WORK / "headers" / f"{name}.cpp"
    source.write_text(SAY_VERSIONS)
    printed = run("g++", "-std=c++20", "-E", "-P", "-I", WORK / "headers" / name, source).decode()
    fmt, *numbers = printed.split("versions ")[-1].split()
    fmt = (int(fmt) // 10000, int(fmt) // 100 % 100, int(fmt) % 100)
    texts = [".".join(map(str, three)) for three in (fmt, numbers[:3], numbers[3:6])]
    return "fmt {}, nlohmann/json {}, tl::expected {}".format(*texts)


def header_folder(name):
    """A folder with links to the headers of each library, and to nothing else."""
    places = {library: unpacked(suite, PACKAGES[library]) / "usr" / "include" / library
              for library, suite in VERSIONS.get(name, {}).items()}
    folder = WORK / "headers" / name
    folder.mkdir(parents=True, exist_ok=True)
    for library in HEADERS:
        link, target = folder / library, Path(places.get(library, f"/usr/include/{library}"))
        if not target.is_dir():
            raise RuntimeError(f"{target}: there is no such folder; tools/setup-debian.sh build "
                               "test installs what is needed")
        if link.is_symlink():
            link.unlink()
        link.symlink_to(target)
    return folder


def wrapper(folder, platform, program):
    """A script that runs the program as if it were one of this machine."""
    script = folder / f"run-{Path(program).name}"
    command = [*platform.runner, str(folder / (program + platform.suffix))]
    script.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
    script.chmod(0o755)
    return script


def configure(name, platform, folder, slow=False):
    options = [
        "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O0",
        "-DCMAKE_C_FLAGS_DEBUG=-O1", f"-DCMAKE_CXX_COMPILER={platform.compiler}",
        f"-DCMAKE_C_COMPILER={platform.c_compiler}", "-DPROMOFLOW_BUILD_PROCESS=OFF",
        "-DPROMOFLOW_BUILD_ENGINE=OFF", "-DPROMOFLOW_BUILD_ARGO=OFF",
        "-DPROMOFLOW_BUILD_EXAMPLES=OFF", "-DPROMOFLOW_INSTALL=OFF", "-DPROMOFLOW_UNITY=ON",
        "-DPROMOFLOW_LINK_STATIC=ON", "-DPROMOFLOW_FETCH_DEPENDENCIES=OFF",
        f"-DCMAKE_PROJECT_promoflow_INCLUDE={HERE / 'dependencies.cmake'}",
        f"-DPORTABILITY_HEADERS={header_folder(name)}",
        f"-DPORTABILITY_LIBYAML={os.environ.get('LIBYAML_SOURCE') or libyaml()}", *platform.options]
    if platform.system:
        options.append(f"-DCMAKE_SYSTEM_NAME={platform.system}")
    if platform.system == "Emscripten":
        root = Path("/usr/share/emscripten/cmake/Modules/Platform/Emscripten.cmake")
        options = [one for one in options if "COMPILER=" not in one and "SYSTEM_NAME" not in one]
        options.append(f"-DCMAKE_TOOLCHAIN_FILE={root}")
    if slow:  # What compiles in half the time would run for an hour.
        options.append("-DCMAKE_CXX_FLAGS_DEBUG=-O1")
    if name == "libcxx":  # File by file: a header that a file forgets is in others by chance.
        options += ["-DPROMOFLOW_UNITY=OFF", "-DPORTABILITY_QUICK=OFF"]
    if shutil.which("ccache") and platform.system != "Emscripten":
        options += ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache", "-DCMAKE_C_COMPILER_LAUNCHER=ccache"]
    run("cmake", "-S", SOURCE, "-B", folder, *options, log=folder.with_suffix(".configure.log"))


def environment():
    return dict(os.environ, WINEDEBUG="-all", WINEPREFIX=str(WORK / "wine"))


def snapshots(platform, folder):
    program = wrapper(folder, platform, "tests/portability_snapshots")
    # Wine and emulators have messages of their own.
    return run(program, env=environment(), stderr=subprocess.PIPE)


def check(name, platform, expected, brief, jobs):
    """Builds and runs everything; yields a word for each part that passed."""
    folder = WORK / name
    folder.mkdir(parents=True, exist_ok=True)
    emulated = bool(platform.runner) and platform.system in ("Linux", "Emscripten")
    configure(name, platform, folder, slow=emulated and not brief)
    if name in VERSIONS:
        print(f"{name:14}{versions(name)}", flush=True)
    targets = ["portability_snapshots", "promoflow_cli"] + ([] if brief else ["unit_tests"])
    run("ninja", "-C", folder, f"-j{jobs}", "-k0", *targets, log=folder.with_suffix(".build.log"))
    printed = snapshots(platform, folder)
    if printed != expected:
        (folder / "snapshots.txt").write_bytes(printed)
        raise RuntimeError(f"snapshots are not those of this machine: {folder}/snapshots.txt")
    yield "snapshots"
    run(sys.executable, "tests/conformance/run.py", "--program",
        wrapper(folder, platform, "promoflow"), cwd=SOURCE, env=environment(),
        log=folder.with_suffix(".conformance.log"))
    yield "conformance"
    if not brief:
        run(wrapper(folder, platform, "tests/unit_tests"), cwd=SOURCE, env=environment(),
            log=folder.with_suffix(".unit.log"))
        yield "unit"


def reference(jobs):
    """What this machine prints; by the tests' own build, if there is one."""
    platform, folder = PLATFORMS["native"], SOURCE / "build" / "dev"
    if not (folder / "build.ninja").exists():
        folder = WORK / "native"
        folder.mkdir(parents=True, exist_ok=True)
        configure("native", platform, folder)
    run("ninja", "-C", folder, f"-j{jobs}", "portability_snapshots",
        log=WORK / "reference.build.log")
    printed = snapshots(platform, folder)
    (WORK / "snapshots.txt").write_bytes(printed)
    return printed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--brief", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--jobs", type=int, default=int(os.environ.get("PROMOFLOW_JOBS", "2")))
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in PLATFORMS]
    if unknown:
        parser.error(f"no such platform: {unknown[0]}; there are: {' '.join(PLATFORMS)}")
    if options.list:
        for name, platform in PLATFORMS.items():
            missing = " ".join(platform.missing())
            print(f"{name:14}{'missing: ' + missing if missing else 'ready'}")
        return 0
    names = options.names or (BRIEF if options.brief else list(PLATFORMS))
    WORK.mkdir(parents=True, exist_ok=True)
    expected = reference(options.jobs)
    print(f"snapshots of this machine: {len(expected):,} bytes, "
          f"SHA-256 {hashlib.sha256(expected).hexdigest()[:16]}", flush=True)
    failed = skipped = 0
    for name in names:
        platform, begin, passed = PLATFORMS[name], time.monotonic(), []
        try:
            if platform.missing():
                raise Unavailable(f"this machine has no {' '.join(platform.missing())}")
            for part in check(name, platform, expected, options.brief, options.jobs):
                passed.append(part)
            what = "passed: " + " ".join(passed)
        except Unavailable as error:
            what = f"not run: {error}"
            failed += 1 if options.names else 0
            skipped += 0 if options.names else 1
        except RuntimeError as error:
            what = f"FAILED after {' '.join(passed) or 'nothing'}: {error}"
            failed += 1
        print(f"{name:14}{what} ({time.monotonic() - begin:.0f} s)", flush=True)
    print(f"portability: {len(names) - failed - skipped} passed, {failed} failed, "
          f"{skipped} not run")
    return 1 if failed or skipped == len(names) else 0


if __name__ == "__main__":
    sys.exit(main())
