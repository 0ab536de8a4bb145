import YggCore

extension Scenario {
    /// The scenario of a seed. One in eight has no faults: there every task runs once and no more.
    package init(seed: UInt64) {
        var random = SeededRandom(seed: seed, stream: "scenario")
        let names = ["fenrir", "surtr", "huginn"].prefix(random.int(1..<4)).map { ExecutorID(trusted: $0) }
        self.init(
            seed: seed,
            ttl: .seconds(random.pick([6, 9, 15])),
            executors: names.map { id in
                ExecutorPlan(
                    id: id,
                    slots: random.int(1..<4),
                    window: random.pick([0, 2]),
                    spoolBytes: random.chance(20) ? 1500 : 1 << 20
                )
            },
            tasks: [],
            faults: [],
            calmAt: .seconds(40)
        )
        for number in 0..<random.int(2..<9) { tasks.append(Self.task(number, earlier: tasks, &random)) }
        // Whoever asks for two slots must find them.
        if tasks.contains(where: { $0.kind == .heavy }) { executors[0].slots = max(2, executors[0].slots) }
        drawApprovals()
        guard !random.chance(12) else { return }
        for _ in 0..<random.int(1..<7) { faults.append(fault(&random)) }
        faults.sort { $0.at < $1.at }
    }

    /// Half of the fleets have people who are asked. The first task never asks, so that there is always one that has
    /// nothing to do with them.
    private mutating func drawApprovals() {
        var random = SeededRandom(seed: seed, stream: "approvals")
        guard random.chance(50) else { return }
        people = random.int(1..<3)
        for index in tasks.indices.dropFirst() where random.chance(60) {
            let expires = random.chance(30) ? random.milliseconds(3000..<20_000) : nil
            let branch = random.pick(["main", "main", "next"])
            tasks[index].asks = random.chance(30) ? .review(expires: expires) : .landing(branch: branch)
        }
        for _ in 0..<random.int(0..<12) {
            commits.append(OthersCommit(at: random.milliseconds(0..<60_000), branch: random.pick(["main", "next"])))
        }
    }

    private static func task(_ number: Int, earlier: [TaskPlan], _ random: inout SeededRandom) -> TaskPlan {
        let submitAt = random.milliseconds(0..<random.pick([500, 5000, 25_000]))
        let cancelAt = random.chance(20) ? submitAt + random.milliseconds(0..<15_000) : nil
        return TaskPlan(
            name: "t\(number)",
            kind: random.pick([.work, .work, .quick, .heavy, .once, .far]),
            submitAt: submitAt,
            hasOwnID: random.chance(50),
            dependsOn: random.chance(15) ? earlier.last(where: \.hasOwnID)?.name : nil,
            delay: random.chance(10) ? random.milliseconds(0..<8000) : nil,
            cancelAt: cancelAt,
            retryAt: random.chance(15) ? submitAt + random.milliseconds(5000..<30_000) : nil,
            attempts: (0..<3).map { _ in work(&random) }
        )
    }

    private static func work(_ random: inout SeededRandom) -> Work {
        Work(
            duration: random.milliseconds(0..<random.pick([50, 2000, 15_000, 40_000])),
            lines: random.int(0..<6),
            ending: random.chance(70) ? .succeeds : random.pick([.fails, .fails, .failsForGood]),
            dying: random.milliseconds(0..<1200)
        )
    }

    private func fault(_ random: inout SeededRandom) -> Fault {
        let executor = random.pick(executors).id
        let at = random.milliseconds(0..<30_000)
        let long = random.milliseconds(random.pick([500, Int(ttl.rawValue)])..<Int(ttl.rawValue) * 5 / 2)
        let short = random.milliseconds(200..<4000)
        switch random.int(0..<22) {
        case 0, 1: return Fault(at: at, duration: short, kind: .executorCrash(executor, isPowerLoss: random.chance(50)))
        case 2, 16: return Fault(at: at, duration: long, kind: .executorFreeze(executor))
        case 3, 4:
            let action = random.pick([LifecycleAction.pause, .drain, .stop, .restart])
            // Of the time, so that nothing else is drawn otherwise.
            let isStanding = at.rawValue.isMultiple(of: 2)
            return Fault(
                at: at,
                duration: short,
                kind: isStanding ? .order(executor, action) : .lifecycle(executor, action)
            )
        case 5: return Fault(at: at, duration: random.chance(30) ? long : short, kind: .coordinatorCrash)
        case 6: return Fault(at: at, duration: random.chance(30) ? long : short, kind: .coordinatorStop)
        case 7: return Fault(at: at, duration: long, kind: .coordinatorFreeze)
        case 8, 9, 10, 11:
            let kind = Fault.Kind.crashAtWrite(random.int(1..<60), isCommitted: random.chance(50))
            return Fault(at: .zero, duration: short, kind: kind)
        case 12: return Fault(at: at, duration: short, kind: .databaseFull)
        case 13, 14:
            return Fault(at: at, duration: short, kind: .restore(age: random.milliseconds(0..<15_000)))
        case 15:
            let machine = random.chance(50) ? "coordinator" : executor.rawValue
            // Back by minutes only: what waits for a time of day waits for as much longer.
            let by = Milliseconds(Int64(random.int(-240_000..<7_200_000)))
            return Fault(at: at, duration: .zero, kind: .clockJump(machine: machine, by: by))
        default:
            let endpoint = random.chance(20) ? Clients.name : executor.rawValue
            return Fault(at: at, duration: long, kind: .network(endpoint: endpoint, trouble(&random)))
        }
    }

    private func trouble(_ random: inout SeededRandom) -> Fault.Trouble {
        switch random.int(0..<7) {
        case 0, 6: .partition
        case 1: .noUplink
        case 2: .noDownlink
        case 3: .loss(random.pick([10, 40, 80]))
        case 4: .duplicates(random.pick([20, 80]))
        default: .slow(random.milliseconds(50..<3000))
        }
    }
}
