package import YggCore

/// The body of `POST /v1/executors/{id}/turns`: the whole of what the executor's tasks want of model servers.
package struct TurnsRequest: Sendable {
    package var bootID: String
    /// Grows with every request of one boot.
    package var counter: Int64
    /// The revision of the last answer that was applied.
    package var seen: Int64
    package var demands: [GateDemand]

    package init(bootID: String, counter: Int64, seen: Int64, demands: [GateDemand]) {
        self.bootID = bootID
        self.counter = counter
        self.seen = seen
        self.demands = demands
    }

    package var json: JSONObject {
        [
            "bootId": .string(bootID), "counter": .int(counter), "seen": .int(seen),
            "gates": .array(demands.map { .object($0.json) }),
        ]
    }

    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        reader.ignoresUnknown = true
        self.init(
            bootID: try reader.required("bootId") { $0.string("bootId", maxLength: 128) },
            counter: try reader.required("counter") { $0.int("counter") },
            seen: reader.int("seen") ?? 0,
            demands: try reader.required("gates") { reader in
                reader.list("gates", maxCount: 64) { nested throws(InvalidInput) in try GateDemand(reading: &nested) }
            }
        )
        try reader.finish()
    }
}

/// The answer: what has become of all that was asked for.
package struct TurnsAnswer: Sendable, Hashable {
    /// Grows with every change within one boot of the executor.
    package var revision: Int64
    package var standings: [GateStanding]

    package init(revision: Int64, standings: [GateStanding]) {
        self.revision = revision
        self.standings = standings
    }

    package var json: JSONObject {
        ["revision": .int(revision), "gates": .array(standings.map { .object($0.json) })]
    }

    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        // A newer coordinator may say more than this version knows.
        reader.ignoresUnknown = true
        self.init(
            revision: try reader.required("revision") { $0.int("revision") },
            standings: try reader.required("gates") { reader in
                reader.list("gates", maxCount: 64) { nested throws(InvalidInput) in try GateStanding(reading: &nested) }
            }
        )
        try reader.finish()
    }
}

extension GateDemand {
    var json: JSONObject {
        [
            "gate": .string(gate), "parallel": .int(Int64(limits.capacity)), "models": .int(Int64(limits.models)),
            "turns": .array(
                turns.map { turn in
                    .object([
                        "number": .int(Int64(turn.number)), "model": .string(turn.model),
                        "running": .bool(turn.isRunning),
                    ])
                }
            ),
        ]
    }

    init(reading reader: inout ObjectReader) throws(InvalidInput) {
        self.init(
            gate: try reader.required("gate") { $0.string("gate", maxLength: 256) },
            limits: ModelGate.Limits(
                capacity: Int(reader.int("parallel", in: 1...256) ?? 1),
                models: Int(reader.int("models", in: 1...256) ?? 1)
            ),
            turns: try reader.required("turns") { reader in
                reader.list("turns", maxCount: 10_000) { nested throws(InvalidInput) in
                    Turn(
                        number: Int(try nested.required("number") { $0.int("number", in: 0...Int64(Int32.max)) }),
                        model: try nested.required("model") { $0.string("model", maxLength: 512) },
                        isRunning: nested.bool("running") ?? false
                    )
                }
            }
        )
    }
}

extension GateStanding {
    var json: JSONObject {
        let turns = turns.sorted { $0.key < $1.key }.map { number, standing -> JSON in
            var object: JSONObject = ["number": .int(Int64(number))]
            switch standing {
            case .admitted: object.append("admitted", .bool(true))
            case .waits(let place):
                object.append("position", .int(Int64(place.position)))
                object.append("waiting", .int(Int64(place.waiting)))
                if let estimate = place.estimate { object.append("estimateMs", .int(estimate.rawValue)) }
            }
            return .object(object)
        }
        return ["gate": .string(gate), "turns": .array(turns)]
    }

    init(reading reader: inout ObjectReader) throws(InvalidInput) {
        let gate = try reader.required("gate") { $0.string("gate", maxLength: 256) }
        let turns = try reader.required("turns") { reader in
            reader.list("turns", maxCount: 10_000) { nested throws(InvalidInput) -> (Int, Standing) in
                let number = Int(try nested.required("number") { $0.int("number", in: 0...Int64(Int32.max)) })
                if nested.bool("admitted") == true { return (number, .admitted) }
                let place = ModelGate.Place(
                    position: Int(try nested.required("position") { $0.int("position", in: 1...Int64(Int32.max)) }),
                    waiting: Int(try nested.required("waiting") { $0.int("waiting", in: 0...Int64(Int32.max)) }),
                    estimate: nested.int("estimateMs").map { Milliseconds($0) }
                )
                return (number, .waits(place))
            }
        }
        self.init(gate: gate, turns: Dictionary(turns) { first, _ in first })
    }
}
