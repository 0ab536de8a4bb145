/// The bytes of the latest entries, so that what is sent at once is never read back from the file.
struct RecordCache {
    private var bytes: [Int64: [UInt8]] = [:]
    /// In the order in which they came; those before `head`, and those forgotten since, are no longer here.
    private var order: [Int64] = []
    private var head = 0
    private var size = 0
    private let capacity: Int

    /// - Parameter capacity: bytes that are kept at most.
    init(capacity: Int) { self.capacity = capacity }

    subscript(record: Int64) -> [UInt8]? { bytes[record] }

    mutating func insert(_ entry: [UInt8], for record: Int64) {
        bytes[record] = entry
        order.append(record)
        size += entry.count
        while size > capacity, head < order.count {
            remove(order[head])
            head += 1
        }
        if head > 64, head * 2 > order.count { compact() }
    }

    mutating func remove(_ record: Int64) {
        guard let entry = bytes.removeValue(forKey: record) else { return }
        size -= entry.count
        if order.count > 64, bytes.count * 4 < order.count { compact() }
    }

    private mutating func compact() {
        order = order[head...].filter { bytes[$0] != nil }
        head = 0
    }
}
