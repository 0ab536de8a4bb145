package import YggCore

/// Work for later, earliest first.
package struct TimerQueue: Sendable {
    package typealias ID = Int

    private struct Entry: Sendable {
        var deadline: Instant
        var id: ID

        static func < (left: Entry, right: Entry) -> Bool { (left.deadline, left.id) < (right.deadline, right.id) }
    }

    /// A binary heap. A timer that was cancelled stays in it until its time, without work.
    private var heap: [Entry] = []
    private var work: [ID: @Sendable () -> Void] = [:]
    private var nextID = 0

    package init() {}

    /// When the next timer is due.
    package var next: Instant? { heap.first?.deadline }

    package mutating func add(at deadline: Instant, _ body: @escaping @Sendable () -> Void) -> ID {
        nextID += 1
        work[nextID] = body
        heap.append(Entry(deadline: deadline, id: nextID))
        var index = heap.count - 1
        while index > 0, case let parent = (index - 1) / 2, heap[index] < heap[parent] {
            heap.swapAt(index, parent)
            index = parent
        }
        return nextID
    }

    mutating func cancel(_ id: ID) {
        guard work.removeValue(forKey: id) != nil, heap.count > 32, work.count * 4 < heap.count else { return }
        // A sorted array is a heap.
        heap = heap.filter { work[$0.id] != nil }.sorted(by: <)
    }

    /// Takes out the work that is due, in the order of its time.
    package mutating func due(at now: Instant) -> [@Sendable () -> Void] {
        var due: [@Sendable () -> Void] = []
        while let first = heap.first, first.deadline <= now {
            removeFirst()
            if let body = work.removeValue(forKey: first.id) { due.append(body) }
        }
        return due
    }

    private mutating func removeFirst() {
        heap[0] = heap[heap.count - 1]
        heap.removeLast()
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < heap.count && heap[child] < heap[least] {
                least = child
            }
            if least == index { return }
            heap.swapAt(index, least)
            index = least
        }
    }
}
