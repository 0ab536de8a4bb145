import Testing

@testable import YggAgent

struct CodeInReplyTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        var name: String
        var reply: String
        var code: String?
        var language = "python"
        var testDescription: String { name }
    }

    @Test(arguments: [
        Sample(name: "one block", reply: "```python\nx = 1\n```", code: "x = 1\n"),
        Sample(name: "prose around", reply: "Here is it:\n\n```py\nx = 1\n```\nIt sets x.", code: "x = 1\n"),
        Sample(name: "no label", reply: "```\nx = 1\n```", code: "x = 1\n"),
        Sample(name: "a label with more", reply: "```python title=\"a.py\"\nx = 1\n```", code: "x = 1\n"),
        Sample(name: "no end", reply: "```python\nx = 1\ny = 2", code: "x = 1\ny = 2\n"),
        Sample(name: "tildes", reply: "~~~python\nx = 1\n~~~", code: "x = 1\n"),
        Sample(name: "four backticks", reply: "````python\nx = '```'\n```\n````", code: "x = '```'\n```\n"),
        Sample(
            name: "an example of its use",
            reply: "```python\ndef f(a):\n    return a\n```\nUse it:\n```python\nf(1)\n```",
            code: "def f(a):\n    return a\n"
        ),
        Sample(
            name: "commands besides",
            reply: "```bash\npip install something-very-long-and-more\n```\n```python\nx = 1\n```",
            code: "x = 1\n"
        ),
        Sample(name: "another language alone", reply: "```js\nlet x = 1\n```", code: "let x = 1\n"),
        Sample(
            name: "a fence in a docstring",
            reply: "```python\ndef f():\n    \"\"\"Example:\n\n    ```python\n    f()\n    ```\n    \"\"\"\n```\nDone.",
            code: "def f():\n    \"\"\"Example:\n\n    ```python\n    f()\n    ```\n    \"\"\"\n"
        ),
        Sample(
            name: "in a list",
            reply: "1. Do this:\n\n   ```python\n   if x:\n       y()\n   ```",
            code: "if x:\n    y()\n"
        ),
        Sample(name: "carriage returns", reply: "```python\r\nx = 1\r\n```\r\n", code: "x = 1\n"),
        Sample(
            name: "thoughts first",
            reply: "<think>\n```python\nwrong\n```\n</think>\n```python\nx = 1\n```",
            code: "x = 1\n"
        ),
        Sample(name: "bare", reply: "def f():\n    return 1\n", code: "def f():\n    return 1\n"),
        Sample(
            name: "bare, with a sentence before and after",
            reply: "Sure, here is the code:\n\nx = 1\n\nThis sets x to one.",
            code: "x = 1\n"
        ),
        Sample(name: "JSON", reply: "{\"code\": \"x = 1\\n\"}", code: "x = 1\n"),
        Sample(name: "JSON that is the code", reply: "{\"a\": 1}", code: "{\"a\": 1}\n", language: "json"),
        Sample(name: "an apology", reply: "I'm sorry, but I cannot help with that", code: nil),
        Sample(name: "prose alone", reply: "Please tell me which function is meant.", code: nil),
        Sample(name: "an empty block", reply: "```python\n\n```", code: nil),
        Sample(name: "nothing", reply: "  \n", code: nil),
    ])
    func `code is found in what models say`(sample: Sample) {
        #expect(CodeInReply.find(in: sample.reply, language: CodeLanguage.named(sample.language)) == sample.code)
    }

    @Test(arguments: seeds(20))
    func `whatever a model says, finding ends`(seed: UInt64) {
        var generator = Seeded(seed: seed)
        let pieces = [
            "```", "~~~", "\n", "python", " ", "x = 1", "{", "\"", "<think>", "</think>", "\r\n", "é", "``", "Here",
            ".", "````",
        ]
        for _ in 0..<200 {
            let reply = (0..<Int.random(in: 0..<30, using: &generator)).map { _ in
                pieces.randomElement(using: &generator) ?? ""
            }.joined()
            if let code = CodeInReply.find(in: reply, language: CodeLanguage.named("python")) {
                #expect(code.hasSuffix("\n") && code.count > 1)
            }
        }
    }
}

/// Chance that can be had again.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
