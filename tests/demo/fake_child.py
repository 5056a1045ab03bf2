"""Stands in for shop, worker and sandbox: `fake_child.py MODE FOLDER` writes its pid to FOLDER/MODE.pid."""

import http.server
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

mode, folder = sys.argv[1], Path(sys.argv[2])


def announce(name: str) -> None:
    draft = folder / f"{name}.draft"
    draft.write_text(str(os.getpid()))
    draft.rename(folder / f"{name}.pid")


if mode in ("stubborn", "grandchild"):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
if mode == "stubborn":
    subprocess.Popen([sys.executable, __file__, "grandchild", str(folder)])
if mode == "parent":  # ends politely and leaves a child behind
    subprocess.Popen([sys.executable, __file__, "grandchild", str(folder)])
if mode == "unlucky":
    print("the paper is jammed", flush=True)
    sys.exit(3)
if mode == "task":
    sys.exit(0)
if mode == "server":
    server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[3])), http.server.SimpleHTTPRequestHandler)
    os.chdir(folder)
    announce(mode)
    server.serve_forever()
announce(mode)
while True:
    time.sleep(60)
