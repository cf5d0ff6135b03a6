"""How long a guest stands still when it goes to another node while it runs, as the host sees it: the longest gap between two of its ticks."""

import os
import re
import subprocess
import threading
import time

import silence

ROOT = silence.ROOT
BERTH = silence.BERTH
IMAGE = os.path.join(ROOT, ".build/images/tiny.tar")
TICK = 20
# The guest writes the whole of it again and again.
DIRTY_MIB = 64


class Pair(silence.Cluster):
    """A controller, and two agents with real VMMs that migrate to each other."""

    def __init__(self):
        super().__init__("standard")

    def __enter__(self):
        super().__enter__()
        if not os.path.exists(IMAGE):
            os.makedirs(os.path.dirname(IMAGE), exist_ok=True)
            subprocess.run([BERTH, "image", "build", "tiny", "--output", IMAGE], check=True, stdout=subprocess.DEVNULL)
        self.berth("image", "import", IMAGE, "--name", "guest", "--format", "linux")
        for name in ("n1", "n2"):
            self.start("agent", "run", "--config", self.write(f"{name}.yaml", (
                f"controller: {self.endpoint}\nname: {name}\ndataDirectory: {self.directory}/{name}\nrunDirectory: {self.directory}/{name}/run\n"
                "vmm: qemu\naccelerator: tcg\ncapacity: {cpu: \"4\", memory: 4GiB, disk: 20GiB}\nmigration: {listen: \"127.0.0.1:0\"}\n")))
        self.until(lambda: self.berth("node", "list", "-o", "json").count('"alive"') == 2, 60, "both nodes are there")
        return self

    def __exit__(self, *arguments):
        for name in ("web",):
            subprocess.run([BERTH, "instance", "delete", name, "--wait", "--timeout", "30s"], env=self.environment, capture_output=True)
        super().__exit__(*arguments)

    def berth(self, *arguments, text=None):
        done = subprocess.run([BERTH, *arguments], env=self.environment, capture_output=True, text=True, input=text)
        if done.returncode != 0 and text is None:
            raise SystemExit(f"berth {' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def type(self, line):
        self.berth("console", "web", "--timeout", "10s", text=f"\n{line}\n")


class Ticks:
    """Follows the console logs of both nodes, and keeps when each tick came by the host's clock."""

    def __init__(self, files):
        self.files = {file: os.path.getsize(file) if os.path.exists(file) else 0 for file in files}
        self.rests = dict.fromkeys(files, "")
        self.seen = []
        self.isOver = False
        self.thread = threading.Thread(target=self.follow)
        self.thread.start()

    def follow(self):
        while not self.isOver:
            for file in self.files:
                try:
                    with open(file, "rb") as log:
                        log.seek(self.files[file])
                        data = log.read()
                except OSError:
                    continue
                self.files[file] += len(data)
                *lines, self.rests[file] = (self.rests[file] + data.decode(errors="replace").replace("\r", "")).split("\n")
                now = time.perf_counter()
                self.seen += [(now, int(line[5:])) for line in lines if re.fullmatch("tick [0-9]+", line)]
            time.sleep(0.002)

    def end(self):
        """The longest gap, in milliseconds."""
        self.isOver = True
        self.thread.join()
        numbers = [number for _, number in self.seen]
        if len(numbers) < 10 or numbers != sorted(set(numbers)):
            raise SystemExit(f"the ticks are not in order: {numbers[:20]}…")
        return max((after[0] - before[0]) * 1000 for before, after in zip(self.seen, self.seen[1:]))


def gaps(migrations=6):
    """Without a migration, and of each of several there and back."""
    with Pair() as pair:
        pair.berth("size", "create", "moving", "--cpu", "1", "--memory", "256MiB", "--disk", "1GiB")
        pair.berth("launch", "web", "--size", "moving", "--image", "guest", "--timeout", "120s")
        id = pair.berth("instance", "show", "web", "-o", "json")
        id = re.search(r'"id" *: *"([0-9a-f-]{36})"', id).group(1)
        logs = [f"{pair.directory}/{node}/instances/{id}/console.log" for node in ("n1", "n2")]
        said = lambda words: any(os.path.exists(log) and words in open(log, errors="replace").read() for log in logs)
        pair.until(lambda: said("berth: ready"), 120, "the guest is ready")
        pair.type("mkdir -p /dirty; mount -t tmpfs -o size=80m none /dirty; "
                  f"while :; do dd if=/dev/zero of=/dirty/set bs=1M count={DIRTY_MIB} conv=notrunc 2>/dev/null; usleep 200000; done & "
                  f"i=0; while :; do i=$((i+1)); echo tick $i; usleep {TICK * 1000}; done &")
        pair.until(lambda: said("tick 50"), 60, "it counts")
        still = Ticks(logs)
        time.sleep(5)
        plain, moved = still.end(), []
        for _ in range(migrations):
            watch = Ticks(logs)
            pair.berth("instance", "migrate", "web", "--timeout", "120s")
            time.sleep(1)
            moved.append(watch.end())
        return plain, moved


def rows(row):
    plain, moved = gaps()
    text = ", ".join(f"{gap:.0f}" for gap in sorted(moved))
    row("live migration of a 256 MiB guest that rewrites 64 MiB, under TCG: longest gap between its ticks, each of six", f"{text} ms", "500 ms")
    row(f"the same guest left alone for 5 s, ticks of {TICK} ms", f"{plain:.0f} ms")


if __name__ == "__main__":
    rows(lambda what, figure, wanted="": print(f"| {what} | {figure} | {wanted} |", flush=True))
