import FoundationEssentials
import Testing

@testable import YggCore

/// The redactor against one that looks for everything everywhere, and against itself with other cuts.
@Suite(.timeLimit(.minutes(2)))
struct RedactorProperties {
    @Test(arguments: Seeds.all)
    func `no secret comes through in any encoding, wherever the stream is cut`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for run in 0..<60 {
            let scene = Scene(&random)
            let whole = redacted(scene.text, by: scene.patterns, cuts: [])
            let context = "seed \(seed), run \(run): \(scene.secrets.map(\.value)) in \(string(scene.text))"
            for variant in scene.variants where contains(whole, variant) {
                Issue.record("\(string(variant)) came through. \(context)")
            }
            if !scene.isWrapped, whole != scene.expected {
                Issue.record("\(string(whole)), not \(string(scene.expected)). \(context)")
            }
            for _ in 0..<4 {
                let cuts = random.cuts(of: scene.text.count)
                let pieces = redacted(scene.text, by: scene.patterns, cuts: cuts)
                if pieces != whole { Issue.record("cut at \(cuts) it is \(string(pieces)). \(context)") }
            }
            let bytewise = redacted(scene.text, by: scene.patterns, cuts: Array(0..<scene.text.count))
            if bytewise != whole { Issue.record("byte by byte it is \(string(bytewise)). \(context)") }
        }
    }

    @Test(arguments: Seeds.all)
    func `what holds no secret goes through byte for byte`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for run in 0..<50 {
            let secrets = random.secrets()
            let patterns = SecretPatterns(secrets)
            // Bytes of any kind, and texts that are nearly secrets.
            var text = (0..<random.int(0..<2000)).map { _ in UInt8(random.int(0..<256)) }
            for secret in secrets { text += Array(secret.value.utf8.dropLast()) + [0xFF] }
            let variants = secrets.flatMap { SecretEncodings.all(of: $0.value) }
            guard !variants.contains(where: { contains(text, $0) }) else { continue }
            let clean = redacted(text, by: patterns, cuts: random.cuts(of: text.count))
            if clean != text { Issue.record("seed \(seed), run \(run): \(string(clean)), not \(string(text))") }
        }
    }

    @Test(arguments: Seeds.all)
    func `base64 that is wrapped hides no secret, wherever it is cut`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for run in 0..<50 {
            let secret = random.text(8 + random.int(0..<300), of: SeededRandom.visible)
            let around = [
                random.text(random.int(0..<200), of: SeededRandom.visible), secret, random.text(40, of: "ab"),
            ]
            let encoded = Data(around.joined().utf8).base64EncodedString()
            let width = random.pick([64, 72, 76])
            let end = random.pick(["\n", "\r\n"])
            var wrapped = ""
            var rest = encoded[...]
            while !rest.isEmpty {
                wrapped += rest.prefix(width) + end
                rest = rest.dropFirst(width)
            }
            let patterns = SecretPatterns([Secret(name: "s", value: secret)])
            let clean = redacted(Array(wrapped.utf8), by: patterns, cuts: random.cuts(of: wrapped.utf8.count))
            let whole = redacted(Array(wrapped.utf8), by: patterns, cuts: [])
            let unwrapped = clean.filter { $0 != 0x0A && $0 != 0x0D }
            let leaks = SecretEncodings.all(of: secret).contains { contains(unwrapped, $0) }
            if leaks || clean != whole || !contains(clean, Array("[redacted:s]".utf8)) {
                Issue.record("seed \(seed), run \(run): \(secret) in \(wrapped) becomes \(string(clean))")
            }
        }
    }
}

/// Secrets, a text with them in it, and what must become of it.
private struct Scene {
    let secrets: [Secret]
    let patterns: SecretPatterns
    let variants: [[UInt8]]
    let text: [UInt8]
    let expected: [UInt8]

    /// Whether a line could be one that a program has wrapped, whose end is passed over.
    var isWrapped: Bool {
        text.split { $0 == 0x0A || $0 == 0x0D }.count > 1 && text.split { $0 == 0x0A }.contains { $0.count >= 60 }
    }

    init(_ random: inout SeededRandom) {
        secrets = random.secrets()
        patterns = SecretPatterns(secrets)
        let encodings = secrets.map { SecretEncodings.all(of: $0.value).sorted { $0.lexicographicallyPrecedes($1) } }
        variants = encodings.flatMap { $0 }
        var text: [UInt8] = []
        for _ in 0..<random.int(0..<12) {
            switch random.int(0..<4) {
            case 0: text += random.pick(variants)
            case 1: text += random.pick(variants).prefix(random.int(0..<20))
            case 2: text += Array("\n".utf8)
            default:
                text += Array(random.text(random.int(0..<30), of: random.chance(50) ? "ab" : SeededRandom.visible).utf8)
            }
        }
        self.text = text
        expected = Self.expected(text, encodings, secrets)
    }

    /// Every occurrence of everything, one after the other; those that overlap are one.
    private static func expected(_ text: [UInt8], _ encodings: [[[UInt8]]], _ secrets: [Secret]) -> [UInt8] {
        var found: [(start: Int, end: Int, owner: Int)] = []
        for (owner, variants) in encodings.enumerated() {
            for variant in variants {
                for start in places(of: variant, in: text) { found.append((start, start + variant.count, owner)) }
            }
        }
        found.sort { ($0.start, -$0.end, $0.owner) < ($1.start, -$1.end, $1.owner) }
        var clean: [UInt8] = []
        var place = 0
        var index = 0
        while index < found.count {
            var end = found[index].end
            clean += text[place..<found[index].start]
            clean += Array(SecretPatterns.mark(secrets[found[index].owner].name).utf8)
            index += 1
            while index < found.count, found[index].start < end {
                end = max(end, found[index].end)
                index += 1
            }
            place = end
        }
        return clean + text[place...]
    }
}

private func redacted(_ text: [UInt8], by patterns: SecretPatterns, cuts: [Int]) -> [UInt8] {
    var redactor = Redactor(patterns)
    var clean: [UInt8] = []
    var place = 0
    for cut in cuts + [text.count] {
        clean += redactor.append(text[place..<cut])
        place = cut
    }
    return clean + redactor.finish()
}

private func places(of part: [UInt8], in text: [UInt8]) -> [Int] {
    guard part.count <= text.count else { return [] }
    return text.withUnsafeBufferPointer { text in
        (0...(text.count - part.count)).filter { start in
            text[start] == part[0] && text[start..<(start + part.count)].elementsEqual(part)
        }
    }
}

private func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool { !places(of: part, in: text).isEmpty }

private func string(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

extension SeededRandom {
    fileprivate static let visible =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 /+=&?%\"\\<>~!'()*:,;@$#-_.äß€🔑"

    fileprivate mutating func text(_ count: Int, of alphabet: String) -> String {
        let characters = Array(alphabet)
        return String((0..<count).map { _ in pick(characters) })
    }

    /// Ordinary ones, ones that overlap themselves and each other, and ones with several lines.
    fileprivate mutating func secrets() -> [Secret] {
        (0...int(0..<3)).map { index in
            let value =
                switch int(0..<4) {
                case 0: text(8 + int(0..<8), of: "ab")
                case 1: (0...int(0..<3)).map { _ in text(8 + int(0..<20), of: Self.visible) }.joined(separator: "\n")
                default: text(8 + int(0..<40), of: Self.visible)
                }
            return Secret(name: "s\(index)", value: value)
        }
    }

    fileprivate mutating func cuts(of count: Int) -> [Int] {
        (0..<int(0..<12)).map { _ in int(0..<(count + 1)) }.sorted()
    }
}
