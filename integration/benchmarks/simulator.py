"""How fast `berth simulate` goes: virtual hours of a whole cluster in a minute of wall time."""

import json
import os
import resource
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BERTH = os.path.join(ROOT, ".build/release/berth")


def speed(runs=20):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    out = subprocess.run(
        [BERTH, "simulate", "--seed", "1", "--runs", str(runs), "--nodes", "20", "--instances", "200", "--hours", "1", "--quiet", "-o", "json"],
        check=True, stdout=subprocess.PIPE).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    summary = json.loads(out)
    minutes = summary["wallSeconds"] / 60
    cpu = (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) / 60
    return summary["simulatedHours"] / minutes, summary["simulatedHours"] / cpu
