import Testing

@testable import YggProcess

struct OutputCoalescerTests {
    private func chunk(_ stream: OutputStream, _ text: String) -> OutputChunk {
        OutputChunk(stream: stream, text: text)
    }

    @Test
    func `lines wait for company, but not longer than their age`() {
        var coalescer = OutputCoalescer()
        #expect(coalescer.deadline == nil)
        #expect(coalescer.append(.stdout, Array("one\n".utf8)[...], now: .milliseconds(0)) == [])
        #expect(coalescer.deadline == .milliseconds(50))
        #expect(coalescer.append(.stdout, Array("two\nthr".utf8)[...], now: .milliseconds(30)) == [])
        #expect(coalescer.flush(now: .milliseconds(49)) == [])
        #expect(coalescer.flush(now: .milliseconds(50)) == [chunk(.stdout, "one\ntwo\n")])
        #expect(coalescer.deadline == .milliseconds(80))
        #expect(coalescer.flush(now: .milliseconds(80)) == [chunk(.stdout, "thr")])
        #expect(coalescer.deadline == nil)
    }

    @Test
    func `a line that goes on growing is shown at last`() {
        var coalescer = OutputCoalescer()
        var shown: [OutputChunk] = []
        for tick in 0...50 {
            shown += coalescer.append(.stdout, Array(".".utf8)[...], now: .milliseconds(tick * 10))
        }
        #expect(shown == [chunk(.stdout, String(repeating: ".", count: 51))])
    }

    @Test
    func `a change of stream keeps the order`() {
        var coalescer = OutputCoalescer()
        #expect(coalescer.append(.stdout, Array("question: ".utf8)[...], now: .zero) == [])
        #expect(coalescer.append(.stderr, Array("warning\n".utf8)[...], now: .zero) == [chunk(.stdout, "question: ")])
        #expect(coalescer.finish() == [chunk(.stderr, "warning\n")])
    }

    @Test
    func `a scalar in two pieces is one scalar, even across the other stream`() {
        var coalescer = OutputCoalescer()
        let euro = Array("€".utf8)
        #expect(coalescer.append(.stdout, euro[..<1], now: .zero) == [])
        #expect(coalescer.deadline == nil)
        #expect(coalescer.append(.stderr, Array("x".utf8)[...], now: .zero) == [])
        #expect(coalescer.append(.stdout, euro[1...], now: .zero) == [chunk(.stderr, "x")])
        #expect(coalescer.finish() == [chunk(.stdout, "€")])
    }

    @Test
    func `half a scalar at the end is repaired`() {
        var coalescer = OutputCoalescer()
        #expect(coalescer.append(.stdout, [0xE2, 0x82], now: .zero) == [])
        #expect(coalescer.append(.stderr, [0xF0], now: .zero) == [])
        #expect(coalescer.finish() == [chunk(.stdout, "\u{FFFD}"), chunk(.stderr, "\u{FFFD}")])
        #expect(coalescer.finish() == [])
    }

    @Test
    func `a full chunk does not wait, and ends with a line`() {
        var coalescer = OutputCoalescer(maxBytes: 8)
        #expect(
            coalescer.append(.stdout, Array("abc\ndef\nghi".utf8)[...], now: .zero) == [chunk(.stdout, "abc\ndef\n")]
        )
        #expect(coalescer.finish() == [chunk(.stdout, "ghi")])
    }

    @Test
    func `a line that is too long is cut between scalars`() {
        var coalescer = OutputCoalescer(maxBytes: 8)
        #expect(
            coalescer.append(.stdout, Array("€€€€€".utf8)[...], now: .zero)
                == [chunk(.stdout, "€€"), chunk(.stdout, "€€")]
        )
        #expect(coalescer.finish() == [chunk(.stdout, "€")])
    }

    @Test(arguments: seeds(200))
    func `whatever is fed comes out, whole and in bounds`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let maxBytes = [4, 16, 100, 32 << 10].randomElement(using: &generator) ?? 4
        let maxAge = Duration.milliseconds(50)
        var coalescer = OutputCoalescer(maxBytes: maxBytes)
        let alphabet: [[UInt8]] = [
            Array("a".utf8), Array("\n".utf8), Array("é".utf8), Array("€".utf8), Array("🌳".utf8), [0], [0xFF],
            [0xC0, 0x80],
            [0xE0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90], [0xE2, 0x82], [0xF0, 0x9F],
        ]
        var fed: [OutputStream: [UInt8]] = [:]
        var chunks: [OutputChunk] = []
        var now = Duration.zero
        for _ in 0..<Int.random(in: 1...60, using: &generator) {
            let stream: OutputStream = Int.random(in: 0..<4, using: &generator) == 0 ? .stderr : .stdout
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...40, using: &generator) {
                bytes += alphabet.randomElement(using: &generator) ?? []
            }
            // Cut anywhere, as a pipe does.
            bytes.removeLast(Int.random(in: 0...min(2, bytes.count), using: &generator))
            fed[stream, default: []] += bytes
            chunks += coalescer.append(stream, bytes[...], now: now)
            #expect(coalescer.deadline.map { $0 > now && $0 <= now + maxAge } ?? true)
            now += .milliseconds(Int.random(in: 0...40, using: &generator))
            if let deadline = coalescer.deadline, deadline <= now {
                let due = coalescer.flush(now: deadline)
                #expect(!due.isEmpty, "A deadline must not be called for nothing.")
                chunks += due
            }
        }
        chunks += coalescer.finish()
        #expect(coalescer.deadline == nil)
        for stream in [OutputStream.stdout, .stderr] {
            let text = chunks.filter { $0.stream == stream }.map(\.text).joined()
            let expected = String(decoding: fed[stream] ?? [], as: UTF8.self)
            #expect(Array(text.utf8) == Array(expected.utf8))
        }
        #expect(chunks.allSatisfy { (1...maxBytes).contains($0.text.utf8.count) })
    }

    @Test(arguments: seeds(50))
    func `the order of both streams together is kept`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var coalescer = OutputCoalescer(maxBytes: 64)
        var fed: [String] = []
        var chunks: [OutputChunk] = []
        var now = Duration.zero
        for _ in 0..<200 {
            let stream: OutputStream = Bool.random(using: &generator) ? .stdout : .stderr
            let text = String("abcdefgh\n".shuffled(using: &generator))
            fed += text.map { "\(stream)\($0)" }
            chunks += coalescer.append(stream, Array(text.utf8)[...], now: now)
            now += .milliseconds(Int.random(in: 0...20, using: &generator))
        }
        chunks += coalescer.finish()
        #expect(chunks.flatMap { chunk in chunk.text.map { "\(chunk.stream)\($0)" } } == fed)
    }
}
