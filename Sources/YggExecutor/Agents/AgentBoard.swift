import Synchronization
import YggAgent
import YggCore

/// What somebody beside an executor wants of a session that no task has.
package struct SessionCall: Sendable, Hashable {
    /// The next message to a session that is there; nil begins one.
    package var message: String?
    /// Whether the work lands. Else it is shown, and the session stays for what is said to it next.
    package var lands: Bool

    package init(message: String? = nil, lands: Bool) {
        self.message = message
        self.lands = lands
    }
}

/// The sessions at work on an executor: what each of them does, and the way to it.
package final class AgentBoard: Sendable {
    /// One session, as far as it is.
    struct Entry: Sendable {
        var id: TaskID
        var run: AgentRun
        var model: String
        var step: Int
        var maxSteps: Int
        /// In line for the model.
        var isWaiting = false
    }

    /// In the order in which they began.
    private let entries = Mutex<[Entry]>([])

    package init() {}

    func enter(_ id: TaskID, _ run: AgentRun, _ session: AgentSession) {
        let task = session.header.task
        entries.withLock { entries in
            entries.append(
                Entry(id: id, run: run, model: task.model, step: session.steps, maxSteps: task.limits.maxSteps)
            )
        }
    }

    func leave(_ id: TaskID) {
        entries.withLock { $0.removeAll { $0.id == id } }
    }

    /// Takes from an event what it says of how far a session is.
    func note(_ event: AgentEvent, of id: TaskID) {
        entries.withLock { entries in
            guard let index = entries.firstIndex(where: { $0.id == id }) else { return }
            switch event {
            case .progress(let progress):
                (entries[index].step, entries[index].maxSteps) = (progress.step, progress.maxSteps)
                entries[index].isWaiting = false
            case .place: entries[index].isWaiting = true
            case .text, .thinking, .toolCall, .toolResult: entries[index].isWaiting = false
            case .retrying, .verdict, .checkpoint: break
            }
        }
    }

    var all: [Entry] { entries.withLock { $0 } }

    subscript(id: TaskID) -> Entry? { entries.withLock { $0.first { $0.id == id } } }
}
