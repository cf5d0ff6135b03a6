"""The figures of docs/benchmarks.md, measured on this machine in one run.

Every cluster is started for its figure and stopped after it. Absolute times are of this machine at this moment; what can be compared between
machines and days are the ratios, which is why a plain `true` and a plain fsync stand beside the figures that rest on them.
"""

import http.client
import json
import os
import platform
import re
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import uuid

import migration
import planner
import silence
import simulator

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BERTH = os.path.join(ROOT, ".build/release/berth")
IMAGE = os.path.join(ROOT, ".build/images/tiny.tar")


class Dev:
    """A cluster of `berth dev` with directories of its own."""

    def __init__(self, *arguments):
        self.arguments = arguments

    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix="berth-bench-")
        self.environment = dict(os.environ, XDG_CONFIG_HOME=self.directory + "/c", XDG_STATE_HOME=self.directory + "/s", NO_COLOR="1")
        self.berth("dev", "up", *self.arguments)
        return self

    def __exit__(self, *_):
        self.berth("dev", "down", check=False)
        shutil.rmtree(self.directory, ignore_errors=True)

    def berth(self, *arguments, check=True):
        done = subprocess.run([BERTH, *arguments], env=self.environment, capture_output=True, text=True)
        if check and done.returncode != 0:
            raise SystemExit(f"berth {' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def json(self, *arguments):
        return json.loads(self.berth(*arguments, "-o", "json"))

    def endpoint(self):
        with open(self.directory + "/c/berth/context.yaml") as file:
            return re.search(r"https?://[0-9.]+:[0-9]+", file.read()).group(0)

    def connection(self):
        scheme, address = self.endpoint().split("://")
        host, port = address.split(":")
        if scheme == "http":
            return http.client.HTTPConnection(host, int(port), timeout=30)
        # On loopback, and what is measured is time.
        return http.client.HTTPSConnection(host, int(port), timeout=30, context=ssl._create_unverified_context())

    def headers(self):
        """The context's token, where it has one."""
        with open(self.directory + "/c/berth/context.yaml") as file:
            token = re.search(r'token: "([^"]+)"', file.read())
        return {"Authorization": "Bearer " + token.group(1)} if token else {}

    def pids(self, words):
        done = subprocess.run(["pgrep", "-f", f"{words}.*{self.directory}"], capture_output=True, text=True)
        return [int(pid) for pid in done.stdout.split()]


def milliseconds(command, environment=None, runs=20):
    """Median wall time of whole processes, after one that warms up."""
    times = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times[1:])


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def fsyncs_per_second(seconds=2):
    with tempfile.NamedTemporaryFile(dir=ROOT + "/.build") as file:
        count, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            file.write(b"x" * 4096)
            file.flush()
            os.fdatasync(file.fileno())
            count += 1
        return count / (time.perf_counter() - start)


def startup():
    row("`true`, wall", f"{milliseconds(['true']):.1f} ms")
    row("`berth version`, wall", f"{milliseconds([BERTH, 'version']):.1f} ms", "30 ms")


def listing():
    with Dev("--synthetic", "--nodes", "10") as dev:
        small_image(dev)
        dev.berth("launch", "i", "--count", "100", "--size", "nano", "--wait", "--timeout", "60s")
        row("`berth instance list` of 100, wall", f"{milliseconds([BERTH, 'instance', 'list'], dev.environment):.1f} ms", "80 ms")


def small_image(dev):
    path = dev.directory + "/any.raw"
    with open(path, "wb") as file:
        file.write(b"x" * 4096)
    dev.berth("image", "import", path, "--name", "tiny", "--format", "raw")


def idle_syncs(seconds=30):
    with Dev("--synthetic", "--nodes", "1000") as dev:
        pid = dev.pids("controller run")[0]
        time.sleep(10)
        before, start = cpu_seconds(pid), time.perf_counter()
        time.sleep(seconds)
        share = (cpu_seconds(pid) - before) / (time.perf_counter() - start) * 100
        row("controller's CPU, 1,000 synthetic nodes syncing at the default interval", f"{share:.1f} % of a core", "15 %")


def durable_launches():
    row("4 KiB write + fdatasync, one at a time", f"{fsyncs_per_second():.0f} /s")
    with Dev("--synthetic", "--nodes", "1000") as dev:
        small_image(dev)
        pid = dev.pids("controller run")[0]
        before = cpu_seconds(pid)
        report = dev.json("bench", "launch", "--clients", "64", "--seconds", "10", "--size", "nano")
        used = cpu_seconds(pid) - before
        row("durable launches through the API, 64 clients", f"{report['launchesPerSecond']:.0f} /s", "5,000 /s")
        row("the same, p50 and p99", f"{report['p50Milliseconds']:.1f} ms, {report['p99Milliseconds']:.1f} ms")
        row("controller's CPU for one launch and what its node reports of it", f"{used / max(report['launches'], 1) * 1e6:.0f} us")


