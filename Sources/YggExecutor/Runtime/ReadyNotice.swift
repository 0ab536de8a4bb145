import Synchronization

/// Says once that an executor is ready, to whoever waits for that.
package final class ReadyNotice: Sendable {
    package enum Moment: Sendable {
        /// It takes work, also where its coordinator is not to be reached.
        case takesWork
        /// Its coordinator knows it, too.
        case registered
    }

    private let moment: Moment
    private let isSaid = Mutex(false)
    private let say: @Sendable () async -> Void

    package init(when moment: Moment, _ say: @escaping @Sendable () async -> Void) {
        self.moment = moment
        self.say = say
    }

    func reached(_ moment: Moment) async {
        guard moment == self.moment else { return }
        let isNews = isSaid.withLock { isSaid in
            defer { isSaid = true }
            return !isSaid
        }
        if isNews { await say() }
    }
}
