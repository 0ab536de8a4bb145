package import YggCore

/// One thing that goes wrong, or is done to a machine that works: when, whom it concerns, and until when.
package struct Fault: Sendable, Hashable {
    /// Whom it concerns. One target has one fault at a time.
    package enum Target: Sendable, Hashable, CustomStringConvertible {
        case coordinator
        case executor(String)
        /// The link over which the load submits and cancels.
        case clients

        package var description: String {
            switch self {
            case .coordinator: "coordinator"
            case .executor(let id): id
            case .clients: "clients"
            }
        }
    }

    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// SIGKILL of the process; what it was running lives on without it.
        case kill
        /// SIGKILL of the process and of all it was running.
        case powerLoss
        /// SIGSTOP of the process and of all it was running, as a lid that is closed; then SIGCONT.
        case sleep
        /// SIGSTOP of the process alone: what it was running goes on.
        case freeze
        /// SIGTERM, and started again once it has ended.
        case restart
        /// The coordinator is asked to drain the executor, and then to resume it.
        case drain
        /// The coordinator is asked to restart the executor, which replaces its own process.
        case renewal
        /// Nothing arrives in either direction, and the connections stay open.
        case silence
        /// What the coordinator says never arrives; what is said to it does.
        case deafness
        /// What is said to the coordinator never arrives; what it says does.
        case muteness
        /// All connections are reset.
        case reset
        /// All connections are closed in order.
        case close
        /// Everything arrives, late.
        case delay
        /// Everything arrives, a few bytes at a time.
        case slowness
        /// The network interface of the executor goes down: packets vanish in the kernel.
        case unplugged
        /// The disk of its data has no room left.
        case diskFull
    }

    package var at: Milliseconds
    package var lasts: Milliseconds
    package var target: Target
    package var kind: Kind
    /// Of `delay` milliseconds, of `slowness` bytes a second, of `diskFull` the KiB that are left; else 0.
    package var amount: Int

    package init(at: Milliseconds, lasts: Milliseconds, target: Target, kind: Kind, amount: Int = 0) {
        self.at = at
        self.lasts = lasts
        self.target = target
        self.kind = kind
        self.amount = amount
    }
}

extension Fault: CustomStringConvertible {
    package var description: String { "\(seconds(at)) \(target): \(words)" }

    private var words: String {
        switch kind {
        case .kill: "killed, started again after \(seconds(lasts))"
        case .powerLoss: "loses power for \(seconds(lasts))"
        case .sleep: "sleeps for \(seconds(lasts))"
        case .freeze: "frozen for \(seconds(lasts))"
        case .restart: "stopped in order and started again"
        case .drain: "drained for \(seconds(lasts))"
        case .renewal: "told to restart"
        case .silence: "hears and is heard by nobody for \(seconds(lasts))"
        case .deafness: "hears nothing for \(seconds(lasts))"
        case .muteness: "is heard by nobody for \(seconds(lasts))"
        case .reset: "connections reset"
        case .close: "connections closed"
        case .delay: "everything \(amount) ms late for \(seconds(lasts))"
        case .slowness: "\(amount) bytes a second for \(seconds(lasts))"
        case .unplugged: "network interface down for \(seconds(lasts))"
        case .diskFull: "disk full but for \(amount) KiB for \(seconds(lasts))"
        }
    }

    package var json: JSONObject {
        var object: JSONObject = [
            "atMs": .int(at.rawValue), "target": .string(target.description), "kind": .string(kind.rawValue),
            "lastsMs": .int(lasts.rawValue),
        ]
        if amount != 0 { object.append("amount", .int(Int64(amount))) }
        return object
    }
}

private func seconds(_ time: Milliseconds) -> String { "\(time.rawValue / 1000).\(time.rawValue % 1000 / 100) s" }
