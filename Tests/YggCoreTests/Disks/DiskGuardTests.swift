import Testing
import YggCore

@Suite struct DiskGuardTests {
    private func space(_ free: Int64, _ path: String = "/data") -> DiskSpace {
        DiskSpace(path: path, free: free, total: 1 << 40)
    }

    @Test func `below the floor there is no room, and room again only somewhat above it`() {
        var disks = DiskGuard(floor: 800)
        let turns = [(800, false), (799, true), (800, true), (899, true), (900, false), (799, true)]
        for (free, isLow) in turns {
            let before = disks.isLow
            let hasChanged = disks.measured([space(Int64(free))])
            #expect(hasChanged == (before != isLow))
            #expect(disks.isLow == isLow, "\(free) bytes free")
        }
    }

    @Test func `the fullest of several disks is named`() {
        var disks = DiskGuard(floor: 256 << 20)
        _ = disks.measured([space(100 << 20, "/data"), space(50 << 20, "/workspace"), space(1 << 40, "/")])
        #expect(
            disks.sentence
                == "The disk of /workspace has 50 MiB free, and 256 MiB are kept for the results of work that is under way."
        )
    }

    @Test func `a floor of nothing asks for nothing, and a disk that nobody can look at says nothing`() {
        var disks = DiskGuard(floor: 0)
        let changes = [disks.measured([space(0)]), disks.measured([])]
        #expect(changes == [false, false])
        #expect(disks.sentence == nil)
    }
}
