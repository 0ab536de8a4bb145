import YggCore

/// All that is wrong with what a person configured, each complaint with the place where it is put right.
package struct ConfigurationError: Error, Hashable, CustomStringConvertible {
    package struct Issue: Sendable, Hashable, CustomStringConvertible {
        /// The file, nil for a flag or a variable.
        package let file: String?
        /// Counted from 1; nil where the complaint is about the whole file.
        package let line: Int?
        /// A key path (`handlers[0].params.seconds.type`), a flag (`--port`) or a variable (`YGG_PORT`).
        package let key: String
        /// What is wrong and what is allowed.
        package let detail: String

        package var description: String {
            let place = file.map { file in line.map { "\(file):\($0)" } ?? file }
            return [place, key.isEmpty ? nil : key, detail].compactMap { $0 }.joined(separator: ": ")
        }
    }

    package let issues: [Issue]

    package init(issues: [Issue]) { self.issues = issues }

    init(file: String?, line: Int? = nil, key: String = "", _ detail: String) {
        issues = [Issue(file: file, line: line, key: key, detail: detail)]
    }

    /// Complaints about the content of a file, in the order of its lines.
    init(_ error: InvalidInput, in file: String, _ tree: YAMLTree) {
        issues = error.issues.map { issue in
            Issue(
                file: file,
                line: tree.place(of: issue.pointer)?.line,
                key: keyPath(issue.pointer),
                detail: issue.detail
            )
        }
        .sorted { ($0.line ?? 0) < ($1.line ?? 0) }
    }

    /// One complaint a line.
    package var description: String { issues.map(\.description).joined(separator: "\n") }
}

/// A JSON pointer as people write paths: `/handlers/0/kind` is `handlers[0].kind`.
func keyPath(_ pointer: String) -> String {
    var path = ""
    for part in pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
        let key = part.split(separator: "~1", omittingEmptySubsequences: false).joined(separator: "/")
            .split(separator: "~0", omittingEmptySubsequences: false).joined(separator: "~")
        if !key.isEmpty, key.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            path += "[\(key)]"
        } else if key.isEmpty || key.contains(where: { ". []/\"".contains($0) }) {
            path += "[\"\(key)\"]"
        } else {
            path += path.isEmpty ? key : ".\(key)"
        }
    }
    return path
}
