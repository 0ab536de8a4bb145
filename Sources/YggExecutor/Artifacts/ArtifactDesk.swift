import Glibc
import Logging
import Synchronization
import SystemPackage
import YggClient
import YggCore
import YggProtocol

/// Where one attempt leaves artifacts, and finds those of its task.
package struct ArtifactDesk: Sendable {
    /// Where bytes go that are not on their way yet.
    let folder: String
    let key: LeaseKey
    /// nil where nobody takes them: they stay in the folder.
    let link: (any ArtifactLink)?
    /// Whether the attempt may go on while the coordinator is away: then its artifacts wait in the folder, and go before
    /// the report that names them.
    let mayWait: Bool
    /// Notes that something waits.
    let waits: @Sendable () -> Void

    /// Artifacts that stay on this machine.
    static func local(_ key: LeaseKey, workspaceRoot: String) -> ArtifactDesk {
        ArtifactDesk(
            folder: "\(localDirectory(in: workspaceRoot))/\(key.task)-\(key.epoch)",
            key: key,
            link: nil,
            mayWait: true
        ) {}
    }

    static func localDirectory(in workspaceRoot: String) -> String { "\(workspaceRoot)/artifacts" }

    func path(of sha256: String) -> String { "\(folder)/\(sha256)" }

    /// Takes pieces into the folder, under their hash.
    func take(_ next: () throws -> [UInt8]?) throws -> Artifact {
        try LocalFiles.makeDirectory(folder, mode: 0o700)
        let draft = "\(folder)/.\(UInt64.random(in: .min ... .max))"
        do {
            let file = try FileDescriptor.open(
                FilePath(draft),
                .writeOnly,
                options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: [.ownerReadWrite]
            )
            var measure = ArtifactMeasure()
            try file.closeAfter {
                while let piece = try next() {
                    measure.update(piece)
                    try file.writeAll(piece)
                }
                // What is named in a report that outlives a power failure must outlive it, too.
                guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
            }
            guard rename(draft, path(of: measure.artifact.sha256)) == 0 else { throw Errno(rawValue: errno) }
            return measure.artifact
        } catch {
            unlink(draft)
            throw error
        }
    }

    /// Brings what was taken to the coordinator, however often it takes.
    /// - Throws: the refusal of a coordinator that will not change its mind, or a cancelled attempt's failure.
    func send(_ artifact: Artifact) async throws(HandlerFailure) {
        guard let link else { return }
        var backoff = Backoff(first: .milliseconds(200), limit: .seconds(5))
        while true {
            do throws(LinkError) {
                try await link.put(artifact, at: path(of: artifact.sha256), of: key)
                unlink(path(of: artifact.sha256))
                return
            } catch {
                switch error {
                case .unreachable where mayWait: return waits()
                case .refused(let problem) where !problem.mayPass: throw .refusedArtifact(problem)
                default: break
                }
            }
            guard (try? await Task.sleep(for: backoff.next())) != nil else { throw .cancelled() }
        }
    }

    /// Writes an artifact of the task to `path`, and checks that it is what its hash says.
    func fetch(_ sha256: String, to path: String) async throws(HandlerFailure) {
        // What this attempt took itself need not have arrived yet.
        let own = try? FilePieces(self.path(of: sha256))
        var backoff = Backoff(first: .milliseconds(200), limit: .seconds(5))
        while true {
            do throws(LinkError) {
                if try await copy(sha256, own, to: path) { return }
                guard own == nil, link != nil else { throw LinkError.refused(.missingArtifact(sha256)) }
            } catch {
                if case .refused(let problem) = error, !problem.mayPass { throw .refusedArtifact(problem) }
            }
            guard (try? await Task.sleep(for: backoff.next())) != nil else { throw .cancelled() }
        }
    }

    /// - Returns: whether the bytes have the hash.
    private func copy(_ sha256: String, _ own: FilePieces?, to path: String) async throws(LinkError) -> Bool {
        let writer: FileDescriptor
        do {
            writer = try FileDescriptor.open(
                FilePath(path),
                .writeOnly,
                options: [.create, .truncate, .closeOnExec],
                permissions: [.ownerReadWrite]
            )
        } catch {
            throw .unreachable("\(path) cannot be written: \(error)")
        }
        defer { try? writer.close() }
        let measure = Mutex(ArtifactMeasure())
        let take = { @Sendable (piece: [UInt8]) throws in
            measure.withLock { $0.update(piece) }
            try writer.writeAll(piece)
        }
        if let own {
            do { while let piece = try own.next() { try take(piece) } } catch { throw .unreachable("\(error)") }
        } else if let link {
            try await link.get(sha256, of: key.task) { try take($0) }
        }
        return measure.withLock { $0.artifact.sha256 == sha256 }
    }
}

extension HandlerContext {
    /// Keeps a file as an artifact of the task: when this returns, a report may name it.
    /// - Parameter name: for people, such as `diff`.
    /// - Throws: where it cannot be read or kept, or the attempt is over.
    func upload(file path: String, name: String) async throws(HandlerFailure) -> Artifact {
        do {
            let pieces = try FilePieces(path)
            return try await upload(name, try artifacts.take { try pieces.next() })
        } catch let error as HandlerFailure {
            throw error
        } catch {
            throw .unusableWorkspace(path, error)
        }
    }

    /// Keeps bytes as an artifact of the task.
    func upload(_ bytes: [UInt8], name: String) async throws(HandlerFailure) -> Artifact {
        do {
            var rest: [UInt8]? = bytes
            let artifact = try artifacts.take {
                defer { rest = nil }
                return rest.flatMap { $0.isEmpty ? nil : $0 }
            }
            return try await upload(name, artifact)
        } catch let error as HandlerFailure {
            throw error
        } catch {
            throw .unusableWorkspace(artifacts.folder, error)
        }
    }

    private func upload(_ name: String, _ artifact: Artifact) async throws(HandlerFailure) -> Artifact {
        try await artifacts.send(artifact)
        var data: JSONObject = [
            "name": .string(name), "sha256": .string(artifact.sha256), "size": .int(artifact.size),
        ]
        if artifacts.link == nil { data.append("path", .string(artifacts.path(of: artifact.sha256))) }
        await emit(.artifact, data)
        return artifact
    }
}

extension Problem {
    fileprivate static func missingArtifact(_ sha256: String) -> Problem {
        Problem(
            status: 404,
            code: "artifact-missing",
            title: "Artifact missing",
            detail: "The bytes with the sha256 \(sha256) are not here, or not whole.",
            nextAction: "Make them again: ygg task retry."
        )
    }

    /// Whether the same request may have another answer later.
    var mayPass: Bool { retryable || status >= 500 || [408, 425, 429].contains(status) }
}

extension HandlerFailure {
    fileprivate static func refusedArtifact(_ problem: Problem) -> HandlerFailure {
        HandlerFailure(
            code: "artifact-refused",
            detail: "The coordinator does not take, or have, an artifact of this task: \(problem.detail)",
            retryable: false
        )
    }
}
