"""What TLS and authorisation cost the controller, beside the same requests in the plain, and what a renewed certificate costs."""

import http.client
import json
import os
import shutil
import ssl
import statistics
import subprocess
import tempfile
import time
import uuid

import figures


class Alone:
    """A controller by itself, with TLS and tokens or without both, and one node that a Python client plays."""

    def __init__(self, secure):
        self.secure = secure

    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix="berth-bench-")
        lines = f"listen: 127.0.0.1:0\ndataDirectory: {self.directory}/c\n"
        lines += "access: {rate: 1000000, burst: 1000000}\n" if self.secure else "security: none\naccess: open\n"
        with open(self.directory + "/controller.yaml", "w") as file:
            file.write(lines)
        with open(self.directory + "/log", "wb") as log:
            self.process = subprocess.Popen(
                [figures.BERTH, "controller", "run", "--config", self.directory + "/controller.yaml"], stdout=log, stderr=log)
        figures.until(lambda: os.path.exists(self.directory + "/c/endpoint") and open(self.directory + "/c/endpoint").read().strip(), 30)
        with open(self.directory + "/c/endpoint") as file:
            self.endpoint = file.read().strip()
        self.node = str(uuid.uuid4())
        if self.secure:
            self.join()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)
        shutil.rmtree(self.directory, ignore_errors=True)

    def join(self):
        with open(self.directory + "/c/admin-token") as file:
            self.token = file.read().strip()
        with open(self.directory + "/agent.yaml", "w") as file:
            file.write(f"controller: {self.endpoint}\nname: n1\ndataDirectory: {self.directory}/n1\nrunDirectory: {self.directory}/n1/run\nvmm: synthetic\n")
        environment = dict(os.environ, BERTH_TOKEN=self.token)
        words = ["node", "token", "n1", "--endpoint", self.endpoint, "--ca", self.directory + "/c/authority.pem"]
        secret = subprocess.run([figures.BERTH, *words], env=environment, check=True, capture_output=True).stdout
        words = ["agent", "join", "--config", self.directory + "/agent.yaml", "--token", "-"]
        subprocess.run([figures.BERTH, *words], input=secret, check=True, capture_output=True)
        with open(self.directory + "/n1/node-id") as file:
            self.node = file.read().strip()

    def connection(self, as_node):
        host, port = self.endpoint.split("//")[1].split(":")
        if not self.secure:
            return http.client.HTTPConnection(host, int(port), timeout=30)
        context = ssl.create_default_context(cafile=self.directory + "/c/authority.pem")
        if as_node:
            context.load_cert_chain(self.directory + "/n1/certificate.pem")
        return http.client.HTTPSConnection(host, int(port), timeout=30, context=context)

    def cost(self, method, path, body, as_node, count):
        """Microseconds of the controller's processor for one request, over one connection."""
        connection = self.connection(as_node)
        headers = {} if as_node or not self.secure else {"Authorization": "Bearer " + self.token}
        before = 0
        for number in range(count + count // 10):
            if number == count // 10:
                before = figures.cpu_seconds(self.process.pid)
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 200:
                raise SystemExit(f"{method} {path}: {answer.status} {text}")
        used = figures.cpu_seconds(self.process.pid) - before
        connection.close()
        return used / count * 1e6


SYNC = json.dumps({"bootID": "b", "session": "s", "highestEpoch": 0, "seen": 0, "full": False, "observed": [], "hold": 0})


def beside(rounds=5, count=4000):
    """In turns, so that what else the machine does meets both."""
    with Alone(False) as plain, Alone(True) as secure:
        for what, request in {
            "a sync without news": lambda side: ("POST", f"/v1/nodes/{side.node}/sync", SYNC, True),
            "an API read of nothing": lambda side: ("GET", "/v1/nodes", None, False),
        }.items():
            pairs = [(plain.cost(*request(plain), count), secure.cost(*request(secure), count)) for _ in range(rounds)]
            one, other = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
            figures.row(f"controller's CPU for {what}: plain, with TLS and authorisation", f"{one:.0f} us, {other:.0f} us ({(other / one - 1) * 100:+.0f} %)",
                        "+15 %")


def renewals(count=2000):
    with Alone(True) as side:
        pem = side.directory + "/n1/certificate.pem"
        with open(side.directory + "/request.cnf", "w") as file:
            file.write(f"[req]\nprompt = no\ndistinguished_name = name\n[name]\nCN = node/{side.node}\n")
        signing = subprocess.run(["openssl", "req", "-new", "-key", pem, "-config", side.directory + "/request.cnf"], check=True,
                                 capture_output=True, text=True).stdout
        body = json.dumps({"signingRequest": signing})
        used = side.cost("POST", f"/v1/nodes/{side.node}/certificate", body, True, count) / 1e6
        # The handshake that a renewal begins is part of it.
        before, shakes = figures.cpu_seconds(side.process.pid), 200
        for _ in range(shakes):
            connection = side.connection(True)
            connection.connect()
            connection.close()
        shake = (figures.cpu_seconds(side.process.pid) - before) / shakes
        each = used + shake
        figures.row(f"controller's CPU for the renewal of a certificate, over {count:,}, with a new handshake", f"{each * 1e6:.0f} us")
        figures.row("10,000 certificates of 24 h, renewed within 40 to 60 % of their life: all of it, and at the densest",
                    f"{each * 10_000:.0f} CPU-seconds, {each * 10_000 / (0.2 * 86_400):.4f} core", "0.5 core")
        figures.row("the same, all of them within one minute, after an outage of hours", f"{each * 10_000 / 60:.2f} core", "0.5 core")
