#!/usr/bin/env python3
"""Holds the double of Ollama against a client that somebody else wrote: the `ollama` package.

usage: check_ollama_double.py ADDRESS-OF-THE-DOUBLE

What that client does with a server that fails is known, so its errors are checked as well as its answers.
"""

import json
import sys
import urllib.request

import httpx
import ollama

ADDRESS = sys.argv[1]
CODER = "qwen2.5-coder:3b"
TOOLS = [{"type": "function", "function": {"name": "read_file", "description": "Reads.", "parameters": {
    "type": "object", "required": ["path"], "properties": {"path": {"type": "string"}}}}}]
QUESTION = [{"role": "user", "content": "Read a.py."}]
CALL = {"name": "read_file", "arguments": {"path": "a.py"}}
client = ollama.Client(host=ADDRESS)
impatient = ollama.Client(host=ADDRESS, timeout=0.5)


def queue(*replies):
    request = urllib.request.Request(ADDRESS + "/double/replies", json.dumps(replies).encode(), method="POST")
    urllib.request.urlopen(request).read()


def failure(call):
    try:
        call()
    except ollama.ResponseError as error:
        return error.status_code, error.error
    raise AssertionError("no error")


def spoken(**options):
    return list(client.chat(model=CODER, messages=QUESTION, stream=True, **options))


def library():
    assert [model.model for model in client.list().models] == [CODER, "granite-code:3b", "qwen3:4b"]
    shown = client.show(CODER)
    assert shown.modelinfo["qwen2.context_length"] == 32768 and "tools" in shown.capabilities
    assert shown.details.quantization_level == "Q4_K_M"
    assert client.embed(model=CODER, input=["a", "b"]).embeddings == [[0.1, 0.2, 0.3]] * 2


def chat():
    for cut in (None, 0, 1, 7):
        queue({"text": ["Grü", "ße ", "🌳"], "cut": cut})
        parts = spoken()
        assert "".join(part.message.content for part in parts) == "Grüße 🌳", parts
        assert parts[-1].done and parts[-1].done_reason == "stop" and parts[-1].eval_duration == 40_000_000
    queue({"text": "whole"}, {"text": "half", "done_reason": "length"}, {"thinking": "hm", "text": "so"})
    assert client.chat(model=CODER, messages=QUESTION).message.content == "whole"
    assert client.chat(model=CODER, messages=QUESTION).done_reason == "length"
    thought = client.chat(model="qwen3:4b", messages=QUESTION, think=True)
    assert (thought.message.thinking, thought.message.content) == ("hm", "so")
    queue({"text": "generated"})
    assert client.generate(model=CODER, prompt="x").response == "generated"


def tools():
    for style in ("rendered", "native"):
        queue({"calls": [CALL], "style": style}, {"calls": [CALL], "style": style})
        calls = [call for part in spoken(tools=TOOLS) for call in part.message.tool_calls or []]
        assert [(call.function.name, call.function.arguments) for call in calls] == [("read_file", {"path": "a.py"})]
        whole = client.chat(model=CODER, messages=QUESTION, tools=TOOLS)
        assert whole.message.tool_calls[0].function.arguments == {"path": "a.py"} and whole.done_reason == "stop"
    answered = QUESTION + [whole.message, {"role": "tool", "tool_name": "read_file", "content": "x = 1"}]
    assert client.chat(model=CODER, messages=answered).message.content == "Hello wörld"


def residence():
    assert client.chat(model=CODER, messages=[], options={"num_ctx": 8192}).done_reason == "load"
    assert {model.model: model.context_length for model in client.ps().models}[CODER] == 8192
    assert client.chat(model=CODER, messages=[], keep_alive=0).done_reason == "unload"
    assert CODER not in [model.model for model in client.ps().models]


def pull():
    steps = list(client.pull(CODER, stream=True))
    assert steps[0].status == "pulling manifest" and steps[-1].status == "success"
    assert steps[1].completed is None and len({step.digest for step in steps if step.digest}) == 2
    assert client.pull(CODER).status == "success"
    queue({"fault": "error_line", "at": 1, "error": "pull model manifest: file does not exist"})
    assert failure(lambda: list(client.pull("nothing", stream=True))) == (-1, "pull model manifest: file does not exist")


def failures():
    assert failure(lambda: client.chat(model="nothing", messages=QUESTION)) == (404, "model 'nothing' not found")
    assert failure(lambda: client.chat(model="granite-code:3b", messages=QUESTION, tools=TOOLS)) == (
        400, "registry.ollama.ai/library/granite-code:3b does not support tools")
    queue({"status": 503, "error": "server busy, please try again.  maximum pending requests exceeded"})
    assert failure(spoken)[0] == 503
    queue({"text": ["a", "b"], "fault": "error_line", "error": "llama-server process has terminated: exit status 2"})
    assert failure(spoken) == (-1, "llama-server process has terminated: exit status 2")
    queue({"text": ["a", "b"], "fault": "eof"})
    assert [part.done for part in spoken()] == [False]
    long = [{"role": "user", "content": "x" * 40_000}]
    # The client has no argument for `truncate`, so its own sender is asked.
    body = {"model": CODER, "messages": long, "truncate": False, "options": {"num_ctx": 4096}}
    status, error = failure(lambda: client._request_raw("POST", "/api/chat", json=body))
    assert status == 400 and json.loads(error)["error"]["type"] == "exceed_context_size_error"
    assert client.chat(model=CODER, messages=long, options={"num_ctx": 4096}).prompt_eval_count == 2048
    for asker, reply, wanted in ((client, {"fault": "reset"}, (httpx.RemoteProtocolError, httpx.ReadError)),
                                 (impatient, {"fault": "stall"}, httpx.ReadTimeout),
                                 (impatient, {"fault": "stall", "at": -1}, httpx.ReadTimeout),
                                 (impatient, {"slow": 30}, httpx.ReadTimeout)):
        queue(reply)
        try:
            list(asker.chat(model=CODER, messages=QUESTION, stream=True))
        except wanted:
            continue
        raise AssertionError(f"{reply}: no error")


checks = [library, chat, tools, residence, pull, failures]
for check in checks:
    check()
print(f"{len(checks)} checks passed")
