import YggCore

/// Refuses work in which a secret stands that this executor knows: what has landed once cannot be taken back.
struct SecretSearch {
    private let patterns: SecretPatterns

    init(_ patterns: SecretPatterns) { self.patterns = patterns }

    func check(_ text: String) throws(HandlerFailure) {
        guard !patterns.isEmpty else { return }
        let redacted = patterns.redacted(text)
        if redacted != text { throw .secretInDiff(Self.name(in: redacted), where: "its message") }
    }

    /// - Parameter shown: what the file is called in the failure.
    func check(file path: String, as shown: String = "the diff") throws(HandlerFailure) {
        guard !patterns.isEmpty else { return }
        var redactor = Redactor(patterns)
        var before = ArtifactMeasure()
        var after = ArtifactMeasure()
        var found: String?
        let look = { (bytes: [UInt8]) in
            after.update(bytes)
            if found == nil { found = Self.name(in: String(decoding: bytes, as: UTF8.self)) }
        }
        do {
            let pieces = try FilePieces(path)
            while let piece = try pieces.next() {
                before.update(piece)
                look(redactor.append(piece[...]))
            }
        } catch {
            throw .unusableWorkspace(path, error)
        }
        look(redactor.finish())
        // The mark itself may stand in a file that speaks of it.
        if before.artifact != after.artifact { throw .secretInDiff(found, where: shown) }
    }

    /// Looks at the files themselves: a diff puts a sign before every line, and packs what is binary.
    func check(from base: String, to commit: String, _ mirror: Mirror) async throws(HandlerFailure) {
        guard !patterns.isEmpty else { return }
        let listing = try await mirror.git.output(
            ["diff-tree", "-r", "-z", "--no-renames", "--diff-filter=AMT", base, commit, "--"],
            at: mirror.place,
            limit: 64 << 20
        )
        let fields = listing.split(separator: "\0").map(String.init)
        let scratch = try Scratch(mirror.git.run.context, "secrets")
        defer { scratch.remove() }
        // `:<mode> <mode> <hash> <hash> <status>`, then the path.
        for index in stride(from: 0, to: fields.count - 1, by: 2) {
            let words = fields[index].split(separator: " ")
            guard words.count == 5, words[1] != "160000" else { continue }
            try check(fields[index + 1])
            let path = scratch.path("blob")
            try await mirror.git.copy(blob: String(words[3]), to: path, at: mirror.place)
            try check(file: path, as: fields[index + 1])
        }
    }

    private static func name(in text: String) -> String? {
        guard let start = text.firstRange(of: "[redacted:") else { return nil }
        return String(text[start.upperBound...].prefix { $0 != "]" })
    }
}

extension HandlerFailure {
    fileprivate static func secretInDiff(_ name: String?, where place: String) -> HandlerFailure {
        HandlerFailure(
            code: "secret-in-diff",
            detail:
                "The work contains a secret of this executor\(name.map { " (\($0))" } ?? ""), in \(place): it is neither "
                + "shown nor landed. Take it out, and replace the secret if it went any further.",
            retryable: false
        )
    }
}
