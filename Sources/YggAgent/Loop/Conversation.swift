import YggCore

/// What the model is told and has said, as far as there is room for it.
///
/// It only grows at its end, so that the server finds all but the newest in its cache, until it is compacted: then the
/// oldest goes, and it grows again.
struct Conversation: Sendable, Hashable {
    /// An answer of the model and what came of it. The first one has no answer.
    private struct Turn: Sendable, Hashable {
        var messages: [ModelMessage]
        var bytes: Int { messages.reduce(0) { $0 + $1.size } }
    }

    /// Results shorter than this are not worth replacing.
    private static let short = 160
    /// Turns at the end that keep all they have, as long as that is possible.
    private static let kept = 2

    /// The task. It stays.
    private(set) var head: ModelMessage?
    private var turns: [Turn] = []
    /// Turns that were dropped.
    private var dropped = 0
    private var note: ModelMessage?
    /// Of all messages together.
    private(set) var bytes = 0

    mutating func begin(_ text: String) {
        head = .user(text)
        bytes = recount
    }

    var messages: [ModelMessage] {
        var messages = head.map { [$0] } ?? []
        if let note { messages.append(note) }
        for turn in turns { messages += turn.messages }
        return messages
    }

    mutating func append(_ message: ModelMessage) {
        if case .assistant = message {
            turns.append(Turn(messages: [message]))
        } else if turns.isEmpty {
            turns.append(Turn(messages: [message]))
        } else {
            turns[turns.count - 1].messages.append(message)
        }
        bytes += message.size
    }

    /// What the model was given to read lately, for telling quotations from calls.
    var heard: [String] {
        messages.suffix(24).compactMap { message in
            switch message {
            case .toolResult(let turn): turn.content
            case .user(let text): text
            case .assistant, .system: nil
            }
        }
    }

    // MARK: - Compaction

    /// Makes it short enough if it can be: old outputs go first, then old turns, then the middle of what is left.
    /// - Parameters:
    ///   - summary: stands for what is gone, given the number of turns that are.
    ///   - task: said again at the end, since what stands last is what small models go by.
    mutating func compact(to target: Int, task: String, summary: (Int) -> String) {
        for index in turns.indices.dropLast(Self.kept) where bytes > target {
            for place in turns[index].messages.indices {
                turns[index].messages[place] = turns[index].messages[place].withoutOutput(shorterThan: Self.short)
            }
            bytes = recount
        }
        while bytes > target, turns.count > 1 {
            turns.removeFirst()
            dropped += 1
            bytes = recount
        }
        if bytes > target, let last = turns.last {
            let room = max(400, target / 2 / max(1, last.messages.count))
            turns[turns.count - 1].messages = last.messages.map { $0.cut(to: room) }
        }
        note = .user(summary(dropped))
        bytes = recount
        append(.user(task))
    }

    private var recount: Int {
        turns.reduce((head?.size ?? 0) + (note?.size ?? 0)) { $0 + $1.bytes }
    }
}

extension ModelMessage {
    /// In bytes, with what the form around it takes.
    var size: Int {
        switch self {
        case .system(let text), .user(let text): text.utf8.count + 24
        case .toolResult(let turn): turn.content.utf8.count + turn.tool.utf8.count + 48
        case .assistant(let turn):
            turn.calls.reduce(turn.text.utf8.count + turn.thinking.utf8.count + 24) { size, call in
                call.arguments.members.reduce(size + call.name.utf8.count + 48) {
                    $0 + $1.key.utf8.count + ($1.value.stringValue?.utf8.count ?? 8) + 8
                }
            }
        }
    }

    /// Of a result only that there was one; of an answer only what it called.
    fileprivate func withoutOutput(shorterThan limit: Int) -> ModelMessage {
        switch self {
        case .toolResult(var turn):
            guard turn.content.utf8.count > limit else { return self }
            turn.content = "[left out to save room; call \(turn.tool) again if you need it]"
            return .toolResult(turn)
        case .user(let text):
            guard text.utf8.count > 4 * limit else { return self }
            return .user(text.shortened(to: 2 * limit))
        case .assistant(var turn):
            turn.thinking = ""
            turn.text = turn.text.shortened(to: 2 * limit)
            turn.calls = turn.calls.map { call in
                var call = call
                for (name, value) in call.arguments.members where (value.stringValue?.utf8.count ?? 0) > 2 * limit {
                    // In words that would be refused as an elision, should the model write them into a file.
                    call.arguments[name] = "[... content omitted ...]"
                }
                return call
            }
            return .assistant(turn)
        case .system: return self
        }
    }

    fileprivate func cut(to limit: Int) -> ModelMessage {
        switch self {
        case .system: return self
        case .user(let text): return .user(text.shortened(to: limit))
        case .toolResult(var turn):
            turn.content = turn.content.shortened(to: limit)
            return .toolResult(turn)
        case .assistant(var turn):
            turn.thinking = ""
            turn.text = turn.text.shortened(to: limit)
            for (index, call) in turn.calls.enumerated() {
                for (name, value) in call.arguments.members where (value.stringValue?.utf8.count ?? 0) > limit {
                    turn.calls[index].arguments[name] = "[... content omitted ...]"
                }
            }
            return .assistant(turn)
        }
    }
}

extension String {
    /// Its beginning and its end, and in between how much is missing.
    func shortened(to limit: Int) -> String {
        guard utf8.count > limit else { return self }
        let half = limit / 2
        let bytes = Array(utf8)
        let head = String(decoding: bytes.prefix(half), as: UTF8.self)
        let tail = String(decoding: bytes.suffix(half), as: UTF8.self)
        return "\(head)\n[… \(bytes.count - 2 * half) bytes left out …]\n\(tail)"
    }
}
