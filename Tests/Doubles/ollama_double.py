#!/usr/bin/env python3
"""A stand-in for an Ollama server, for tests: its endpoints, its shapes, its state and its ways to fail.

Needs nothing but Python. Its port may be given as the one argument; else it takes a free one. It prints one line, {"event": "ready", "address": "http://127.0.0.1:PORT"}, and ends when the
process that started it does. What it says is queued by the test, one reply a request:

    POST /double/replies   a list of replies for the next calls of /api/chat, /api/generate and /api/pull, see Reply
    POST /double/models    {name: {"capabilities": [...], "context": N, "size": N}}: instead of the built-in ones
    POST /double/release   lets go what is held, from now on
    GET  /double/log       every request with its body and how it ended: answered, reset, stalled, cancelled; how many asked a
                           model at once at most (crowd), and how often a model was loaded anew (reloads)
    GET  /double/wait?ended=cancelled&count=1   the same, as soon as so many ended so; with path= only those of it, without
                           ended= as soon as so many have come

Without a queued reply it says "Hello" in three lines. What a reply does not say otherwise is as Ollama does it.
"""

import asyncio
import itertools
import json
import math
import os
import random
import socket
import struct
import sys
import urllib.parse

MODELS = {
    "qwen2.5-coder:3b": {"capabilities": ["completion", "tools", "insert"], "context": 32768, "size": 1929912432},
    "granite-code:3b": {"capabilities": ["completion"], "context": 128000, "size": 1998131008},
    "qwen3:4b": {"capabilities": ["completion", "tools", "thinking"], "context": 40960, "size": 2620788019},
}
REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
           405: "Method Not Allowed", 499: "Client Closed", 500: "Internal Server Error", 502: "Bad Gateway",
           503: "Service Unavailable"}
NDJSON, JSON_TYPE = "application/x-ndjson", "application/json; charset=utf-8"


class Refusal(Exception):
    def __init__(self, status, error):
        self.status, self.error = status, error


class Reply(dict):
    """What the next call gets.

    text: str or list of pieces; thinking: str; calls: [{"name", "arguments", "id"?}]; style: rendered (calls in a line of
    their own, the default) or native (in the last line); done_reason; counts: {"prompt", "output"}; ids: false for an
    older server. lines: raw lines instead of all that. layers: [{"digest", "total"}] for /api/pull.
    status, error, body, headers: an answer that is none. slow: seconds before the first byte. held: true
    for none before it is released.
    fault: eof (ends without its last line), reset (in the middle of a line), stall (falls silent; "at" says after how many
    lines, -1 for before the head), error_line (its text is "error"). at: after how many lines; 1 by default.
    cut: the bytes of each piece on the network; 0 for all in one. truncated: counts fewer prompt tokens than were sent.
    """


