package import YggCore

/// `executor:`, what the data plane reads.
package struct ExecutorSection: Sendable, Hashable {
    package var id: ExecutorID?
    /// The address of the executor's own HTTP server.
    package var host: String?
    package var port: Int?
    /// The URL of the coordinator.
    package var coordinator: String?
    package var handlers: HandlerSelection?
    package var slots: Slots?
    package var labels: [String: String]?
    /// Where mirrors and worktrees live.
    package var workspaceRoot: String?
    /// The roots under which a task may name a repository by path.
    package var repositories: [String]?
    package var logDirectory: String?
    package var drainTimeout: Milliseconds?
    /// How long a session of the coding agent is kept that nobody uses.
    package var sessionsKeep: Milliseconds?
    /// How many leases the executor may hold at once, those that wait for a slot included.
    package var window: Int?
    /// Bytes that must be free where its data and its workspace are.
    package var diskFloor: ByteSize?

    static let drainTimeoutRange: ClosedRange<Milliseconds> = .zero...Milliseconds.days(1)
    static let sessionsKeepRange: ClosedRange<Milliseconds> = .hours(1)...Milliseconds.days(3650)
    static let windowRange: ClosedRange<Int64> = 1...1000

    package init() {}

    init(reading reader: inout ObjectReader) throws(InvalidInput) {
        id = reader.read("id", .executorID)
        host = reader.read("host", .host)
        port = reader.port("port")
        coordinator = reader.read("coordinator", .url)
        readOffer(&reader)
        workspaceRoot = reader.read("workspaceRoot", .path)
        repositories = reader.list("repositories", .path)
        logDirectory = reader.read("logDirectory", .path)
        drainTimeout = reader.read("drainTimeout", .duration(ExecutorSection.drainTimeoutRange))
        sessionsKeep =
            reader.nested("sessions") { nested in
                nested.read("keep", .duration(ExecutorSection.sessionsKeepRange))
            } ?? nil
        window = reader.int("window", in: ExecutorSection.windowRange).map { Int($0) }
        diskFloor = reader.read("diskFloor", .size(CoordinatorSection.diskFloorRange))
    }
    /// What an executor offers, alike in `yggdrasil.yaml` and in an entry of `fleet.yaml`.
    mutating func readOffer(_ reader: inout ObjectReader) {
        if let names = reader.list("handlers", .line) {
            do throws(ValueProblem) {
                handlers = try HandlerSelection(names: names)
            } catch {
                reader.complain("handlers", error.detail)
            }
        }
        if let json = reader.value("slots") {
            do throws(InvalidInput) {
                slots = try executorSlots(json, at: reader.path("slots"))
            } catch {
                reader.adopt(error)
            }
        }
        labels = reader.labels("labels")
    }
}
