import Glibc
import Synchronization
import YggCore
import YggProtocol

/// The artifacts of an executor that wait for their coordinator: a folder for each attempt. A report that names one is
/// not sent before it.
final class ArtifactShelf: Sendable {
    private let directory: String
    private let link: any ArtifactLink
    private let waiting: Mutex<Set<LeaseKey>>

    /// Finds what an earlier life left, and removes what belongs to no report that is still to be delivered.
    init(_ directory: String, link: any ArtifactLink, undelivered: Set<LeaseKey>) {
        self.directory = directory
        self.link = link
        let names = Dictionary(undelivered.map { (Self.name(of: $0), $0) }) { $1 }
        var found: Set<LeaseKey> = []
        for name in LocalFiles.names(in: directory) {
            if let key = names[name] {
                found.insert(key)
            } else {
                Self.remove("\(directory)/\(name)")
            }
        }
        waiting = Mutex(found)
    }

    private static func name(of key: LeaseKey) -> String { "\(key.task)-\(key.epoch)" }
    private func folder(of key: LeaseKey) -> String { "\(directory)/\(Self.name(of: key))" }

    func desk(for key: LeaseKey, offline: OfflinePolicy) -> ArtifactDesk {
        ArtifactDesk(folder: folder(of: key), key: key, link: link, mayWait: offline == .continue) { [self] in
            waiting.withLock { _ = $0.insert(key) }
        }
    }

    func waits(for keys: Set<LeaseKey>) -> Bool { waiting.withLock { !$0.isDisjoint(with: keys) } }

    /// Sends what waits for one of these leases.
    /// - Returns: the leases of which something will never be taken.
    /// - Throws: where the coordinator does not answer, or asks to be left alone.
    func deliver(_ keys: Set<LeaseKey>) async throws(LinkError) -> Set<LeaseKey> {
        var refused: Set<LeaseKey> = []
        for key in waiting.withLock({ $0.intersection(keys) }).sorted() {
            do throws(LinkError) {
                try await deliver(key)
                forget(key)
            } catch {
                guard case .refused(let problem) = error, !problem.mayPass else { throw error }
                // Whether the lease is gone, its report will be told by itself.
                if problem.code != "lease-lost" { refused.insert(key) }
                forget(key)
            }
        }
        return refused
    }

    private func deliver(_ key: LeaseKey) async throws(LinkError) {
        let folder = folder(of: key)
        for name in LocalFiles.names(in: folder) where !name.hasPrefix(".") {
            var measure = ArtifactMeasure()
            do {
                let pieces = try FilePieces("\(folder)/\(name)")
                while let piece = try pieces.next() { measure.update(piece) }
            } catch {
                throw .unreachable("\(folder)/\(name) cannot be read: \(error)")
            }
            try await link.put(measure.artifact, at: "\(folder)/\(name)", of: key)
            unlink("\(folder)/\(name)")
        }
    }

    /// Nothing of the lease is of any more use.
    func forget(_ key: LeaseKey) {
        waiting.withLock { _ = $0.remove(key) }
        Self.remove(folder(of: key))
    }

    private static func remove(_ folder: String) {
        for name in LocalFiles.names(in: folder) { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }
}
