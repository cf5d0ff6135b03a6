"""How soon a large cluster sees that machines have died, and how soon what ran there runs again: many synthetic nodes in one process, and some in another that is killed."""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BERTH = os.environ.get("BERTH", os.path.join(ROOT, ".build/release/berth"))


class Cluster:
    """A controller of one lease profile, and fleets that are processes of their own."""

    def __init__(self, profile):
        self.profile = profile
        self.processes = []

    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix="berth-silence-")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{port}"
        self.environment = dict(os.environ, BERTH_ENDPOINT=self.endpoint, XDG_CONFIG_HOME=self.directory + "/c", NO_COLOR="1")
        config = self.write("controller.yaml", f"listen: 127.0.0.1:{port}\ndataDirectory: {self.directory}/data\nlease: {{profile: {self.profile}}}\nsecurity: none\naccess: open\n")
        os.mkdir(self.directory + "/data")
        self.controller = self.start("controller", "run", "--config", config)
        self.until(lambda: self.status() is not None, 60, "the controller answers")
        image = self.write("any.raw", "x" * 4096)
        subprocess.run([BERTH, "image", "import", image, "--name", "tiny", "--format", "raw"], env=self.environment, check=True, stdout=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.kill()
            process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def write(self, name, text):
        path = f"{self.directory}/{name}"
        with open(path, "w") as file:
            file.write(text)
        return path

    def start(self, *arguments):
        with open(f"{self.directory}/{len(self.processes)}.log", "wb") as log:
            process = subprocess.Popen([BERTH, *arguments], stdout=log, stderr=log, env=self.environment)
        self.processes.append(process)
        return process

    def fleet(self, name, count):
        text = (f"name: {name}\nnodes:\n  - {{name: '{name}-{{}}', count: {count}, cpu: '64', memory: 256GiB, disk: 4TiB, vmm: synthetic}}\n")
        return self.start("dev", "fleet", "--config", self.write(f"{name}.yaml", text), "--controller", self.endpoint)

    def ask(self, path):
        try:
            with urllib.request.urlopen(self.endpoint + path, timeout=10) as answer:
                return json.load(answer)
        except OSError:
            return None

    def status(self):
        return self.ask("/v1/cluster")

    def health(self, name):
        return ((self.status() or {}).get("nodesByHealth") or {}).get(name, 0)

    def running(self):
        return ((self.status() or {}).get("instancesByState") or {}).get("running", 0)

    def until(self, holds, seconds, what):
        """When it came true."""
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline:
            if holds():
                return time.perf_counter()
            time.sleep(0.05)
        raise SystemExit(f"not in {seconds} s: {what}")

    def wait(self):
        """What is in force, in seconds: it grows with the cluster."""
        with open(self.directory + "/data/lease-wait") as file:
            return int(file.read()) / 1000


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(profile, nodes=10_000, dead=100, instances=200):
    """Seconds from the kill of `dead` of the nodes: to the last of them suspect, to the last lost, to the last fenced instance running again; W; share of a core."""
    with Cluster(profile) as cluster:
        victims = cluster.fleet("far", dead)
        cluster.until(lambda: cluster.health("alive") == dead, 120, "the first nodes are alive")
        subprocess.run(
            [BERTH, "launch", "f", "--count", str(instances), "--size", "nano", "--recovery", "fenced", "--ephemeral"], env=cluster.environment,
            check=True, stdout=subprocess.DEVNULL)
        cluster.until(lambda: cluster.running() == instances, 120, "all instances run")
        cluster.fleet("near", nodes - dead)
        cluster.until(lambda: cluster.health("alive") == nodes, 600, "all nodes are alive")
        # Past the joining, and past the time in which a new controller declares nobody lost.
        time.sleep(30)
        used, since = cpu_seconds(cluster.controller.pid), time.perf_counter()
        time.sleep(20)
        share = (cpu_seconds(cluster.controller.pid) - used) / (time.perf_counter() - since)
        wait = cluster.wait()
        victims.send_signal(signal.SIGKILL)
        start = time.perf_counter()
        suspect = cluster.until(lambda: cluster.health("suspect") + cluster.health("lost") >= dead, 120, "they are suspect") - start
        lost = cluster.until(lambda: cluster.health("lost") >= dead, 600, "they are lost") - start
        again = cluster.until(lambda: cluster.running() == instances, 600, "all instances run again") - start
        return suspect, lost, again, wait, share


def rows(row):
    for profile in ["standard", "fast"]:
        suspect, lost, again, wait, share = measure(profile)
        of = f"10,000 synthetic nodes, profile {profile}"
        row(f"silence of 100 of {of}, to the last of them suspect", f"{suspect:.1f} s at {share:.2f} core", "10 s")
        row("the same, to the last of them lost, and to the last of 200 fenced instances running elsewhere", f"{lost:.1f} s, {again:.1f} s (W is {wait:g} s)", "W + 5 s")
