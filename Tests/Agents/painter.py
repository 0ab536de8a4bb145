#!/usr/bin/env python3
"""A painter: a small agent that joins a fleet over HTTP. Python's standard library is all it needs.

It registers, says every few seconds that it is alive, and paints what it is sent. A picture's parameters:
  say      what it paints, which is its result
  begun    a file it makes when it begins
  gate     a file it waits for before it is done
  needs    a file without which it answers 409
  answer   a status to answer with instead of painting
"""
import argparse
import json
import os
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

parser = argparse.ArgumentParser()
parser.add_argument("--coordinator", required=True)
parser.add_argument("--id", default="painter")
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--journal", help="gets a line for every picture that is begun")
parser.add_argument("--remembers", action="store_true", help="answer a repeated request with the same picture")
options = parser.parse_args()

lock = threading.Lock()
working = []  # what it is at
paused = False
finished = {}  # pictures by their Idempotency-Key
log = []


def paint(request, headers):
    """Returns status, headers and body of the answer."""
    wishes = request.get("parameters") or {}
    if paused:
        return 409, {}, {"code": "paused", "detail": "the painter has a break"}
    if "needs" in wishes and not os.path.exists(wishes["needs"]):
        return 409, {"Retry-After": "1"}, {"code": "no-paint", "detail": "the paint is not here yet"}
    if "answer" in wishes:
        return wishes["answer"], {"Retry-After": "1"}, {"code": "as-told", "detail": "that is what was asked for"}
    key = headers.get("Idempotency-Key")
    with lock:
        if options.remembers and key in finished:
            return 200, {"Idempotency-Replayed": "true"}, finished[key]
        working.append(request.get("task"))
    if options.journal:
        with open(options.journal, "a") as journal:
            journal.write(f"{key}\n")
    if "begun" in wishes:
        open(wishes["begun"], "w").close()
    while "gate" in wishes and not os.path.exists(wishes["gate"]):
        time.sleep(0.02)
    picture = {
        "outcome": wishes.get("outcome", "succeeded"),
        "output": wishes.get("say", "") + "\n",
        "request": {name: value for name, value in request.items() if name != "parameters"},
        "key": key,
        "authorization": headers.get("Authorization"),
        "managerToken": headers.get("X-Manager-Token"),
    }
    with lock:
        if options.remembers:
            finished[key] = picture
        working.remove(request.get("task"))
        log.append(f"painted {request.get('task')}")
    return 200, {}, picture


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def answer(self, status, body, headers=None):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(data)
        except OSError:
            pass  # whoever asked is gone

    def do_GET(self):
        path, _, query = self.path.partition("?")
        with lock:
            current = working[0] if working else None
            tasks = list(working)
        if path == "/health":
            self.answer(200, {"status": "ok"})
        elif path == "/info":
            self.answer(200, {"id": options.id, "language": "python"})
        elif path == "/status":
            self.answer(200, {"status": "paused" if paused else "idle", "currentTask": current, "tasks": tasks})
        elif path == "/logs":
            self.answer(200, {"lines": log, "query": query})
        else:
            self.answer(404, {"detail": "no such page"})

    def do_POST(self):
        global paused
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            request = json.loads(body)
        except ValueError:
            return self.answer(400, {"detail": "that is no JSON"})
        if self.path == "/execute":
            status, headers, answer = paint(request, self.headers)
            self.answer(status, answer, headers)
        elif self.path == "/action" and request.get("action") in ("pause", "resume"):
            paused = request["action"] == "pause"
            self.answer(202, {"status": "paused" if paused else "running"})
        else:
            self.answer(400, {"detail": "what?"})


def post(path, body):
    request = urllib.request.Request(
        options.coordinator + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


def register():
    metadata = {"kinds": ["paint-picture"], "slots": 2, "idempotent": options.remembers, "colour": "blue"}
    return post("/api/agent-services/register", {"id": options.id, "serviceUrl": url, "metadata": metadata})


def live(interval):
    while True:
        time.sleep(interval)
        with lock:
            current = working[0] if working else None
        status = "paused" if paused else "running"
        try:
            post("/api/agent-services/heartbeat", {"id": options.id, "status": status, "currentTask": current})
        except urllib.error.HTTPError as error:
            if error.code == 404:
                register()
        except OSError:
            pass  # the coordinator is away; it comes back


server = ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
server.daemon_threads = True
url = f"http://127.0.0.1:{server.server_port}"
threading.Thread(target=server.serve_forever, daemon=True).start()
answer = register()
print(json.dumps({"event": "ready", "address": url}), flush=True)
live(answer["heartbeatMs"] / 1000)
