package import YggCore
import YggProtocol
import YggStorage

extension Coordinator {
    /// Keeps what an attempt leaves behind. Only the holder of the epoch may, and only under the true hash.
    /// - Returns: whether the task had it not yet.
    package func saveArtifact(
        _ bytes: [UInt8],
        sha256: String,
        task id: TaskID,
        epoch: Int64,
        by principal: Principal = .local
    ) async throws -> Bool {
        let known = try await stored(id)
        try checkEpoch(known, epoch)
        // Who holds an epoch never changes, so it need not be looked at again in the commit.
        if let holder = known.task.executor {
            let decision = Access.decide(.leaseHolder, by: principal, on: .executor(holder))
            guard decision == .allowed else { throw Problem.forbidden(decision, principal) }
        }
        return try await artifacts.holding(sha256) {
            try await save(bytes, sha256: sha256, task: id, epoch: epoch)
        }
    }

    private func save(_ bytes: [UInt8], sha256: String, task id: TaskID, epoch: Int64) async throws -> Bool {
        guard try await artifacts.save(bytes, as: sha256) else {
            throw Problem(
                status: 422,
                code: "hash-mismatch",
                title: "Hash mismatch",
                detail: "The bytes do not have the sha256 \(sha256).",
                retryable: true,
                nextAction: "Send the bytes again, whole."
            )
        }
        return try await database.write { [self] tx in
            guard let stored = try store.task(id, in: tx) else {
                throw Problem.notFound("task \(id)", next: "Nothing: it is gone.")
            }
            try checkEpoch(stored, epoch)
            if try ArtifactIndex.contains(sha256, task: stored.num, in: tx) { return false }
            try ArtifactIndex.add(sha256, size: Int64(bytes.count), to: stored.num, epoch: epoch, in: tx)
            return true
        }
    }

    private func checkEpoch(_ stored: StoredTask, _ epoch: Int64) throws {
        guard stored.task.state == .running, stored.task.epoch == epoch else {
            throw Problem(
                status: 409,
                code: "lease-lost",
                title: "Lease lost",
                detail: "Epoch \(epoch) of task \(stored.task.id) has ended.",
                nextAction: "Drop the attempt's results."
            )
        }
    }

    package func artifact(_ sha256: String, of id: TaskID) async throws -> [UInt8] {
        let (belongs, isTrimmed) = try await database.read { [store] tx in
            guard let stored = try store.task(id, in: tx) else { return (false, false) }
            return (
                try ArtifactIndex.contains(sha256, task: stored.num, in: tx),
                try RetentionStore.isTrimmed(stored.num, in: tx)
            )
        }
        if belongs, let bytes = try await artifacts.load(sha256) { return bytes }
        guard isTrimmed else {
            throw Problem.notFound("artifact \(sha256) of task \(id)", next: "Its events name those it has.")
        }
        throw Problem(
            status: 410,
            code: "artifact-removed",
            title: "Artifact removed",
            detail: "The log and the artifacts of task \(id) were removed to make room for newer ones.",
            nextAction: "Run it again with: ygg task retry \(id). To keep more, raise coordinator.retention.size."
        )
    }
}
