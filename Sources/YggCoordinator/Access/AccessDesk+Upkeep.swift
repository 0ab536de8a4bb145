import Logging
import Synchronization
import YggCore
import YggStorage

extension AccessDesk {
    /// Writes down from time to time which tokens were used, and cuts the audit off at its old end.
    func run() async {
        var sinceCleaning = Self.cleaningInterval
        while !Task.isCancelled {
            if sinceCleaning >= Self.cleaningInterval {
                sinceCleaning = 0
                await removeOld()
            }
            // Cancelled, it writes what there is and ends.
            await machine.sleep(.seconds(60))
            sinceCleaning += 1
            await writeLastUses()
        }
    }

    /// In minutes.
    private static let cleaningInterval = 60
    /// Rows of one commit.
    private static let removedAtOnce = 1000

    func writeLastUses() async {
        let touched = state.withLock { $0.table.takeTouched() }
        guard !touched.isEmpty else { return }
        do {
            try await database.write { tx in
                for (id, time) in touched { try TokenStore.touch(id, at: time, in: tx) }
            }
        } catch {
            logger.warning("token.use-unrecorded", metadata: ["error": "\(error)"])
        }
    }

    func removeOld() async {
        let limit = Timestamp(milliseconds: machine.time().milliseconds - auditAge.withLock { $0.rawValue })
        do {
            while try await database.write({ tx in
                try AuditStore.removeSome(before: limit, limit: Self.removedAtOnce, in: tx)
            }) {}
            let gone = try await database.write { tx in try TokenStore.removeDead(before: limit, in: tx) }
            state.withLock { state in
                for id in gone {
                    state.table.forget(id)
                    state.refusals[id] = nil
                }
            }
        } catch {
            logger.error("audit.removal-failed", metadata: ["error": "\(error)"])
        }
    }
}
