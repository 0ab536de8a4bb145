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
        let (before, hasChanged, disks) = seat.withLock { seat in
            (seat.disks.sentence, seat.disks.measured(spaces), seat.disks)
        }
        // First of all: whoever reads of it finds that it counts. Also where only the number is another: a disk is first seen
        // too full while somebody is still filling it.
        if disks.sentence != before { feed(.short(disks.sentence)) }
        guard hasChanged else { return }
        if let sentence = disks.sentence {
            logger.warning("No room for new work", metadata: .of([.reason: "\(sentence)"]))
        } else {
            logger.notice("There is room for new work again")
        }
    }
}
