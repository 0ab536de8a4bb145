/// Finds secrets in bytes, in any of their encodings: an automaton after Aho and Corasick, which looks at each byte a
/// bounded number of times however many secrets there are.
///
/// A pure value that is made once and shared. It takes some 30 bytes for each byte of each encoding: 15 KiB for a token of
/// 32 bytes, a few MiB for the longest secret.
package struct SecretPatterns: Sendable {
    /// A place in the tree of all patterns: what was read last is the beginning of at least one of them.
    struct Node: Sendable {
        /// What its parent reads to come here.
        var byte: UInt8
        /// How much was read on the way here.
        var depth: Int32
        /// Of the children the first, and the next with the same parent; 0 is none.
        var firstChild: Int32 = 0
        var sibling: Int32 = 0
        /// Where the longest end of what was read stands that is a beginning as well.
        var fallback: Int32 = 0
        /// The length of the longest pattern that ends here, 0 where none does, and whose it is.
        var matched: Int32 = 0
        var owner: Int32 = 0
    }

    /// Nothing to find.
    package static let none = SecretPatterns([])

    /// The root is the first.
    private var nodes = [Node(byte: 0, depth: 0)]
    /// The children of the root by their byte: most bytes are read there.
    private(set) var first = [Int32](repeating: 0, count: 256)
    /// What stands in the place of each secret.
    private(set) var marks: [[UInt8]] = []
    private(set) var shortest = Int.max

    package var isEmpty: Bool { marks.isEmpty }

    /// - Parameter secrets: those that are too short to be found are left out. Where two are equal, the first gives the
    ///   name.
    package init(_ secrets: [Secret]) {
        for secret in secrets where Secret.problem(secret.value) == nil {
            marks.append(Array(Self.mark(secret.name).utf8))
            for pattern in SecretEncodings.all(of: secret.value) {
                insert(pattern, owner: Int32(marks.count - 1))
                shortest = min(shortest, pattern.count)
            }
        }
        if !marks.isEmpty { link() }
    }

    /// What a reader finds in the place of a secret.
    package static func mark(_ name: String) -> String { "[redacted:\(name)]" }

    // MARK: Reading

    @inline(__always)
    func next(_ node: Int32, _ byte: UInt8) -> Int32 {
        var node = node
        while node != 0 {
            if let child = child(of: node, byte) { return child }
            node = nodes[Int(node)].fallback
        }
        return first[Int(byte)]
    }

    @inline(__always)
    func child(of node: Int32, _ byte: UInt8) -> Int32? {
        var child = nodes[Int(node)].firstChild
        while child != 0 {
            if nodes[Int(child)].byte == byte { return child }
            child = nodes[Int(child)].sibling
        }
        return nil
    }

    @inline(__always)
    func depth(_ node: Int32) -> Int { Int(nodes[Int(node)].depth) }

    /// The length of the longest pattern that ends at a node, and whose it is; nil where none does.
    @inline(__always)
    func match(_ node: Int32) -> (length: Int, owner: Int)? {
        let node = nodes[Int(node)]
        return node.matched == 0 ? nil : (Int(node.matched), Int(node.owner))
    }

    // MARK: Making

    private mutating func insert(_ pattern: [UInt8], owner: Int32) {
        var node: Int32 = 0
        for byte in pattern {
            let known = node == 0 ? first[Int(byte)] : child(of: node, byte) ?? 0
            if known != 0 {
                node = known
                continue
            }
            let child = Int32(nodes.count)
            nodes.append(Node(byte: byte, depth: nodes[Int(node)].depth + 1))
            if node == 0 {
                first[Int(byte)] = child
            } else {
                nodes[Int(child)].sibling = nodes[Int(node)].firstChild
                nodes[Int(node)].firstChild = child
            }
            node = child
        }
        guard nodes[Int(node)].matched == 0 else { return }
        nodes[Int(node)].matched = Int32(pattern.count)
        nodes[Int(node)].owner = owner
    }

    /// Finds every node's fallback, those of shorter beginnings first.
    private mutating func link() {
        var level = first.filter { $0 != 0 }
        while !level.isEmpty {
            var below: [Int32] = []
            for node in level {
                var child = nodes[Int(node)].firstChild
                while child != 0 {
                    let fallback = next(nodes[Int(node)].fallback, nodes[Int(child)].byte)
                    nodes[Int(child)].fallback = fallback
                    if nodes[Int(child)].matched == 0 {
                        nodes[Int(child)].matched = nodes[Int(fallback)].matched
                        nodes[Int(child)].owner = nodes[Int(fallback)].owner
                    }
                    below.append(child)
                    child = nodes[Int(child)].sibling
                }
            }
            level = below
        }
    }
}
