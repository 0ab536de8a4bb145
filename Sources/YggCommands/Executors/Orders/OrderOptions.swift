import ArgumentParser
import YggClient
import YggCore

/// What every command shares that asks something of an executor's lifecycle.
struct OrderOptions: ParsableArguments {
    static let statuses = """
        STATUS  0 asked, with --wait: come true, 1 refused or no longer possible,
                2 usage, 3 cannot reach the coordinator, 4 timed out waiting
        """

    @Argument(help: "The executor's id.")
    var id: String

    @Option(help: ArgumentHelp("Why; shown wherever the executor is.", valueName: "text"))
    var note: String?

    @Flag(help: "Wait until it has come true.")
    var wait = false

    @Option(
        help: ArgumentHelp("Stop waiting after this long (30s, 2h); what was asked stands.", valueName: "duration"),
        transform: DurationArgument.parse
    )
    var timeout: Milliseconds?

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard ExecutorID(id) != nil else {
            throw ValidationError(
                "\"\(id)\" is not an executor id: 1 to 64 letters, digits, dots, dashes and underscores"
            )
        }
        if timeout != nil, !wait { throw ValidationError("--timeout bounds --wait: give both, or neither") }
    }

    /// Asks, and waits where that was asked for.
    func place(_ action: LifecycleAction, until: Timestamp? = nil, drainTimeout: Milliseconds? = nil) async throws {
        let client = try connection.client()
        let order = Lifecycle.Order(
            action: action,
            by: ProcessContext.user,
            why: note,
            until: until,
            drainTimeout: drainTimeout
        )
        let limit = TimeLimit(timeout)
        var executor = try await client.order(order, to: id)
        if wait {
            let watch = OrderWatch(client: client, goal: OrderGoal(action, of: executor)) { Results(output).hint($0) }
            executor = try await watch.wait(for: id, from: executor, limit: limit)
        }
        Results(output).one(executor) { OrderText.line(executor, action, style: $0) }
    }
}

/// Until when a pause lasts.
struct UntilOption: ParsableArguments {
    @Option(
        help: ArgumentHelp("Resume by itself at this time: RFC 3339, or from now (30m, 8h).", valueName: "time"),
        transform: { text in
            let now = ProcessContext.now()
            guard let time = TimeArgument.parse(text, now: now) else {
                throw ValidationError("\"\(text)\" is not a time such as 2026-03-01T07:00:00Z, 30m or 8h")
            }
            guard time > now else { throw ValidationError("\"\(text)\" is over") }
            return time
        }
    )
    var until: Timestamp?
}

/// How long work that is under way may go on.
struct DrainOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How long running work may go on before it is ended and handed back, uncounted. Default: the executor's own, 30s.",
            valueName: "duration"
        ),
        transform: DurationArgument.parse
    )
    var drainTimeout: Milliseconds?
}

/// What became of an order, in a line.
enum OrderText {
    static func line(_ executor: JSONObject, _ action: LifecycleAction, style: Style) -> String {
        let id = executor["id"]?.stringValue ?? ""
        let state = executor["state"]?.stringValue ?? ""
        let word = style(Style.emphasis(ofExecutor: ExecutorState(rawValue: state)), state)
        guard executor["pending"] != nil else { return "\(id) \(word)\n" }
        let isAway = state == ExecutorState.lost.rawValue || state == ExecutorState.stopped.rawValue
        return isAway
            ? "\(id) \(word): it hears of the \(action.rawValue) when it is back\n"
            : "\(id) \(word), asked to \(action.rawValue)\n"
    }
}
