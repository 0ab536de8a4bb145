package import YggCore

/// A service that registered and was not removed.
package struct StoredAgentService: Sendable {
    package var service: AgentService
    /// When it last registered: heartbeats are not written.
    package var lastSeen: Timestamp

    package init(service: AgentService, lastSeen: Timestamp) {
        self.service = service
        self.lastSeen = lastSeen
    }
}

/// The register of services.
package enum AgentServiceStore {
    package static func all(in tx: any SQLTransaction) throws -> [StoredAgentService] {
        try tx.query("SELECT id, url, registered_at, last_seen, metadata FROM agent_services ORDER BY id", []) { row in
            guard let address = AgentAddress(row.text(1)), let metadata = try JSON(parsing: row.blob(4)).objectValue
            else { throw StorageError(.corrupt, "Service \(row.text(0)) has an address or metadata that cannot be.") }
            return StoredAgentService(
                service: AgentService(
                    id: ExecutorID(trusted: row.text(0)),
                    address: address,
                    metadata: metadata,
                    registeredAt: Timestamp(milliseconds: row.integer(2))
                ),
                lastSeen: Timestamp(milliseconds: row.integer(3))
            )
        }
    }

    package static func save(_ stored: StoredAgentService, in tx: any SQLTransaction) throws {
        let service = stored.service
        try tx.execute(
            """
            INSERT INTO agent_services (id, url, registered_at, last_seen, metadata)
            VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET url = excluded.url, last_seen = excluded.last_seen,
                metadata = excluded.metadata
            """,
            [
                .text(service.id.rawValue), .text(service.address.url), .integer(service.registeredAt.milliseconds),
                .integer(stored.lastSeen.milliseconds), .blob(service.metadata.bytes),
            ]
        )
    }

    package static func remove(_ id: ExecutorID, in tx: any SQLTransaction) throws {
        try tx.execute("DELETE FROM agent_services WHERE id = ?", [.text(id.rawValue)])
    }
}
