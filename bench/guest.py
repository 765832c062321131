# SPDX-License-Identifier: GPL-2.0-only
"""Runs commands in a guest, one after the other, and brings back what they wrote."""

import json
import os
import pathlib
import shlex
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("BUILD", TOP / "build")).resolve()
RESULTS = BUILD / "results"
# the one with edu-sg, which `make device` builds
QEMU = BUILD / "device/qemu-edu-sg"

# qemu/run's exit status for a guest that was stopped
TIMEOUT = 124

# A command's own words are of interest only if it fails
JOB = """
step() {
	"$@" >/tmp/step.log 2>&1 || { cat /tmp/step.log; exit 1; }
}
"""


def need_build(goal):
    """Ends the program if what a make goal builds for it is not there."""
    for file in (BUILD / "kernel.env", BUILD / "bench/memcpy", QEMU):
        if not file.exists():
            sys.exit(f"{sys.argv[0]}: there is no {file}: run `make {goal}`, which builds it first")


class Guest:
    """One guest and its list of steps."""

    def __init__(self, out, *options):
        self.out = out
        self.options = options
        self.job = JOB

    def say(self, text):
        """Adds a line about how far it is."""
        self.job += shlex.join(["echo", text]) + "\n"

    def step(self, name, *command):
        """Adds a command that writes NAME.json; in its words, {} stands for that file."""
        words = [str(word).replace("{}", f"/results/{name}.json") for word in command]
        self.job += shlex.join(["step", *words]) + "\n"

    def boot(self):
        """Boots the guest; returns qemu/run's exit status."""
        command = [TOP / "qemu/run", "--quiet", "--qemu", QEMU, "--clock", "real",
                   "--out", self.out, *self.options, "--", "sh", "-c", self.job]
        for old in self.out.glob("*.json"):
            old.unlink()
        # what is printed here is progress, the results come later
        return subprocess.run(command, stdout=sys.stderr, check=False).returncode

    def run(self, tries=1):
        """Returns what the steps wrote, by their names. A guest that hangs may be tried again."""
        status = self.boot()
        while status == TIMEOUT and tries > 1:
            print("  the guest hangs: once more", file=sys.stderr)
            tries -= 1
            status = self.boot()
        if status:
            sys.exit(f"{sys.argv[0]}: the guest failed; its logs are in {self.out}")
        return {file.stem: json.loads(file.read_text()) for file in self.out.glob("*.json")}


def write(path, result):
    """Writes a result, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(json.dumps(result, indent=1) + "\n")
    new.rename(path)


def environment(measured):
    """Where it was measured, as edudma tells of the guest, and the host beside it."""
    model = "unknown"
    with open("/proc/cpuinfo", encoding="ascii") as lines:
        for line in lines:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    keys = ("kernel", "qemu", "machine", "accel", "clock", "device", "irq", "iommu")
    return {**{key: measured[key] for key in keys if key in measured},
            "host_cpu": model, "host_cpus": os.cpu_count()}
