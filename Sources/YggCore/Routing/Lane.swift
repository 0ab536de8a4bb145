/// The number of a lane in the store.
package typealias LaneID = Int64

/// What a queued task needs, folded: tasks with equal needs share a lane, and distinct lanes are few.
package struct Lane: Sendable, Hashable {
    package var kind: TaskKind
    /// Labels an executor must carry.
    package var labels: [String: String]
    package var slots: Slots
    /// Roots of executors under which the task's repository lies; empty where it names none by path.
    package var repositoryRoots: [String]
    package var pinned: ExecutorID?
    package var prefetch: Bool
    /// Whether its tasks begin with a plan, which not everybody can show.
    package var needsPlan: Bool
    /// A model whose residence makes an executor the better choice.
    package var model: String?

    package init(
        kind: TaskKind,
        labels: [String: String] = [:],
        slots: Slots = .one,
        repositoryRoots: [String] = [],
        pinned: ExecutorID? = nil,
        prefetch: Bool = false,
        needsPlan: Bool = false,
        model: String? = nil
    ) {
        self.kind = kind
        self.labels = labels
        self.slots = slots
        self.repositoryRoots = repositoryRoots.sorted()
        self.pinned = pinned
        self.prefetch = prefetch
        self.needsPlan = needsPlan
        self.model = model
    }

    /// The lane of a task.
    ///
    /// A label `key=value` is a requirement on the executor's labels, any other label only a mark; the label
    /// `executor=ID` pins the task.
    /// - Parameter roots: the repository roots of all executors that ever registered.
    package init(of task: TaskSpec, kind: KindSpec?, roots: some Sequence<String>) {
        var labels: [String: String] = [:]
        for label in task.labels {
            guard let equals = label.firstIndex(of: "=") else { continue }
            labels[String(label[..<equals])] = String(label[label.index(after: equals)...])
        }
        let pinned = labels.removeValue(forKey: "executor").flatMap(ExecutorID.init)
        var matching: [String] = []
        if let name = kind?.repositoryParameter?.name, let path = task.params[name]?.stringValue, path.hasPrefix("/") {
            matching = roots.filter { isPath(path, inside: $0) }
        }
        self.init(
            kind: task.kind,
            labels: labels,
            slots: kind?.slots ?? .one,
            repositoryRoots: matching,
            pinned: pinned,
            prefetch: kind?.prefetch ?? false,
            needsPlan: task.needsPlan,
            model: task.params["model"]?.stringValue
        )
    }

    /// Equal for equal lanes: what the store finds them by.
    package var key: String { String(decoding: JSON.object(json).canonicalBytes, as: UTF8.self) }

    package var json: JSONObject {
        var object: JSONObject = ["kind": .string(kind.rawValue), "slots": slots.json]
        if !labels.isEmpty {
            object.append(
                "labels",
                .object(JSONObject(labels.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
            )
        }
        if !repositoryRoots.isEmpty { object.append("roots", .array(repositoryRoots.map(JSON.string))) }
        object.append("pinned", .optional(pinned?.rawValue))
        if prefetch { object.append("prefetch", true) }
        if needsPlan { object.append("plan", true) }
        object.append("model", .optional(model))
        return object
    }

    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        var labels: [String: String] = [:]
        for member in reader.object("labels")?.members ?? [] { labels[member.key] = member.value.stringValue }
        self.init(
            kind: TaskKind(trusted: try reader.required("kind") { $0.string("kind") }),
            labels: labels,
            slots: try Slots(reader.value("slots") ?? [:], at: reader.path("slots")),
            repositoryRoots: reader.strings("roots") ?? [],
            pinned: reader.string("pinned").map(ExecutorID.init(trusted:)),
            prefetch: reader.bool("prefetch") ?? false,
            needsPlan: reader.bool("plan") ?? false,
            model: reader.string("model")
        )
        try reader.finish()
    }
}

/// Whether `path` is `root` or lies below it, by name alone: symbolic links are resolved where the files are.
package func isPath(_ path: String, inside root: String) -> Bool {
    let path = normalizedPath(path)
    let root = normalizedPath(root)
    return path == root || root == "/" && path.hasPrefix("/") || path.hasPrefix(root + "/")
}

/// The path without `.`, `..`, doubled and trailing slashes.
package func normalizedPath(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
        if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
}
