package import YggCore

/// A service as it is listed.
package struct ServiceView: Sendable {
    package var service: AgentService
    /// The word of its last heartbeat, or `lost`.
    package var status: String
    package var currentTask: JSON?
    package var lastSeenAt: Timestamp

    package init(service: AgentService, status: String, currentTask: JSON?, lastSeenAt: Timestamp) {
        self.service = service
        self.status = status
        self.currentTask = currentTask
        self.lastSeenAt = lastSeenAt
    }

    package var json: JSONObject {
        [
            "id": .string(service.id.rawValue), "serviceUrl": .string(service.address.url),
            "metadata": .object(service.metadata), "status": .string(status), "currentTask": currentTask ?? .null,
            "registeredAt": .string(service.registeredAt.description), "lastSeenAt": .string(lastSeenAt.description),
        ]
    }
}
