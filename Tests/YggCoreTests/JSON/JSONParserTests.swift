import Testing
import YggCore

struct JSONParserTests {
    @Test(
        arguments: [
            ("null", .null), (" true ", true), ("false", false), ("0", 0), ("-0", 0), ("-1", -1),
            ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)), ("\t\r\n 1", 1),
            ("1.0", .double(1)),
            ("-0.0", .double(-0.0)), ("1e2", .double(100)), ("1E+2", .double(100)), ("25e-1", .double(2.5)),
            ("9223372036854775808", .double(9_223_372_036_854_775_808)),
            ("-9223372036854775809", .double(-9_223_372_036_854_775_808)), ("1e-400", .double(0)), ("\"\"", ""),
            ("[]", []), ("{}", [:]), ("[ ]", []), ("{ }", [:]), ("[1,[2],{}]", [1, [2], [:]]),
            ("{\"a\" : [ 1 , 2 ] , \"b\":{}}", ["a": [1, 2], "b": [:]]),
        ] as [(String, JSON)]
    )
    func `a text is the value it spells`(text: String, value: JSON) throws {
        #expect(try JSON(parsing: text) == value)
    }

    @Test(arguments: [
        (#""a\"b\\c\/d""#, "a\"b\\c/d"), (#""\b\f\n\r\t""#, "\u{8}\u{c}\n\r\t"), (#""\u0041\u00e9\u00E9""#, "Aéé"),
        (#""\u0000""#, "\0"), (#""\ud83c\udf33""#, "🌳"), (#""x\uD834\uDD1Ey""#, "x𝄞y"), (#""🌳 é""#, "🌳 é"),
        (#""\uffff\ufffe""#, "\u{FFFF}\u{FFFE}"), ("\"\u{7F}\u{2028}\"", "\u{7F}\u{2028}"),
    ])
    func `escapes are what they stand for`(text: String, string: String) throws {
        let parsed = try #require(try JSON(parsing: text).stringValue)
        #expect(Array(parsed.utf8) == Array(string.utf8))
    }

    @Test(
        arguments: [
            ("", 0), ("  ", 2), ("nul", 0), ("nulL", 0), ("True", 0), ("+1", 0), (".5", 0), ("-", 1), ("-x", 1),
            ("01", 0),
            ("-01", 1), ("1.", 2), ("1.e5", 2), ("1e", 2), ("1e+", 3), ("1 2", 2), ("1,", 1), ("'a'", 0), ("NaN", 0),
            ("-Infinity", 1), ("0x1", 1), ("1e400", 0), ("[-1e999]", 1), ("[1 2]", 3), ("[1,]", 3), ("[,1]", 1),
            ("[1", 2),
            ("[", 1), ("]", 0), ("{", 1), ("{\"a\"}", 4), ("{\"a\":}", 5), ("{\"a\":1,}", 7), ("{a:1}", 1),
            ("{1:1}", 1),
            ("{\"a\":1 \"b\":2}", 7), ("{\"a\":1", 6), ("{\"a\":1,\"b\":2,\"a\":3}", 13), ("\"a", 2), ("\"a\n\"", 2),
            ("\"\u{1}\"", 1), (#""a\x""#, 3), (#""a\"#, 3), (#""\u12""#, 3), (#""\u12g4""#, 5), (#""\ud800""#, 1),
            (#""\ud800x""#, 1), (#""\ud800\u0041""#, 1), (#""\udc00""#, 1), ("/* */ 1", 0), ("{} {}", 3),
            ("\u{FEFF}1", 0),
        ] as [(String, Int)]
    )
    func `what is not JSON is refused where it offends, or right after`(text: String, offset: Int) throws {
        let error = #expect(throws: JSONSyntaxError.self) { try JSON(parsing: text) }
        let place = try #require(error?.offset)
        #expect((offset...text.utf8.count).contains(place), "\(error?.reason ?? "")")
        #expect(error?.reason.isEmpty == false)
    }

    @Test(
        arguments: [
            ([0x22, 0xFF, 0x22], 1), ([0x22, 0x61, 0xC3, 0x22], 2), ([0x22, 0xC0, 0x80, 0x22], 1),
            ([0x22, 0xED, 0xA0, 0x80, 0x22], 1), ([0x22, 0xF5, 0x80, 0x80, 0x80, 0x22], 1),
            ([0x22, 0x5C, 0x6E, 0x61, 0x80, 0x22], 4), ([0x7B, 0x22, 0xFE, 0x22, 0x3A, 0x31, 0x7D], 2), ([0xFF], 0),
        ] as [([UInt8], Int)]
    )
    func `bytes that are not UTF-8 are refused where they begin, or right after`(bytes: [UInt8], offset: Int) throws {
        let error = #expect(throws: JSONSyntaxError.self) { try JSON(parsing: bytes) }
        let place = try #require(error?.offset)
        #expect((offset...bytes.count).contains(place), "\(error?.reason ?? "")")
    }

    @Test(arguments: [0, 1, 15, 16, 17, 40])
    func `a key appears once, in small objects and in large ones`(others: Int) {
        var members = (0..<others).map { "\"k\($0)\":\($0)" }
        members.insert("\"twice\":1", at: others / 2)
        #expect(throws: Never.self) { try JSON(parsing: "{\(members.joined(separator: ","))}") }
        members.append("\"twice\":2")
        let error = #expect(throws: JSONSyntaxError.self) { try JSON(parsing: "{\(members.joined(separator: ","))}") }
        #expect(error?.reason.contains("\"twice\"") == true)
    }

    @Test func `an escaped key is the same key`() {
        #expect(throws: JSONSyntaxError.self) { try JSON(parsing: #"{"a":1,"\u0061":2}"#) }
    }

    @Test func `nesting is bounded`() throws {
        func nested(_ depth: Int, _ open: String, _ close: String) -> String {
            String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
        }
        let most = JSON.Depth.kept
        for text in [nested(most, "[", "]"), nested(most, "{\"a\":", "}")] {
            #expect(try JSON(parsing: text).depth == most)
        }
        for text in [
            nested(most + 1, "[", "]"), nested(most + 1, "{\"a\":", "}"), String(repeating: "[", count: 1_000_000),
        ] {
            let error = #expect(throws: JSONSyntaxError.self) { try JSON(parsing: text) }
            #expect(error?.reason.contains("\(most) levels") == true)
        }
        #expect(try JSON(parsing: #"{"a": 1, "b": [[], {"c": "d"}]}"#).depth == 3)
        #expect(JSON.null.depth == 0)
        #expect(throws: Never.self) { try JSON(parsing: Array("[[1]]".utf8), maxDepth: 2) }
        #expect(throws: JSONSyntaxError.self) { try JSON(parsing: Array("[[1]]".utf8), maxDepth: 1) }
        // Closed again, it counts no more.
        #expect(throws: Never.self) {
            try JSON(parsing: "[\(Array(repeating: "[[]]", count: 100).joined(separator: ","))]")
        }
    }

    @Test func `members keep their order, and equality ignores it`() throws {
        let one = try JSON(parsing: #"{"b":1,"a":{"y":2,"x":3}}"#)
        let other = try JSON(parsing: #"{"a":{"x":3,"y":2},"b":1}"#)
        #expect(one.objectValue?.keys == ["b", "a"])
        #expect(one == other && one.hashValue == other.hashValue)
        #expect(one.bytes != other.bytes && one.canonicalBytes == other.canonicalBytes)
        #expect(one != ["b": 1, "a": ["y": 2]])
        #expect(JSON.int(1) != .double(1))
    }

    @Test func `a value is written in one line`() {
        let value: JSON = [
            "a": [1, .double(-2.5), .double(1e100), true, nil, []], "b": [:], "text": "\"\\\n\r\t\u{1}\u{7f}é🌳/",
        ]
        #expect(
            value.text
                == #"{"a":[1,-2.5,1e+100,true,null,[]],"b":{},"text":"\"\\\n\r\t\u0001"# + "\u{7f}" + #"é🌳/"}"#
        )
        #expect(JSON.double(.infinity).text == "null" && JSON.double(.nan).text == "null")
        #expect(JSON.int(.min).text == "-9223372036854775808")
    }

    @Test func `a value is written for people`() {
        let value: JSON = ["a": [1, [:]], "b": [], "c": "x"]
        #expect(value.prettyText == "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": [],\n  \"c\": \"x\"\n}")
    }
}
