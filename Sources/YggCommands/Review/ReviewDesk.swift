import YggClient
import YggCore
import YggProtocol

/// Carries a review out: shows what it says, reads what the person types, and tells the coordinator what they decided.
struct ReviewDesk {
    let client: CoordinatorClient
    let keys: KeyReader
    private let terminal = Terminal.output
    private let landings: LandingWatch
    private var pager = DiffPager([], width: nil)

    /// The rows that prompt and answers take below a page.
    private static let rowsBelow = 3
    private static let fewestRows = 5

    init(client: CoordinatorClient, keys: KeyReader) {
        self.client = client
        self.keys = keys
        landings = LandingWatch(client: client)
    }

    /// - Returns: what it came to, once nothing is under way any more.
    mutating func review(_ items: [ReviewItem]) async throws -> ReviewTally {
        var session = ReviewSession(items, confirmsRejection: keys.isTerminal)
        try await withThrowingTaskGroup(of: Void.self) { group in
            try await carryOut(session.begin(), of: &session, &group)
            var isTold = false
            while true {
                for landing in await landings.take() {
                    let effects = session.handle(.landing(task: landing.task, landing.outcome))
                    try await carryOut(effects, of: &session, &group)
                }
                let input: ReviewSession.Input
                switch session.wants {
                case .nothing: return
                case .key: input = await key()
                case .confirmation: input = await keys.key().map(ReviewSession.Input.typed) ?? .endOfInput
                case .note: input = await note()
                case .answer(let answer, let item, let comment): input = try await tell(answer, item, comment)
                case .landing:
                    if !isTold {
                        say("Waiting for \(counted(session.underWay, "landing", "landings")).")
                        isTold = true
                    }
                    for landing in await landings.next() {
                        let effects = session.handle(.landing(task: landing.task, landing.outcome))
                        try await carryOut(effects, of: &session, &group)
                    }
                    continue
                }
                try await carryOut(session.handle(input), of: &session, &group)
            }
        }
        return session.tally
    }

    // MARK: - The person

    private func key() async -> ReviewSession.Input {
        let key = await keys.key(ReviewText.prompt(linesLeft: pager.left, style: terminal.style))
        // The key itself is not echoed; the line it was typed on ends here.
        if keys.isTerminal { Console.out("\(key.map { DisplayText.oneLine($0) } ?? "")\n") }
        return key.map(ReviewSession.Input.typed) ?? .endOfInput
    }

    private func note() async -> ReviewSession.Input {
        if keys.isTerminal { Console.out(terminal.style(.bold, "What should be different? ")) }
        return await keys.line().map(ReviewSession.Input.typed) ?? .endOfInput
    }

    private mutating func carryOut(
        _ effects: [ReviewSession.Effect],
        of session: inout ReviewSession,
        _ group: inout ThrowingTaskGroup<Void, any Error>
    ) async throws {
        var effects = effects
        while let input = try await show(effects, &group) { effects = session.handle(input) }
    }

    /// - Returns: what the session has to hear of it: that something could not be shown.
    private mutating func show(
        _ effects: [ReviewSession.Effect],
        _ group: inout ThrowingTaskGroup<Void, any Error>
    ) async throws -> ReviewSession.Input? {
        for effect in effects {
            switch effect {
            case .show(let item, let left):
                do { try await show(item, left) } catch is CancellationError { throw CancellationError() } catch {
                    return .unshown(CommandFailure(describing: error).message)
                }
            case .page: Console.out(pager.next(rows: terminal.height.map { max(Self.fewestRows, $0 - Self.rowsBelow) }))
            case .help: Console.out(ReviewText.help)
            case .say(let text): say(text)
            case .watch(let item): group.addTask { [landings] in await landings.watch(item.task) }
            }
        }
        return nil
    }

    private mutating func show(_ item: ReviewItem, _ left: Int) async throws {
        let diff = try await diff(of: item)
        let head = ReviewText.head(item, left: left, now: ProcessContext.now(), style: terminal.style)
        Console.out(head)
        pager = DiffPager(ReviewText.body(item, diff: diff, style: terminal.style), width: terminal.width)
        let taken = DisplayText.lines(head).count
        Console.out(pager.next(rows: terminal.height.map { max(Self.fewestRows, $0 - taken - Self.rowsBelow) }))
    }

    /// The whole of it, not the beginning that a list carries; nil where it asks about something else.
    private func diff(of item: ReviewItem) async throws -> String? {
        guard item.approval["diffTruncated"]?.boolValue == true,
            let hash = item.approval["diffSha256"]?.stringValue
        else { return item.approval["diff"]?.stringValue }
        var bytes: [UInt8] = []
        try await client.artifact(hash, of: item.task) { bytes += $0 }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func say(_ text: String) { Console.out(terminal.style(.dim, DisplayText.oneLine(text)) + "\n") }

    // MARK: - The coordinator

    private func tell(
        _ answer: ApprovalAnswer,
        _ item: ReviewItem,
        _ comment: String?
    ) async throws -> ReviewSession.Input {
        do {
            let decided = try await client.answer(answer, item.task, digest: item.digest, comment: comment)
            let verdict = decided["decision"]?.stringValue.flatMap(ApprovalDecision.Verdict.init(rawValue:))
            return .decided(verdict ?? (answer == .approve ? .approved : .rejected))
        } catch let problem as Problem where problem.status == 409 || problem.status == 404 {
            let task = try? await client.task(item.task)
            let now = try? await client.approvals(of: item.task).first { $0["decision"] == nil }
            if let now, now["digest"]?.stringValue != item.digest { return .stale(ReviewItem(now, task: task)) }
            return .gone("\(item.task): \(problem.detail)")
        }
    }
}
