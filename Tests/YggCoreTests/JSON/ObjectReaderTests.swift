import Testing
import YggCore

struct ObjectReaderTests {
    private enum Colour: String, CaseIterable { case red, green }

    /// The complaints of `read`, each as `pointer: detail`.
    private static func complaints(
        _ object: JSONObject,
        at pointer: String = "",
        _ read: (inout ObjectReader) -> Void
    ) -> [String] {
        var reader = ObjectReader(object, at: pointer)
        read(&reader)
        do throws(InvalidInput) {
            try reader.finish()
            return []
        } catch {
            return error.issues.map { "\($0.pointer): \($0.detail)" }
        }
    }

    @Test func `members are read in their types`() throws {
        var reader = ObjectReader.of([
            "s": "x", "i": 3, "b": true, "a": [1], "l": ["x", "y"], "c": "green", "o": ["k": 1], "n": nil,
        ])
        #expect(reader.string("s") == "x" && reader.int("i") == 3 && reader.bool("b") == true)
        #expect(reader.array("a") == [1] && reader.strings("l") == ["x", "y"])
        #expect(reader.choice("c", of: Colour.self) == .green && reader.object("o") == ["k": 1])
        #expect(reader.value("n") == nil && reader.string("missing") == nil, "null is as good as absent")
        try reader.finish()
    }

    @Test func `all that is wrong is said at once, each at its place`() {
        let complaints = Self.complaints([
            "s": 1, "i": "x", "b": 0, "a": [:], "c": "blue", "o": [], "r": 11, "long": "abc",
        ]) {
            _ = $0.string("s")
            _ = $0.int("i")
            _ = $0.bool("b")
            _ = $0.array("a")
            _ = $0.choice("c", of: Colour.self)
            _ = $0.object("o")
            _ = $0.int("r", in: 0...10)
            _ = $0.string("long", maxLength: 2)
        }
        #expect(
            complaints == [
                "/s: must be a string, not an integer", "/i: must be an integer, not a string",
                "/b: must be true or false, not an integer", "/a: must be an array, not an object",
                "/c: must be one of red, green, not \"blue\"", "/o: must be an object, not an array",
                "/r: must be from 0 to 10, not 11", "/long: is longer than 2 bytes",
            ]
        )
    }

    @Test func `an element is named by its index`() {
        let complaints = Self.complaints(["a/b": ["x", 1]], at: "/top") { _ = $0.strings("a/b") }
        #expect(complaints == ["/top/a~1b/1: must be a string, not an integer"])
        let own = Self.complaints(["l": ["x", "y"]]) { reader in
            _ = reader.strings("l")
            reader.complain("l", at: 1, "is not to our taste")
        }
        #expect(own == ["/l/1: is not to our taste"])
    }

    @Test(arguments: [
        ("a/b", "/a~1b"), ("a~b", "/a~0b"), ("~1", "/~01"), ("/", "/~1"), ("", "/"), ("é\"", "/é\""),
        ("a~/b", "/a~0~1b"),
    ])
    func `keys in pointers are escaped`(key: String, pointer: String) {
        #expect(ObjectReader.of([:]).path(key) == pointer)
        #expect(Self.complaints([key: 1]) { _ = $0.string(key) }.first?.hasPrefix("\(pointer): ") == true)
    }

    @Test func `an unknown key is refused with the one it may have meant`() {
        let complaints = Self.complaints(["titel": "x", "colour": 1]) {
            _ = $0.string("title")
            _ = $0.string("kind")
            _ = $0.value("kind")
        }
        #expect(
            complaints == [
                "/titel: is not known; did you mean \"title\"?", "/colour: is not known; allowed are kind, title",
            ]
        )
    }

    @Test func `a peer of another version may send more, at every depth`() throws {
        var reader = ObjectReader.of(["a": 1, "new": 2, "o": ["new": 3], "l": [["new": 4], [:]]])
        reader.ignoresUnknown = true
        #expect(reader.int("a") == 1)
        #expect(reader.nested("o") { _ in true } == true)
        #expect(reader.list("l") { _ in true } == [true, true])
        try reader.finish()
        var strict = ObjectReader.of(["a": 1, "new": 2])
        #expect(strict.int("a") == 1)
        #expect(throws: InvalidInput.self) { try strict.finish() }
    }

    @Test func `what is nested complains with the whole pointer`() {
        let complaints = Self.complaints(
            ["o": ["x": "1", "y/z": 1], "l": [["x": 1], 7, ["x": "1"]], "bad": 3],
            at: "/top"
        ) { reader in
            #expect(reader.nested("o") { nested in nested.int("x") } == nil)
            #expect(reader.list("l") { nested in nested.int("x") ?? 0 } == [1])
            #expect(reader.nested("bad") { _ in true } == nil)
        }
        #expect(
            complaints == [
                "/top/o/x: must be an integer, not a string", "/top/o/y~1z: is not known; allowed are x",
                "/top/l/1: must be an object, not an integer", "/top/l/2/x: must be an integer, not a string",
                "/top/bad: must be an object, not an integer",
            ]
        )
    }

    @Test func `what is required is asked for once`() {
        var reader = ObjectReader.of(["k": 1])
        let missing = #expect(throws: InvalidInput.self) { try reader.required("id") { $0.string("id") } }
        #expect(missing?.description == "/id: is required")
        var wrong = ObjectReader.of(["id": 1])
        let error = #expect(throws: InvalidInput.self) { try wrong.required("id") { $0.string("id") } }
        #expect(error?.issues.map(\.detail) == ["must be a string, not an integer"])
    }

    @Test func `lists are bounded`() {
        let complaints = Self.complaints(["a": [1, 2, 3]]) { _ = $0.array("a", maxCount: 2) }
        #expect(complaints == ["/a: has more than 2 elements"])
    }

    @Test func `only an object has members`() {
        let error = #expect(throws: InvalidInput.self) { _ = try ObjectReader([1], at: "/x") }
        #expect(error?.description == "/x: must be an object, not an array")
    }

    @Test(arguments: [
        ("kitten", "sitting", 3), ("", "abc", 3), ("abc", "", 3), ("abc", "abc", 0), ("ab", "ba", 2),
        ("flaw", "lawn", 2),
    ])
    func `the edit distance counts changed letters`(left: String, right: String, distance: Int) {
        #expect(editDistance(left, right) == distance)
        #expect(editDistance(right, left) == distance)
    }

    @Test(
        arguments: [
            ("git-lgo", "git-log"), ("git-statu", "git-status"), ("x", nil), ("git-log", "git-log"), ("power", nil),
            ("", nil),
        ] as [(String, String?)]
    )
    func `the nearest word is what a typing error leaves`(word: String, near: String?) {
        #expect(nearest(to: word, among: ["git-log", "git-status", "ops-disk"]) == near)
    }
}
