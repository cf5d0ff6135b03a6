"""Berth beside its peers, on the same clusters in the same minutes: CPU-seconds for one placement, and the ratio.

Installs what it needs: Debian's ganeti-htools (as root), and openstack-placement from PyPI into .build/peers. Needs .build/release/berth (`make build`).
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.dirname(os.path.abspath(__file__))
BERTH = os.environ.get("BERTH", os.path.join(ROOT, ".build/release/berth"))
HAIL = "/usr/lib/ganeti/iallocators/hail"
VENV = os.path.join(ROOT, ".build/peers/venv")

# One kind of node and one kind of VM everywhere.
NODE = {"cpu": 32, "memory": 131072, "disk": 1000000}
VM = {"cpu": 2, "memory": 4096, "disk": 10240}


def install():
    if not shutil.which("hspace"):
        if os.geteuid() != 0:
            raise SystemExit("peers.py: ganeti-htools is missing; install it with: apt-get install ganeti-htools")
        subprocess.run(["apt-get", "update", "-qq"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["apt-get", "install", "-y", "-qq", "ganeti-htools"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    python = os.path.join(VENV, "bin/python")
    if subprocess.run([python, "-c", "import placement"], stderr=subprocess.DEVNULL).returncode if os.path.exists(python) else True:
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "openstack-placement"], check=True)


def measured(command):
    """What it prints, and the CPU-seconds that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def cluster_file(directory, nodes):
    path = os.path.join(directory, f"{nodes}.yaml")
    with open(path, "w") as file:
        file.write(
            f"name: peers\nnodes:\n  - {{name: 'n{{}}', count: {nodes}, cpu: {NODE['cpu']}, memory: {NODE['memory']}MiB, disk: {NODE['disk']}MiB}}\n"
            f"sizes:\n  - {{name: vm, cpu: {VM['cpu']}, memory: {VM['memory']}MiB, disk: {VM['disk']}MiB}}\n")
    return path


def simulated(nodes):
    return f"p,{nodes},{NODE['disk']},{NODE['memory']},{NODE['cpu']}"


def hail_request(directory):
    bounds = {"memory-size": 1, "cpu-count": 1, "disk-count": 1, "disk-size": 1, "nic-count": 0, "spindle-use": 1}
    most = {"memory-size": 1 << 20, "cpu-count": 256, "disk-count": 16, "disk-size": 1 << 24, "nic-count": 8, "spindle-use": 12}
    policy = {
        "minmax": [{"min": bounds, "max": most}], "std": bounds, "disk-templates": ["plain"], "vcpu-ratio": 1.0, "spindle-ratio": 32.0,
    }
    group = {"name": "default", "alloc_policy": "preferred", "networks": [], "tags": [], "ipolicy": policy}
    request = {
        "type": "allocate", "name": "vm", "memory": VM["memory"], "vcpus": VM["cpu"], "disks": [{"size": VM["disk"], "mode": "w"}],
        "disk_space_total": VM["disk"], "disk_template": "plain", "required_nodes": 1, "tags": [], "os": "any", "nics": [], "hypervisor": "kvm",
        "spindle_use": 1, "group_name": None,
    }
    path = os.path.join(directory, "request.json")
    with open(path, "w") as file:
        json.dump(
            {
                "version": 2, "cluster_name": "peers", "cluster_tags": [], "enabled_hypervisors": ["kvm"], "ipolicy": policy,
                "nodegroups": {"g": group}, "nodes": {}, "instances": {}, "request": request,
            }, file)
    return path


def row(what, peer, name, theirs, ours):
    print(f"| {what} | {peer} {name} | {theirs:.6f} | {ours:.6f} | {theirs / ours:,.3g} |", flush=True)


def filling(directory, nodes=20):
    text, seconds = measured(
        ["hspace", "--simulate", simulated(nodes), "--disk-template", "plain", "--machine-readable"]
        + [f"--{kind}-alloc={VM['disk']},{VM['memory']},{VM['cpu']}" for kind in ("standard", "tiered")])
    values = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    theirs = seconds / (int(values["HTS_ALLOC_INSTANCES"]) + int(values["HTS_TRL_INST_CNT"]))
    text, seconds = measured([BERTH, "capacity", "fit", "vm", "--mix", "vm=1", "--cluster", cluster_file(directory, nodes), "-o", "json"])
    row(f"fill {nodes} nodes, whole process", "Ganeti", "hspace", theirs, seconds / json.loads(text)["mix"])


def one(directory, nodes):
    _, theirs = measured([HAIL, "--simulate", simulated(nodes), hail_request(directory)])
    _, ours = measured([BERTH, "plan", "what-if", "--launch", "vm=1", "--cluster", cluster_file(directory, nodes), "-o", "json"])
    row(f"one VM on {nodes} nodes, whole process", "Ganeti", "hail", theirs, ours)


def claims(directory, nodes, count=30):
    place = tempfile.mkdtemp(dir=directory)
    text, _ = measured([os.path.join(VENV, "bin/python"), os.path.join(HERE, "openstack_placement.py"), place, str(nodes), str(count)])
    result, _ = measured([BERTH, "bench", "placement", "--nodes", str(nodes), "--seconds", "2", "-o", "json"])
    row(f"place and claim on {nodes} nodes, warm", "openstack-placement", "", float(text.splitlines()[-1]), 1 / json.loads(result)["decisionsPerSecond"])


def main():
    install()
    print("| what | peer | its CPU-seconds for one | Berth's | ratio |\n|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory(prefix="berth-peers-") as directory:
        filling(directory)
        for nodes in (100, 400, 1000):
            one(directory, nodes)
        for nodes in (100, 1000):
            claims(directory, nodes)
    print(
        "\nWhat the peers do in addition: Ganeti checks that every node's instances could start elsewhere (N+1) and scores the balance of the whole cluster for\n"
        "each candidate. openstack-placement writes each claim to a database and speaks HTTP's forms (here without a network, on SQLite); Berth's figure beside it\n"
        "is the engine's wall time for place, allocate and release on nodes that are 80 % full. Berth's other rows are whole processes, reading the file included.")


if __name__ == "__main__":
    main()
