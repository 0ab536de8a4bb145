import YggCore

extension JSON {
    /// How many tokens, bytes or nanoseconds a server speaks of. What is negative, or more than any machine has (64 TiB,
    /// 19 hours), is no count: whoever adds it up or takes a percentage of it is to get a number.
    var ollamaCount: Int64? { intValue.flatMap { (0...1 << 46).contains($0) ? $0 : nil } }
}
