/// The seeds of a property test: some that never change, and a fresh one, which its failure prints as its argument.
enum Seeds {
    static let fixed: [UInt64] = Array(1...7)
    static let all: [UInt64] = fixed + [UInt64.random(in: 1_000...UInt64.max)]
}
