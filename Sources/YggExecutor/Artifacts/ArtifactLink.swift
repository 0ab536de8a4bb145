import YggClient
package import YggCore
import YggProtocol

/// The way of artifacts between an executor and its coordinator.
package protocol ArtifactLink: Sendable {
    /// Sends the file at `path`, which has these bytes, on behalf of an attempt. Sending it again does no harm.
    func put(_ artifact: Artifact, at path: String, of key: LeaseKey) async throws(LinkError)

    /// Reads an artifact of a task.
    func get(
        _ sha256: String,
        of task: TaskID,
        _ take: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws(LinkError)
}

/// Artifacts over HTTP, apart from the connections that leases depend on.
struct HTTPArtifactLink: ArtifactLink {
    /// What requests go over now: the key may be another one each time.
    let transport: @Sendable () -> HTTPTransport

    func put(_ artifact: Artifact, at path: String, of key: LeaseKey) async throws(LinkError) {
        // A slow link may be as slow as 64 KiB a second.
        let timeout = Duration.seconds(30 + artifact.size >> 16)
        let reply: HTTPReply
        do {
            let pieces = try FilePieces(path)
            reply = try await transport().forFiles.put(
                path: "/v1/tasks/\(key.task)/artifacts/\(artifact.sha256)?epoch=\(key.epoch)",
                length: artifact.size,
                timeout: timeout
            ) { try pieces.next() }
        } catch let error as TransportError {
            throw .unreachable(error.reason)
        } catch {
            throw .unreachable("\(error)")
        }
        guard (200..<300).contains(reply.status) else { throw .refused(Problem(reply)) }
    }

    func get(
        _ sha256: String,
        of task: TaskID,
        _ take: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws(LinkError) {
        let path = "/v1/tasks/\(task)/artifacts/\(sha256)"
        do {
            if let refusal = try await transport().forFiles.get(path: path, take) {
                throw LinkError.refused(Problem(refusal))
            }
        } catch let error as LinkError {
            throw error
        } catch let error as TransportError {
            throw .unreachable(error.reason)
        } catch {
            throw .unreachable("\(error)")
        }
    }
}
