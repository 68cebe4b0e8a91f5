"""Starts a server, loads it with build/release/bin/bench-load, and gives what that measured."""

import contextlib
import json
import os
import re
import resource
import subprocess
import threading

BIN = "build/release/bin"
# Rooms of thousands are for measuring; a server as it is configured out of the box refuses them.
SLUICE = [f"{BIN}/sluice-server", "--port", "0", "--admin-port", "0", "--log-level", "error",
          "--participants-max", "10000", "--connections-max", "10000",
          "--rooms-max", "10000",
          # The bare limit is one thread, too.
          "--shards", "1"]


def come_first():
    """Runs this process and its children before those of others, where the system allows it: neighbours that wake up in
    between would be part of every age. The load stays far below what the machine can do, so nobody starves."""
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))


def raise_file_limit():
    """Lets this process and its children open as many files as the system allows."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


@contextlib.contextmanager
def running(command, port_pattern):
    """A server while the block runs: (its process, its port). It ends with its input, or by SIGTERM."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        seen = []
        for line in process.stdout:
            seen.append(line)
            if found := re.search(port_pattern, line):
                break
        else:
            raise RuntimeError(f"{command[0]} did not start: {''.join(seen)}")
        # Nobody must wait for a reader of what it says later.
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield process, int(found[1])
    finally:
        process.stdin.close()
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def bare_limit(tls=False):
    return running([f"{BIN}/bare-limit"] + ["--tls"] * tls, r"^(\d+)$")


def sluice(tls=False, arguments=()):
    command = SLUICE + ["--tls-self-signed"] * tls + list(arguments)
    return running(command, r"is ready: https?://[^ ]*:(\d+)")


def load(process, port, wire, *arguments):
    """One run of the load generator beside a running server; its figures."""
    command = [f"{BIN}/bench-load", "--port", str(port), "--pid", str(process.pid), "--wire", wire,
               *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=600, check=True)
    return json.loads(done.stdout)


def measure(wire, *arguments, tls=False):
    """Starts the server that speaks `wire`, loads it once, ends it; what the load saw."""
    server = bare_limit(tls) if wire == "limit" else sluice(tls)
    with server as (process, port):
        return load(process, port, wire, *arguments, *["--tls"] * tls)
