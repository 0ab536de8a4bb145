import FoundationEssentials
import Testing
import YggCore
import YggProcess

@Suite(.timeLimit(.minutes(2)))
struct ArtifactTests {
    @Test func `artifacts are taken from the holder of the epoch, under their true hash, and before the report`()
        async throws
    {
        try await withUp { ygg, directory in
            var executor = try await PlayedExecutor("maker", kind: "try-make", at: ygg)
            let id = try await ygg.submit(["kind": "try-make"])
            let lease = try await executor.leases(1)[0]
            #expect(lease["task"]?.stringValue == id)
            let path = "\(directory)/bytes"
            try #require(
                FileManager.default.createFile(atPath: path, contents: Data((0..<200_000).map { UInt8($0 % 251) }))
            )
            let hash = String(await collect(["sha256sum", path]).prefix(64))
            let other = String(repeating: "0", count: 64)

            func put(_ hash: String, epoch: Int64, task: String = id) async -> String {
                await tool(
                    "curl",
                    "-s",
                    "-o",
                    "/dev/null",
                    "-w",
                    "%{http_code}",
                    "-X",
                    "PUT",
                    "--data-binary",
                    "@\(path)",
                    "-H",
                    "Content-Type: application/octet-stream",
                    "\(ygg.address)/v1/tasks/\(task)/artifacts/\(hash)?epoch=\(epoch)"
                ).stdout
            }
            let named: (String, JSON) = (
                "event",
                [
                    "at": "2026-01-01T00:00:00Z", "type": "artifact",
                    "data": ["sha256": .string(hash), "name": "bytes"],
                ]
            )
            #expect(try await executor.report(lease, n: 1, named)["refused"] == "artifact-missing")
            #expect(await put(hash, epoch: 2) == "409", "an epoch that is not running")
            #expect(await put(other, epoch: 1) == "422", "bytes of another hash")
            #expect(await put(hash, epoch: 1, task: "nothing-there") == "404")
            #expect(await put(hash, epoch: 1) == "201")
            #expect(await put(hash, epoch: 1) == "200", "twice is once")
            #expect(try await executor.report(lease, n: 1, named)["upTo"] == 1)
            #expect(try await executor.report(lease, n: 2, ("final", ["outcome": "succeeded"]))["upTo"] == 2)
            #expect(try await ygg.finished(id)["state"] == "succeeded")
            #expect(await put(hash, epoch: 1) == "409", "the attempt has ended")

            let got = try await ygg.get("/v1/tasks/\(id)/artifacts/\(hash)")
            #expect(got.status == 200)
            #expect(got.body == (0..<200_000).map { UInt8($0 % 251) })
            #expect(try await ygg.get("/v1/tasks/\(id)/artifacts/\(other)").status == 404)
            #expect(try await ygg.get("/v1/tasks/\(id)/artifacts/..%2F..%2Fygg.sqlite").status == 400)
            let bystander = try await ygg.submit(["kind": "bench-noop"])
            #expect(try await ygg.get("/v1/tasks/\(bystander)/artifacts/\(hash)").status == 404)
        }
    }
}
