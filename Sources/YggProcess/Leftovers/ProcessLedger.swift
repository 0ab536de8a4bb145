package import Glibc
import Synchronization
package import SystemPackage

/// The process groups that are alive at the moment, on file: one small file each, named after the leader's number.
///
/// Whoever comes after a process that was killed finds there what that one had running, and ends it. Nothing is made
/// durable: what must be outlived is the end of the process, and the end of the machine ends the groups as well.
package final class ProcessLedger: ProcessWitness {
    private let directory: String

    /// - Parameter directory: of this ledger alone; made where it is missing.
    package init(directory: String) throws(Errno) {
        self.directory = directory
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
    }

    package func began(_ leader: pid_t) {
        guard let identity = ProcessIdentity(of: leader) else { return }
        // A full disk must not keep work from being done, nor from reporting that the disk is full. The group is then
        // ended by its executor as always, and found by nobody should that one be killed.
        try? write("\(identity.bootID) \(identity.pid) \(identity.startTime)\n", to: path(of: leader))
    }

    package func ended(_ leader: pid_t) { unlink(path(of: leader)) }

    /// Kills the groups that an earlier process left, with their sessions, and forgets them.
    ///
    /// A number says nothing: it may be somebody else's by now. A group is killed while its leader is still there with the
    /// same start time under the same boot, so that its number cannot have been given away; where the leader is gone,
    /// those of its session that carry our mark are.
    /// - Returns: the leaders whose groups were killed.
    package func killLeftovers() -> [ProcessIdentity] {
        var killed: [ProcessIdentity] = []
        for (file, identity) in entries() {
            if let identity, kill(identity) { killed.append(identity) }
            unlink(file)
        }
        return killed
    }

    private func kill(_ leader: ProcessIdentity) -> Bool {
        let group = ProcessGroup(id: leader.pid)
        if leader.exists {
            group.sendToSession(SIGKILL)
            return true
        }
        guard leader.bootID == ProcessIdentity.bootID, ProcessIdentity(of: leader.pid) == nil else { return false }
        return group.killOrphans()
    }

    private func entries() -> [(file: String, identity: ProcessIdentity?)] {
        guard let handle = opendir(directory) else { return [] }
        defer { closedir(handle) }
        var entries: [(file: String, identity: ProcessIdentity?)] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard !name.hasPrefix(".") else { continue }
            let file = "\(directory)/\(name)"
            entries.append((file, SmallFile.read(file).flatMap(Self.identity)))
        }
        return entries
    }

    /// nil for an entry that was torn.
    private static func identity(_ line: String) -> ProcessIdentity? {
        let words = line.split(whereSeparator: \.isWhitespace)
        guard line.hasSuffix("\n"), words.count == 3, let pid = pid_t(words[1]), let start = UInt64(words[2]), pid > 1
        else { return nil }
        return ProcessIdentity(bootID: String(words[0]), pid: pid, startTime: start)
    }

    private func path(of leader: pid_t) -> String { "\(directory)/\(leader)" }

    private func write(_ text: String, to path: String) throws {
        let file = try FileDescriptor.open(
            FilePath(path),
            .writeOnly,
            options: [.create, .truncate, .closeOnExec],
            permissions: [.ownerReadWrite]
        )
        try file.closeAfter { _ = try file.writeAll(text.utf8) }
    }
}
