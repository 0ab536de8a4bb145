/// How long the stretches of a streamed answer may take.
///
/// Connecting is not among them: that is the client's own, see `SharedHTTPClients`.
package struct StreamPatience: Sendable, Hashable {
    /// From the request until the first byte of the answer's body.
    package var firstByte: Duration
    /// Between two pieces of the body. Time in which the reader has not asked for more does not count.
    package var silence: Duration
    /// The whole exchange.
    package var whole: Duration

    package init(firstByte: Duration, silence: Duration, whole: Duration) {
        self.firstByte = firstByte
        self.silence = silence
        self.whole = whole
    }
}

/// A streamed answer that took longer than its reader's patience: which stretch of it, and how long that was.
package struct StreamStall: Error, Sendable, Hashable {
    package enum Stretch: Sendable, Hashable { case firstByte, silence, whole }

    package var stretch: Stretch
    package var after: Duration
}
