import Synchronization
package import YggCore
import YggProtocol
import YggStorage

/// What retention has done since the start, and saw when it last looked.
package struct RetentionCounts: Sendable {
    /// Bytes of the store and of all artifacts.
    package var usedBytes: Int64 = 0
    /// Tasks that were removed as a whole.
    package var tasks = 0
    /// Tasks whose output was removed.
    package var outputs = 0
    /// Files of artifacts.
    package var artifacts = 0
}

extension Coordinator {
    /// Whether there is room for new work.
    package var diskState: DiskGuard { disk.withLock { $0 } }

    package var retentionState: RetentionCounts { retentionCounts.withLock { $0 } }

    /// New work is turned away while the disk is too full. What is under way goes on: its results are taken.
    func checkRoom() throws(Problem) {
        if let sentence = disk.withLock({ $0.sentence }) { throw .diskLow(sentence) }
    }
}
