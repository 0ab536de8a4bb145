/// The newest leases that were begun here and must not be begun again, however often they are stated.
///
/// A coordinator that gives a lease up says so before the store does. Crashed in between, it finds the lease in the store
/// and states it anew. So an end is not forgotten with the first statement that leaves it out, but when so many others have
/// ended since that the store must have it.
struct RecentLeases: Sendable {
    private static let limit = 1024

    private var keys: Set<LeaseKey> = []
    /// From the oldest to the newest.
    private var order: [LeaseKey] = []

    mutating func insert(_ key: LeaseKey) {
        guard keys.insert(key).inserted else { return }
        order.append(key)
        if order.count > Self.limit { keys.remove(order.removeFirst()) }
    }

    func contains(_ key: LeaseKey) -> Bool { keys.contains(key) }
}
