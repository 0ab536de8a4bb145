package import YggCore

/// What a reload brings about: what counts at once, and what waits for the next start.
package struct ReloadPlan: Sendable, Hashable {
    /// One thing that is different.
    package struct Change: Sendable, Hashable {
        /// Its key in the file.
        package let key: String
        /// What is different, in words.
        package let detail: String

        package var json: JSON { ["key": .string(key), "detail": .string(detail)] }
    }

    /// What counts from now on.
    package private(set) var changed: [Change] = []
    /// What is different from what the process was started with, and counts from its next start on.
    package private(set) var needsRestart: [Change] = []

    /// - Parameters:
    ///   - started: what the process was started with.
    ///   - current: what it took over last.
    ///   - wanted: what the file says now.
    package init(started: ResolvedSettings, current: ResolvedSettings, wanted: ResolvedSettings) {
        for entry in wanted.entries {
            guard let key = entry.key, key != .config else { continue }
            let before = (key.isLive ? current : started).entries.first { $0.key == key }
            guard let before, before.value != entry.value else { continue }
            add(entry.name, "\(Self.shown(before.value)) → \(Self.shown(entry.value))", isLive: key.isLive)
        }
        for section in FileSection.allCases where section.roles.contains(wanted.role) {
            let before = section.parts(of: (section.isLive ? current : started).configuration)
            guard let detail = Self.difference(before, section.parts(of: wanted.configuration)) else { continue }
            add(section.rawValue, detail, isLive: section.isLive)
        }
    }

    private mutating func add(_ key: String, _ detail: String, isLive: Bool) {
        let change = Change(key: key, detail: detail)
        if isLive { changed.append(change) } else { needsRestart.append(change) }
    }

    package var isEmpty: Bool { changed.isEmpty && needsRestart.isEmpty }

    /// One line for the audit and the log.
    package var summary: String {
        let words = { (changes: [Change]) in changes.map { "\($0.key): \($0.detail)" }.joined(separator: "; ") }
        if isEmpty { return "nothing is different" }
        let now = changed.isEmpty ? "" : words(changed)
        let later = needsRestart.isEmpty ? "" : "with the next start: \(words(needsRestart))"
        return [now, later].filter { !$0.isEmpty }.joined(separator: "; ")
    }

    /// The answer to whoever asked for the reload.
    /// - Parameter file: what was read; nil where there is none.
    package func json(file: String?) -> JSONObject {
        var object: JSONObject = [
            "changed": .array(changed.map(\.json)), "needsRestart": .array(needsRestart.map(\.json)),
        ]
        object.append("file", .optional(file))
        return object
    }

    private static func shown(_ value: String) -> String { value.isEmpty ? "none" : value }

    private static func difference(
        _ before: [(name: String, value: AnyHashable)],
        _ after: [(name: String, value: AnyHashable)]
    ) -> String? {
        let old = Dictionary(before.map { ($0.name, $0.value) }) { first, _ in first }
        let new = Dictionary(after.map { ($0.name, $0.value) }) { first, _ in first }
        let added = after.map(\.name).filter { old[$0] == nil }
        let removed = before.map(\.name).filter { new[$0] == nil }
        let changed = after.map(\.name).filter { name in old[name].map { $0 != new[name] } ?? false }
        let parts = [("added", added), ("changed", changed), ("removed", removed)].compactMap { word, names in
            names.isEmpty ? nil : "\(word) \(names.joined(separator: ", "))"
        }
        // The same parts in another order may mean another thing: of two rules that fit, say.
        if parts.isEmpty { return before.map(\.name) == after.map(\.name) ? nil : "in another order" }
        return parts.joined(separator: "; ")
    }
}
