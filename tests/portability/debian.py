# SPDX-License-Identifier: Apache-2.0
"""Packages of other suites of Debian, which are unpacked and not installed."""

import shlex
import subprocess
import tarfile
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
WORK = SOURCE / "build" / "portability"


class Unavailable(Exception):
    """What this machine does not have, or cannot get; its text says what."""


def run(*command, log=None, stderr=subprocess.STDOUT, **more):
    """What a command prints; a failure has the end of it."""
    done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=stderr, **more)
    if log is not None:
        log.write_bytes(done.stdout)
    if done.returncode != 0:
        text = (done.stdout + (done.stderr or b"")).decode("utf-8", "replace").strip().splitlines()
        raise RuntimeError("\n".join([f"{shlex.join(map(str, command))}: exit "
                                      f"{done.returncode}"] + text[-25:]))
    return done.stdout


def mirror():
    """Where this machine gets Debian from."""
    targets = run("apt-get", "indextargets", "--format", "$(ORIGIN) $(COMPONENT) $(REPO_URI)",
                  "Created-By: Packages").decode().splitlines()
    for line in targets:
        origin, component, where = line.split(maxsplit=2)
        if (origin, component) == ("Debian", "main") and "security" not in where:
            return where
    raise Unavailable("the package sources of this machine do not name Debian's archive, "
                      "or apt-get update was never called")


def apt(folder, kind, suite):
    """apt-get with this suite alone, which leaves the machine's own lists as they are."""
    lists = folder / "lists"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    (folder / "sources.list").write_text(f"{kind} {mirror()} {suite} main\n")
    command = ["apt-get", "-q", "-o", f"Dir::Etc::SourceList={folder / 'sources.list'}",
               "-o", "Dir::Etc::SourceParts=/dev/null", "-o", f"Dir::State::Lists={lists}",
               "-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache=",
               "-o", "APT::Sandbox::User=root", "-o", "Acquire::Languages=none"]
    try:
        run(*command, "update", cwd=folder)
    except RuntimeError as error:
        raise Unavailable(f"the packages of Debian {suite} cannot be listed: {error}") from error
    return command


def unpacked(suite, package):
    """The folder with what is in a package."""
    folder = WORK / "packages" / suite / package
    if not (folder / "usr").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        command = apt(folder, "deb", suite)
        try:
            # By name alone apt prefers the version that is installed to one of experimental.
            run(*command, "download", f"{package}/{suite}", cwd=folder)
        except RuntimeError as error:
            raise Unavailable(f"{package} of Debian {suite} cannot be had: {error}") from error
        run("dpkg-deb", "-x", next(folder.glob("*.deb")), folder)
    return folder


def libyaml():
    """The sources of libyaml 0.2.5."""
    folder = WORK / "libyaml"
    found = list(folder.glob("*yaml-*/include"))
    if not found:
        folder.mkdir(parents=True, exist_ok=True)
        command = apt(folder, "deb-src", "bookworm")
        run(*command, "source", "--download-only", "libyaml=0.2.5-1", cwd=folder)
        with tarfile.open(folder / "libyaml_0.2.5.orig.tar.gz") as archive:
            archive.extractall(folder)
        found = list(folder.glob("*yaml-*/include"))
    return found[0].parent
