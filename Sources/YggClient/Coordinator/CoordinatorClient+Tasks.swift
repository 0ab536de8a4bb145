package import YggCore
package import YggProtocol

extension CoordinatorClient {
    /// How long the server may hold a read that waits for a change; the answer has as long again to arrive.
    package static let longPoll = Duration.seconds(30)

    /// Submits one task. It is stored when this returns.
    /// - Parameter idempotencyKey: made once by the caller, so that a lost answer can be asked for again.
    package func submit(_ submission: TaskSubmission, idempotencyKey: String) async throws -> TaskView {
        try await submit(.object(submission.json), idempotencyKey: idempotencyKey)
    }

    /// Like the other, for a body that no `TaskSubmission` can be, such as one without a kind.
    package func submit(_ body: JSON, idempotencyKey: String) async throws -> TaskView {
        let reply = try await request(
            "POST",
            RequestPath("v1", "tasks"),
            headers: [("idempotency-key", idempotencyKey)],
            body: body,
            repetition: .safe
        )
        return TaskView(try object(of: reply))
    }

    package func task(_ id: String) async throws -> TaskView {
        TaskView(try object(of: try await request("GET", RequestPath("v1", "tasks", id))))
    }

    /// Waits until the task has another version than `index`, or the time is over: then it comes back unchanged.
    package func task(_ id: String, waitingFor wait: Duration, index: Int64) async throws -> TaskView {
        let seconds = max(1, min(wait, Self.longPoll).components.seconds)
        let path = RequestPath("v1", "tasks", id).query("wait", "\(seconds)s").query("index", String(index))
        let reply = try await request("GET", path, timeout: .seconds(seconds) + .seconds(15))
        return TaskView(try object(of: reply))
    }

    /// The newest first.
    package func tasks(_ filter: TaskFilter, limit: Int? = nil, cursor: String? = nil) async throws -> Page {
        let states = filter.states.map(\.rawValue).joined(separator: ",")
        let path = RequestPath("v1", "tasks").query("state", states.isEmpty ? nil : states)
            .query("prefix", filter.prefix).query("label", filter.label).query("executor", filter.executor)
            .query("limit", limit.map(String.init)).query("cursor", cursor)
        return Page(try object(of: try await request("GET", path)))
    }

    /// Asks for the end; the task as it is right after. Asking twice is asking once.
    package func cancel(_ id: String) async throws -> TaskView {
        let reply = try await request("POST", RequestPath("v1", "tasks", id, "cancel"), repetition: .safe)
        return TaskView(try object(of: reply))
    }

    /// Starts a task over as a new one; one that was only waiting for its time comes back without its delay.
    /// - Parameter idempotencyKey: made once by the caller, so that a lost answer can be asked for again.
    package func retry(_ id: String, idempotencyKey: String) async throws -> TaskView {
        let reply = try await request(
            "POST",
            RequestPath("v1", "tasks", id, "retry"),
            headers: [("idempotency-key", idempotencyKey)],
            repetition: .safe
        )
        return TaskView(try object(of: reply))
    }

    /// Takes a running task from its executor and queues it again, uncounted.
    package func requeue(_ id: String) async throws -> TaskView {
        TaskView(try object(of: try await request("POST", RequestPath("v1", "tasks", id, "requeue"))))
    }

    /// Why a task is where it is, and what would change it.
    package func why(_ id: String) async throws -> JSONObject {
        try object(of: try await request("GET", RequestPath("v1", "tasks", id, "why")))
    }

    /// Entries of a task's log in their order, from the one after `after`.
    package func events(_ id: String, after: Int64? = nil, limit: Int? = nil) async throws -> Page {
        let path = RequestPath("v1", "tasks", id, "events").query("after", after.map(String.init))
            .query("limit", limit.map(String.init))
        return Page(try object(of: try await request("GET", path)))
    }

    /// A task's log as it grows, to its end.
    package func stream(_ id: String, after: Int64? = nil) -> EventStream {
        EventStream(client: self, task: id, after: after)
    }
}
