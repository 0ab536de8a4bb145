import YggCore
import YggProtocol

/// The protocol of an executor without anything behind it: it registers, takes leases, and reports each as succeeded.
///
/// It makes requests and reads answers; whoever owns it has the connections.
struct SimulatedExecutor {
    let id: String
    private let bootID: String
    private let storeID: String
    private var seen: Int64 = 0
    private var counter: Int64 = 0
    /// Leases that were stated and not yet reported.
    private(set) var leases: [LeaseKey] = []

    /// - Parameter storeID: the coordinator's, from its `/info`.
    init(id: String, bootID: String, storeID: String) {
        self.id = id
        self.bootID = bootID
        self.storeID = storeID
    }

    /// - Parameter slots: how much it takes at once.
    func registration(kind: String, slots: Int) -> [UInt8] {
        let kinds = KindSpec.builtIn.filter { $0.kind.rawValue == kind }
        let offer = ExecutorOffer(
            id: ExecutorID(trusted: id),
            name: id,
            url: nil,
            version: YggVersion.current,
            kinds: kinds,
            slots: Slots(["default": slots]),
            window: 0,
            labels: [:],
            repositories: [],
            resources: JSONObject()
        )
        let registration = Registration(
            offer: offer,
            instance: "bench-\(id)",
            bootID: bootID,
            host: "bench",
            storeID: storeID
        )
        return LoadRequest.post("/v1/executors", registration.json)
    }

    mutating func sync() -> [UInt8] {
        counter += 1
        let request = SyncRequest(
            bootID: bootID,
            storeID: storeID,
            counter: counter,
            lifecycle: LifecycleAccount(state: .running),
            seen: seen,
            held: leases
        )
        return LoadRequest.post("/v1/executors/\(id)/sync", request.json)
    }

    /// The final reports of all leases it holds.
    mutating func report() -> [UInt8] {
        let final = ReportEntry.Body.final(FinalReport(ending: .finished(.succeeded)))
        let entries = leases.map { JSON.object(ReportEntry(key: $0, n: 1, body: final).json).bytes }
        let body = ReportsRequest.bytes(
            bootID: bootID,
            storeID: storeID,
            seen: seen,
            held: leases,
            entries: entries
        )
        leases = []
        return LoadRequest.post("/v1/executors/\(id)/reports", body)
    }

    /// Takes in what an answer to `sync` or `report` states.
    /// - Returns: the leases that are new.
    mutating func apply(_ response: LoadResponse) throws -> [LeaseKey] {
        try response.expect(200)
        var reader = try ObjectReader(try response.json())
        let statement = try StatementMessage(reading: &reader).statement
        guard statement.rev > seen else { return [] }
        seen = statement.rev
        let new = statement.leases.filter { $0.assignment != nil && !leases.contains($0.key) }.map(\.key)
        leases += new
        return new
    }
}
