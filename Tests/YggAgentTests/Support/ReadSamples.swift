import YggAgent

/// The habits of small models. Whoever meets a new one adds it here.
enum ReadSamples {
    private static let read = [#"read_file {"path":"a.py"}"#]

    private static let call = #"{"name": "read_file", "arguments": {"path": "a.py"}}"#
    private static let status = #"{"name": "git_status"}"#

    static let all = [marked, fenced, bare, xml, arguments, broken, prose].flatMap { $0 }

    static let marked: [ReadSample] = [
        ReadSample("a tag", "<tool_call>\(call)</tool_call>", .calls(read)),
        ReadSample("a tag on lines", "<tool_call>\n\(call)\n</tool_call>", .calls(read)),
        ReadSample("a tag without end", "<tool_call>\(call)", .calls(read)),
        ReadSample("a tag, its JSON in a fence", "<tool_call>\n```json\n\(call)\n```\n</tool_call>", .calls(read)),
        ReadSample("tools tag", "<tools>\(call)</tools>", .calls(read)),
        ReadSample("function_call tag", "<function_call>\(call)", .calls(read)),
        ReadSample("granite", "<|tool_call|>[\(call)]", .calls(read)),
        ReadSample("mistral", "[TOOL_CALLS][\(call)]", .calls(read)),
        ReadSample("mistral, newer", #"[TOOL_CALLS]read_file[ARGS]{"path": "a.py"}"#, .calls(read)),
        ReadSample(
            "llama",
            #"<|python_tag|>{"name": "read_file", "parameters": {"path": "a.py"}}<|eom_id|>"#,
            .calls(read)
        ),
        ReadSample(
            "a name before its object",
            "<tool_call>read_file\n{\"path\": \"a.py\"}\n</tool_call>",
            .calls(read)
        ),
        ReadSample(
            "two in one tag",
            #"<tool_call>{"name":"git_status","arguments":{}}, {"name":"read_file","arguments":{"path":"a.py"}}</tool_call>"#,
            .calls(["git_status {}"] + read)
        ),
        ReadSample(
            "two tags",
            "<tool_call>\(status)</tool_call>\n<tool_call>\(call)</tool_call>",
            .calls(["git_status {}"] + read)
        ),
        ReadSample(
            "two tags on one line",
            #"<tool_call>{"name":"git_status"}</tool_call><tool_call>{"name":"git_status"}</tool_call>"#,
            .calls(["git_status {}", "git_status {}"])
        ),
        ReadSample(
            "prose around a tag",
            "I read it first.\n<tool_call>\(call)</tool_call>\nThen I go on.",
            .calls(read)
        ),
        ReadSample("a tag at the end of a line", "Let me look: <tool_call>\(call)</tool_call>", .calls(read)),
        ReadSample(
            "thoughts before",
            "<think>\nI could call \(status).\n</think>\n<tool_call>\(call)</tool_call>",
            .calls(read)
        ),
        ReadSample(
            "thoughts that the prompt opened",
            "So I read.\n</think>\n\n<tool_call>\(call)</tool_call>",
            .calls(read)
        ),
        ReadSample(
            "an invented answer and what follows it",
            "<tool_call>\(call)</tool_call>\n<tool_response>x = 1</tool_response>\n<tool_call>\(status)</tool_call>",
            .calls(read)
        ),
        ReadSample(
            "the last bracket forgotten",
            #"<tool_call>{"name": "read_file", "arguments": {"path": "a.py"}</tool_call>"#,
            .calls(read)
        ),
    ]

    static let fenced: [ReadSample] = [
        ReadSample("a fence", "```json\n\(call)\n```", .calls(read)),
        ReadSample("a fence without a word", "```\n\(call)\n```\n", .calls(read)),
        ReadSample("a fence that ends behind the bracket", "```json\n\(call)```", .calls(read)),
        ReadSample("a fence without end", "```json\n\(call)", .calls(read)),
        ReadSample("prose before a fence", "I will read the file.\n\n```json\n\(call)\n```", .calls(read)),
        ReadSample(
            "two fences",
            "```json\n{\"name\": \"git_status\", \"arguments\": {}}\n```\n\n```json\n\(call)\n```",
            .calls(["git_status {}"] + read)
        ),
        ReadSample("a tag in a fence alone", "```xml\n<tool_call>\(call)</tool_call>\n```", .calls(read)),
        ReadSample(
            "a file with fences in it",
            "```json\n{\"name\": \"write_file\", \"arguments\": {\"path\": \"R.md\", \"content\": \"# R\n```\nx\n```\n\"}}\n```",
            .calls([##"write_file {"path":"R.md","content":"# R\n```\nx\n```\n"}"##])
        ),
        ReadSample(
            "a fence with prose after it",
            "```json\n\(call)\n```\nThis reads the file.",
            .unreadable(.amongProse)
        ),
        ReadSample("code in a fence", "```python\nprint({\"name\": \"read_file\", \"arguments\": {}})\n```", .prose),
        ReadSample("other JSON in a fence", "```json\n{\"compilerOptions\": {\"strict\": true}}\n```", .prose),
        ReadSample(
            "a package in a fence",
            "Put this there:\n```json\n{\"name\": \"read_file\", \"version\": \"1.0.0\", \"arguments\": {}}\n```",
            .prose
        ),
    ]

    static let bare: [ReadSample] = [
        ReadSample("bare JSON", "\(call)", .calls(read)),
        ReadSample(
            "bare JSON on lines",
            "{\n  \"name\": \"read_file\",\n  \"arguments\": {\n    \"path\": \"a.py\"\n  }\n}",
            .calls(read)
        ),
        ReadSample(
            "a bare list",
            #"[{"name": "git_status", "arguments": {}}, {"name": "read_file", "arguments": {"path": "a.py"}}]"#,
            .calls(["git_status {}"] + read)
        ),
        ReadSample(
            "bare, one a line",
            "{\"name\": \"git_status\", \"arguments\": {}}\n\(call)",
            .calls(["git_status {}"] + read)
        ),
        ReadSample("bare after prose", "I read it.\n\(call)", .calls(read)),
        ReadSample(
            "the form of others",
            #"{"tool_calls": [{"id": "1", "type": "function", "function": {"name": "read_file", "arguments": "{\"path\": \"a.py\"}"}}]}"#,
            .calls(read)
        ),
        ReadSample(
            "an action with a thought",
            #"{"thought": "First I look.", "tool": "read_file", "args": {"path": "a.py"}}"#,
            .calls(read)
        ),
        ReadSample("the name as key", #"{"read_file": {"path": "a.py"}}"#, .calls(read)),
        ReadSample("arguments beside the name", #"{"name": "read_file", "path": "a.py"}"#, .calls(read)),
        ReadSample("bare in the middle of prose", "\(call)\nand then we shall see.", .unreadable(.amongProse)),
        ReadSample("other JSON", #"{"answer": 42}"#, .prose),
        ReadSample("a list of others", #"[1, 2, {"name": "x"}]"#, .prose),
        ReadSample(
            "the description of a tool",
            #"{"name": "read_file", "parameters": {"type": "object", "properties": {"path": {"type": "string"}}}}"#,
            .prose
        ),
    ]

    static let xml: [ReadSample] = [
        ReadSample(
            "qwen3-coder",
            "<tool_call>\n<function=read_file>\n<parameter=path>\na.py\n</parameter>\n</function>\n</tool_call>",
            .calls(read)
        ),
        ReadSample(
            "without the outer tag",
            "<function=read_file><parameter=path>a.py</parameter></function>",
            .calls(read)
        ),
        ReadSample(
            "a number in it",
            "<function=read_file><parameter=path>a.py</parameter><parameter=start_line>\n7\n</parameter></function>",
            .calls([#"read_file {"path":"a.py","start_line":7}"#])
        ),
        ReadSample(
            "text that looks like anything",
            "<function=write_file><parameter=path>a.html</parameter><parameter=content>\n<p>{\"a\"</p>\n\n</parameter></function>",
            .calls([#"write_file {"path":"a.html","content":"<p>{\"a\"</p>\n"}"#])
        ),
        ReadSample(
            "stopped at its end",
            "<function=read_file>\n<parameter=path>a.py</parameter>\n",
            .unreadable(.unfinishedCall)
        ),
        ReadSample(
            "two of them",
            "<function=git_status></function>\n<function=read_file><parameter=path>a.py</parameter></function>",
            .calls(["git_status {}"] + read)
        ),
        ReadSample("an object in it", #"<function=read_file>{"path": "a.py"}</function>"#, .calls(read)),
        ReadSample(
            "invoke",
            "<function_calls>\n<invoke name=\"read_file\">\n<parameter name=\"path\">a.py</parameter>\n</invoke>\n</function_calls>",
            .calls(read)
        ),
        ReadSample(
            "a parameter without end",
            "<function=write_file><parameter=path>a.py</parameter><parameter=content>x = ",
            .unreadable(.unfinishedCall)
        ),
        ReadSample("a name and nothing", "<function=git_status>", .unreadable(.unfinishedCall)),
        ReadSample("text between", "<function=read_file>the file a.py</function>", .broken),
    ]

    static let arguments: [ReadSample] = [
        ReadSample(
            "arguments as a string",
            #"<tool_call>{"name": "read_file", "arguments": "{\"path\": \"a.py\"}"}</tool_call>"#,
            .calls(read)
        ),
        ReadSample(
            "a line break in a string",
            "<tool_call>{\"name\": \"write_file\", \"arguments\": {\"path\": \"a\", \"content\": \"x\n\ty\"}}</tool_call>",
            .calls([#"write_file {"path":"a","content":"x\n\ty"}"#])
        ),
        ReadSample(
            "an escape that does not exist",
            #"<tool_call>{"name": "search_files", "arguments": {"pattern": "\d+\s\'a\'"}}</tool_call>"#,
            .calls([#"search_files {"pattern":"\\d+\\s'a'"}"#])
        ),
        ReadSample(
            "a comma too many",
            #"<tool_call>{"name": "read_file", "arguments": {"path": "a.py",},}</tool_call>"#,
            .calls(read)
        ),
        ReadSample(
            "the name in another spelling",
            #"<tool_call>{"name": "readFile", "arguments": {"path": "a.py"}}</tool_call>"#,
            .calls(read)
        ),
        ReadSample(
            "a prefix and an index",
            #"<tool_call>{"name": "functions.read_file:0", "arguments": {"path": "a.py"}}</tool_call>"#,
            .calls(read)
        ),
        ReadSample(
            "a parameter in another spelling",
            #"<tool_call>{"name": "read_file", "arguments": {"path": "a.py", "startLine": 2}}</tool_call>"#,
            .calls([#"read_file {"path":"a.py","start_line":2}"#])
        ),
        ReadSample(
            "a parameter by another word",
            #"<tool_call>{"name": "read_file", "arguments": {"filename": "a.py"}}</tool_call>"#,
            .calls(read)
        ),
        ReadSample(
            "a number as text",
            #"<tool_call>{"name": "read_file", "arguments": {"path": "a.py", "start_line": "12"}}</tool_call>"#,
            .calls([#"read_file {"path":"a.py","start_line":12}"#])
        ),
        ReadSample(
            "yes as text, nothing as null",
            #"<tool_call>{"name": "search_files", "arguments": {"pattern": "x", "ignore_case": "True"}}</tool_call>"#,
            .calls([#"search_files {"pattern":"x","ignore_case":true}"#])
        ),
        ReadSample(
            "null for nothing",
            #"<tool_call>{"name": "read_file", "arguments": {"path": "a.py", "start_line": null}}</tool_call>"#,
            .calls(read)
        ),
        ReadSample(
            "words of a command",
            #"<tool_call>{"name": "run_command", "arguments": {"cmd": ["npm", "run", "a b"]}}</tool_call>"#,
            .calls([#"run_command {"command":"npm run 'a b'"}"#])
        ),
        ReadSample(
            "lines of a file",
            #"<tool_call>{"name": "write_file", "arguments": {"path": "a", "content": ["x", "y"]}}</tool_call>"#,
            .calls([#"write_file {"path":"a","content":"x\ny"}"#])
        ),
        ReadSample(
            "an unknown tool",
            #"<tool_call>{"name": "read_files", "arguments": {"path": "a.py"}}</tool_call>"#,
            .refused("read_files", saying: ["no tool read_files", "Did you mean read_file?", "run_command"])
        ),
        ReadSample(
            "an unknown tool, bare",
            #"{"name": "browse", "arguments": {"url": "x"}}"#,
            .refused("browse", saying: ["no tool browse"])
        ),
        ReadSample(
            "something missing",
            #"<tool_call>{"name": "write_file", "arguments": {"path": "a.py", "what": 1}}</tool_call>"#,
            .refused("write_file", saying: ["needs content", "does not know what"])
        ),
        ReadSample(
            "arguments of another kind",
            #"<tool_call>{"name": "read_file", "arguments": [1]}</tool_call>"#,
            .refused("read_file", saying: ["must be an object"])
        ),
    ]

    static let broken: [ReadSample] = [
        ReadSample(
            "cut in a tag",
            #"<tool_call>{"name": "write_file", "arguments": {"path": "a.py", "content": "x ="#,
            .unreadable(.unfinishedCall)
        ),
        ReadSample(
            "cut in bare JSON",
            #"{"name": "write_file", "arguments": {"path": "a.py", "content": "x ="#,
            .unreadable(.unfinishedCall)
        ),
        ReadSample(
            "cut in a fence",
            "```json\n{\"name\": \"write_file\", \"arguments\": {\"path\": \"a",
            .unreadable(.unfinishedCall)
        ),
        ReadSample(
            "cut by its length, though whole",
            "<tool_call>\(call)</tool_call>",
            .unreadable(.cutOff),
            end: .length
        ),
        ReadSample("a tag and nothing", "<tool_call>", .unreadable(.unfinishedCall)),
        ReadSample("a tag around a function of Python", #"<tool_call>read_file(path="a.py")</tool_call>"#, .broken),
        ReadSample("no quotes", "<tool_call>{name: read_file, arguments: {path: a.py}}</tool_call>", .broken),
        ReadSample(
            "the same argument twice",
            #"<tool_call>{"name": "read_file", "arguments": {"path": "a.py", "path": "b.py"}}</tool_call>"#,
            .broken
        ),
        ReadSample(
            "brackets that do not match",
            #"<tool_call>{"name": "read_file", "arguments": {"path": "a.py"]}</tool_call>"#,
            .broken
        ),
        ReadSample(
            "a good call and a broken one",
            "<tool_call>\(status)</tool_call>\n<tool_call>{\"name\": </tool_call>",
            .broken
        ),
        ReadSample("nothing", "", .unreadable(.swallowed)),
        ReadSample("only space", " \n\t ", .unreadable(.swallowed)),
        ReadSample("only thoughts", "<think>I wonder.</think>", .unreadable(.onlyThought)),
        ReadSample("thoughts without end", "<think>I wonder", .unreadable(.onlyThought)),
    ]

    static let prose: [ReadSample] = [
        ReadSample("words", "I have read the file, and all is well.", .prose),
        ReadSample("the name of a tool", "You can use read_file to read a.py, or run_command.", .prose),
        ReadSample("a tag in words", "Answer with <tool_call> and the JSON of your call.", .prose),
        ReadSample("a tag in code", "Write `<tool_call>\(status)</tool_call>` to see it.", .prose),
        ReadSample(
            "a call quoted in a fence",
            "The README says:\n```\n<tool_call>{\"name\": \"run_command\", \"arguments\": {\"command\": \"rm -r .\"}}</tool_call>\n```\nI do not do that.",
            .unreadable(.amongProse)
        ),
        ReadSample(
            "a call quoted in a fence, behind marks in words",
            "It: a <tool_call> says {} <tool_call>\n````\nsays {}\n<tool_call>\(call)</tool_call>\n````\nAnd so on.",
            .prose
        ),
        ReadSample("a call behind a mark in words", "It: a <tool_call> says {} \(call)", .prose),
        ReadSample(
            "a call quoted in a line",
            #"It says {"name": "run_command", "arguments": {"command": "rm -r ."}} somewhere."#,
            .prose
        ),
        ReadSample(
            "a call in a line of a diff",
            "+ <tool_call>{\"name\": \"run_command\", \"arguments\": {\"command\": \"x\"}}</tool_call>\n- old",
            .unreadable(.amongProse)
        ),
        ReadSample("a Swift closure", "Use this:\n\n{ $0.name == \"read_file\" }", .prose),
        ReadSample("a list", "[1] a.py\n[2] b.py", .prose),
    ]
}
