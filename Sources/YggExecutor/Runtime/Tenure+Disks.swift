import Logging
import Synchronization
import YggCore
import YggTelemetry

extension Tenure {
    /// Watches the disks. Below the floor no new work is taken, so that there is room for the results of what runs.
    func diskLoop() async {
        while !isOver {
            let measure = settings.measureDisks
            let spaces = await onSpoolThread { _ in measure() }
            note(spaces)
            await Wakeup().sleep(until: clock.now() + settings.diskInterval, on: thread)
        }
    }

    private func note(_ spaces: [DiskSpace]) {
        let (hasChanged, disks) = seat.withLock { seat in (seat.disks.measured(spaces), seat.disks) }
        guard hasChanged else { return }
        // First of all: whoever reads of it finds that it counts.
        feed(.short(disks.sentence))
        if let sentence = disks.sentence {
            logger.warning("No room for new work", metadata: .of([.reason: "\(sentence)"]))
        } else {
            logger.notice("There is room for new work again")
        }
    }
}
