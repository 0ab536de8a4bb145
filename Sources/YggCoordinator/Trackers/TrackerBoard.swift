import Synchronization
package import YggCore
import YggProtocol

/// The workspaces of trackers that a coordinator serves, for whoever asks how they are.
package final class TrackerBoard: Sendable {
    /// How a workspace is, for `/health` and Prometheus: known without asking whoever serves it.
    package struct Verdict: Sendable, Hashable {
        package var workspace: String
        /// Why nothing is taken from it or told to it; nil while it works.
        package var trouble: String?
        package var lookedAt: Timestamp?
    }

    private let desks = Mutex<[TrackerDesk]>([])
    private let said = Mutex<[String: Verdict]>([:])

    func say(_ verdict: Verdict) { said.withLock { $0[verdict.workspace] = verdict } }

    /// In the order of their names.
    package var verdicts: [Verdict] { said.withLock { $0.values.sorted { $0.workspace < $1.workspace } } }

    func add(_ desk: TrackerDesk) { desks.withLock { $0.append(desk) } }

    private var all: [TrackerDesk] { desks.withLock { $0 } }

    /// How each of them stands.
    package func status() async -> [JSONObject] {
        var items: [JSONObject] = []
        for desk in all { items.append(await desk.status) }
        return items
    }

    /// Looks for new issues now, and waits until that was done.
    /// - Parameter isDry: only says what would be taken.
    /// - Throws: a problem where there is no tracker.
    package func sync(isDry: Bool) async throws -> [JSONObject] {
        let desks = all
        guard !desks.isEmpty else {
            throw Problem(
                status: 409,
                code: "no-tracker",
                title: "No tracker",
                detail: "This coordinator has no workspace of a tracker.",
                nextAction: "Name one under tracker.workspaces in yggdrasil.yaml, and start the coordinator again."
            )
        }
        var items: [JSONObject] = []
        for desk in desks { items.append(await desk.sync(isDry: isDry)) }
        return items
    }
}
