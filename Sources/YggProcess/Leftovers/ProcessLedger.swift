package import Glibc
package import SystemPackage

/// The process groups that are alive at the moment, on file: one empty file each, whose name is the leader's identity.
///
/// The name says everything because a name is made at once: an entry is whole or is not there, however early this process
/// is killed. Whoever comes after a process that was killed finds there what that one had running, and ends it. Nothing is made
/// durable: what must be outlived is the end of the process, and the end of the machine ends the groups as well.
package final class ProcessLedger: ProcessWitness {
    private let directory: String

    /// - Parameter directory: of this ledger alone; made where it is missing.
    package init(directory: String) throws(Errno) {
        self.directory = directory
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
    }

    package func began(_ leader: pid_t) {
        guard let path = path(of: leader) else { return }
        // A full disk must not keep work from being done, nor from reporting that the disk is full. The group is then
        // ended by its executor as always, and found by nobody should that one be killed.
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        if file >= 0 { close(file) }
    }

    package func ended(_ leader: pid_t) {
        if let path = path(of: leader) { unlink(path) }
    }

    /// Kills the groups that an earlier process left, with their sessions, forgets them, and returns when they are dead, so
    /// that what is started next does not run beside them; those who do not die are not waited for longer than two seconds.
    ///
    /// A number says nothing: it may be somebody else's by now. A group is killed while its leader is still there with the
    /// same start time under the same boot, so that its number cannot have been given away; where the leader is gone,
    /// those of its session that carry our mark are.
    /// - Returns: the leaders whose groups were killed.
    package func killLeftovers() -> [ProcessIdentity] {
        var killed: [ProcessIdentity] = []
        var dying: [ProcessIdentity] = []
        for (file, identity) in entries() {
            if let identity, let members = kill(identity) {
                killed.append(identity)
                dying += members
            }
            unlink(file)
        }
        let end = ContinuousClock.now + ProcessGroup.deathTakes
        while dying.contains(where: \.isAlive), ContinuousClock.now < end { usleep(1000) }
        return killed
    }

    /// - Returns: those who are dying of it now; nil where nobody of that group is left.
    private func kill(_ leader: ProcessIdentity) -> [ProcessIdentity]? {
        let group = ProcessGroup(id: leader.pid)
        if leader.exists { return group.killSession() }
        guard leader.bootID == ProcessIdentity.bootID, ProcessIdentity(of: leader.pid) == nil else { return nil }
        return group.killOrphans() ? [] : nil
    }

    private func entries() -> [(file: String, identity: ProcessIdentity?)] {
        let names = (try? DirectoryNames.read(directory)) ?? []
        return names.filter { !$0.hasPrefix(".") }.map { ("\(directory)/\($0)", ProcessIdentity(name: $0)) }
    }

    private func path(of leader: pid_t) -> String? {
        ProcessIdentity(of: leader).map { "\(directory)/\($0.name)" }
    }
}

extension ProcessIdentity {
    /// The identity as the name of a file: number, start and boot.
    fileprivate var name: String { "\(pid).\(startTime).\(bootID)" }

    /// nil where it is not such a name.
    fileprivate init?(name: String) {
        let words = name.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count == 3, let pid = pid_t(words[0]), let start = UInt64(words[1]), pid > 1 else { return nil }
        self.init(bootID: String(words[2]), pid: pid, startTime: start)
    }
}
