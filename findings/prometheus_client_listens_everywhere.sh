#!/usr/bin/env bash
# A metrics endpoint of prometheus_client listens on every address of the machine unless it is told one.
#
# One would guess: `start_http_server(9464)`, the one line of every guide, opens a port for whoever runs the program, as most development
#   servers do; who wants others to reach it says so.
# What happens: the default of `addr` is 0.0.0.0. Whatever the metrics' labels say is there for everybody who can reach the
#   machine, without a password.
# Version: prometheus-client 0.26.0 from PyPI, Python 3.11.
# Source: prometheus_client/exposition.py, `start_wsgi_server`, in that package.
# Why it matters: a long run on a rented machine shows its files, engines and progress to the network; an endpoint has to be given
#   127.0.0.1 by name.
# Output seen:
#   listens on: 0.0.0.0
#   told 127.0.0.1: 127.0.0.1
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check prometheus-client==0.26.0

venv/bin/python - <<'PYTHON'
from prometheus_client import start_http_server

server, _ = start_http_server(0)
print("listens on:", server.server_address[0])
told, _ = start_http_server(0, "127.0.0.1")
print("told 127.0.0.1:", told.server_address[0])
assert (server.server_address[0], told.server_address[0]) == ("0.0.0.0", "127.0.0.1")
server.shutdown()
told.shutdown()
PYTHON
