import Glibc
import SystemPackage
import YggCore
package import YggProcess

/// What an executor takes from the machine it runs on: time, chance, threads, disk. The simulation has its own of all.
package struct ExecutorMachine: Sendable {
    package var clock: RuntimeClock
    package var random: @Sendable () -> UInt64
    /// Runs the loops.
    package var thread: DedicatedThread
    /// Does what may wait for the disk.
    package var spoolThread: DedicatedThread
    /// Where attempts run; nil is the cooperative pool.
    package var attempts: (any TaskExecutor)?
    package var home: any ExecutorHome

    package init(
        clock: RuntimeClock,
        random: @escaping @Sendable () -> UInt64,
        thread: DedicatedThread,
        spoolThread: DedicatedThread,
        attempts: (any TaskExecutor)?,
        home: any ExecutorHome
    ) {
        self.clock = clock
        self.random = random
        self.thread = thread
        self.spoolThread = spoolThread
        self.attempts = attempts
        self.home = home
    }

    /// Takes the data directory, until its home is released or gone.
    static func host(
        directory: String,
        id: ExecutorID,
        clock: RuntimeClock
    ) throws(ExecutorError) -> ExecutorMachine {
        ExecutorMachine(
            clock: clock,
            random: hostRandom,
            thread: DedicatedThread(name: "ygg-sync", clock: clock),
            spoolThread: DedicatedThread(name: "ygg-spool", clock: clock),
            attempts: nil,
            home: try DataDirectory(directory, id: id)
        )
    }

    /// From 0 to 1.
    var jitter: Double { Double(random() >> 11) * 0x1p-53 }
}

/// What an executor keeps over its starts. It belongs to one running executor at a time.
package protocol ExecutorHome: Sendable {
    /// Where the spool lies.
    var outbox: any SpoolDirectory { get }
    /// What attempts have running; nil where nothing can outlive the process.
    var processes: ProcessLedger? { get }

    /// The identity it has; a new one at the first start.
    func identity() throws(ExecutorError) -> ExecutorIdentity
    func keep(_ identity: ExecutorIdentity) throws(ExecutorError)
    /// Keeps what was meant for another store where a person can find it and nobody sends it.
    func moveOutboxAside(of storeID: String?) throws(ExecutorError)
    /// Gives it back to whoever comes next.
    func release()
}

extension ExecutorHome {
    package var processes: ProcessLedger? { nil }
}

/// Who an executor is over all its starts. The instance tells two machines of one name apart; the store is the one it
/// last served.
package struct ExecutorIdentity: Sendable, Equatable {
    package var instance: String
    package var storeID: String?
    /// How often it has begun to serve a store: tells the latest life from what an earlier one had under way.
    package var lives: Int64

    package init(instance: String, storeID: String?, lives: Int64 = 0) {
        self.instance = instance
        self.storeID = storeID
        self.lives = lives
    }
}

/// The data directory of an executor on a real disk.
final class DataDirectory: ExecutorHome {
    private let path: String
    private let file: InstanceFile
    let processes: ProcessLedger?

    init(_ path: String, id: ExecutorID) throws(ExecutorError) {
        self.path = path
        do throws(Errno) {
            try LocalFiles.makeDirectory(path)
        } catch {
            throw ExecutorError(.dataDirectoryUnusable, "\(path) cannot be made: \(error)")
        }
        file = try InstanceFile(directory: path, id: id)
        do throws(Errno) {
            processes = try ProcessLedger(directory: "\(path)/processes")
        } catch {
            throw ExecutorError(.dataDirectoryUnusable, "\(path)/processes cannot be made: \(error)")
        }
    }

    var outbox: any SpoolDirectory { HostSpoolDirectory(path: "\(path)/outbox") }

    func identity() throws(ExecutorError) -> ExecutorIdentity { try file.read() }

    func keep(_ identity: ExecutorIdentity) throws(ExecutorError) { try file.write(identity) }

    func moveOutboxAside(of storeID: String?) throws(ExecutorError) {
        let target = "\(path)/outbox-of-\(storeID ?? "unknown")-\(randomName(hostRandom).prefix(8))"
        guard rename(outbox.path, target) == 0 else {
            let error = Errno(rawValue: errno)
            throw ExecutorError(.dataDirectoryUnusable, "The outbox cannot be moved to \(target): \(error)")
        }
    }

    func release() { file.release() }
}

@Sendable func hostRandom() -> UInt64 { .random(in: .min ... .max) }

/// 128 random bits in hexadecimal.
func randomName(_ random: () -> UInt64) -> String {
    let digits = String(UInt128(random()) << 64 | UInt128(random()), radix: 16)
    return String(repeating: "0", count: 32 - digits.count) + digits
}
