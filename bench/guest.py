# SPDX-License-Identifier: GPL-2.0-only
"""Runs commands in a guest, one after the other, and brings back what they wrote.

A command that fails or never ends costs its own result. Each result arrives when its command
ends, so a guest that does not come to its end costs only those that it still had to bring.
"""

import json
import os
import pathlib
import shlex
import signal
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("BUILD", TOP / "build")).resolve()
RESULTS = BUILD / "results"
# the one with edu-sg, which `make device` builds
QEMU = BUILD / "device/qemu-edu-sg"

# qemu/run's exit status for a guest that was stopped
TIMEOUT = 124

HUNG, FAILED = "hung", "failed"

# A process that waits for a device may not die of SIGKILL. Then the job goes on without it, and
# without what that device would do next (nvme-4096-1 is nvme's), for as long as it is there.
# A command's own words are of interest only if it fails.
JOB = r"""
step() { # NAME LIMIT COMMAND...
	name=$1 limit=$2 status=hung lost=/tmp/lost-${1%%-[0-9]*}
	shift 2
	if ! kill -0 "$(cat "$lost" 2>&1)" 2>/dev/null; then
		mkfifo "/tmp/$name"
		exec 3<>"/tmp/$name"
		{
			"$@" >"/tmp/$name.log" 2>&1 &
			echo $! >"$lost"
			wait $!
			echo $? >&3
		} 2>/dev/null &
		if ! read -r -t "$limit" status <&3; then
			status=hung
			kill -KILL "$(cat "$lost")"
			read -r -t 10 _ <&3
		fi
	fi
	case $status in
	0) echo "@$name $(tr -d '\n' <"/tmp/$name.json")" ;;
	hung) echo "@$name hung" ;;
	*)
		cat "/tmp/$name.log"
		echo "@$name failed"
		;;
	esac
}
"""


class Unusable(Exception):
    """A guest that brought nothing: another would not, either."""


def need_build(goal):
    """Ends the program if what a make goal builds for it is not there."""
    for file in (BUILD / "kernel.env", BUILD / "bench/memcpy", QEMU):
        if not file.exists():
            sys.exit(f"{sys.argv[0]}: there is no {file}: run `make {goal}`, which builds it first")


class Guest:
    """One guest, its list of steps, and what they wrote, by their names: JSON, HUNG or FAILED"""

    def __init__(self, out, timeout, *options):
        self.out = out
        # limits are for a host that has a processor or so to spare
        self.slow = max(1, os.getloadavg()[0] / 4)
        self.options = ("--timeout", str(int(timeout * self.slow)), *options)
        self.job = JOB
        self.results = {}

    def say(self, text):
        """Adds a line about how far it is."""
        self.job += shlex.join(["echo", text]) + "\n"

    def step(self, name, limit, *command):
        """Adds a command that writes JSON to the file {}, in so many seconds unless the host
        is busy."""
        words = [str(word).replace("{}", f"/tmp/{name}.json") for word in command]
        self.job += shlex.join(["step", name, str(int(limit * self.slow)), *words]) + "\n"

    def take(self, line):
        """A line of the job: a result, or how far it is"""
        if not line.startswith("@"):
            print(line, end="", flush=True)
            return
        name, _, result = line.rstrip()[1:].partition(" ")
        try:
            self.results[name] = json.loads(result)
        except ValueError:
            # it did not end well; or the guest ended in the middle of the line
            self.results[name] = result if result == HUNG else FAILED
            print(f"    {name}: {self.results[name]}", flush=True)

    def run(self):
        """Boots the guest; returns whether all went well there."""
        command = [TOP / "qemu/run", "--quiet", "--qemu", QEMU, "--clock", "real",
                   "--out", self.out, *self.options, "--", "sh", "-c", self.job]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                for line in process.stdout:
                    self.take(line)
            except BaseException:
                process.terminate()
                raise
            finally:
                status = process.wait()
        if status:
            print(f"  the guest did not end well; its logs are in {self.out}", file=sys.stderr)
            if status != TIMEOUT and not self.results:
                raise Unusable
        return not status and FAILED not in self.results.values()


def measure(rounds, one_round):
    """Calls one_round for each number, as far as it goes; returns the exit status.

    What one_round has noted when a signal or a guest that brings nothing ends this, counts.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    good = True
    try:
        for number in range(1, rounds + 1):
            good &= one_round(number)
    except KeyboardInterrupt:
        print("  interrupted: what follows was measured before", file=sys.stderr)
        return 130
    except Unusable:
        return 1
    return int(not good)


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
