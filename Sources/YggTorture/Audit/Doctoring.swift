import YggCore

/// A breach that is put into the evidence after a run, so that the whole way from evidence to exit status can be seen to
/// find it. Nothing of the fleet is touched.
package enum Doctoring: String, Sendable, Hashable, CaseIterable {
    case lost, duplicated, stale, overlap

    /// The evidence with the breach in it.
    package func apply(to evidence: Evidence) -> Evidence {
        var doctored = evidence
        switch self {
        case .lost:
            if let index = doctored.tasks.firstIndex(where: \.isOver) { doctored.tasks.remove(at: index) }
        case .duplicated:
            if var copy = doctored.tasks.first {
                copy.id += "-again"
                doctored.tasks.append(copy)
            }
        case .stale:
            if let index = doctored.tasks.firstIndex(where: { $0.events.last?.isEnd == true && $0.epoch > 0 }) {
                let last = doctored.tasks[index].events.count - 1
                doctored.tasks[index].events[last].epoch = 0
            }
        case .overlap:
            if let end = doctored.ledger.first(where: { $0.mark == .end }) {
                var next = end
                next.epoch += 1
                next.mark = .start
                next.at = Instant(nanoseconds: end.at.nanoseconds - 1)
                doctored.ledger.append(next)
            }
        }
        return doctored
    }
}
