import YggCore

/// How fast answers of Ollama are read, without a network: what benchmarks call.
package enum OllamaReadingSpeed {
    /// Reads so many megabytes of an answer, in the pieces that a network delivers.
    /// - Returns: megabytes a second.
    package static func measure(megabytes: Int) -> Double {
        let place = ModelPlace(model: "m", endpoint: "")
        var decoder = OllamaReplyDecoder(
            place: place,
            prompt: PromptGauge(bytes: 0),
            ids: CallIDs(SeededRandom(seed: 1))
        )
        let lines = sample(bytes: 1 << 20)
        let pieces = stride(from: 0, to: lines.count, by: 16 << 10).map {
            Array(lines[$0..<min($0 + 16 << 10, lines.count)])
        }
        var read = 0
        var events = 0
        let began = ContinuousClock.now
        // An answer has a longest length; beyond it the next one begins.
        let (rounds, perAnswer) = (megabytes, OllamaReplyDecoder.maxReplyBytes >> 21)
        for round in 0..<rounds {
            if round % perAnswer == 0 {
                decoder = OllamaReplyDecoder(
                    place: place,
                    prompt: PromptGauge(bytes: 0),
                    ids: CallIDs(SeededRandom(seed: 1))
                )
            }
            for piece in pieces {
                guard let found = try? decoder.feed(piece) else { return 0 }
                read += piece.count
                events += found.count
            }
        }
        let seconds = began.duration(to: .now) / .seconds(1)
        return events > 0 ? Double(read) / 1_000_000 / seconds : 0
    }

    /// Lines as a model says them: a word each.
    private static func sample(bytes: Int) -> [UInt8] {
        let words = [
            "The", " quick", " brown", " \\u00e9t\\u00e9", " fox", "\\n", " jumps", " 🌳", ".", " func", "(", ") {",
        ]
        var out: [UInt8] = []
        var index = 0
        while out.count < bytes {
            let word = words[index % words.count]
            out +=
                """
                {"model":"qwen2.5-coder:3b","created_at":"2026-01-02T03:04:05.678901234Z",\
                "message":{"role":"assistant","content":"\(word)"},"done":false}\n
                """.utf8
            index += 1
        }
        return out
    }
}
