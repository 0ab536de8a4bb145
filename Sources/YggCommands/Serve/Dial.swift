import Logging
import YggClient
import YggConfiguration
import YggCore
import YggExecutor
import YggTelemetry

/// That a machine has joined: its key, and where it lies.
struct Enrolment: Sendable {
    let key: ExecutorKey
    let path: String

    /// - Returns: nil where the machine has not joined.
    static func find(in settings: ResolvedSettings) throws -> Enrolment? {
        let path = ExecutorKey.path(in: settings.dataDirectory)
        return try ExecutorKey.read(path).map { Enrolment(key: $0, path: path) }
    }
}

/// How an executor reaches its coordinator, and what it shows there.
struct Dial: Sendable {
    let link: HTTPCoordinatorLink
    /// nil where there is no key to renew.
    let renewal: KeyRenewal?

    /// The key of a machine that has joined is shown to the coordinator that it joined, and to no other.
    init(
        _ settings: ResolvedSettings,
        id: ExecutorID,
        enrolment: Enrolment?,
        client: DedicatedHTTPClient,
        secrets: KnownSecrets,
        logger: Logger
    ) throws {
        if let enrolment { secrets.learn(enrolment.key) }
        let isSet = settings.origin(of: .coordinatorURL) != .fallback
        let url = isSet ? settings.coordinatorURL : enrolment?.key.coordinator ?? settings.coordinatorURL
        guard let enrolment, enrolment.key.coordinator == url else {
            if let other = enrolment?.key.coordinator {
                logger.warning("executor.key-unused", metadata: ["coordinator": "\(url)", "joined": "\(other)"])
            }
            link = HTTPCoordinatorLink(transport: client.transport(baseURL: url, token: settings.token))
            renewal = nil
            return
        }
        guard enrolment.key.executor == id else {
            throw CommandFailure.usage(
                "This machine has joined as \(enrolment.key.executor), and is to run as \(id).",
                next: "Leave --id out, or give this executor another --data-dir and let it join."
            )
        }
        let link = HTTPCoordinatorLink(transport: client.transport(baseURL: url, token: enrolment.key.key))
        self.link = link
        renewal = KeyRenewal(enrolment: enrolment, logger: logger) { path, body in
            try await link.send(path: path, body: body, timeout: .seconds(30))
        } use: { key in
            secrets.learn([Secret(name: "executor key", value: key)])
            link.use(client.transport(baseURL: url, token: key))
        }
    }
}
