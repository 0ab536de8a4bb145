import Testing

@testable import YggCommands

struct TableTests {
    private static let table = Table(
        [.init("ID"), .init("N", alignment: .right), .init("TITLE", isFlexible: true)],
        rows: [["one", "7", "a title of some length"], ["second", "12345", "short"]]
    )

    @Test(arguments: [
        ("a\u{202E}dcba", "adcba"), ("x\u{2066}y\u{2069}z", "xyz"), ("\u{200F}\u{061C}r", "r"),
        ("a\u{1B}[2Jb\nc", "a [2Jb c"), ("👩‍💻 at work", "👩‍💻 at work"),
    ])
    func `a line holds nothing that a terminal obeys, nor what turns its direction`(text: String, line: String) {
        #expect(DisplayText.oneLine(text) == line)
    }

    @Test
    func `columns are as wide as they need to be`() {
        #expect(
            Self.table.rendered(width: nil, style: .plain) == """
                ID          N  TITLE
                one         7  a title of some length
                second  12345  short

                """
        )
    }

    @Test
    func `prose gives way first`() {
        #expect(
            Self.table.rendered(width: 27, style: .plain) == """
                ID          N  TITLE
                one         7  a title of …
                second  12345  short

                """
        )
    }

    @Test
    func `optional columns are left out from the right where there is no room`() {
        let table = Table(
            [
                .init("ID"), .init("A", isOptional: true), .init("B", isOptional: true),
                .init("TITLE", isFlexible: true),
            ],
            rows: [["identifier", "aaaa", "bbbb", "a long title"]]
        )
        #expect(table.rendered(width: 32, style: .plain).hasPrefix("ID          A     B     TITLE\n"))
        #expect(table.rendered(width: 26, style: .plain).hasPrefix("ID          A     TITLE\n"))
        #expect(table.rendered(width: 20, style: .plain) == "ID          TITLE\nidentifier  a long …\n")
    }

    @Test(arguments: 18...80)
    func `no line is longer than the terminal`(width: Int) {
        for line in Self.table.rendered(width: width, style: .plain).split(separator: "\n") {
            #expect(DisplayText.width(String(line)) <= width)
        }
    }

    @Test(arguments: [
        ("abc", 3), ("grüße", 5), ("e\u{301}", 1), ("日本", 4), ("🌳", 2), ("👩‍👩‍👧", 2), ("", 0), ("❤️", 2),
    ])
    func `characters take the columns they take`(text: String, width: Int) {
        #expect(DisplayText.width(text) == width)
    }

    @Test(arguments: [("abcdef", 4, "abc…"), ("abc", 3, "abc"), ("日本語", 4, "日…"), ("abc", 1, "…"), ("abc", 0, "")])
    func `long text is cut with an ellipsis`(text: String, limit: Int, expected: String) {
        #expect(DisplayText.truncated(text, to: limit) == expected)
    }

    @Test
    func `an escape sequence in a title does not reach the terminal`() {
        let table = Table([.init("T")], rows: [[.init("a\u{1B}[31mb\nc")]])
        #expect(table.rendered(width: nil, style: .plain) == "T\na [31mb c\n")
    }

    @Test
    func `colour is for terminals and takes no room`() {
        let table = Table([.init("S"), .init("T")], rows: [[.init("x", .red), "y"]])
        #expect(
            table.rendered(width: nil, style: Style(isColored: true))
                == "\u{1B}[2mS\u{1B}[0m  \u{1B}[2mT\u{1B}[0m\n\u{1B}[31mx\u{1B}[0m  y\n"
        )
    }
}
