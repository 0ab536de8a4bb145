import YggCore
import YggExecutor

/// What a process of a simulated machine runs on: threads that the world steps, and a clock that it sets.
///
/// A frozen process does nothing while time passes. A dead one is unwound at once, with every way out of it closed, so that
/// nothing of it acts or stays behind.
class SimulatedProcess: @unchecked Sendable {
    let world: World
    let machine: SimulatedMachine
    let clock: RuntimeClock
    let threads: [DedicatedThread]
    private(set) var isDead = false
    private(set) var frozenUntil: Instant?
    /// How long it was frozen altogether.
    private(set) var frozenFor = Milliseconds.zero
    private var sleepers: [Int: CheckedContinuation<Void, Never>] = [:]
    private var lastSleeper = 0

    init(_ machine: SimulatedMachine, threads: Int) {
        world = machine.world
        self.machine = machine
        let clock = machine.clock
        self.clock = clock
        self.threads = (0..<threads).map { _ in DedicatedThread(steppedWith: clock) }
        world.add(self)
    }

    /// Does what is ready. - Returns: whether there was anything.
    func step() -> Bool {
        if isDead || isFrozen { return false }
        var wasBusy = false
        for thread in threads where thread.step() { wasBusy = true }
        return wasBusy
    }

    /// In the world's time.
    var nextDeadline: Instant? {
        if isDead { return nil }
        guard let next = threads.compactMap(\.nextDeadline).min() else { return nil }
        let time = Instant(nanoseconds: next.nanoseconds - machine.offset)
        return frozenUntil.map { max($0, time) } ?? time
    }

    // MARK: Freezing and dying

    private var isFrozen: Bool { frozenUntil.map { world.now < $0 } ?? false }

    func freeze(for duration: Milliseconds) {
        frozenUntil = world.now + duration
        frozenFor = frozenFor + duration
        // Something must happen when it goes on.
        world.after(duration) {}
    }

    /// Closes every way out. What is left of it is unwound by `kill`, once nothing of it is on the stack.
    func close() {
        if isDead { return }
        isDead = true
        world.at(world.now) { self.kill() }
    }

    /// Ends what belongs to the process: its tasks, its connections.
    func tearDown() {}

    final func kill() {
        isDead = true
        world.remove(self)
        tearDown()
        let sleeping = sleepers
        sleepers = [:]
        for sleeper in sleeping.keys.sorted() { sleeping[sleeper]?.resume() }
        var isBusy = true
        while isBusy {
            isBusy = false
            for thread in threads where thread.step() { isBusy = true }
        }
        for thread in threads { thread.stop() }
    }

    // MARK: Sleeping

    /// Sleeps on the clock of the simulation. A dead process sleeps no more.
    func sleep(_ delay: Milliseconds, isCancellable: Bool = true) async {
        lastSleeper += 1
        let number = lastSleeper
        let timer = threads[0].schedule(after: delay) { self.wake(number) }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                sleepers[number] = continuation
                if isDead || isCancellable && Task.isCancelled { wake(number) }
            }
        } onCancel: {
            if isCancellable { wake(number) }
        }
        threads[0].cancel(timer)
    }

    private func wake(_ number: Int) { sleepers.removeValue(forKey: number)?.resume() }
}

/// A machine: its clocks outlive the processes on it.
final class SimulatedMachine: @unchecked Sendable {
    let world: World
    let name: String
    /// What its monotonic clock shows when the world begins: no two are alike.
    let offset: Int64
    private var skew = Milliseconds.zero

    init(_ name: String, _ world: World) {
        self.name = name
        self.world = world
        var random = SeededRandom(seed: world.scenario.seed, stream: "machine \(name)")
        offset = Int64(random.int(1000..<1_000_000)) * 1_000_000_000
    }

    var clock: RuntimeClock {
        RuntimeClock(
            now: { [self] in Instant(nanoseconds: world.now.nanoseconds + offset) },
            awake: { [self] in Instant(nanoseconds: world.now.nanoseconds + offset) },
            time: { [self] in
                // 2026-03-01T12:00:00Z
                Timestamp(milliseconds: 1_772_366_400_000 + world.now.nanoseconds / 1_000_000) + skew
            }
        )
    }

    func jump(by milliseconds: Milliseconds) {
        skew = skew + milliseconds
        world.note(name, "its clock jumps by \(milliseconds.rawValue) ms")
    }
}
