/// Who lives, who is left alone for a while, who is asked.
extension Forwarder {
    mutating func join(_ id: ExecutorID, slots: Int, isIdempotent: Bool, now: Instant) {
        // One that registers again has started again: what was wrong with it before is over.
        if let question = peers[id]?.question { drop(question) }
        var peer = Peer(nature: .service, deadline: now + settings.ttl)
        peer.slots = slots
        peer.isIdempotent = isIdempotent
        peer.isKnown = true
        peer.isParked = peers[id]?.isParked ?? false
        peers[id] = peer
        emit(.show(id, .running))
    }

    mutating func configure(_ id: ExecutorID, now: Instant) {
        var peer = Peer(nature: .fixed, deadline: now + settings.registrationGrace + settings.ttl)
        peer.nextLook = now + settings.registrationGrace
        peers[id] = peer
    }

    mutating func understand(_ id: ExecutorID, slots: Int) {
        guard peers[id]?.isRetired == false else { return }
        peers[id]?.slots = slots
        peers[id]?.isKnown = true
        peers[id]?.hold = nil
    }

    mutating func hear(_ id: ExecutorID, _ state: ExecutorState, now: Instant) {
        guard let peer = peers[id], !peer.isRetired else { return }
        let deadline = now + settings.ttl
        peers[id]?.deadline = deadline
        peers[id]?.isSilent = false
        peers[id]?.state = state
        if peer.isSilent || peer.state != state { emit(.show(id, state)) }
    }

    /// A service says by itself when that is over; a fixed executor is asked for its state from then on.
    mutating func agree(_ id: ExecutorID, _ state: ExecutorState, now: Instant) {
        guard let peer = peers[id], !peer.isRetired else { return }
        peers[id]?.state = state
        if state == .running {
            peers[id]?.hold = nil
            peers[id]?.refusals = 0
        }
        if peer.state != state, !peer.isSilent { emit(.show(id, state)) }
    }

    mutating func leave(_ id: ExecutorID, hasRegistered: Bool, now: Instant) {
        guard let peer = peers[id], !peer.isRetired else { return }
        if let question = peer.question { drop(question) }
        if peer.isParked { emit(.unpark(id)) }
        peers[id]?.isParked = false
        peers[id]?.isRetired = true
        peers[id]?.question = nil
        if !hasRegistered { loseAll(of: id, "it was removed", now: now) }
        forgetIfIdle(id)
    }

    /// One that is retired is kept for as long as something that it was sent is under way.
    mutating func forgetIfIdle(_ id: ExecutorID) {
        if peers[id]?.isRetired == true, leases(of: id).isEmpty { peers[id] = nil }
    }

    /// Leaves it alone for a while, longer each time.
    mutating func hold(_ id: ExecutorID, _ reason: String, retryAfter: Milliseconds?, now: Instant) {
        guard var peer = peers[id] else { return }
        peer.refusals += 1
        let wait = delay(after: peer.refusals, atLeast: retryAfter)
        peer.hold = (now + wait, reason)
        peers[id] = peer
    }

    /// Once a tick.
    mutating func look(after id: ExecutorID, now: Instant) {
        guard var peer = peers[id], !peer.isRetired else { return }
        if !peer.isSilent, peer.deadline <= now {
            peer.isSilent = true
            peers[id] = peer
            emit(.show(id, .lost))
            loseAll(of: id, "it was not heard for \(settings.ttl.text)", now: now)
        }
        guard peer.question == nil else { return }
        if let hold = peer.hold, peer.isKnown, !peer.isSilent, hold.until <= now {
            ask(id, .probe)
        } else if let next = peer.nextLook, next <= now {
            // Only `/status` tells that a pause is over.
            let look: ForwardedCall.Purpose = peer.state == .running ? .health : .probe
            ask(id, peer.isKnown && !peer.isSilent ? look : .info)
        }
    }

    private mutating func ask(_ id: ExecutorID, _ purpose: ForwardedCall.Purpose) {
        let number = call(id, purpose, timeout: settings.callTimeout)
        peers[id]?.question = number
    }

    mutating func takeQuestion(_ answer: ForwardedAnswer, _ call: ForwardedCall, now: Instant) {
        let id = call.executor
        guard peers[id]?.question == call.number else { return }
        peers[id]?.question = nil
        let failure: String
        var retryAfter: Milliseconds?
        switch answer {
        case .reply(let reply) where call.purpose == .health && (reply.status < 400 || reply.status == 503):
            return welcome(id, now: now)
        case .reply(let reply) where call.purpose != .health && reply.status == 200:
            welcome(id, now: now)
            if call.purpose == .info { return emit(.introduce(id, reply)) }
            return takeProbe(AgentStatus(reply.json), of: id, now: now)
        case .reply(let reply) where call.purpose == .probe && (400..<500).contains(reply.status):
            // It lives and has no /status: the only way to learn whether it takes work is to send some.
            peers[id]?.hold = nil
            return
        case .reply(let reply):
            failure = "\(call.path) answered \(reply.summary)"
            retryAfter = reply.retryAfter
        case .unsent(let reason), .broken(let reason), .tooLarge(let reason): failure = "\(call.path): \(reason)"
        }
        hold(id, failure, retryAfter: retryAfter, now: now)
        guard let peer = peers[id], peer.nextLook != nil else { return }
        peers[id]?.missedLooks = peer.missedLooks + 1
        let wait = delay(after: peer.missedLooks + 1, atLeast: retryAfter)
        peers[id]?.nextLook = now + wait
    }

    /// A fixed executor answered. A service is heard by its heartbeats alone.
    private mutating func welcome(_ id: ExecutorID, now: Instant) {
        guard let peer = peers[id], peer.nature == .fixed else { return }
        let deadline = now + settings.ttl
        peers[id]?.deadline = deadline
        peers[id]?.missedLooks = 0
        let interval = Milliseconds(Int64(Double(settings.ttl.rawValue) / 3 * (0.85 + 0.15 * jitter)))
        peers[id]?.nextLook = now + interval
        guard peer.isSilent else { return }
        peers[id]?.isSilent = false
        emit(.show(id, peer.state))
    }

    /// Whether it takes work again.
    private mutating func takeProbe(_ status: AgentStatus, of id: ExecutorID, now: Instant) {
        guard let peer = peers[id] else { return }
        if peer.nature == .fixed, peer.state != status.state {
            peers[id]?.state = status.state
            emit(.show(id, status.state))
        }
        if status.state != .running {
            hold(id, "it is \(status.state.rawValue)", retryAfter: nil, now: now)
        } else if status.tasks.count >= max(1, peer.slots) {
            hold(id, "it is busy with \(status.tasks.map(\.id).joined(separator: ", "))", retryAfter: nil, now: now)
        } else {
            peers[id]?.hold = nil
        }
    }
}
