package import YggCore

/// One answer of a list: `{"items": […], "nextCursor": …}`.
package struct Page: Sendable, Hashable {
    package var items: [JSONObject]
    /// What to ask for next; nil at the end.
    package var nextCursor: String?

    package init(items: [JSONObject], nextCursor: String?) {
        self.items = items
        self.nextCursor = nextCursor
    }

    init(_ object: JSONObject) {
        items = (object["items"]?.arrayValue ?? []).compactMap(\.objectValue)
        nextCursor = object["nextCursor"]?.stringValue
    }
}

/// Which tasks a list is about. What is nil or empty does not filter.
package struct TaskFilter: Sendable, Hashable {
    package var states: [TaskState] = []
    package var prefix: String?
    package var label: String?
    package var executor: String?

    package init(states: [TaskState] = [], prefix: String? = nil, label: String? = nil, executor: String? = nil) {
        self.states = states
        self.prefix = prefix
        self.label = label
        self.executor = executor
    }
}
