import Synchronization

/// What an attempt leaves to be done once its result is on file and outlives this process: until then, everything that
/// could make the result once more has to stay.
package final class Afterwards: Sendable {
    private let steps = Mutex<[@Sendable () async -> Void]>([])

    package init() {}

    func add(_ step: @escaping @Sendable () async -> Void) { steps.withLock { $0.append(step) } }

    /// Does what was left, once.
    func perform() async {
        let steps = steps.withLock { steps in
            defer { steps = [] }
            return steps
        }
        for step in steps { await step() }
    }
}