def restart(nodes=10_000, instances=100_000):
    """A controller killed with all of its agents waiting: from its start to its first answered write, and to the last agent heard."""
    with Dev("--synthetic", "--nodes", str(nodes)) as dev:
        small_image(dev)
        for number in range(instances // 1000):
            dev.berth("launch", f"fill{number}", "--count", "1000", "--size", "nano")
        until(lambda: dev.json("cluster", "status")["instancesByState"].get("running", 0) == instances, 120)
        backup(dev)
        pid = dev.pids("controller run")[0]
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            command = [part.decode() for part in file.read().split(b"\0")[:-1]]
        directory = command[command.index("--config") + 1].rsplit("/", 1)[0]
        os.kill(pid, signal.SIGKILL)
        # Its lock on the data directory goes with it.
        until(lambda: is_gone(pid), 30)
        start = time.perf_counter()
        with open(directory + "/restarted.log", "wb") as log:
            controller = subprocess.Popen(command, stdout=log, stderr=log, env=dev.environment)
        try:
            written = until(lambda: post(dev, "/v1/instances", {"name": "after-restart", "size": "nano"}) == 201, 60) - start
            heard = until(lambda: metric(dev, "berth_nodes_awaited") == 0, 120) - start
            row(f"restart with {instances:,} instances and {nodes:,} nodes: to the first answered write", f"{written:.2f} s", "5 s")
            row("the same, to the last agent heard", f"{heard:.2f} s", "15 s")
            row("the same, controller's CPU until then", f"{cpu_seconds(controller.pid):.1f} s")
        finally:
            controller.terminate()
            controller.wait(30)


def is_gone(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def backup(dev):
    """While it is written to as fast as eight clients can; what a commit takes meanwhile, from the controller's own histogram."""
    load = subprocess.Popen([BERTH, "bench", "launch", "--clients", "8", "--seconds", "120", "--size", "nano"], env=dev.environment,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(3)
        before = commits(dev)
        time.sleep(5)
        between = commits(dev)
        start = time.perf_counter()
        dev.berth("cluster", "backup", dev.directory + "/backup.sqlite")
        took = time.perf_counter() - start
        after = commits(dev)
    finally:
        load.terminate()
        load.wait()
    size = os.path.getsize(dev.directory + "/backup.sqlite") / (1 << 20)
    row(f"`berth cluster backup` of {size:.0f} MiB under load", f"{took:.1f} s")
    row("commits' p99 meanwhile, and without a backup", f"{percentile(between, after)}, {percentile(before, between)}", "50 ms")


def commits(dev):
    """The commits' histogram: bound to count of commits that took no longer."""
    text = ask(dev, "GET", "/metrics")[1]
    return {bound: int(count) for bound, count in re.findall(r'commit_duration_seconds_bucket\{le="([^"]+)"\} (\d+)', text)}


def percentile(before, after, share=0.99):
    counts = {bound: after[bound] - before[bound] for bound in after}
    total = counts["+Inf"]
    bound = next(bound for bound, count in counts.items() if count >= share * total)
    return f"over 1 s of {total}" if bound == "+Inf" else f"<= {float(bound) * 1000:g} ms of {total}"


def slow_agents(rounds=5, seconds=4):
    """The time of a sync of one node, in turns alone and beside agents that send and read a byte at a time."""
    with Dev("--synthetic", "--nodes", "100") as dev:
        small_image(dev)
        alone, beside = [], []
        for _ in range(rounds):
            alone.append(sync_p99(dev, seconds))
            slow = [SlowAgent(dev) for _ in range(20)]
            try:
                beside.append(sync_p99(dev, seconds, slow))
            finally:
                for agent in slow:
                    agent.socket.close()
        one, other = statistics.median(alone), statistics.median(beside)
        row("p99 of a node's sync, alone and beside 20 slow agents", f"{one:.2f} ms, {other:.2f} ms ({(other / one - 1) * 100:+.0f} %)", "+10 %")


class SlowAgent:
    """Says that it will send a large report, and sends a byte now and then."""

    def __init__(self, dev):
        host, port = dev.endpoint().removeprefix("http://").split(":")
        self.socket = socket.create_connection((host, int(port)))
        node = uuid.uuid4()
        self.socket.sendall(f"POST /v1/nodes/{node}/sync HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n{{".encode())

    def drip(self):
        try:
            self.socket.sendall(b" ")
        except OSError:
            pass


def sync_p99(dev, seconds, slow=()):
    host, port = dev.endpoint().removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    node = uuid.uuid4()
    body = json.dumps({"bootID": "b", "session": "s", "highestEpoch": 0, "seen": 0, "full": False, "observed": [], "hold": 0})
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        if len(times) % 50 == 0:
            for agent in slow:
                agent.drip()
        start = time.perf_counter()
        connection.request("POST", f"/v1/nodes/{node}/sync", body=body)
        connection.getresponse().read()
        times.append((time.perf_counter() - start) * 1000)
    connection.close()
    return sorted(times)[int(len(times) * 0.99)]


def until(holds, seconds):
    """When it came true."""
    deadline = time.perf_counter() + seconds
    while time.perf_counter() < deadline:
        if holds():
            return time.perf_counter()
        time.sleep(0.02)
    raise SystemExit("it did not come true in time")


def ask(dev, method, path, body=None):
    """Status and text; 0 where nobody answers."""
    connection = dev.connection()
    try:
        connection.request(method, path, body=body, headers=dev.headers())
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except OSError:
        return 0, ""
    finally:
        connection.close()


def post(dev, path, body):
    return ask(dev, "POST", path, json.dumps(body))[0]


def metric(dev, name):
    status, text = ask(dev, "GET", "/metrics")
    return next((float(line.split()[1]) for line in text.splitlines() if line.startswith(name + " ")), None) if status == 200 else None


def tiny_image(dev):
    if not os.path.exists(IMAGE):
        os.makedirs(os.path.dirname(IMAGE), exist_ok=True)
        subprocess.run([BERTH, "image", "build", "tiny", "--output", IMAGE], check=True, stdout=subprocess.DEVNULL)
    dev.berth("image", "import", IMAGE, "--name", "tiny", "--format", "linux")


def request_to_exec(runs=15):
    with Dev("--nodes", "1") as dev:
        tiny_image(dev)
        dev.berth("launch", "warm", "--size", "nano", "--wait", "--timeout", "60s")
        dev.berth("instance", "delete", "warm", "--wait")
        totals, answers, steps = [], [], []
        for number in range(runs):
            total, answered, timings = launch_and_time(dev, f"b{number}")
            totals.append(total)
            answers.append(answered)
            steps.append(timings)
            dev.berth("instance", "delete", f"b{number}", "--wait")
        row("from the request to QEMU's exec, image cached", f"{statistics.median(totals):.0f} ms", "60 ms")
        row("of it: the request's answer, durable", f"{statistics.median(answers):.1f} ms")
        names = ["imageReady", "diskReady", "seedReady", "spawned"]
        text = ", ".join(f"{name} {statistics.median(step[name + 'Microseconds'] for step in steps) / 1000:.1f}" for name in names)
        row("of it: the agent, from its receipt of the spec, in ms", text)


def launch_and_time(dev, name):
    """Milliseconds from the request to QEMU's start as the kernel has it, to the answer, and the agent's own split."""
    connection = dev.connection()
    connection.request("GET", "/v1/version")
    connection.getresponse().read()
    body = json.dumps({"name": name, "size": "nano"})
    start = time.clock_gettime(time.CLOCK_BOOTTIME)
    connection.request("POST", "/v1/instances", body=body, headers={"Content-Type": "application/json"} | dev.headers())
    answer = connection.getresponse()
    text = answer.read()
    answered = time.clock_gettime(time.CLOCK_BOOTTIME)
    if answer.status >= 300:
        raise SystemExit(f"POST /v1/instances: {answer.status} {text}")
    while True:
        connection.request("GET", f"/v1/instances/{name}", headers=dev.headers())
        status = json.loads(connection.getresponse().read())["status"]
        if status["state"] == "running" and status.get("pid"):
            break
        time.sleep(0.02)
    with open(f"/proc/{status['pid']}/stat") as file:
        ticks = int(file.read().rsplit(")", 1)[1].split()[19])
    # The kernel cuts the start to a tick of 10 ms; the middle of it is the best guess.
    started = (ticks + 0.5) / os.sysconf("SC_CLK_TCK")
    return (started - start) * 1000, (answered - start) * 1000, status["timings"]


def simulated():
    wall, cpu = simulator.speed()
    row("simulated cluster-hours a minute of wall time, 20 nodes, 200 instances, with chaos", f"{wall:.0f} ({cpu:.0f} a CPU-minute)", "50")


def silent_nodes():
    silence.rows(row)


def migrated():
    migration.rows(row)


def row(what, figure, wanted=""):
    print(f"| {what} | {figure} | {wanted} |", flush=True)


def main():
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown")
    print(f"Machine: {os.cpu_count()} x {model}, {platform.release()}, load {os.getloadavg()[0]:.1f}\n")
    parts = {
        "startup": startup, "listing": listing, "exec": request_to_exec, "idle": idle_syncs, "launches": durable_launches, "slow": slow_agents,
        "restart": restart, "silence": silent_nodes, "migration": migrated, "simulate": simulated,
        "memory": guests.memory, "import": guests.image_import,
        "snapshot": guests.snapshot_pause, "tls": identity.beside, "renewals": identity.renewals,
    }
    chosen = sys.argv[1:] or [*parts, *planner.PARTS]
    for name in chosen:
        if name not in parts and name not in planner.PARTS:
            raise SystemExit(f"there is no part “{name}”; known are: {', '.join([*parts, *planner.PARTS])}")
    if any(name in parts for name in chosen):
        print("| what | figure | must |\n|---|---|---|", flush=True)
    for name in chosen:
        if name in parts:
            parts[name]()
    planned = [name for name in chosen if name in planner.PARTS]
    if planned:
        planner.head()
    for name in planned:
        planner.PARTS[name]()


if __name__ == "__main__":
    # The parts import this file by its name, and there is to be one of it.
    sys.modules["figures"] = sys.modules["__main__"]
    import guests
    import identity
    main()
