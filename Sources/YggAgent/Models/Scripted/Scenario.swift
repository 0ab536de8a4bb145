package import YggCore

/// What a scripted provider says: turns, picked by the step of the conversation and by what was said last.
///
/// A step is counted by what the assistant has said, not by how often it was asked, so a conversation that goes on after
/// a restart goes on in its scenario too.
package struct Scenario: Sendable, Hashable {
    package struct Turn: Sendable, Hashable {
        /// The step that this answers, from 1; nil where any.
        package var step: Int?
        /// What the last message must contain.
        package var contains: String?
        /// How often it is played; nil is without end.
        package var times: Int?
        /// Before the first word.
        package var delay: Milliseconds
        package var thinking: String
        /// Said in these pieces.
        package var text: [String]
        package var calls: [Call]
        package var promptTokens: Int64?
        package var outputTokens: Int64?
        package var ending: Ending
    }

    package struct Call: Sendable, Hashable {
        package var name: String
        package var arguments: JSONObject
    }

    package enum Ending: Sendable, Hashable {
        case end(EndReason)
        /// Everything was said, and the stream ends without its last line.
        case withoutDone
        /// Silence, until somebody's patience is over.
        case stall
        case failure(ModelFailure.Code, String)
    }

    package var name: String
    package var info: ModelInfo
    package var turns: [Turn]

    /// The turn for a step, or nil where the scenario has none.
    /// - Parameter played: how often the turn of an index was played already.
    func turn(step: Int, last: String, played: (Int) -> Int) -> (index: Int, turn: Turn)? {
        turns.enumerated().first { index, turn in
            (turn.step ?? step) == step && turn.contains.map { last.contains($0) } ?? true
                && turn.times.map { played(index) < $0 } ?? true
        }.map { ($0.offset, $0.element) }
    }
}
