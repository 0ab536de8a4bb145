import Synchronization
import YggCore

/// The settings of an executor, which a reload of its configuration changes while it runs. Whoever does one piece of work
/// reads them once: an attempt keeps what it began with.
final class LiveSettings: Sendable {
    private let state: Mutex<ExecutorSettings>

    init(_ settings: ExecutorSettings) { state = Mutex(settings) }

    var current: ExecutorSettings { state.withLock { $0 } }

    /// - Returns: what counts from now on.
    func adopt(_ wanted: ExecutorSettings) -> ExecutorSettings {
        state.withLock { settings in
            settings.adopt(wanted)
            return settings
        }
    }
}

extension ExecutorSettings {
    /// Takes over what may change while an executor runs. The rest (who it is, where it lives, whom it asks, how it is
    /// reached) belongs to its process.
    fileprivate mutating func adopt(_ wanted: ExecutorSettings) {
        handlers = wanted.handlers
        slots = wanted.slots
        window = wanted.window
        labels = wanted.labels
        repositories = wanted.repositories
        secrets = wanted.secrets
        git = wanted.git
        sessionsKeep = wanted.sessionsKeep
        diskFloor = wanted.diskFloor
    }
}

extension Executor {
    /// Counts by other settings from now on, and offers the coordinator what they say. No lease is touched by it: what is
    /// under way goes on as it began, and registering again under the same boot id ends nothing.
    package func adopt(_ wanted: ExecutorSettings) {
        let settings = runtime.live.adopt(wanted)
        guard let tenure = state.withLock({ $0.tenure }) else { return }
        // Before the new kinds are offered: they are not to be granted without a word of their models.
        tenure.modelsMayBeAsked()
        tenure.seat.withLock { seat in
            seat.disks.floor = settings.diskFloor
            seat.isRegistered = false
            seat.offers += 1
        }
        tenure.feed(.resized(settings.slots))
        tenure.syncBell.ring()
    }
}
