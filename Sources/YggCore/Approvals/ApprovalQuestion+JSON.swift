extension ApprovalQuestion {
    package static let maxSummaryBytes = 8192

    package var json: JSONObject {
        var object: JSONObject = [
            "subject": .string(subject.rawValue), "next": .string(next.rawValue), "summary": .string(summary),
        ]
        object.append("repository", .optional(repository))
        object.append("target", .optional(target))
        object.append("base", .optional(base))
        if !commits.isEmpty { object.append("commits", .array(commits.map(JSON.string))) }
        object.append("diff", .optional(diff))
        object.append("bundle", .optional(bundle))
        if !verification.isEmpty {
            object.append("verification", .array(verification.map { .array($0.map(JSON.string)) }))
        }
        if !limits.isEmpty { object.append("limits", .object(limits)) }
        if !shown.isEmpty { object.append("shown", .object(shown)) }
        return object
    }

    /// Reads what an executor asks.
    /// - Throws: where a member is missing without which a person could not decide, or what was approved could not be
    ///   carried out.
    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        // A newer executor may say more than this version knows.
        reader.ignoresUnknown = true
        let subject = try reader.required("subject") { $0.choice("subject", of: ApprovalSubject.self) }
        let next = try reader.required("next") { $0.choice("next", of: Next.self) }
        self.init(
            subject: subject,
            next: next,
            summary: reader.string("summary", maxLength: Self.maxSummaryBytes) ?? "",
            repository: reader.string("repository", maxLength: 4096),
            target: reader.string("target", maxLength: 1024),
            base: reader.string("base", maxLength: 128),
            commits: reader.strings("commits") ?? [],
            diff: Self.hash("diff", &reader),
            bundle: Self.hash("bundle", &reader),
            verification: Self.commands("verification", &reader),
            limits: reader.object("limits") ?? JSONObject(),
            shown: reader.object("shown") ?? JSONObject()
        )
        var needed: [(key: String, value: String?, for: String)] = []
        if next == .land {
            needed += [("repository", repository, "what is landed"), ("target", target, "what is landed")]
        }
        if subject == .diff { needed += [("diff", diff, "a diff"), ("bundle", bundle, "a diff")] }
        for item in needed where item.value == nil && reader.object[item.key] == nil {
            reader.complain(item.key, "is required for \(item.for)")
        }
        try reader.finish()
    }

    private static func hash(_ key: String, _ reader: inout ObjectReader) -> String? {
        guard let text = reader.string(key, maxLength: 64) else { return nil }
        let isHash =
            text.utf8.count == 64
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
        if !isHash { reader.complain(key, "must be a sha256, in lower case") }
        return text
    }

    private static func commands(_ key: String, _ reader: inout ObjectReader) -> [[String]] {
        (reader.array(key) ?? []).enumerated().compactMap { index, json in
            let words = (json.arrayValue ?? []).compactMap(\.stringValue)
            if words.isEmpty || words.count != json.arrayValue?.count {
                reader.complain(key, at: index, "must be a command and its arguments")
                return nil
            }
            return words
        }
    }
}
