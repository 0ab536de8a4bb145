package import YggCore
import YggProtocol
import YggStorage

extension Coordinator {
    /// Keeps what an attempt leaves behind. Only the holder of the epoch may, and only under the true hash.
    /// - Parameter next: gives the next chunk of the bytes; nil at the end.
    /// - Returns: how many bytes they are, and whether the task had them not yet.
    package func saveArtifact(
        sha256: String,
        task id: TaskID,
        epoch: Int64,
        by principal: Principal = .local,
        _ next: () async throws -> [UInt8]?
    ) async throws -> (size: Int64, isNew: Bool) {
        let known = try await stored(id)
        try checkEpoch(known, epoch)
        // Who holds an epoch never changes, so it need not be looked at again in the commit.
        if let holder = known.task.executor {
            let decision = Access.decide(.leaseHolder, by: principal, on: .executor(holder))
            guard decision == .allowed else { throw Problem.forbidden(decision, principal) }
        }
        return try await artifacts.holding(sha256) {
            guard let size = try await artifacts.save(as: sha256, next) else {
                throw Problem(
                    status: 422,
                    code: "hash-mismatch",
                    title: "Hash mismatch",
                    detail: "The bytes do not have the sha256 \(sha256).",
                    retryable: true,
                    nextAction: "Send the bytes again, whole."
                )
            }
            return (size, try await own(sha256, size: size, task: id, epoch: epoch))
        }
    }

    private func own(_ sha256: String, size: Int64, task id: TaskID, epoch: Int64) async throws -> Bool {
        try await database.write { [self] tx in
            guard let stored = try store.task(id, in: tx) else {
                throw Problem.notFound("task \(id)", next: "Nothing: it is gone.")
            }
            try checkEpoch(stored, epoch)
            if try ArtifactIndex.contains(sha256, task: stored.num, in: tx) { return false }
            try ArtifactIndex.add(sha256, size: size, to: stored.num, epoch: epoch, in: tx)
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

    /// What a task left behind, for whoever may read everything, and for the executor that is at work on the task: it
    /// lands what another one may have made.
    package func artifact(_ sha256: String, of id: TaskID, by principal: Principal = .local) async throws
        -> ArtifactReader
    {
        let (belongs, isTrimmed) = try await database.read { [store] tx in
            guard let stored = try store.task(id, in: tx) else { return (false, false) }
            if let holder = stored.task.executor {
                let decision = Access.decide(.reader, by: principal, on: .executor(holder))
                guard decision == .allowed else { throw Problem.forbidden(decision, principal) }
            }
            return (
                try ArtifactIndex.contains(sha256, task: stored.num, in: tx),
                try RetentionStore.isTrimmed(stored.num, in: tx)
            )
        }
        if belongs, let reader = try await artifacts.reader(of: sha256) { return reader }
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