class Double:
    def __init__(self):
        self.models, self.replies, self.log = dict(MODELS), [], []
        self.loaded, self.reloads = {}, 0
        self.asking, self.crowd = 0, 0
        self.changed, self.one_at_a_time, self.released = asyncio.Condition(), asyncio.Semaphore(1), asyncio.Event()
        self.random = random.Random(1)

    # Requests

    async def serve(self, reader, writer):
        try:
            while await self.request(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def request(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await self.body(reader, headers)
        path, _, query = target.partition("?")
        if path.startswith("/double/"):
            await self.control(writer, path, dict(urllib.parse.parse_qsl(query)), body)
            return True
        entry = {"method": method, "path": path, "headers": headers, "body": parsed(body), "ended": None}
        self.log.append(entry)
        await self.note(entry, None)
        work = asyncio.create_task(self.answer(writer, method, path, headers, body))
        # Nothing is read here: a client may send its next request on this connection.
        while not work.done() and not reader.at_eof() and reader.exception() is None:
            await asyncio.wait({work}, timeout=0.01)
        work.cancel()
        ended = (await asyncio.gather(work, return_exceptions=True))[0]
        if isinstance(ended, (ConnectionError, asyncio.CancelledError)):
            ended = "cancelled"
        elif isinstance(ended, Exception):
            raise ended
        await self.note(entry, ended)
        return ended == "answered"

    async def note(self, entry, ended):
        async with self.changed:
            entry["ended"] = ended
            self.changed.notify_all()

    @staticmethod
    async def body(reader, headers):
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int((await reader.readline()).split(b";")[0], 16):
                body += await reader.readexactly(size)
                await reader.readline()
            await reader.readline()
            return body
        return await reader.readexactly(int(headers.get("content-length", 0)))

    async def control(self, writer, path, query, body):
        given = parsed(body)
        if path == "/double/replies":
            self.replies += [Reply(reply) for reply in given]
        elif path == "/double/models":
            self.models = given
        elif path == "/double/release":
            self.released.set()
        elif path == "/double/wait":
            async with self.changed:
                await self.changed.wait_for(lambda: sum(
                    entry["ended"] == query.get("ended", entry["ended"]) and entry["path"] == query.get("path", entry["path"])
                    for entry in self.log) >= int(query.get("count", 1)))
        await whole(writer, 200, json.dumps({"requests": self.log, "reloads": self.reloads, "crowd": self.crowd}), JSON_TYPE)

    # Answers

    async def answer(self, writer, method, path, headers, body):
        routes = {"/api/chat": ("POST", self.chat), "/api/generate": ("POST", self.generate),
                  "/api/pull": ("POST", self.pull), "/api/show": ("POST", self.show), "/api/embed": ("POST", self.embed),
                  "/api/tags": ("GET", self.tags), "/api/ps": ("GET", self.ps), "/api/version": ("GET", self.version)}
        if path == "/" and method in ("GET", "HEAD"):
            return await whole(writer, 200, "Ollama is running", "text/plain; charset=utf-8", headless=method == "HEAD")
        if path not in routes:
            return await whole(writer, 404, "404 page not found", "text/plain")
        wanted, handler = routes[path]
        if method not in (wanted, "HEAD" if wanted == "GET" else wanted):
            return await whole(writer, 405, "405 method not allowed", "text/plain")
        host = headers.get("host", "").rsplit(":", 1)[0]
        if host not in ("localhost", "127.0.0.1", "[::1]") and not host.endswith((".local", ".internal", ".localhost")):
            return await whole(writer, 403, "", "text/plain")
        try:
            request = None
            if wanted == "POST":
                if not body:
                    raise Refusal(400, "missing request body")
                request = parsed(body)
                if not isinstance(request, dict):
                    raise Refusal(400, "invalid character in request body")
            return await handler(writer, request)
        except Refusal as refusal:
            return await whole(writer, refusal.status, json.dumps({"error": refusal.error}), JSON_TYPE)

    def model(self, request):
        name = request.get("model") or request.get("name")
        if not name:
            raise Refusal(400, "model is required")
        full = name if ":" in name else name + ":latest"
        for known, facts in self.models.items():
            if full.lower() == (known if ":" in known else known + ":latest").lower():
                return known, facts
        raise Refusal(404, f"model '{name}' not found")

    def next_reply(self):
        return self.replies.pop(0) if self.replies else Reply(text=["Hel", "lo ", "wörld"])

    async def chat(self, writer, request):
        name, facts = self.model(request)
        messages = request.get("messages") or []
        self.check(name, facts, request, messages)
        if not messages:
            return await self.load(writer, name, facts, request, {"message": {"role": "assistant", "content": ""}})
        return await self.talk(writer, name, facts, request, json.dumps([messages, request.get("tools")]))

    async def generate(self, writer, request):
        name, facts = self.model(request)
        if not request.get("prompt"):
            return await self.load(writer, name, facts, request, {"response": ""})
        return await self.talk(writer, name, facts, request, request["prompt"], key="response")

    @staticmethod
    def check(name, facts, request, messages):
        for message in messages:
            if not isinstance(message.get("content", ""), str):
                raise Refusal(400, "json: cannot unmarshal array into Go struct field of type string")
            for call in message.get("tool_calls") or []:
                if not isinstance(call["function"].get("arguments", {}), dict):
                    raise Refusal(400, "json: cannot unmarshal string into Go struct field "
                                       "ToolCallFunction.arguments of type api.ToolCallFunctionArguments")
        if request.get("tools") and "tools" not in facts["capabilities"]:
            raise Refusal(400, f"registry.ollama.ai/library/{name} does not support tools")
        if request.get("think") and "thinking" not in facts["capabilities"]:
            raise Refusal(400, f'"{name}" does not support thinking')
        form = request.get("format")
        if form and form != "json" and not isinstance(form, dict):
            raise Refusal(500, f"invalid format: {json.dumps(form)}; expected \"json\" or a valid JSON Schema object")
        if not isinstance((request.get("options") or {}).get("num_ctx", 0), int):
            raise Refusal(500, 'option "num_ctx" must be of type integer')

    def hold(self, name, facts, request):
        """Loads the model as this request wants it, and counts it where it was loaded otherwise before."""
        context = min((request.get("options") or {}).get("num_ctx", 4096), facts["context"])
        wanted = (context, request.get("shift", True))
        if name in self.loaded and self.loaded[name] != wanted:
            self.reloads += 1
        self.loaded[name] = wanted
        return context

    def release(self, name, request):
        if request.get("keep_alive") in (0, "0", "0s"):
            self.loaded.pop(name, None)

    async def load(self, writer, name, facts, request, said):
        unload = request.get("keep_alive") in (0, "0", "0s")
        if not unload:
            self.hold(name, facts, request)
        self.release(name, request)
        line = {"model": name, "created_at": now(), **said, "done": True, "done_reason": "unload" if unload else "load"}
        return await whole(writer, 200, json.dumps(line), JSON_TYPE)

    async def talk(self, writer, name, facts, request, prompt, key="message"):
        self.asking += 1
        self.crowd = max(self.crowd, self.asking)
        try:
            return await self.answer_in_turn(writer, name, facts, request, prompt, key)
        finally:
            self.asking -= 1

    async def answer_in_turn(self, writer, name, facts, request, prompt, key):
        async with self.one_at_a_time:
            reply = self.next_reply()
            context = self.hold(name, facts, request)
            tokens = math.ceil(len(prompt) / 4)
            if reply.get("truncated"):
                tokens = context // 2
            elif tokens > context and request.get("truncate") is False:
                raise Refusal(400, json.dumps({"error": {
                    "code": 400, "type": "exceed_context_size_error", "n_prompt_tokens": tokens, "n_ctx": context,
                    "message": f"request ({tokens} tokens) exceeds the available context size ({context} tokens), "
                               "try increasing it"}}))
            elif tokens > context:
                tokens = context // 2
            lines = reply.get("lines") or self.lines(reply, name, tokens, key)
            ended = await self.play(writer, reply, lines, request.get("stream", True), key)
            self.release(name, request)
            return ended

    def lines(self, reply, name, tokens, key):
        def line(said, **rest):
            return {"model": name, "created_at": now(), key: said, "done": False, **rest}

        def message(content="", **rest):
            return content if key == "response" else {"role": "assistant", "content": content, **rest}

        text = reply.get("text", "")
        lines = [line(message(thinking=thought)) for thought in [reply.get("thinking")] if thought]
        lines += [line(message(piece)) for piece in (text if isinstance(text, list) else [text]) if piece]
        calls = []
        for index, call in enumerate(reply.get("calls", [])):
            function = {"index": index, "name": call["name"], "arguments": call["arguments"]}
            known = {"id": call.get("id") or "call_" + "".join(self.random.choices("abcdefgh0123456789", k=8))}
            if reply.get("ids") is False:
                known = {}
                del function["index"]
            calls.append({**known, "function": function})
        last = message()
        if calls and reply.get("style") == "native":
            last = message(tool_calls=calls)
        elif calls:
            lines.append(line(message(tool_calls=calls)))
        counts = reply.get("counts", {})
        metrics = {"total_duration": 120_000_000, "load_duration": 10_000_000,
                   "prompt_eval_count": counts.get("prompt", tokens), "prompt_eval_duration": 50_000_000,
                   "eval_count": counts.get("output", len(lines) + len(calls)), "eval_duration": 40_000_000}
        lines.append(line(last, done_reason=reply.get("done_reason", "stop"),
                          **{name: count for name, count in metrics.items() if count}))
        lines[-1]["done"] = True
        return lines

    async def pull(self, writer, request):
        reply = self.next_reply()
        layers = reply.get("layers", [{"digest": "sha256:" + letter * 64, "total": 1000 * size}
                                      for letter, size in (("a", 3), ("b", 1))])
        steps = [[{"status": f"pulling {layer['digest'][7:19]}", "digest": layer["digest"], "total": layer["total"],
                   **({"completed": layer["total"] * part // 3} if part else {})} for part in range(4)]
                 for layer in layers]
        lines = [{"status": "pulling manifest"}]
        lines += itertools.chain.from_iterable(zip(*steps))
        lines += [{"status": "verifying sha256 digest"}, {"status": "writing manifest"}, {"status": "success"}]
        if request.get("stream") is False:
            lines = lines[-1:]
        ended = await self.play(writer, reply, reply.get("lines") or lines, request.get("stream", True), "status")
        name = request.get("model") or request.get("name")
        if ended == "answered" and name and not reply.keys() & {"status", "fault", "lines"}:
            self.models.setdefault(name if ":" in name else name + ":latest", {
                "capabilities": ["completion"], "context": 8192, "size": sum(layer["total"] for layer in layers)})
        return ended

    async def play(self, writer, reply, lines, streamed, key):
        """Sends the lines as the reply wants them to arrive."""
        await asyncio.sleep(reply.get("slow", 0))
        if reply.get("held"):
            await self.released.wait()
        fault, at = reply.get("fault"), reply.get("at", 1)
        if fault == "stall" and at < 0:
            return await stalled()
        if "status" in reply:
            body = reply.get("body", json.dumps({"error": reply.get("error", "")}))
            return await whole(writer, reply["status"], body, JSON_TYPE, reply.get("headers"))
        if not streamed and not fault:
            return await whole(writer, 200, json.dumps(joined(lines, key)), JSON_TYPE)
        await head(writer, 200, NDJSON)
        texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
        if fault == "error_line":
            texts = texts[:at] + [json.dumps({"error": reply["error"]})]
        elif fault in ("eof", "stall", "reset"):
            texts = texts[:at]
        data = "".join(text + "\n" for text in texts).encode()
        if fault == "reset":
            data += b'{"model":"qwen2.5-coder:3b","message":{"role":"assi'
        size = reply.get("cut", None)
        pieces = [text.encode() + b"\n" for text in texts] if size is None else [
            data[start:start + (size or len(data))] for start in range(0, len(data), size or max(len(data), 1))]
        if fault == "reset" and size is None:
            pieces.append(data[data.rindex(b"\n") + 1:] if b"\n" in data else data)
        for piece in pieces:
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
            # Lets the kernel send it before the next.
            await asyncio.sleep(0.0005 if size else 0)
        if fault == "stall":
            return await stalled()
        if fault == "reset":
            # What is sent is to be read first: a reset throws away what the other side has not taken.
            await asyncio.sleep(0.05)
            handle = writer.get_extra_info("socket")
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return "reset"
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return "answered"

    async def show(self, writer, request):
        name, facts = self.model(request)
        return await whole(writer, 200, json.dumps({
            "license": "Apache 2.0", "modelfile": f"FROM {name}", "parameters": "num_ctx 4096", "template": "{{ .Prompt }}",
            "details": details(), "capabilities": facts["capabilities"], "modified_at": now(),
            "model_info": {"general.architecture": "qwen2", "general.parameter_count": 3085938688,
                           "qwen2.context_length": facts["context"]}}), JSON_TYPE)

    async def tags(self, writer, _):
        return await whole(writer, 200, json.dumps({"models": [
            {"name": name, "model": name, "modified_at": now(), "size": facts["size"], "digest": "f" * 64,
             "details": details()} for name, facts in self.models.items()]}), JSON_TYPE)

    async def ps(self, writer, _):
        return await whole(writer, 200, json.dumps({"models": [
            {"name": name, "model": name, "size": self.models[name]["size"], "digest": "f" * 64, "details": details(),
             "expires_at": now(), "size_vram": 0, "context_length": context}
            for name, (context, _) in self.loaded.items()]}), JSON_TYPE)

    async def version(self, writer, _):
        return await whole(writer, 200, json.dumps({"version": "0.33.0"}), JSON_TYPE)

    async def embed(self, writer, request):
        self.model(request)
        texts = request["input"] if isinstance(request["input"], list) else [request["input"]]
        return await whole(writer, 200, json.dumps({
            "model": request["model"], "embeddings": [[0.1, 0.2, 0.3] for _ in texts], "total_duration": 1_000_000,
            "load_duration": 500_000, "prompt_eval_count": len(texts)}), JSON_TYPE)


def details():
    return {"parent_model": "", "format": "gguf", "family": "qwen2", "families": ["qwen2"], "parameter_size": "3.1B",
            "quantization_level": "Q4_K_M"}


def joined(lines, key):
    """The one object that `stream: false` gets."""
    last = dict(lines[-1])
    if key == "response":
        last[key] = "".join(line[key] for line in lines)
    elif key == "message":
        said = {"role": "assistant", "content": "".join(line[key]["content"] for line in lines)}
        thinking = "".join(line[key].get("thinking", "") for line in lines)
        calls = [call for line in lines for call in line[key].get("tool_calls", [])]
        last[key] = {**said, **({"thinking": thinking} if thinking else {}), **({"tool_calls": calls} if calls else {})}
    return last


def now():
    return "2026-01-02T03:04:05.678901234Z"


def parsed(body):
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None


async def stalled():
    await asyncio.Event().wait()


async def head(writer, status, kind, extra=None, length=None):
    size = "transfer-encoding: chunked" if length is None else f"content-length: {length}"
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}", f"content-type: {kind}", size]
    lines += [f"{name}: {value}" for name, value in (extra or {}).items()]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    await writer.drain()


async def whole(writer, status, text, kind, extra=None, headless=False):
    data = text.encode()
    await head(writer, status, kind, extra, len(data))
    if not headless:
        writer.write(data)
        await writer.drain()
    return "answered"


async def main():
    double = Double()
    server = await asyncio.start_server(double.serve, "127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    port = server.sockets[0].getsockname()[1]
    print(json.dumps({"event": "ready", "address": f"http://127.0.0.1:{port}"}), flush=True)
    parent = os.getppid()
    while os.getppid() == parent:
        await asyncio.sleep(0.2)


if __name__ == "__main__":
    asyncio.run(main())
