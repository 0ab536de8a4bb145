import Glibc

/// Waits for many descriptors at once.
struct Poller {
    private var entries: [pollfd]
    /// Positions of those that can be read, kept to save an allocation a turn.
    private var ready: [Int] = []

    init(_ descriptors: [Int32]) {
        entries = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    }

    /// - Returns: the positions of the descriptors that have something to read; none after `milliseconds`.
    /// - Throws: `CancellationError` where the benchmark is to stop.
    mutating func wait(milliseconds: Int, _ stop: StopFlag) throws -> [Int] {
        var rest = milliseconds
        while true {
            try stop.check()
            let slice = min(rest, 100)
            let count = poll(&entries, nfds_t(entries.count), Int32(slice))
            if count > 0 { break }
            rest -= slice
            if rest <= 0 { return [] }
        }
        ready.removeAll(keepingCapacity: true)
        for index in entries.indices where entries[index].revents != 0 { ready.append(index) }
        return ready
    }
}
