import Logging
import YggCoordinator
import YggCore
import YggExecutor
import YggProtocol

/// Gives an executor its next key before the one it has ends.
///
/// The next key is on the disk before the coordinator hears of it, and the old one stays good until the new one is used.
/// Cut off in between, it asks again for the same key, which is to ask once; only a key that the coordinator refuses for
/// good is given up for another.
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
                try await renew(&key)
                logger.notice("executor.key-renewed", metadata: ["executor.id": "\(key.executor)"])
            } catch is CancellationError {
                return
            } catch {
                logger.warning("executor.key-not-renewed", metadata: ["reason": "\(error)"])
                try? await Task.sleep(for: Self.pause.duration)
            }
        }
    }

    /// Puts the next key, known to the coordinator and kept, in the place of `key`.
    ///
    /// Where it throws, `key` says what the disk says, the key that was asked for included: asked again, it asks for the
    /// same one.
    func renew(_ key: inout ExecutorKey) async throws {
        let next = key.next ?? ExecutorKey.make()
        if key.next == nil {
            var asking = key
            asking.next = next
            try asking.write(enrolment.path)
            key = asking
        }
        let request = KeyRequest(digest: TokenDigest(of: next), host: ProcessContext.hostName)
        let answer: JSON
        do {
            answer = try await send("/v1/executors/\(key.executor)/key", request.json.bytes)
        } catch LinkError.refused(let problem) where problem.status == 409 {
            // That one is over already, or will never be taken: another try needs another key.
            var dropped = key
            dropped.next = nil
            try dropped.write(enrolment.path)
            key = dropped
            throw LinkError.refused(problem)
        }
        var reader = try ObjectReader(answer)
        let grant = try KeyGrant(reading: &reader)
        var renewed = key
        renewed.key = next
        renewed.next = nil
        renewed.renewAt = ProcessContext.now() + grant.renewIn
        try renewed.write(enrolment.path)
        key = renewed
        use(next)
    }
}
