extension Migration {
    /// Agents that are not ours, as they registered.
    static let agentServices = Migration(
        number: 4,
        name: "agent-services",
        statements: [
            """
            CREATE TABLE agent_services (
                id TEXT PRIMARY KEY,
                url TEXT NOT NULL,
                registered_at BIGINT NOT NULL,
                last_seen BIGINT NOT NULL,
                metadata BLOB NOT NULL
            )
            """
        ]
    )
}
