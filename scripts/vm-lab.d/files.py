#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Print every file of this machine that programs need to run elsewhere, links included, one a line.

  scripts/vm-lab.d/files.py PROGRAM...    with their libraries; the standard library where one is a Python script
"""
import glob
import os
import subprocess
import sys


def is_python(path):
    with open(path, "rb") as f:
        first = f.readline()
    return first.startswith(b"#!") and b"python" in first


def standard_library():
    """What small scripts import; its compiled form too, because a guest compiles slowly."""
    top = os.path.dirname(os.__file__)
    for directory in [".", "collections", "encodings", "importlib", "json", "re", "lib-dynload"]:
        for pattern in "*.py", "*.so", "__pycache__/*.pyc":
            yield from glob.glob(os.path.normpath(os.path.join(top, directory, pattern)))


def libraries(paths):
    out = subprocess.run(["ldd", *(p for p in paths if not p.endswith((".py", ".pyc")))], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    for line in out.splitlines():
        for word in line.split():
            if word.startswith("/") and not word.endswith(":"):
                yield word


def with_links(path):
    """The file by its real directory, and every link on the way to it."""
    while True:
        path = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        yield path
        if not os.path.islink(path):
            return
        path = os.path.join(os.path.dirname(path), os.readlink(path))


def main():
    files = set(sys.argv[1:])
    if any(is_python(path) for path in sys.argv[1:]):
        files |= set(standard_library())
    files |= set(libraries(sorted(files)))
    print("\n".join(sorted({link for path in files for link in with_links(path)})))


if __name__ == "__main__":
    main()
