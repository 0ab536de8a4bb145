import FoundationEssentials
import Testing
import YggCore

/// Parser and writer against each other, and against Foundation's.
@Suite(.timeLimit(.minutes(1)))
struct JSONProperties {
    @Test(arguments: Seeds.all)
    func `every value survives being written and parsed`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for run in 0..<200 {
            let value = JSON.random(&random)
            let parsed = try JSON(parsing: value.bytes)
            if parsed != value || parsed.bytes != value.bytes {
                Issue.record("seed \(seed), run \(run): \(value.text)")
            }
            #expect(try JSON(parsing: value.prettyText) == value)
            #expect(try JSON(parsing: value.canonicalBytes) == value)
            #expect(value.shuffled(&random).canonicalBytes == value.canonicalBytes)
            #expect(value.shuffled(&random) == value)
        }
    }

    @Test(arguments: Seeds.fixed)
    func `Foundation reads what we write, and reads the same`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for run in 0..<100 {
            let value = JSON.random(&random)
            let oracle = try Oracle(reading: value.bytes)
            if !oracle.agrees(with: value) { Issue.record("seed \(seed), run \(run): \(value.text)") }
        }
    }

    @Test(arguments: Seeds.fixed)
    func `a damaged text is refused, or Foundation reads the same`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for run in 0..<200 {
            var bytes = JSON.random(&random).bytes
            for _ in 0...random.int(0..<4) { bytes.damage(&random) }
            let ours = Result { try JSON(parsing: bytes) }
            // A NUL or a byte order mark makes Foundation guess another encoding.
            if bytes.contains(0) || bytes.contains(0xFE) || bytes.contains(0xFF) || bytes.starts(with: [0xEF]) {
                continue
            }
            let oracle = Result { try Oracle(reading: bytes) }
            let text = String(decoding: bytes, as: UTF8.self)
            switch (ours, oracle) {
            case (.success(let value), .success(let oracle)):
                if !oracle.agrees(with: value) { Issue.record("seed \(seed), run \(run): read differently: \(text)") }
            case (.success, .failure(let error)):
                // Foundation refuses numbers that are too small for a Double, we read zero.
                if text.contains("e-") || text.contains("E-") { continue }
                Issue.record("seed \(seed), run \(run): Foundation refuses \(text): \(error)")
            case (.failure(let error), .success):
                let reason = (error as? JSONSyntaxError)?.reason ?? ""
                let isOurs = ["twice", "out of range", "nested deeper"].contains { reason.contains($0) }
                if !isOurs { Issue.record("seed \(seed), run \(run): only Foundation reads \(text): \(error)") }
            case (.failure, .failure): break
            }
        }
    }

    @Test(arguments: Seeds.all)
    func `no bytes bring the parser down`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let alphabet = Array("{}[]\",:\\u0123456789abcdefDEF-+.eEtrunls \n\0\u{e9}".utf8) + [0xFF, 0xC0, 0xED, 0xF4]
        for _ in 0..<1_000 {
            let bytes = (0..<random.int(0..<40)).map { _ in
                random.chance(10) ? UInt8.random(in: .min ... .max, using: &random) : random.pick(alphabet)
            }
            switch Result(catching: { try JSON(parsing: bytes) }) {
            case .success(let value):
                if (try? JSON(parsing: value.bytes)) != value { Issue.record("seed \(seed): \(bytes)") }
            case .failure(let error):
                guard let error = error as? JSONSyntaxError, (0...bytes.count).contains(error.offset) else {
                    Issue.record("seed \(seed): \(error) for \(bytes)")
                    continue
                }
            }
        }
    }
}

// MARK: - Random values

extension JSON {
    fileprivate static func random(_ random: inout SeededRandom, depth: Int = 0) -> JSON {
        switch random.int(0..<(depth < 5 ? 10 : 6)) {
        case 0: return .null
        case 1: return .bool(random.chance(50))
        case 2: return .int(random.pick([0, 1, -1, .max, .min, Int64.random(in: .min ... .max, using: &random)]))
        case 3:
            let bits = Double(bitPattern: .random(in: .min ... .max, using: &random))
            return .double(
                bits.isFinite && random.chance(70) ? bits : random.pick([0, -0.0, 0.1, 1e21, 1.7e308, 3])
            )
        case 4, 5: return .string(text(&random))
        case 6, 7: return .array((0..<random.int(0..<5)).map { _ in .random(&random, depth: depth + 1) })
        default:
            var object = JSONObject()
            for index in 0..<random.int(0..<(random.chance(5) ? 40 : 6)) {
                object.append("\(index):\(text(&random))", .random(&random, depth: depth + 1))
            }
            return .object(object)
        }
    }

    private static func text(_ random: inout SeededRandom) -> String {
        var scalars = String.UnicodeScalarView()
        for _ in 0..<random.int(0..<12) {
            let value =
                switch random.int(0..<4) {
                case 0: UInt32(random.int(0..<0x20))
                case 1: UInt32(random.pick([0x22, 0x5C, 0x2F, 0x7F, 0xE9, 0x2028, 0xFFFF, 0x1F333]))
                case 2: UInt32(random.int(0..<0x11_0000))
                default: UInt32(0x20 + random.int(0..<0x5F))
                }
            scalars.append(Unicode.Scalar(value) ?? "?")
        }
        return String(scalars)
    }

    /// The same value with the members of its objects in another order.
    fileprivate func shuffled(_ random: inout SeededRandom) -> JSON {
        switch self {
        case .array(let values): return .array(values.map { $0.shuffled(&random) })
        case .object(let object):
            let members = object.members.shuffled(using: &random)
            return .object(JSONObject(members.map { ($0.key, $0.value.shuffled(&random)) }))
        default: return self
        }
    }
}

extension [UInt8] {
    fileprivate mutating func damage(_ random: inout SeededRandom) {
        let place = random.int(0..<count + 1)
        switch random.int(0..<5) {
        case 0 where place < count: remove(at: place)
        case 1 where place < count: self[place] = .random(in: .min ... .max, using: &random)
        case 2: insert(random.pick(Array("{}[]\",:\\u1-+.eE \n".utf8)), at: place)
        case 3: removeSubrange(place...)
        default: insert(contentsOf: self[place...].prefix(random.int(0..<8)), at: place)
        }
    }
}

// MARK: - The other reader

/// A value as `JSONDecoder` reads it. Numbers are kept as both of their readings.
private indirect enum Oracle: Decodable {
    case null
    case bool(Bool)
    case number(Double, Int64?)
    case string(String)
    case array([Oracle])
    case object([String: Oracle])

    init(reading bytes: [UInt8]) throws { self = try JSONDecoder().decode(Oracle.self, from: Data(bytes)) }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value, try? container.decode(Int64.self))
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([Oracle].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: Oracle].self))
        }
    }

    func agrees(with json: JSON) -> Bool {
        switch (self, json) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.number(_, let left), .int(let right)): left == right
        case (.number(let left, _), .double(let right)): left == right
        case (.string(let left), .string(let right)): Array(left.utf8) == Array(right.utf8)
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.agrees(with: $1) }
        case (.object(let left), .object(let right)):
            left.count == right.count
                && right.members.allSatisfy { member in left[member.key]?.agrees(with: member.value) ?? false }
        default: false
        }
    }
}
