"""Query and claim in openstack-placement, called in this process without a network: CPU-seconds for one. Run in a venv that has the package.

usage: openstack_placement.py DIRECTORY NODES CLAIMS
"""

import io
import json
import os
import sys
import time
import uuid

from oslo_config import cfg
from placement import conf, deploy


def application(directory):
    """On a database of its own in the directory."""
    # The schema's migrations read no file that is handed over, but the environment.
    os.environ["OS_PLACEMENT_DATABASE__CONNECTION"] = f"sqlite:///{directory}/placement.db"
    os.environ["OS_PLACEMENT_DATABASE__SYNC_ON_STARTUP"] = "true"
    os.environ["OS_API__AUTH_STRATEGY"] = "noauth2"
    config = cfg.ConfigOpts()
    conf.register_opts(config)
    config([], project="placement", default_config_files=[])
    return deploy.loadapp(config)


def call(app, method, path, body=None):
    path, _, query = path.partition("?")
    data = json.dumps(body).encode() if body is not None else b""
    environment = {
        "REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": query, "SERVER_NAME": "localhost", "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(data), "wsgi.errors": sys.stderr,
        "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False, "HTTP_X_AUTH_TOKEN": "admin",
        "HTTP_ACCEPT": "application/json", "HTTP_OPENSTACK_API_VERSION": "placement 1.36", "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(data)),
    }
    status = []
    text = b"".join(app(environment, lambda line, headers, error=None: status.append(line)))
    if not status[0].startswith("2"):
        raise SystemExit(f"{method} {path}: {status[0]} {text[:500]}")
    return json.loads(text) if text else None


def main():
    directory, nodes, claims = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    app = application(directory)
    for number in range(nodes):
        provider = str(uuid.UUID(int=number + 1))
        call(app, "POST", "/resource_providers", {"name": f"n{number}", "uuid": provider})
        inventories = {"VCPU": {"total": 32}, "MEMORY_MB": {"total": 131072}, "DISK_GB": {"total": 1000}}
        call(app, "PUT", f"/resource_providers/{provider}/inventories", {"resource_provider_generation": 0, "inventories": inventories})
    start = time.process_time()
    for number in range(claims):
        answer = call(app, "GET", "/allocation_candidates?resources=VCPU:2,MEMORY_MB:4096,DISK_GB:10&limit=1")
        body = {
            "allocations": answer["allocation_requests"][0]["allocations"], "project_id": "p", "user_id": "u", "consumer_generation": None,
        }
        call(app, "PUT", f"/allocations/{uuid.UUID(int=10**9 + number)}", body)
    print((time.process_time() - start) / claims)


if __name__ == "__main__":
    main()
