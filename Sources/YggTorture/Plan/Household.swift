package import YggCore

/// The fleet that is tortured: its machines, its routes, its kinds, as they stand in its `yggdrasil.yaml`.
package struct Household: Sendable {
    /// How work of a kind is treated, for the audit: what may happen to it, and what never.
    package struct Kind: Sendable, Hashable {
        package var name: String
        /// Whether a second start is allowed after an executor was lost.
        package var mayRepeat: Bool
        /// Whether it ends before its lease does, so that two attempts are never under way at once.
        package var stopsOffline: Bool
        /// Whether it writes into the ledger.
        package var isInLedger: Bool
    }

    /// In process, at once.
    package static let noop = Kind(name: "bench-noop", mayRepeat: true, stopsOffline: true, isInLedger: false)
    /// Begun again wherever its executor was lost.
    package static let append = Kind(name: "ops-append", mayRepeat: true, stopsOffline: true, isInLedger: true)
    /// `onLost: fail`: what may have been done is not repeated unasked.
    package static let once = Kind(name: "ops-once", mayRepeat: false, stopsOffline: true, isInLedger: true)
    /// `offline: continue`: goes on while it is cut off, and reports later.
    package static let index = Kind(name: "dev-index", mayRepeat: true, stopsOffline: false, isInLedger: true)

    package static let kinds: [String: Kind] = Dictionary(
        uniqueKeysWithValues: [noop, append, once, index].map { ($0.name, $0) }
    )

    package static let names = ["fenrir", "huginn", "muninn", "surtr", "hati", "skoll"]

    package var executors: [String]
    package var ttl: Milliseconds

    package init(executors: Int, ttl: Milliseconds) {
        self.executors = Array(Self.names.prefix(executors))
        self.ttl = ttl
    }

    /// What every machine of the fleet is configured with. It is JSON, which YAML contains.
    /// - Parameters:
    ///   - program: the path of `ygg`, which is also what the kinds run.
    ///   - ledger: where the work of this machine writes down what it does.
    ///   - publicURL: how the coordinator is reached from outside loopback.
    package func configuration(program: String, ledger: String, publicURL: String?) -> String {
        var coordinator: JSONObject = [
            "leaseTTL": .string(ttl.text), "registrationGrace": "0s", "diskFloor": "0B",
        ]
        coordinator.append("publicUrl", .optional(publicURL))
        let everyone = JSON.array(executors.map(JSON.string))
        let most = JSON.array(executors.dropLast().map(JSON.string))
        let last = JSON.array(executors.suffix(1).map(JSON.string))
        return JSON.object([
            "coordinator": .object(coordinator),
            "executor": ["diskFloor": "0B", "drainTimeout": "3s"],
            "routes": [
                ["prefix": "bench-", "executors": everyone],
                ["prefix": "ops-", "executors": most, "fallback": last],
                ["prefix": "dev-", "executors": everyone, "offline": "continue", "lostAfter": "1m"],
            ],
            "handlers": [
                declared(Self.append, "Appends to the ledger", program, ledger, onLost: "requeue", attempts: 3),
                declared(Self.once, "Appends to the ledger, once", program, ledger, onLost: "fail", attempts: 1),
                declared(
                    Self.index,
                    "Appends to the ledger, also offline",
                    program,
                    ledger,
                    onLost: "requeue",
                    attempts: 3
                ),
            ],
        ]).text
    }

    private func declared(
        _ kind: Kind,
        _ description: String,
        _ program: String,
        _ ledger: String,
        onLost: JSON,
        attempts: Int64
    ) -> JSON {
        [
            "kind": .string(kind.name), "description": .string(description), "onLost": onLost,
            "params": [
                "runsMs": ["type": "integer", "min": 0, "max": 60_000],
                "lines": ["type": "integer", "min": 0, "max": 1000, "default": 1],
                "failsBefore": ["type": "integer", "min": 0, "max": 100, "default": 0],
                "stubborn": ["type": "boolean", "default": false],
            ],
            "run": [
                .string(program), "torture-work", "--ledger", .string(ledger), "--runs-ms", "{{runsMs}}", "--lines",
                "{{lines}}", "--fails-before", "{{failsBefore}}", "--stubborn", "{{stubborn}}",
            ],
            "retry": ["maxAttempts": .int(attempts), "backoff": "200ms", "maxBackoff": "1s"],
            "timeout": "2m",
        ]
    }
}
