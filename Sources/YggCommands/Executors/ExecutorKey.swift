import YggCore

/// The key by which an executor is known to the coordinator it joined, as it is kept on its machine.
struct ExecutorKey: Sendable, Hashable {
    var executor: ExecutorID
    /// The only address it is shown to.
    var coordinator: String
    var key: String
    /// When to ask for the next one.
    var renewAt: Timestamp
    /// The next one, which the coordinator may or may not have heard of.
    var next: String?
    /// Of the invitation that the first key was asked for with; nil where nobody noted it.
    var invitation: TokenDigest?

    init(
        executor: ExecutorID,
        coordinator: String,
        key: String,
        renewAt: Timestamp,
        next: String? = nil,
        invitation: TokenDigest? = nil
    ) {
        self.executor = executor
        self.coordinator = coordinator
        self.key = key
        self.renewAt = renewAt
        self.next = next
        self.invitation = invitation
    }

    /// Its place below an executor's data.
    static func path(in dataDirectory: String) -> String { "\(dataDirectory)/executor/key.json" }

    /// - Returns: nil where there is none.
    /// - Throws: where it cannot be used, or others can read it.
    static func read(_ path: String) throws -> ExecutorKey? {
        guard let text = try PrivateFile.read(path) else { return nil }
        do {
            var reader = try ObjectReader(JSON(parsing: text))
            let name = try reader.required("executor") { $0.string("executor") }
            return ExecutorKey(
                executor: ExecutorID(trusted: name),
                coordinator: try reader.required("coordinator") { $0.string("coordinator") },
                key: try reader.required("key") { $0.string("key") },
                renewAt: Timestamp(milliseconds: try reader.required("renewAtMs") { $0.int("renewAtMs") }),
                next: reader.string("next"),
                invitation: reader.string("invitationSha256").flatMap(TokenDigest.init(hex:))
            )
        } catch {
            throw CommandFailure(
                "\(path) is not a key.",
                next: "Remove it and join again; an operator invites with: ygg token create NAME --role join",
                status: .usage
            )
        }
    }

    func write(_ path: String) throws {
        var object: JSONObject = [
            "executor": .string(executor.rawValue), "coordinator": .string(coordinator), "key": .string(key),
            "renewAtMs": .int(renewAt.milliseconds),
        ]
        object.append("next", .optional(next))
        object.append("invitationSha256", .optional(invitation?.text))
        try PrivateFile.write(JSON.object(object).prettyText + "\n", to: path)
    }

    /// A key that nobody knows yet.
    static func make() -> String {
        var random = SystemRandomNumberGenerator()
        return TokenSecret.make(.executor, random: &random)
    }
}
