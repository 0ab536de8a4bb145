/// Sees when a model goes round in circles. What it sees are calls and what came of them, in the order of both.
struct LoopWatch: Sendable {
    enum Sign: Sendable, Hashable {
        case fine
        /// Once more, and nobody has to be worried yet.
        case repeats
        /// It will not find out by itself. One sentence.
        case stuck(String)
    }

    static let sameAction = 4
    static let sameError = 3
    static let pingPong = 6
    static let monologue = 3
    static let emptyEdits = 3

    private struct Act: Hashable {
        var call: Fingerprint
        var result: Fingerprint
    }

    private var acts: [Act] = []
    private var errors: [Fingerprint] = []
    private var talked = 0
    private var emptied = 0

    /// A call was answered.
    mutating func record(_ call: ToolCall, result: String, isError: Bool) -> Sign {
        talked = 0
        acts.append(Act(call: Fingerprint(call), result: Fingerprint(result: result)))
        if acts.count > Self.pingPong { acts.removeFirst() }
        if isError { errors.append(Fingerprint(result)) } else { errors = [] }
        if errors.count > Self.sameError { errors.removeFirst() }

        let equal = acts.reversed().prefix { $0 == acts.last }.count
        if equal >= Self.sameAction {
            return .stuck("It called \(call.name) \(Self.sameAction) times in a row, each time with the same result.")
        }
        if errors.count == Self.sameError, errors.allSatisfy({ $0 == errors[0] }) {
            return .stuck("It met the same error \(Self.sameError) times in a row: \(Self.first(result))")
        }
        let alternating = alternation
        if alternating >= Self.pingPong {
            return .stuck("It went to and fro between the same two calls, \(Self.pingPong) calls long.")
        }
        let isSameError = errors.count > 1 && errors[errors.count - 1] == errors[errors.count - 2]
        return equal > 1 || isSameError || alternating >= 4 ? .repeats : .fine
    }

    /// It answered without calling anything.
    mutating func recordTalk() -> Sign {
        talked += 1
        guard talked >= Self.monologue else { return talked > 1 ? .repeats : .fine }
        return .stuck("It answered \(Self.monologue) times in a row without calling a tool.")
    }

    /// It edited, and nothing came of it.
    mutating func recordEmptyEdit() -> Sign {
        emptied += 1
        guard emptied >= Self.emptyEdits else { return .repeats }
        return .stuck("It edited \(Self.emptyEdits) times in a row without changing anything.")
    }

    mutating func recordChange() { (emptied, talked) = (0, 0) }

    /// How many acts at the end go to and fro between two.
    private var alternation: Int {
        guard acts.count > 1, acts[acts.count - 1] != acts[acts.count - 2] else { return 0 }
        var count = 2
        while count < acts.count, acts[acts.count - 1 - count] == acts[acts.count + 1 - count] { count += 1 }
        return count
    }

    private static func first(_ text: String) -> String {
        VisibleText.cut(String(text.prefix { $0 != "\n" }), to: 200)
    }
}
