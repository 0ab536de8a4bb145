import Logging
import YggCoordinator
import YggCore
import YggProtocol

/// Gives an executor its next key before the one it has ends.
///
/// The next key is on the disk before the coordinator hears of it, and the old one stays good until the new one is used:
/// wherever this is cut off, it can be begun again.
struct KeyRenewal: Sendable {
    let enrolment: Enrolment
    let logger: Logger
    /// Sends a request with the key of the moment.
    let send: @Sendable (_ path: String, _ body: [UInt8]) async throws -> JSON
    /// The next requests show this key.
    let use: @Sendable (_ key: String) -> Void

    /// The longest sleep: the clock of the machine may be set meanwhile.
    private static let longestSleep = Milliseconds.hours(1)
    /// Between two tries.
    private static let pause = Milliseconds.minutes(10)

    /// Goes on until the surrounding task is cancelled.
    func run() async {
        var key = enrolment.key
        while !Task.isCancelled {
            let wait = key.renewAt - ProcessContext.now()
            do {
                guard wait <= .zero else {
                    try await Task.sleep(for: min(wait, Self.longestSleep).duration)
                    continue
                }
                key = try await renewed(key)
                logger.notice("executor.key-renewed", metadata: ["executor.id": "\(key.executor)"])
            } catch is CancellationError {
                return
            } catch {
                logger.warning("executor.key-not-renewed", metadata: ["reason": "\(error)"])
                try? await Task.sleep(for: Self.pause.duration)
            }
        }
    }

    /// The next key, known to the coordinator and kept.
    func renewed(_ old: ExecutorKey) async throws -> ExecutorKey {
        var key = old
        let next = key.next ?? ExecutorKey.make()
        key.next = next
        try key.write(enrolment.path)
        let request = KeyRequest(digest: TokenDigest(of: next), host: ProcessContext.hostName)
        let answer = try await send("/v1/executors/\(key.executor)/key", request.json.bytes)
        var reader = try ObjectReader(answer)
        let grant = try KeyGrant(reading: &reader)
        key.key = next
        key.next = nil
        key.renewAt = ProcessContext.now() + grant.renewIn
        try key.write(enrolment.path)
        use(next)
        return key
    }
}
