import ArgumentParser
import YggClient
import YggConfiguration
import YggCoordinator
import YggCore
import YggExecutor
import YggProtocol

/// `ygg executor join`.
struct ExecutorJoin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join",
        abstract: "Let this machine join a fleet: exchange an invitation for a key of its own.",
        discussion: """
            An operator invites with `ygg token create NAME --role join`; NAME is the executor's id. The invitation is good
            once and for an hour. The key is made here and kept in the data directory, readable for its owner alone; the
            coordinator only ever learns its sha256 before it is used. It renews itself, and ends with
            `ygg token revoke NAME`.

            Afterwards `ygg executor` needs no more to be told. With --run it starts at once; the same line may then be
            started again, and finds that the machine has joined.

            EXAMPLES
              ygg executor join --coordinator http://surtr:5080 --token ygg_join_…
              ygg executor join --coordinator http://surtr:5080 --token - --run      (reads the invitation from its input)
            """
    )

    @OptionGroup var options: ServeOptions

    @Option(help: ArgumentHelp("Where the coordinator is.", valueName: "url"))
    var coordinator: String?

    @Option(help: ArgumentHelp("The invitation, or - to read it from standard input.", valueName: "one-time"))
    var token: String

    @Flag(name: .customLong("run"), help: "Run the executor afterwards.")
    var runsAfterwards = false

    @Option(help: ArgumentHelp("With --run: prefixes and kinds such as ops,git-log; or all.", valueName: "list"))
    var handlers: String?

    @Option(help: ArgumentHelp("With --run: how much it does at once.", valueName: "n"))
    var slots: String?

    @Option(name: .customLong("label"), help: ArgumentHelp("With --run: a label, repeatable.", valueName: "k=v"))
    var labels: [String] = []

    @Option(help: "With --run: the port; 0 picks a free one.")
    var port: String?

    func run() async throws {
        let program = RunningProgram()
        let here = try Surroundings(
            options.source(
                role: .executor,
                flags: [
                    .coordinatorURL: coordinator, .handlers: handlers, .slots: slots,
                    .labels: labels.isEmpty ? nil : labels.joined(separator: ","), .executorPort: port,
                ]
            )
        )
        let settings = here.settings
        let invitation = try TextArgument.read(token, option: "--token").filter { !$0.isWhitespace }
        let key = try await Joining(settings: settings).join(with: invitation)
        let path = ExecutorKey.path(in: settings.dataDirectory)
        Console.error("This machine is \(key.executor) of the fleet at \(key.coordinator). Its key is in \(path).\n")
        guard runsAfterwards else {
            Console.error("next: start it with: ygg executor\n")
            return
        }
        if try await ExecutorServe.serve(here) { try program.startAnew() }
    }
}

/// The exchange of an invitation for a key, which can be begun again wherever it was cut off.
struct Joining {
    let settings: ResolvedSettings

    /// When to ask for the next key where the answer that says so was lost: long before a key ends.
    private static let renewalOfLost = Milliseconds.days(30)

    /// - Returns: the key, kept on the disk and known to the coordinator.
    func join(with invitation: String) async throws -> ExecutorKey {
        let path = ExecutorKey.path(in: settings.dataDirectory)
        let draft = "\(path).joining"
        let coordinator = settings.coordinatorURL
        let digest = TokenDigest(of: invitation)
        let joined = try ExecutorKey.read(path)
        // A supervisor starts the same line again and again, also while the coordinator is away.
        if let joined, joined.coordinator == coordinator, joined.invitation == digest {
            try removeFile(draft)
            return joined
        }
        // Of an earlier try whose answer was lost: the same key again is the same request.
        let earlier = try ExecutorKey.read(draft).flatMap {
            $0.coordinator == coordinator && $0.invitation == digest ? $0 : nil
        }
        var key =
            earlier
            ?? ExecutorKey(
                executor: ExecutorID(trusted: "joining"),
                coordinator: coordinator,
                key: ExecutorKey.make(),
                renewAt: Timestamp(milliseconds: 0),
                invitation: digest
            )
        try key.write(draft)
        let grant: KeyGrant
        do {
            grant = try await exchange(invitation, for: key)
        } catch let problem as Problem where problem.status == 401 {
            if earlier != nil, let executor = try await holder(of: key) {
                key.executor = executor
                key.renewAt = ProcessContext.now() + Self.renewalOfLost
                try key.write(path)
                try removeFile(draft)
                return key
            }
            // With another invitation than that of the line, or before invitations were noted.
            guard let joined, joined.coordinator == coordinator else { throw problem }
            try removeFile(draft)
            return joined
        }
        if let wanted = settings.executorID, wanted != grant.executor {
            Console.error(
                "The invitation is for \(grant.executor): that is what this machine is called, not \(wanted).\n"
            )
        }
        key.executor = grant.executor
        key.renewAt = ProcessContext.now() + grant.renewIn
        try key.write(path)
        try removeFile(draft)
        return key
    }

    /// As whom the coordinator knows the key: an earlier request for it was heard, too long ago to be repeated.
    private func holder(of key: ExecutorKey) async throws -> ExecutorID? {
        do {
            let principal = try await CoordinatorClient(address: key.coordinator, token: key.key).whoAmI()
            guard principal["role"]?.stringValue == AccessRole.executor.rawValue else { return nil }
            return principal["name"]?.stringValue.flatMap { ExecutorID($0) }
        } catch let problem as Problem where problem.status == 401 {
            return nil
        }
    }

    private func exchange(_ invitation: String, for key: ExecutorKey) async throws -> KeyGrant {
        let client = CoordinatorClient(address: key.coordinator, token: invitation)
        let request = KeyRequest(digest: TokenDigest(of: key.key), host: ProcessContext.hostName)
        do {
            return try await client.join(request)
        } catch ClientError.unreachable(let url, let reason) {
            throw CommandFailure(
                "Cannot reach the coordinator at \(url): \(reason).",
                next: "Check the address. A coordinator that serves loopback alone needs coordinator.host and "
                    + "coordinator.publicUrl set before a second machine can reach it.",
                status: .unreachable
            )
        }
    }
}
