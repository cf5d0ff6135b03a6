"""What guests cost their node, images their import, and a snapshot its guest."""

import os
import re
import statistics
import subprocess
import tempfile
import time

import figures


def memory(count=50):
    """Of each VMM and its cage, what they hold beside the guest's own memory. Shared pages are counted by share (PSS)."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as cluster:
        # More processors than the machine has, or they would not all find room.
        cluster.write("name: bench\nnodes:\n  - name: n1\n    cpu: \"64\"\n    memory: 16GiB\n    disk: 200GiB\n")
        cluster.flush()
        memory_of(count, cluster.name)


def memory_of(count, cluster):
    with figures.Dev("--cluster", cluster) as dev:
        figures.tiny_image(dev)
        dev.berth("launch", "guest", "--count", str(count), "--size", "nano", "--wait", "--timeout", "600s")
        # Booting guests translate the most.
        figures.until(lambda: all("berth: ready" in dev.berth("logs", f"guest-{number}") for number in (1, count)), 600)
        time.sleep(20)
        vmms, cages = dev.pids("qemu-system"), dev.pids("berth-cage")
        vmms = [pid for pid in vmms if os.readlink(f"/proc/{pid}/exe").rsplit("/", 1)[1].startswith("qemu-system")]
        cages = [pid for pid in cages if os.readlink(f"/proc/{pid}/exe").rsplit("/", 1)[1] == "berth-cage"]
        if len(vmms) != count:
            raise SystemExit(f"{len(vmms)} VMMs run, not {count}")
        beside = [held(pid, 64 << 10) for pid in vmms]
        rest = sum(held(pid, None) for pid in cages)
        each = (sum(beside) + rest) / count / 1024
        figures.row(f"{count} tiny guests on one node under TCG: memory beside the guest's own, each (of it the cage)",
                    f"{each:.1f} MiB ({rest / count / 1024:.1f})", "90 MiB")


def held(pid, guest):
    """KiB by share, without the mapping that is the guest's memory: the one of its size."""
    total = 0
    size = share = 0
    with open(f"/proc/{pid}/smaps") as file:
        for line in file:
            name, _, value = line.partition(":")
            if name == "Size":
                size = int(value.split()[0])
            elif name == "Pss":
                share = int(value.split()[0])
                if guest is None or size != guest:
                    total += share
    return total


def image_import(rounds=3):
    with figures.Dev("--synthetic", "--nodes", "1") as dev:
        path = dev.directory + "/source.raw"
        with open(path, "wb") as file:
            for _ in range(1024):
                file.write(os.urandom(1 << 20))
        ratios, imports, pairs = [], [], []
        for number in range(rounds):
            with open(path, "r+b") as file:
                # Another image each time, or it would be known by its digest.
                file.write(number.to_bytes(8, "little"))
            os.sync()
            pair = timed(["cp", "--reflink=never", path, dev.directory + "/copy.raw"]) + timed(["sha256sum", path])
            os.remove(dev.directory + "/copy.raw")
            os.sync()
            took = timed([figures.BERTH, "image", "import", path, "--name", f"i{number}", "--format", "raw", "--quiet"], dev.environment)
            dev.berth("image", "delete", f"i{number}")
            imports.append(took)
            pairs.append(pair)
            ratios.append(took / pair)
        figures.row("import of an image of 1 GiB, raw, from a file; `cp` and `sha256sum` of it",
                    f"{statistics.median(imports):.2f} s, {statistics.median(pairs):.2f} s: {statistics.median(ratios):.2f} x", "1.5 x")


def timed(command, environment=None):
    start = time.perf_counter()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def snapshot_pause(rounds=5):
    """The longest gap between a guest's ticks of 20 ms, as they reach the host's file, with a snapshot and without."""
    with figures.Dev("--nodes", "1") as dev:
        figures.tiny_image(dev)
        dev.berth("launch", "box", "--size", "tiny", "--wait", "--timeout", "60s")
        figures.until(lambda: "berth: ready" in dev.berth("logs", "box"), 120)
        dev.berth("volume", "create", "data", "--size", "1GiB", "--wait")
        dev.berth("volume", "attach", "data", "box", "--wait")
        subprocess.run([figures.BERTH, "console", "box", "--timeout", "3s"], env=dev.environment, input=b"\nwhile :; do echo tick; usleep 20000; done\n",
                       stdout=subprocess.DEVNULL, timeout=30, check=False)
        logs = subprocess.run(["find", dev.directory, "-name", "console.log"], capture_output=True, text=True).stdout.split()
        told, seen, idle = [], [], []
        for number in range(rounds):
            idle.append(longest_gap(logs[0], lambda: time.sleep(1)))
            seen.append(longest_gap(logs[0], lambda: dev.berth("snapshot", "create", "box", f"s{number}", "--wait")))
            told.append(dev.json("snapshot", "show", f"s{number}")["pauseMicroseconds"] / 1000)
        figures.row("snapshot of a running guest with a volume: longest gap between its ticks of 20 ms; without a snapshot",
                    f"{statistics.median(seen):.0f} ms (most {max(seen):.0f}), {statistics.median(idle):.0f} ms", "300 ms")
        figures.row("the same, the VMM's pause as the agent has it", f"{statistics.median(told):.1f} ms")


def longest_gap(path, work):
    """Milliseconds between two growths of the file while the work is done."""
    watcher = subprocess.Popen(["python3", "-c", WATCH, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    time.sleep(0.3)
    work()
    return float(watcher.communicate("")[0])


WATCH = """
import os, select, sys, time
file = os.open(sys.argv[1], os.O_RDONLY)
size, last, most = os.fstat(file).st_size, time.perf_counter(), 0
while not select.select([0], [], [], 0.001)[0]:
    now, new = time.perf_counter(), os.stat(sys.argv[1]).st_size
    if new != size:
        most, last, size = max(most, now - last), now, new
print(most * 1000)
"""
