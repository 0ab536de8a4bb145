package import YggCore

/// The body of `POST /api/agent-services/register`.
package struct ServiceRegistration: Sendable {
    package var id: ExecutorID
    package var address: AgentAddress
    package var metadata: JSONObject

    package init(id: ExecutorID, address: AgentAddress, metadata: JSONObject) {
        self.id = id
        self.address = address
        self.metadata = metadata
    }

    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        // Agents of others say what they like; what is read is checked.
        reader.ignoresUnknown = true
        let text = try reader.required("id") { $0.string("id", maxLength: 64) }
        let url = try reader.required("serviceUrl") { $0.string("serviceUrl", maxLength: 2048) }
        let id = ExecutorID(text)
        if id == nil { reader.complain("id", "must be 1 to 64 letters, digits, dots, dashes and underscores") }
        if ["register", "heartbeat"].contains(text) { reader.complain("id", "is the name of a call; choose another") }
        let address = AgentAddress(url)
        if address == nil { reader.complain("serviceUrl", "must be a URL such as http://surtr:7001, not \"\(url)\"") }
        let metadata = reader.object("metadata") ?? JSONObject()
        try reader.finish()
        guard let id, let address else { throw InvalidInput(issues: reader.issues) }
        self.init(id: id, address: address, metadata: metadata)
    }
}

/// The body of `POST /api/agent-services/heartbeat`.
package struct ServiceHeartbeat: Sendable {
    package var id: ExecutorID
    package var status: String?
    /// A task's id, or whatever the service likes to say of what it is at.
    package var currentTask: JSON?

    package init(id: ExecutorID, status: String? = nil, currentTask: JSON? = nil) {
        self.id = id
        self.status = status
        self.currentTask = currentTask
    }

    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        reader.ignoresUnknown = true
        let text = try reader.required("id") { $0.string("id", maxLength: 64) }
        guard let id = ExecutorID(text) else {
            throw InvalidInput(reader.path("id"), "must be 1 to 64 letters, digits, dots, dashes and underscores")
        }
        let status = reader.string("status", maxLength: 64)
        let current = reader.value("currentTask") ?? reader.value("current_task")
        if let current, current.text.utf8.count > 4096 { reader.complain("currentTask", "is longer than 4096 bytes") }
        try reader.finish()
        self.init(id: id, status: status, currentTask: current)
    }
}
