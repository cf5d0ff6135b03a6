"""The figures of the placement engine and the planner, each beside what it must reach and what it aims at.

The traces and packing instances are not in the repository: BERTH_DATA names their directory. What needs them is left out, and said, where they are missing.
"""

import csv
import json
import lzma
import os
import random
import resource
import subprocess
import tarfile
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BERTH = os.environ.get("BERTH", os.path.join(ROOT, ".build/release/berth"))
DATA = os.environ.get("BERTH_DATA", os.path.join(os.path.dirname(ROOT), "shared/data"))
SMALL, LARGE = (2400, 768), (9600, 2250)
# Of the packing instances, every so-manieth by name: all of them (1) take half an hour.
PACKED = int(os.environ.get("BERTH_PACKED", "12"))


def berth(*arguments):
    """What it prints as JSON, and the CPU-seconds of the whole process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([BERTH, *arguments, "-o", "json"], capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise SystemExit(f"berth {' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
    return json.loads(done.stdout), after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def row(what, figure, must=None, aim=None, least=False, form="{:.4f}"):
    """`least` says that more is better."""

    def verdict(wanted):
        if wanted is None:
            return ""
        return f"{form.format(wanted)} {'met' if (figure >= wanted if least else figure <= wanted) else 'MISSED'}"

    print(f"| {what} | {form.format(figure)} | {verdict(must)} | {verdict(aim)} |", flush=True)


def have(name):
    path = os.path.join(DATA, name)
    if os.path.exists(path):
        return path
    print(f"| {name}: not in {DATA}, left out | | | |", flush=True)
    return None


def placement():
    for nodes, must, aim in ((10_000, 200_000, 1_000_000), (100_000, 50_000, 300_000)):
        result, _ = berth("bench", "placement", "--nodes", str(nodes), "--seconds", "10")
        row(f"decisions a second, {nodes:,} nodes", result["decisionsPerSecond"], must, aim, least=True, form="{:,.0f}")
    for mix in result["mixes"]:
        row(f"p99 of one decision in us, 100,000 nodes, {mix['mix']}", mix["p99Nanoseconds"] / 1000, 2000, 200, form="{:,.0f}")
    row(
        f"peak memory in MiB, 100,000 nodes and {result['instances']:,} instances", result["peakMemoryBytes"] / (1 << 20), 1024, 400,
        form="{:,.0f}")


AZURE = ("id=vmId,vcpus=cores,memory=ram,start=starttime,end=endtime", "day")
OPENB = ("id=name,vcpus=cpu_milli,memory=memory_mib,start=creation_time,end=deletion_time", "second")


def trace_options(trace, node, form=AZURE):
    return [
        "plan", "replay", trace, "--columns", form[0], "--time-unit", form[1], "--node", f"vcpus={node[0]},memory={node[1]}", "--quiet",
    ]


def replayed(trace, node, policies=("pack",), form=AZURE, more=()):
    answer, _ = berth(*trace_options(trace, node, form), *more, *[word for policy in policies for word in ("--policy", policy)])
    answers = answer if isinstance(answer, list) else answer.get("replays", [answer])
    return {one["policy"]: (one["fewestNodes"] / one["lowerBoundNodes"], one["nodeHoursRatio"]) for one in answers}


def replay():
    for node, musts, aims in ((SMALL, (1.027, 1.062), (1.016, 1.047)), (LARGE, (1.058, 1.083), (1.038, 1.072))):
        found = []
        for number in (0, 1):
            trace = have(f"traces/azure-cospot-bernoulli-{number}.csv.xz")
            if not trace:
                return
            found.append(replayed(trace, node)["pack"])
            for index, name in enumerate("AB"):
                row(f"replay bernoulli-{number}, {node[0]}/{node[1]}, {name}", found[-1][index], musts[index])
        for index, name in enumerate("AB"):
            row(f"replay bernoulli, {node[0]}/{node[1]}, mean {name}", sum(one[index] for one in found) / len(found), aim=aims[index])
        told = [replayed(have(f"traces/azure-cospot-bernoulli-{number}.csv.xz"), node, more=("--lifetimes",))["pack"] for number in (0, 1)]
        for index, name in enumerate("AB"):
            row(f"the same with the trace's lifetimes given, mean {name}", sum(one[index] for one in told) / len(told))
    trace = have("traces/azure-cospot-batched-0.csv.xz")
    for node in (SMALL, LARGE) if trace else ():
        both = replayed(trace, node, ("pack", "best-fit-l2"))
        for index, name in enumerate("AB"):
            row(f"replay batched-0, {node[0]}/{node[1]}, {name} less best fit's", both["pack"][index] - both["best-fit-l2"][index], 0.003, -0.010)


def resampled(trace, path, seed):
    """Another trace of the same kind: VMs drawn with replacement, each with its size and its length, beginning up to a day earlier or later."""
    chance = random.Random(seed)
    with lzma.open(trace, "rt") as file:
        lines = list(csv.DictReader(file))
    with open(path, "w") as file:
        file.write("vmId,cores,ram,starttime,endtime\n")
        for number in range(len(lines)):
            vm = chance.choice(lines)
            start, end = float(vm["starttime"]), float(vm["endtime"])
            if start > 0:
                moved = max(0.001, start + chance.uniform(-1, 1))
                start, end = moved, end + moved - start
            file.write(f"{number},{vm['cores']},{vm['ram']},{start!r},{end!r}\n")


def held_out():
    """Traces and node types that nothing was ever chosen by. There is no must: the figures stand beside those of best fit."""
    differences = []

    def one(what, trace, node, form=AZURE):
        both = replayed(trace, node, ("pack", "best-fit-l2"), form)
        told = replayed(trace, node, form=form, more=("--lifetimes",))["pack"]
        for index, name in enumerate("AB"):
            pack, best = both["pack"][index], both["best-fit-l2"][index]
            print(f"| held out: {what}, {node[0]}/{node[1]}, {name}: pack; best fit L2; pack with lifetimes | {pack:.4f}; {best:.4f}; {told[index]:.4f} | | |", flush=True)
        if form is AZURE:
            differences.append([both["pack"][index] - both["best-fit-l2"][index] for index in (0, 1)])

    with tempfile.TemporaryDirectory(prefix="berth-planner-") as directory:
        for name in ("bernoulli-0", "bernoulli-1"):
            trace = have(f"traces/azure-cospot-{name}.csv.xz")
            if not trace:
                return
            for node in ((4000, 2048), (6400, 3072), (4800, 1125)):
                one(name, trace, node)
        for name, seed in (("bernoulli-0", 11), ("bernoulli-1", 12), ("batched-0", 13)):
            trace = have(f"traces/azure-cospot-{name}.csv.xz")
            path = os.path.join(directory, "resampled.csv")
            resampled(trace, path, seed)
            for node in (SMALL, LARGE):
                one(f"{name} resampled with seed {seed}", path, node)
    for index, name in enumerate("AB"):
        row(f"held out, {len(differences)} replays, mean {name} less best fit's", sum(one[index] for one in differences) / len(differences))
    pods = have("openb/openb_pod_list_default.csv")
    if pods:
        one("openb pods", pods, (96_000, 393_216), OPENB)


def rebalance():
    ratios = {1: [], 5: []}
    with tempfile.TemporaryDirectory(prefix="berth-planner-") as directory:
        for name in ("bernoulli-0", "bernoulli-1", "batched-0"):
            trace = have(f"traces/azure-cospot-{name}.csv.xz")
            for node in (SMALL, LARGE) if trace else ():
                state = os.path.join(directory, "state.yaml")
                with open(state, "w") as file:
                    options = trace_options(trace, node) + ["--policy", "best-fit-l2", "--state-at", "7"]
                    subprocess.run([BERTH, *options], check=True, stdout=file)
                with open(state) as file:
                    instances = file.read().partition("\ninstances:")[2].count("- {name:")
                for percent in ratios:
                    plan, _ = berth("plan", "rebalance", "--max-moves", str(max(1, instances * percent // 100)), "--cluster", state)
                    ratios[percent].append(plan["nodesInUseAfter"] / plan["lowerBoundNodes"])
    for percent, must, aim in ((1, 1.06, 1.035), (5, 1.03, 1.015)):
        if ratios[percent]:
            row(f"rebalance of day 7, moving {percent} %, mean nodes / bound", sum(ratios[percent]) / len(ratios[percent]), must, aim)


def packing():
    for name, best in (("Panigrahy", 1.615), ("New", 5.230), ("Triplet", 16.769)):
        archive = have(f"vectorpack/{name}_instances.tar.gz")
        if not archive:
            continue
        with open(os.path.join(DATA, f"vectorpack/{name}_summary_known.csv")) as file:
            known = {line["instance_name"]: int(line["OPT"]) for line in csv.DictReader(file, delimiter="\t") if int(line["OPT"]) > 0}
        gaps, times = [], []
        with tarfile.open(archive) as files, tempfile.TemporaryDirectory(prefix="berth-planner-") as directory:
            members = {os.path.basename(member.name).removesuffix(".vbp"): member for member in files if member.name.endswith(".vbp")}
            chosen = [instance for instance in sorted(members) if instance in known][::PACKED]
            for instance in chosen:
                path = os.path.join(directory, "list.vbp")
                with open(path, "wb") as file:
                    file.write(files.extractfile(members[instance]).read())
                plan, seconds = berth("plan", "pack", path)
                times.append(seconds)
                gaps.append((plan["nodes"] / known[instance] - 1) * 100)
        row(f"plan pack, {name}, {len(gaps)} instances, mean gap to OPT in %", sum(gaps) / len(gaps), best, best / 2, form="{:.3f}")
        row(f"plan pack, {name}, mean CPU-seconds an instance (the longest {max(times):.1f})", sum(times) / len(times), form="{:.2f}")


def capacity():
    with tempfile.TemporaryDirectory(prefix="berth-planner-") as directory:
        path = os.path.join(directory, "large.yaml")
        with open(path, "w") as file:
            file.write("name: large\nnodes:\n  - {name: 'n{}', count: 10000, cpu: 32, memory: 128GiB, disk: 1TiB}\nsizes:\n")
            for number in range(8):
                file.write(f"  - {{name: s{number}, cpu: {1 + number}, memory: {2 + 3 * number}GiB, disk: 20GiB}}\n")
        _, seconds = berth("capacity", "fit", "--cluster", path)
        row("capacity fit for 8 sizes on 10,000 nodes, CPU-seconds with reading the file", seconds, 1.0, 0.1, form="{:.2f}")
        # 1,000 nodes and 5,000 instances, spread so that much can be gained.
        with open(path, "w") as file:
            file.write("name: spread\npolicy: spread\nnodes:\n  - {name: 'n{}', count: 1000, cpu: 32, memory: 128GiB, disk: 1TiB}\ninstances:\n")
            for number, (cpu, memory) in enumerate(((1, 4), (2, 4), (4, 16), (8, 16), (2, 16))):
                file.write(f"  - {{name: 'i{number}-{{}}', count: 1000, cpu: {cpu}, memory: {memory}GiB, disk: 10GiB}}\n")
        _, seconds = berth("plan", "rebalance", "--max-moves", "5000", "--cluster", path)
        row("plan rebalance on 1,000 nodes and 5,000 instances, CPU-seconds with reading the file", seconds, 10, 1, form="{:.2f}")


PARTS = {"placement": placement, "capacity": capacity, "replay": replay, "held-out": held_out, "rebalance": rebalance, "packing": packing}


def head():
    print("\n| engine and planner | figure | must | aim |\n|---|---|---|---|", flush=True)
