import Glibc

/// The connections of all links, carried by one thread.
struct LinkTraffic {
    private let target: UInt16
    private var pairs: [LinkPair] = []
    private var conditions: [LinkProxy.Conditions] = []

    init(target: UInt16) { self.target = target }

    /// Takes over how the links are, and breaks what is to be broken.
    mutating func obey(_ orders: LinkProxy.Orders) {
        conditions = orders.conditions
        for cut in orders.cuts {
            for index in pairs.indices where pairs[index].link == cut.link {
                pairs[index].end(reset: cut.how == .reset)
            }
        }
        for index in pairs.indices where pairs[index].isDoomed && !conditions[pairs[index].link].swallows {
            pairs[index].end(reset: true)
        }
        pairs.removeAll(where: \.isOver)
    }

    /// Waits until something can be read or written or is due, and carries it.
    mutating func turn(listeners: [Int32], bell: Int32) {
        let now = MonotonicTime.now
        var entries = [pollfd(fd: bell, events: Int16(POLLIN), revents: 0)]
        entries += listeners.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var wake = now + 1_000_000_000
        for pair in pairs {
            entries.append(pair.clientEntry(now))
            entries.append(pair.serverEntry(now))
            wake = min(wake, pair.wake(now))
        }
        let wait = max(0, (wake - now + 999_999) / 1_000_000)
        guard poll(&entries, nfds_t(entries.count), Int32(wait)) >= 0 else { return }
        let first = 1 + listeners.count
        for index in pairs.indices {
            let events = (entries[first + index * 2].revents, entries[first + index * 2 + 1].revents)
            pairs[index].carry(events, conditions[pairs[index].link])
        }
        pairs.removeAll(where: \.isOver)
        for (link, entry) in entries[1..<first].enumerated() where entry.revents != 0 {
            while let client = Sockets.accept(listeners[link]) {
                let server = Sockets.connect(to: target)
                guard server >= 0 else {
                    Sockets.reset(client)
                    continue
                }
                pairs.append(LinkPair(link: link, client: client, server: server))
            }
        }
    }

    mutating func endAll() {
        for index in pairs.indices { pairs[index].end(reset: true) }
        pairs = []
    }
}

/// A connection through a link: one from whoever dialled, one to the coordinator.
struct LinkPair {
    let link: Int
    private let client: Int32
    private let server: Int32
    private var isConnected = false
    private var up = LinkFlow()
    private var down = LinkFlow()
    /// It has lost something, and can only be reset.
    private(set) var isDoomed = false
    private(set) var isOver = false

    init(link: Int, client: Int32, server: Int32) {
        self.link = link
        self.client = client
        self.server = server
    }

    func clientEntry(_ now: Int64) -> pollfd {
        entry(client, reads: isConnected && up.mayRead, writes: down.isDue(now))
    }

    func serverEntry(_ now: Int64) -> pollfd {
        entry(server, reads: isConnected && down.mayRead, writes: !isConnected || up.isDue(now))
    }

    /// A descriptor that nothing is wanted of is left out: the kernel would tell of its end again and again.
    private func entry(_ descriptor: Int32, reads: Bool, writes: Bool) -> pollfd {
        let events = (reads ? POLLIN : 0) | (writes ? POLLOUT : 0)
        return pollfd(fd: events == 0 ? -1 : descriptor, events: Int16(events), revents: 0)
    }

    /// When something becomes due that is not yet.
    func wake(_ now: Int64) -> Int64 { min(up.wake(now), down.wake(now)) }

    mutating func carry(_ events: (client: Int16, server: Int16), _ conditions: LinkProxy.Conditions) {
        let now = MonotonicTime.now
        if !isConnected {
            guard events.server != 0 else { return }
            guard Sockets.isConnected(server) else { return end(reset: true) }
            isConnected = true
            return
        }
        if events.client & Int16(POLLIN | POLLHUP | POLLERR) != 0 {
            take(up.take(from: client, conditions.up, now), isSwallowed: conditions.up.isSwallowed)
        }
        if events.server & Int16(POLLIN | POLLHUP | POLLERR) != 0 {
            take(down.take(from: server, conditions.down, now), isSwallowed: conditions.down.isSwallowed)
        }
        guard !isOver else { return }
        let isUpTaken = conditions.up.isSwallowed || up.give(to: server, conditions.up, now)
        let isDownTaken = conditions.down.isSwallowed || down.give(to: client, conditions.down, now)
        if !isUpTaken || !isDownTaken {
            guard isDoomed else { return end(reset: true) }
            if !isUpTaken { up.drop() }
            if !isDownTaken { down.drop() }
        }
        if up.isShut, down.isShut, !isDoomed { end(reset: false) }
    }

    private mutating func take(_ result: LinkFlow.Taken, isSwallowed: Bool) {
        switch result {
        case .nothing, .bytes: break
        case .swallowed: isDoomed = true
        case .broken:
            // The other side must not hear of it while nothing gets through.
            if isSwallowed { isDoomed = true } else { end(reset: true) }
        }
    }

    mutating func end(reset: Bool) {
        guard !isOver else { return }
        isOver = true
        for descriptor in [client, server] {
            if reset { Sockets.reset(descriptor) } else { close(descriptor) }
        }
    }
}
