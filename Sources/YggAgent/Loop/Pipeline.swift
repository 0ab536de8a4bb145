/// Where the harness is, when it works with a model that calls no tools.
struct Pipeline: Sendable {
    enum Stage: Sendable, Hashable {
        /// Looks what files there are.
        case listing
        /// Looks where the task's names occur.
        case searching
        /// Asks which files it is about.
        case locating
        /// Reads them, again before every question.
        case reading
        /// Asks for them whole.
        case editing
        /// Writes what was answered.
        case writing
    }

    /// The most files of one task: more do not fit, and small models do not manage them.
    static let mostFiles = 4
    /// The most pages of `read_file` of one file.
    static let mostPages = 4

    var stage = Stage.listing
    var listing = ""
    var matches = ""
    /// The files that exist, as far as they were seen.
    var seen: Set<String> = []
    /// What the work is about; nil until that is known.
    var paths: [String]?
    /// As they are now.
    var contents: [String: String] = [:]
    var unread: [String] = []
    var pages = 0
    var toWrite: [FencedFiles.File] = []
    var problems: [String] = []
    /// What a person said since.
    var remarks: [String] = []
    /// What the model is told with the next question.
    var feedback = ""
    var askedBytes = 0
    var calls = 0

    /// Names in the task that are worth looking for: those that only code has.
    static func names(in task: String) -> [String] {
        var names: [String] = []
        let separators = ",;:()[]{}\"'<>!?"
        for word in task.split(whereSeparator: { $0.isWhitespace || separators.contains($0) }) {
            var name = word
            while let last = name.last, last == "." || last == "`" { name.removeLast() }
            let isQuoted = name.first == "`"
            name = name.drop { $0 == "`" }
            guard name.utf8.count > 2, name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }) else {
                continue
            }
            let isCode = name.dropFirst().contains { $0 == "_" || $0.isUppercase } && name.contains { $0.isLowercase }
            guard isQuoted || isCode, !names.contains(String(name)) else { continue }
            names.append(String(name))
        }
        return names
    }

    /// The paths that an answer names, those that exist first.
    func located(_ answer: String) -> [String] {
        var found: [String] = []
        var made: [String] = []
        for word in answer.split(whereSeparator: { $0.isWhitespace || "`\"',*()[]".contains($0) }) {
            var word = word
            while let last = word.last, ":.".contains(last) { word.removeLast() }
            if word.hasPrefix("./") { word = word.dropFirst(2) }
            let path = String(word)
            if seen.contains(path) {
                if !found.contains(path) { found.append(path) }
                continue
            }
            let below = seen.filter { $0.hasSuffix("/" + path) }
            if below.count == 1, let one = below.first {
                if !found.contains(one) { found.append(one) }
            } else if FencedFiles.isPath(word), !path.hasPrefix("/"), !made.contains(path) {
                made.append(path)
            }
        }
        return Array((found + made).prefix(Self.mostFiles))
    }
}
