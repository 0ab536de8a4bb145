package import YggCore

/// What a store holds, counted: how somebody who restores it knows that it is all there.
package struct StoreContents: Sendable, Hashable {
    package var storeID: String
    package var schema: Int64
    /// States without a task are left out.
    package var tasks: [TaskState: Int64]
    package var tokens: Int64
    package var executors: Int64
    package var artifacts: Int64
    package var artifactBytes: Int64

    package init(
        storeID: String,
        schema: Int64,
        tasks: [TaskState: Int64],
        tokens: Int64,
        executors: Int64,
        artifacts: Int64,
        artifactBytes: Int64
    ) {
        self.storeID = storeID
        self.schema = schema
        self.tasks = tasks
        self.tokens = tokens
        self.executors = executors
        self.artifacts = artifacts
        self.artifactBytes = artifactBytes
    }

    /// Counts what the transaction sees, also in a store of an older schema.
    package init(in tx: any SQLTransaction) throws {
        func count(_ what: String, _ table: String) throws -> Int64 {
            try tx.first("SELECT COUNT(\(what)) FROM \(table)", []) { $0.integer(0) } ?? 0
        }
        storeID = try tx.first("SELECT value FROM meta WHERE name = 'storeId'", []) { $0.text(0) } ?? ""
        schema = try Migrator.schema(in: tx)
        tasks = [:]
        let states = try tx.query("SELECT state, COUNT(*) FROM tasks GROUP BY state", []) {
            (name: $0.text(0), count: $0.integer(1))
        }
        for state in states { if let known = TaskState(rawValue: state.name) { tasks[known] = state.count } }
        tokens = schema >= Migration.access.number ? try count("*", "tokens") : 0
        executors = try count("*", "executors")
        artifacts = try count("DISTINCT sha256", "artifacts")
        artifactBytes = try ArtifactIndex.totalBytes(in: tx)
    }
}
