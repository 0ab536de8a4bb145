/// Random numbers that are equal everywhere for equal seeds (SplitMix64).
///
/// Everything that draws has a stream of its own, so that one draw less in one place changes nothing anywhere else.
package struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    /// The stream called `name` of a seed.
    package init(seed: UInt64, stream name: String) {
        state = name.utf8.reduce(seed ^ 0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True in `percent` of a hundred calls.
    package mutating func chance(_ percent: Int) -> Bool { percent > 0 && int(0..<100) < percent }

    /// Not `Int.random`, whose way of drawing is the standard library's own affair.
    package mutating func int(_ range: Range<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.upperBound - range.lowerBound))
    }

    package mutating func pick<Element>(_ elements: [Element]) -> Element { elements[int(0..<elements.count)] }

    package mutating func milliseconds(_ range: Range<Int>) -> Milliseconds { Milliseconds(Int64(int(range))) }
}
