import Testing
import YggCore

@testable import YggConfiguration

@Suite("YAML as JSON")
struct YAMLTreeTests {
    @Test(
        "plain scalars mean what YAML 1.2 says",
        arguments: [
            ("", JSON.null), ("~", .null), ("null", .null), ("true", true), ("False", false), ("no", "no"),
            ("on", "on"),
            ("12:30", "12:30"), ("010", 10), ("0o17", 15), ("0x1F", 31), ("-7", -7), ("+7", 7), ("1_000", "1_000"),
            ("1.5", .double(1.5)), ("1e3", .double(1000)), (".5", .double(0.5)), ("1.", .double(1)), ("-", "-"),
            ("e3", "e3"), ("30s", "30s"), ("2026-01-01", "2026-01-01"),
            ("9223372036854775808", .double(9_223_372_036_854_775_808)),
        ] as [(String, JSON)]
    )
    func scalar(text: String, value: JSON) { #expect(plainScalar(text) == value) }

    @Test func `quotes make a string of anything`() throws {
        let tree = try YAMLTree(parsing: "a: \"5\"\nb: 'true'\nc: !!str 7\nd: |-\n  null\n")
        #expect(tree.root == ["a": "5", "b": "true", "c": "7", "d": "null"])
    }

    @Test func `an empty text is an empty object`() throws {
        for text in ["", "\n", "# nothing\n", "---\n", "~"] {
            #expect(try YAMLTree(parsing: text).root == .object(JSONObject()))
        }
    }

    @Test func `places are those of keys and elements`() throws {
        let tree = try YAMLTree(
            parsing: """
                a: 1
                b:
                  c:
                    - x
                    - d/e: 2
                """
        )
        #expect(tree.place(of: "/a")?.line == 1)
        #expect(tree.place(of: "/b") == .init(line: 2, column: 1))
        #expect(tree.place(of: "/b/c/0") == .init(line: 4, column: 7))
        #expect(tree.place(of: "/b/c/1/d~1e")?.line == 5)
        #expect(tree.place(of: "/b/missing/deeper")?.line == 2)
    }

    @Test func `aliases are expanded, and keep the line of their anchor`() throws {
        let tree = try YAMLTree(parsing: "a: &x\n  k: 1\nb: *x\n")
        #expect(tree.root["b"] == ["k": 1])
        #expect(tree.place(of: "/b")?.line == 3)
        #expect(tree.place(of: "/b/k")?.line == 2)
    }

    @Test func `JSON is read, with what only JSON can spell`() throws {
        let plain = try YAMLTree(parsing: "{\n\t\"a\": {\"b\\/c\": [1, 2.5, null]}\n}")
        #expect(plain.root == ["a": ["b/c": [1, .double(2.5), nil]]])
        #expect(plain.place(of: "/a")?.line == 2)
        #expect(try YAMLTree(parsing: #"{"a": "\ud83d\ude00"}"#).root == ["a": "😀"])
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        let text: String
        let line: Int?
        let reason: String
        var testDescription: String { reason }

        init(_ text: String, _ line: Int?, _ reason: String) {
            self.text = text
            self.line = line
            self.reason = reason
        }
    }

    @Test(arguments: [
        Refused("a: 1\nb: 2\na: 3\n", 1, "the key \"a\" appears twice"),
        Refused("yes: 1\n\"yes\": 2\n", 1, "the key \"yes\" appears twice"),
        Refused("a:\n  1: x\n", 2, "a key must be a string, not an integer; write \"1\" in quotes"),
        Refused("true: x\n", 1, "a key must be a string, not a boolean; write \"true\" in quotes"),
        Refused("a: 1\n[b]: x\n", 2, "a key must be a string, not an array"),
        Refused(
            "a: &x {b: 1}\nc:\n  <<: *x\n",
            3,
            "merging with << is not supported; use an alias for the whole value"
        ),
        Refused("a: 1\n---\nb: 2\n", 2, "a second document begins here; one file holds one"),
        Refused("a: *nobody\n", 1, "an alias (*) here names an anchor (&) that does not exist"),
        Refused("a: 1\nb: !!binary aGk=\n", 2, "the tag tag:yaml.org,2002:binary is not supported"),
        Refused("a: .inf\n", 1, ".inf is not a number that can be used here"),
        Refused(
            "a: 1\nb: [1, 2\nc: 3\n",
            3,
            "is not valid YAML: while parsing a flow sequence (line 2) did not find expected ',' or ']'"
        ),
        Refused(
            "a:\n\tb: 1\n",
            2,
            "is not valid YAML: while scanning for the next token (line 2) found character that cannot start any token"
        ),
        Refused("a: 1\nb: \u{1}\n", 2, "is not valid YAML: control characters are not allowed"),
    ])
    func `what is no configuration is refused with its line`(_ refused: Refused) {
        let error = #expect(throws: YAMLError.self) { try YAMLTree(parsing: refused.text) }
        #expect(error?.reason == refused.reason)
        #expect(error?.place?.line == refused.line)
    }

    /// As keys they are compared by the parser, which is not to begin with it.
    @Test(.timeLimit(.minutes(1))) func `what a stranger wrote has few aliases`() throws {
        let levels = (1...9).map { level in
            let aliases = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            return "- &a\(level) [\(aliases)]"
        }
        let bomb = (["- &a0 [0]"] + levels + ["- ? *a9\n  : 1"]).joined(separator: "\n")
        for text in [bomb, bomb.replacing("*", with: "!!seq *"), bomb.replacing(", *", with: ",*")] {
            let error = #expect(throws: YAMLError.self) { try YAMLTree(parsing: text, maxAliases: 20) }
            #expect(error?.reason == "has more than 20 aliases; write their values out")
        }
        let few = "a: &x 1\nb: [\(Array(repeating: "*x", count: 20).joined(separator: ","))]\n"
        #expect(try YAMLTree(parsing: few, maxAliases: 20).root["b"]?.arrayValue?.count == 20)
        let code = "spec: |\n" + String(repeating: "  int *p = &q; *r = *s * *t;\n", count: 50)
        #expect(throws: Never.self) { try YAMLTree(parsing: code, maxAliases: 20) }
    }

    @Test(.timeLimit(.minutes(1))) func `aliases of aliases do not grow without end`() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...20 {
            text += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", "))]\n"
        }
        let error = #expect(throws: YAMLError.self) { try YAMLTree(parsing: text) }
        #expect(error?.reason == "has more than 100000 values once its aliases are expanded")
    }

    @Test func `nesting and size are bounded`() {
        for depth in [65, 900, 100_000] {
            let deep = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            #expect(throws: YAMLError.self) { try YAMLTree(parsing: deep) }
        }
        let large = "a: \(String(repeating: "x", count: YAMLTree.maxBytes))"
        #expect(throws: YAMLError(place: nil, reason: "is larger than 4 MiB")) { try YAMLTree(parsing: large) }
    }
}
