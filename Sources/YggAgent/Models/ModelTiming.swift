package import YggClient

/// How long a model may be silent before it is given up.
///
/// Connecting has a timer of its own, in the client: two seconds to this machine, five to another.
package struct ModelTiming: Sendable, Hashable {
    /// From the question to the first byte. It holds the wait in the server's queue, the load of the model and the
    /// reading of the prompt, which on a processor alone takes minutes.
    package var firstToken: Duration
    /// Between two tokens.
    package var betweenTokens: Duration
    /// For the whole answer.
    package var whole: Duration

    package init(firstToken: Duration, betweenTokens: Duration, whole: Duration) {
        self.firstToken = firstToken
        self.betweenTokens = betweenTokens
        self.whole = whole
    }

    /// For a household's own machines.
    package static let selfHosted = ModelTiming(
        firstToken: .seconds(600),
        betweenTokens: .seconds(180),
        whole: .seconds(1800)
    )
    /// For machines whose models are always loaded.
    package static let hosted = ModelTiming(
        firstToken: .seconds(120),
        betweenTokens: .seconds(60),
        whole: .seconds(1800)
    )

    package var patience: StreamPatience {
        StreamPatience(firstByte: firstToken, silence: betweenTokens, whole: whole)
    }
}
