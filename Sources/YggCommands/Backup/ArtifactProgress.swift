import Synchronization
import YggCoordinator
import YggCore
import YggStorage

/// Tells the person at the terminal how far the copying of artifacts is, where there are many.
final class ArtifactProgress: Sendable {
    /// Between two lines, in artifacts.
    private static let stride = 100

    private let isShown = Mutex(false)

    func show(_ transfer: ArtifactTransfer) {
        let count = transfer.count + transfer.missing.count
        guard count % Self.stride == 0, Terminal.error.isTerminal else { return }
        isShown.withLock { $0 = true }
        Console.error("\r\(count) artifacts, \(DiskGuard.text(transfer.bytes)) ")
    }

    /// What follows begins a line of its own.
    func end() {
        if isShown.withLock({ $0 }) { Console.error("\n") }
    }
}

extension Details {
    /// What a backup holds.
    mutating func add(_ contents: StoreContents, shared: Int) {
        let states = TaskState.allCases.compactMap { state in
            contents.tasks[state].map { "\($0) \(state.rawValue)" }
        }
        add("tasks", states.isEmpty ? "none" : states.joined(separator: ", "))
        add("tokens", String(contents.tokens))
        add("executors", String(contents.executors))
        let share = shared == 0 ? "" : ", \(shared) of them shared with the backup before"
        add("artifacts", "\(contents.artifacts) (\(DiskGuard.text(contents.artifactBytes)))\(share)")
    }
}
