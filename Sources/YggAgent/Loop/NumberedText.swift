/// The text of a file as `read_file` shows it, without what it adds.
struct NumberedText: Sendable, Hashable {
    var text = ""
    /// Where to go on, if there is more.
    var next: Int?
    /// Something of it cannot be shown: it must not be written back.
    var isCut = false

    init(_ shown: String) {
        for line in shown.split(separator: "\n", omittingEmptySubsequences: false) {
            let digits = line.prefix { $0.isNumber }
            if !digits.isEmpty, line.dropFirst(digits.count).first == "\t" {
                let content = line.dropFirst(digits.count + 1)
                if content.hasSuffix("more bytes in this line]") { isCut = true }
                text += content + "\n"
            } else if let range = line.firstRange(of: "go on with start_line ") {
                next = Int(line[range.upperBound...].prefix { $0.isNumber })
            }
        }
    }
}
