# SPDX-License-Identifier: GPL-2.0-or-later
"""The judge as a co-process: requests and answers as in judge.c."""

import json
import os
import pathlib
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[2]


def build_directory():
    return pathlib.Path(os.environ.get("ESPOTA_DOCTOR_BUILD", TOP / "build-test"))


class Judge:
    def __init__(self, *options):
        # Its namespaces are its own; a wrong ruleset cannot reach anything else.
        program = build_directory() / "tests/differential/judge"
        self.process = subprocess.Popen([program, *options],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, "LC_ALL": "C.UTF-8"})

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise EOFError(f"the judge has ended: exit {self.process.wait()}")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()
