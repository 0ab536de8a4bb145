import Testing

@testable import YggProcess

struct UTF8RepairTests {
    @Test(
        arguments: [
            ([0x61], 0), ([0xC3], 1), ([0xC2], 1), ([0xC1], 0), ([0xE2, 0x82], 2), ([0xE2, 0x82, 0xAC], 0),
            ([0xE0, 0x80], 0),
            ([0xED, 0xA0], 0), ([0xF0, 0x9F, 0x8C], 3), ([0xF0, 0x80], 0), ([0xF4, 0x90], 0), ([0xF5], 0),
            ([0x80, 0x80, 0x80, 0x80], 0), ([0x61, 0xF0], 1),
        ] as [([UInt8], Int)]
    )
    func `only what can still become a scalar is held back`(bytes: [UInt8], held: Int) {
        var repair = UTF8Repair()
        _ = repair.append(bytes[...])
        #expect(repair.held.count == held)
    }

    @Test(arguments: seeds(200))
    func `pieces are repaired as the whole is`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let interesting: [UInt8] = [
            0x61, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xE0, 0xE2, 0xED, 0xF0, 0xF4, 0xF5, 0xFF,
        ]
        var repair = UTF8Repair()
        var all: [UInt8] = []
        var repaired: [UInt8] = []
        for _ in 0..<100 {
            let piece = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                interesting.randomElement(using: &generator) ?? 0
            }
            all += piece
            repaired += repair.append(piece[...])
        }
        repaired += repair.finish()
        #expect(repaired == Array(String(decoding: all, as: UTF8.self).utf8))
    }
}
