/// When what happens within one time to live. Both sides use the same numbers, because they must fit together.
///
/// An answered poll renews from when it was *sent*, so just before the next answer a lease is as old as two polls. Two
/// holds and a tick each (0.53 of the time to live), or one answered poll and one that times out (0.59), must both stay
/// below the cut-off (0.67), or an executor that is being heard would end its work.
package enum LeaseTiming {
    /// How long the coordinator holds a poll at most.
    package static func pollHold(_ ttl: Milliseconds) -> Milliseconds { ttl / 5 }

    /// How often the coordinator looks at deadlines and held polls.
    package static func tick(_ ttl: Milliseconds) -> Milliseconds {
        min(Milliseconds.seconds(1), max(Milliseconds(20), ttl / 16))
    }

    /// After which an executor gives a poll up and asks again.
    package static func pollTimeout(_ ttl: Milliseconds) -> Milliseconds { ttl / 5 + ttl / 8 }

    /// The age at which an executor that is not heard begins to end work that may move elsewhere.
    package static func cutOff(_ ttl: Milliseconds) -> Milliseconds { ttl * 2 / 3 }

    /// How long an executor may ask without having applied any answer: longer than a poll that is answered, so that it
    /// takes two lost ones to be deaf, and short enough that its work can move soon after it has ended it.
    package static func deafness(_ ttl: Milliseconds) -> Milliseconds { ttl / 4 }

    /// How far apart an executor that holds leases asks for its coordinator.
    package static func retry(_ ttl: Milliseconds) -> Milliseconds { ttl / 4 }
}
