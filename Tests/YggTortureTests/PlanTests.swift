import Testing
import YggCore
import YggTorture

/// What is drawn from a seed.
struct PlanTests {
    private static let executors = ["fenrir", "huginn", "surtr"]

    private func schedule(
        _ seed: UInt64,
        minutes: Int64 = 30,
        abilities: FaultSchedule.Abilities = .init(interfaces: true, disks: true)
    ) -> FaultSchedule {
        FaultSchedule(
            seed: seed,
            duration: .minutes(minutes),
            ttl: .seconds(3),
            executors: Self.executors,
            abilities: abilities
        )
    }

    @Test func `a seed gives one schedule, another seed another`() {
        #expect(schedule(7) == schedule(7))
        #expect(schedule(7) != schedule(8))
        let first = schedule(7, minutes: 1).faults.first?.description
        #expect(first == "4.7 s coordinator: killed, started again after 5.2 s")
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `a target has one fault at a time, and all are over in time`(_ seed: UInt64) {
        let schedule = schedule(seed)
        let targets = Set(schedule.faults.map(\.target))
        #expect(targets.count == Self.executors.count + 2)
        for target in targets {
            let faults = schedule.faults(of: target)
            for (fault, next) in zip(faults, faults.dropFirst()) { #expect(fault.at + fault.lasts < next.at) }
            for fault in faults { #expect(fault.at + fault.lasts <= .minutes(30)) }
        }
    }

    @Test func `half an hour holds every kind of fault`() {
        #expect(Set(schedule(1).faults.map(\.kind)) == Set(Fault.Kind.allCases))
    }

    @Test func `what a machine cannot do is left out, and nothing else changes`() {
        let all = schedule(3)
        let few = schedule(3, abilities: .init(interfaces: false, disks: false))
        #expect(few.faults == all.faults.filter { $0.kind != .unplugged && $0.kind != .diskFull })
        #expect(few.faults.count < all.faults.count)
    }

    @Test func `only the last executor and the coordinator have a disk that can be full`() {
        let targets = schedule(1).faults.filter { $0.kind == .diskFull }.map(\.target)
        #expect(Set(targets) == [.coordinator, .executor("surtr")])
    }

    @Test func `faults last for less and for more than a time to live`() {
        for kind in [Fault.Kind.kill, .silence, .deafness, .muteness, .unplugged] {
            let faults = (1...5).flatMap { schedule($0).faults.filter { $0.kind == kind } }
            #expect(faults.contains { $0.lasts < .seconds(2) } && faults.contains { $0.lasts > .seconds(4) }, "\(kind)")
        }
        for fault in schedule(1).faults where fault.kind == .freeze && fault.target != .coordinator {
            #expect(fault.lasts > .seconds(3))
        }
    }

    @Test func `a seed gives one load, in which everything is`() {
        let load = Workload(seed: 7, duration: .minutes(5), rate: 8).operations
        #expect(load == Workload(seed: 7, duration: .minutes(5), rate: 8).operations)
        #expect(load.count == 2400)
        #expect(Set(load.map(\.kind)) == Set(Household.kinds.keys))
        #expect(Set(load.map(\.number)).count == load.count)
        #expect(zip(load, load.dropFirst()).allSatisfy { $0.at <= $1.at })
        #expect(load.allSatisfy { ($0.after ?? -1) < $0.number })
        #expect(load.contains { $0.cancelledAfter != nil } && load.contains { $0.isRepeated })
        #expect(Set(load.map(\.identity)) == [.key, .ownID])
    }

    @Test func `a ledger's line is read as it was written, and nothing else is`() {
        let entry = LedgerEntry(
            task: "t1",
            epoch: 3,
            pid: 17,
            mark: .start,
            at: Instant(nanoseconds: 42),
            executor: "fenrir"
        )
        #expect(LedgerEntry(line: entry.line.dropLast(), executor: "fenrir") == entry)
        for line in ["", "t1 3 17 start", "t1 x 17 start 42", "t1 3 17 begin 42", "t1 3 17 start 42 43"] {
            #expect(LedgerEntry(line: line, executor: "fenrir") == nil)
        }
    }
}
