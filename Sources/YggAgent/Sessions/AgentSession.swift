package import YggCore

/// A session that is open: its file, and the loop as its records have made it.
package struct AgentSession: Sendable {
    package let header: SessionHeader
    let file: SessionFile
    var loop: AgentLoop
    /// What is to be done next.
    var effects: [AgentLoop.Effect]
    /// Time at work so far.
    var elapsed: Milliseconds
    /// What people have said to it, oldest first, as of when it was opened.
    package private(set) var comments: [String] = []

    package var path: String { file.path }
    /// Answers of the model so far.
    package var steps: Int { loop.steps }
    /// How it ended, for now; nil while there is something to be done.
    package var end: AgentEnd? { if case .finish(let end) = effects.first { end } else { nil } }

    /// Begins a session.
    /// - Parameters:
    ///   - path: of its file, which must not exist; its directory must.
    ///   - tools: what the model is offered.
    package static func begin(
        _ task: AgentTask,
        at path: String,
        tools: [ToolSpec],
        provider: ProviderIdentity,
        now: Timestamp
    ) async throws(SessionError) -> AgentSession {
        let header = SessionHeader(task: task, provider: provider, began: now)
        let file = try await SessionFile.create(path, header)
        var session = AgentSession(
            header: header,
            file: file,
            loop: AgentLoop(task: task, tools: tools),
            effects: [],
            elapsed: .zero
        )
        session.feed(.began, at: .zero)
        return session
    }

    /// Goes on with a session, in this process or another, on this machine or another. The workspace has to be as the
    /// session left it: see ``AgentEnd/checkpoint``.
    /// - Parameter comment: what a person says to it; the next message that the model reads.
    package static func resume(
        at path: String,
        tools: [ToolSpec],
        comment: String? = nil
    ) async throws(SessionError) -> AgentSession {
        struct Replay: Sendable {
            var header: SessionHeader
            var loop: AgentLoop
            var at = Milliseconds.zero
            var comments: [String] = []
        }
        let (file, replay) = try await SessionFile.open(path) { header in
            Replay(header: header, loop: AgentLoop(task: header.task, tools: tools))
        } take: { replay, record in
            replay.at = record.at
            if case .comment(let text) = record.input { replay.comments.append(text) }
            _ = replay.loop.handle(record.input, now: Instant(record.at))
        }
        var session = AgentSession(
            header: replay.header,
            file: file,
            loop: replay.loop,
            effects: [],
            elapsed: replay.at
        )
        session.comments = replay.comments
        session.feed(.resumed, at: session.elapsed)
        if let comment { session.say(comment) }
        return session
    }

    /// Writes down what happened and decides what is next. Nothing is done before ``SessionFile/flush()``.
    mutating func feed(_ input: AgentLoop.Input, at: Milliseconds) {
        elapsed = at
        file.append(SessionRecord(at: at, input))
        effects = loop.handle(input, now: Instant(at))
    }

    /// Writes down what is no answer to the open effect. It stays open, unless there is another now.
    mutating func note(_ input: AgentLoop.Input, at: Milliseconds) {
        let before = effects
        feed(input, at: at)
        if effects.isEmpty { effects = before }
    }

    /// What a person says is heard with the next question, or begins the work anew. It is written down before the first
    /// step that follows.
    package mutating func say(_ comment: String) { note(.comment(comment), at: elapsed) }
}

extension Instant {
    /// On the clock of a session: zero when it began, and standing still while nobody works on it.
    fileprivate init(_ elapsed: Milliseconds) { self = Instant(nanoseconds: 0) + elapsed }
}
