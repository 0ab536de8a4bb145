import YggAgent
import YggCore

extension OllamaDouble {
    /// A provider that asks it, and gives up as soon as it can.
    func provider(
        timing: ModelTiming = .test(),
        tries: Int = 1,
        breaker: Breaker.Limits = Breaker.Limits(),
        now: @escaping @Sendable () -> Instant = monotonicNow
    ) -> OllamaProvider {
        let settings = OllamaSettings(
            host: OllamaHost(parsing: address),
            numCtx: 8192,
            timing: timing,
            retry: ModelRetryPolicy(maxTries: tries, firstPause: 1, longestPause: 2),
            breaker: breaker
        )
        return OllamaProvider(settings, seed: 1, now: now)
    }
}

extension ModelTiming {
    /// Long, but for what the test is about.
    static func test(
        firstToken: Duration = .seconds(50),
        betweenTokens: Duration = .seconds(50),
        whole: Duration = .seconds(50)
    ) -> ModelTiming {
        ModelTiming(firstToken: firstToken, betweenTokens: betweenTokens, whole: whole)
    }
}
