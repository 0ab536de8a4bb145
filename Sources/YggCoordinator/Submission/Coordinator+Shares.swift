import YggCore
import YggProtocol
import YggStorage

extension Coordinator {
    /// How much one submitter may have open. Operators are not counted: they could take the others' away anyway.
    func checkShare(of author: Author, in tx: any SQLTransaction) throws {
        guard isCounted(author) else { return }
        guard try store.unfinished(of: author.name, in: tx) >= settings.limits.openTasks else { return }
        throw Problem(
            status: 429,
            code: "too-many-tasks",
            title: "Too many tasks",
            detail: "\(author.name) has \(settings.limits.openTasks) unfinished tasks, and may not have more.",
            retryable: true,
            nextAction: "Wait until some have ended, or cancel some; an operator raises coordinator.limits.openTasks.",
            retryAfter: 60
        )
    }

    /// A new task is written into the audit, and counted where its submitter's are.
    func noteSubmission(
        _ stored: StoredTask,
        by author: Author,
        _ action: AuditEntry.Action,
        at now: Timestamp,
        in tx: any SQLTransaction
    ) throws {
        if isCounted(author) { try store.count(stored, of: author.name, in: tx) }
        let skipped = stored.task.spec.skippedTier.map(\.rawValue)
        let detail = skipped.isEmpty ? nil : "nobody is asked for \(skipped.joined(separator: " and "))"
        try AuditStore.append(AuditEntry(action, by: author, at: now, task: stored.task.id, detail: detail), in: tx)
    }

    private func isCounted(_ author: Author) -> Bool { author.principal.role == .submitter }
}
