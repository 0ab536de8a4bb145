import YggCore
import YggExecutor

/// The disk of an executor's machine. What was written survives the process; what was made durable survives the power.
final class SimulatedDisk: @unchecked Sendable {
    final class File: @unchecked Sendable {
        var bytes: [UInt8] = []
        /// How much of it is on the medium.
        var durable = 0
        /// Whether its name is.
        var isNamed = false
    }

    private(set) var files: [String: File] = [:]
    var identity: ExecutorIdentity?
    private var random: SeededRandom

    init(_ random: SeededRandom) { self.random = random }

    func file(_ name: String) -> File {
        if let file = files[name] { return file }
        let file = File()
        files[name] = file
        return file
    }

    func remove(_ name: String) { files[name] = nil }

    func removeAll() { files = [:] }

    /// Of what was not made durable, any beginning may be there.
    func losePower() {
        for name in files.keys.sorted() {
            guard let file = files[name] else { continue }
            if !file.isNamed, random.chance(50) {
                files[name] = nil
                continue
            }
            let kept = random.int(min(file.durable, file.bytes.count)..<(file.bytes.count + 1))
            file.bytes.removeLast(file.bytes.count - kept)
        }
    }
}

/// The data directory as one process sees it: a dead one writes nothing.
final class SimulatedHome: ExecutorHome {
    private let disk: SimulatedDisk
    private let process: SimulatedProcess

    init(_ disk: SimulatedDisk, of process: SimulatedProcess) {
        self.disk = disk
        self.process = process
    }

    var outbox: any SpoolDirectory { Directory(disk: disk, process: process) }

    func identity() throws(ExecutorError) -> ExecutorIdentity {
        if let identity = disk.identity { return identity }
        let identity = ExecutorIdentity(instance: "\(process.machine.name)-instance", storeID: nil)
        disk.identity = identity
        return identity
    }

    func keep(_ identity: ExecutorIdentity) throws(ExecutorError) {
        if !process.isDead { disk.identity = identity }
    }

    func moveOutboxAside(of storeID: String?) throws(ExecutorError) {
        if !process.isDead { disk.removeAll() }
    }

    func release() {}

    private struct Directory: SpoolDirectory {
        let disk: SimulatedDisk
        let process: SimulatedProcess

        var path: String { "outbox" }

        func create() throws(JournalError) {}

        func names() throws(JournalError) -> [String] { disk.files.keys.sorted() }

        func open(_ name: String) throws(JournalError) -> any SpoolFile {
            Handle(path: name, file: process.isDead ? SimulatedDisk.File() : disk.file(name), process: process)
        }

        func remove(_ name: String) {
            if !process.isDead { disk.remove(name) }
        }

        func synchronise() throws(JournalError) {
            if process.isDead { return }
            for file in disk.files.values { file.isNamed = true }
        }
    }

    private struct Handle: SpoolFile {
        let path: String
        let file: SimulatedDisk.File
        let process: SimulatedProcess

        func write(_ bytes: [UInt8], at offset: Int) throws(JournalError) {
            if process.isDead { return }
            if file.bytes.count < offset { file.bytes += [UInt8](repeating: 0, count: offset - file.bytes.count) }
            file.bytes.replaceSubrange(offset..<min(file.bytes.count, offset + bytes.count), with: bytes)
        }

        func read(_ count: Int, at offset: Int) throws(JournalError) -> [UInt8] {
            Array(file.bytes.dropFirst(offset).prefix(count))
        }

        func size() throws(JournalError) -> Int { file.bytes.count }

        func truncate(to size: Int) throws(JournalError) {
            if process.isDead { return }
            file.bytes.removeLast(max(0, file.bytes.count - size))
            file.durable = min(file.durable, size)
        }

        func synchronise() throws(JournalError) {
            if !process.isDead { file.durable = file.bytes.count }
        }
    }
}
