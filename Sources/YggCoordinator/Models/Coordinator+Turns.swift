import Synchronization
package import YggCore
package import YggProtocol
import YggStorage

extension Coordinator {
    /// Whose turn it is to ask the servers of models, as far as it concerns an executor: at once where that is news to it,
    /// else when it is.
    /// - Throws: `Problem` for an executor that is not registered, or not any more under this boot.
    package func turns(_ id: ExecutorID, _ request: TurnsRequest) async throws -> TurnsAnswer {
        try control.withLock { control in
            try check(id, bootID: request.bootID, storeID: identity.storeID, control)
        }
        let now = machine.now()
        return await turnDesk.answer(id, request, now: now, deadline: now + settings.leases.pollHold)
    }
}
