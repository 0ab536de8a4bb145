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
        let (now, time) = (clock.now(), clock.time())
        let (hasChanged, disks) = seat.withLock { seat in
            let hasChanged = seat.disks.measured(spaces)
            // At once: whoever reads of it finds that it counts. And with every look: a disk is first seen too full while
            // somebody is still filling it, and its number is another soon.
            if hasChanged || seat.disks.isLow {
                seat.effects += seat.control.handle(.short(seat.disks.sentence), now: now, time: time)
            }
            return (hasChanged, seat.disks)
        }
        perform()
        guard hasChanged else { return }
        if let sentence = disks.sentence {
            logger.warning("No room for new work", metadata: .of([.reason: "\(sentence)"]))
        } else {
            logger.notice("There is room for new work again")
        }
    }
}
