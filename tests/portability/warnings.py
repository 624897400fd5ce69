#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles the libraries, the C ABI and the program with each compiler that is supported, in Debug
and in Release, and prints every warning.

    warnings.py              all compilers that this machine has or can get
    warnings.py NAME...      these; one that cannot be had is an error then
    warnings.py --list       the names, and where each one comes from

Compilers that this machine's Debian lacks come from a folder with packages of another suite, which
chroot enters: it needs root and mmdebstrap. GCC finds some warnings only while it optimises, so it
compiles; those of Clang are its front end's, so it checks without generating code. What is the same
in Release and in Debug, most files, as few ask for NDEBUG, is compiled once: in Release, where more
is found. Everything is kept in build/portability.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

from debian import SOURCE, WORK, Unavailable, mirror, run

SUITE = "trixie"
ROOT = WORK / SUITE
# Compiler of C++ -> the suite that has it if this machine does not.
COMPILERS = {"g++-12": "", "g++-13": SUITE, "g++-14": SUITE, "clang++-14": "", "clang++-15": "",
             "clang++-16": "", "clang++-17": SUITE, "clang++-18": SUITE, "clang++-19": ""}
LIBRARIES = ["libexpected-dev", "nlohmann-json3-dev", "libfmt-dev", "libyaml-dev", "libboost-dev",
             "libcli11-dev", "libsqlite3-dev", "libcurl4-openssl-dev"]
COPIED = ("CMakeLists.txt", "cmake", "include", "src", "capi", "packaging", "LICENSE", "tools")
WARNING = re.compile(r"^.*?\b(?:warning|error): .*$", re.M)
OBJECT = re.compile(r" -o \S+\.o ")
MARKER = re.compile(r'^# \d+ "([^"]*)"')  # In preprocessed text: the file of the next lines.


def compiler_folder():
    """The folder with the compilers of another suite, and a copy of the sources."""
    if os.geteuid() != 0:
        raise Unavailable(f"this machine has none, and only root can enter a folder of {SUITE}")
    packages = [name for name, suite in COMPILERS.items() if suite]
    if not (ROOT / "usr" / "bin" / packages[-1]).exists():
        if not shutil.which("mmdebstrap"):
            raise Unavailable("this machine has neither it nor mmdebstrap")
        shutil.rmtree(ROOT, ignore_errors=True)
        wanted = [name.replace("clang++", "clang") for name in packages] + LIBRARIES
        run("mmdebstrap", "--variant=extract", "--mode=root", SUITE, ROOT, mirror(),
            "--include=" + ",".join(["g++", "dash", "cmake", "ninja-build", "ccache", *wanted]),
            log=WORK / f"{SUITE}.log")
        for name in ("bin", "sbin", "lib", "lib64"):  # The scripts of packages were not run.
            if not (ROOT / name).exists():
                (ROOT / name).symlink_to(f"usr/{name}")
        if not (ROOT / "usr" / "bin" / "sh").exists():
            (ROOT / "usr" / "bin" / "sh").symlink_to("dash")
    copy = ROOT / "sources"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    for name in COPIED:
        if (SOURCE / name).is_dir():
            shutil.copytree(SOURCE / name, copy / name)
        elif (SOURCE / name).exists():
            shutil.copy2(SOURCE / name, copy / name)
    return ["chroot", str(ROOT)]


def place_of(compiler):
    """What enters the place of a compiler, the sources there, and where to build there."""
    if shutil.which(compiler):
        return [], SOURCE, WORK / "warnings"
    if not COMPILERS[compiler]:
        raise Unavailable("this machine has none")
    return compiler_folder(), Path("/sources"), Path("/warnings")


def commands(compiler, build_type, enter, sources, builds):
    """How each file is compiled."""
    build = builds / f"{compiler}-{build_type}"
    run(*enter, "cmake", "-S", sources, "-B", build, "-G", "Ninja",
        f"-DCMAKE_BUILD_TYPE={build_type}", f"-DCMAKE_CXX_COMPILER={compiler}",
        "-DCMAKE_CXX_COMPILER_LAUNCHER=", "-DPROMOFLOW_CCACHE=", "-DPROMOFLOW_WERROR=ON",
        "-DPROMOFLOW_BUILD_TESTS=OFF", "-DPROMOFLOW_BUILD_EXAMPLES=OFF",
        "-DPROMOFLOW_FETCH_DEPENDENCIES=OFF")
    database = Path(str(ROOT) + str(build)) if enter else build
    for entry in json.loads((database / "compile_commands.json").read_text()):
        words = shlex.split(entry["command"])
        if compiler.startswith("clang"):
            words = [word for word in words if not word.endswith(".o")]
            words.remove("-o")
            words.append("-fsyntax-only")
        elif enter or shutil.which("ccache"):
            words.insert(0, "ccache")
        yield [*enter, "sh", "-c", f"cd {shlex.quote(entry['directory'])} && {shlex.join(words)}"]


def output(command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace")


def own_text(command, sources):
    """What a compiler reads of the project's own files: all that its warnings depend on."""
    done = output([*command[:-1], OBJECT.sub(" ", command[-1]) + " -E"])
    kept, own = hashlib.sha256(b"" if done.returncode == 0 else command[-1].encode()), False
    for line in done.stdout.splitlines():
        marker = MARKER.match(line)
        if marker:
            own = marker.group(1).startswith(f"{sources}/")
        elif own:
            kept.update(line.encode() + b"\n")
    return kept.digest()


def check(compiler, build_type, jobs, seen):
    """The number of files, how many of them were skipped, and the warnings in the others."""
    enter, sources, builds = place_of(compiler)
    files = list(commands(compiler, build_type, enter, sources, builds))

    def warnings(command):
        text = own_text(command, sources)
        if text in seen:
            return None
        seen.add(text)
        done = output(command)
        found = WARNING.findall(done.stdout)
        return found if found or done.returncode == 0 else [done.stdout]

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        results = list(pool.map(warnings, files))
    found = dict.fromkeys(one for result in results for one in result or [])
    return len(files), results.count(None), list(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--jobs", type=int, default=int(os.environ.get("PROMOFLOW_JOBS", "2")))
    options = parser.parse_args()
    for name in options.names:
        if name not in COMPILERS:
            parser.error(f"no such compiler: {name}; there are: {' '.join(COMPILERS)}")
    if options.list:
        for name, suite in COMPILERS.items():
            elsewhere = f"from Debian {suite}" if suite else "missing"
            print(f"{name:12}{shutil.which(name) or elsewhere}")
        return 0
    WORK.mkdir(parents=True, exist_ok=True)
    passed = failed = skipped = 0
    for name in options.names or COMPILERS:
        seen = set()
        for build_type in ("Release", "Debug"):
            begin = time.monotonic()
            try:
                count, same, warnings = check(name, build_type, options.jobs, seen)
            except Unavailable as error:
                print(f"{name:12}{build_type:9}not run: {error}", flush=True)
                failed += 1 if options.names else 0
                skipped += 0 if options.names else 1
                continue
            seconds = time.monotonic() - begin
            print(f"{name:12}{build_type:9}{count} files, {same} of them checked before, "
                  f"{len(warnings)} warnings ({seconds:.0f} s)", *warnings, sep="\n", flush=True)
            passed += 0 if warnings else 1
            failed += 1 if warnings else 0
    print(f"warnings: {passed} passed, {failed} failed, {skipped} not run")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
