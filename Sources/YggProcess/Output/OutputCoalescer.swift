/// Gathers the output of a command into chunks worth an event each: whole lines of one stream, as soon as they are
/// `maxBytes` long or `maxAge` old.
///
/// A pure value: time is passed in, as the time since any fixed moment. Whoever owns it calls ``flush(now:)`` when
/// ``deadline`` has come and ``finish()`` at the end.
///
/// The texts of one stream, put together, are its bytes decoded as a whole (invalid UTF-8 is repaired, a scalar is
/// never split over two chunks), and chunks come in the order in which the bytes were fed. The one exception is the
/// beginning of a scalar, which waits for its end even if the other stream comes in between.
package struct OutputCoalescer: Sendable {
    private static let newline = UInt8(ascii: "\n")

    private let maxBytes: Int
    private let maxAge: Duration
    /// How long a line may grow without end, as a row of progress dots does, before it is shown as it is.
    private let maxLineAge: Duration

    private var stream = OutputStream.stdout
    private var repairs: [OutputStream: UTF8Repair] = [.stdout: UTF8Repair(), .stderr: UTF8Repair()]
    /// Whole lines that wait, and since when the first of them does.
    private var lines: [UInt8] = []
    private var linesSince: Duration = .zero
    /// The line that has not ended, since when it does not, and when it last grew.
    private var line: [UInt8] = []
    private var lineSince: Duration = .zero
    private var lastAppend: Duration = .zero

    package init(
        maxBytes: Int = 32 << 10,
        maxAge: Duration = .milliseconds(50),
        maxLineAge: Duration = .milliseconds(500)
    ) {
        precondition(maxBytes >= 4, "A chunk must have room for the longest scalar.")
        self.maxBytes = maxBytes
        self.maxAge = maxAge
        self.maxLineAge = maxLineAge
    }

    /// When ``flush(now:)`` must be called; nil while nothing waits.
    package var deadline: Duration? {
        let ofLines = lines.isEmpty ? nil : linesSince + maxAge
        let ofLine = line.isEmpty ? nil : min(lastAppend + maxAge, lineSince + maxLineAge)
        guard let ofLines, let ofLine else { return ofLines ?? ofLine }
        return min(ofLines, ofLine)
    }

    /// Takes output and returns what is ready by size, by age, or because the stream changes.
    package mutating func append(
        _ stream: OutputStream,
        _ bytes: ArraySlice<UInt8>,
        now: Duration
    ) -> [OutputChunk] {
        var chunks: [OutputChunk] = []
        let text = repairs[stream, default: UTF8Repair()].append(bytes)
        guard !text.isEmpty else { return flush(now: now) }
        if stream != self.stream {
            emitAll(into: &chunks)
            self.stream = stream
        }
        add(text, now: now)
        emitFull(added: text.count, now: now, into: &chunks)
        return chunks + flush(now: now)
    }

    /// Returns what is old enough.
    package mutating func flush(now: Duration) -> [OutputChunk] {
        var chunks: [OutputChunk] = []
        if !line.isEmpty, now >= min(lastAppend + maxAge, lineSince + maxLineAge) {
            emitAll(into: &chunks)
        } else if !lines.isEmpty, now >= linesSince + maxAge {
            emit(&lines, upTo: lines.count, into: &chunks)
        }
        return chunks
    }

    /// Returns everything that is left: the output has ended.
    package mutating func finish() -> [OutputChunk] {
        var chunks: [OutputChunk] = []
        for stream in [stream, stream == .stdout ? .stderr : .stdout] {
            let rest = repairs[stream, default: UTF8Repair()].finish()
            guard stream == self.stream || !rest.isEmpty else { continue }
            if stream != self.stream {
                emitAll(into: &chunks)
                self.stream = stream
            }
            line += rest
            emitAll(into: &chunks)
        }
        return chunks
    }

    private mutating func add(_ text: [UInt8], now: Duration) {
        lastAppend = now
        guard let end = text.lastIndex(of: Self.newline) else {
            if line.isEmpty { lineSince = now }
            line += text
            return
        }
        if lines.isEmpty { linesSince = line.isEmpty ? now : lineSince }
        lines += line
        lines += text[...end]
        line = Array(text[(end + 1)...])
        lineSince = now
    }

    /// Emits while a whole chunk is there. Of `lines` and `line` together, what is left is shorter than a chunk.
    private mutating func emitFull(added: Int, now: Duration, into chunks: inout [OutputChunk]) {
        while lines.count >= maxBytes {
            emit(&lines, upTo: Self.cut(lines, maxBytes: maxBytes), into: &chunks)
            // What is left came with this call, unless it is more than that.
            if lines.count <= added { linesSince = now }
        }
        guard lines.count + line.count >= maxBytes else { return }
        emit(&lines, upTo: lines.count, into: &chunks)
        while line.count >= maxBytes {
            emit(&line, upTo: Self.cut(line, maxBytes: maxBytes), into: &chunks)
            lineSince = now
        }
    }

    private mutating func emitAll(into chunks: inout [OutputChunk]) {
        lines += line
        line = []
        while !lines.isEmpty {
            emit(&lines, upTo: Self.cut(lines, maxBytes: maxBytes), into: &chunks)
        }
    }

    private func emit(_ bytes: inout [UInt8], upTo end: Int, into chunks: inout [OutputChunk]) {
        guard end > 0 else { return }
        chunks.append(OutputChunk(stream: stream, text: String(decoding: bytes[..<end], as: UTF8.self)))
        bytes.removeFirst(end)
    }

    /// Where a chunk of at most `maxBytes` ends: after all of it, after a line, or else, in a line that is too long,
    /// between two scalars.
    private static func cut(_ bytes: [UInt8], maxBytes: Int) -> Int {
        if bytes.count <= maxBytes { return bytes.count }
        if let end = bytes[..<maxBytes].lastIndex(of: newline) { return end + 1 }
        var end = maxBytes
        while bytes[end] & 0b1100_0000 == 0b1000_0000 { end -= 1 }
        return end
    }
}
