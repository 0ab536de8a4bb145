import YggCore

extension TextForm where Value == String {
    static func path(from directories: Directories) -> TextForm {
        TextForm(
            parse: { text throws(ValueProblem) in directories.absolute(try path.parse(text)) },
            text: { $0 }
        )
    }
}

extension TextForm where Value == Int {
    static func count(_ range: ClosedRange<Int64>) -> TextForm {
        TextForm(
            parse: { text throws(ValueProblem) in
                guard let count = Int64(text), range.contains(count) else {
                    throw ValueProblem(
                        mustBe: "a number from \(range.lowerBound) to \(range.upperBound)",
                        not: text
                    )
                }
                return Int(count)
            },
            text: { String($0) }
        )
    }
}
