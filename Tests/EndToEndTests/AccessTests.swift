import Testing
import YggCore
import YggProtocol

/// Every call of the API, tried with everything that somebody could show. The calls come from the table that the routes
/// are made of: a new one without an entry here fails.
@Suite(.timeLimit(.minutes(2)))
struct AccessTests {
    /// Who gets further than the guard.
    private enum Who {
        case everybody, anyone, viewer, submitter, `operator`, executor, leaseHolder, reader, service, invited

        var credentials: Set<Credential> {
            switch self {
            case .everybody: Set(Credential.allCases)
            case .anyone: [.viewer, .submitter, .operator, .huginn, .muninn, .invited]
            case .viewer: [.viewer, .submitter, .operator]
            case .submitter: [.submitter, .operator]
            case .operator: [.operator]
            case .executor: [.huginn]
            // Whose lease it is shows only when there is one.
            case .leaseHolder: [.huginn, .muninn]
            case .reader: [.viewer, .submitter, .operator, .huginn, .muninn]
            case .service: [.operator, .huginn]
            case .invited: [.invited]
            }
        }
    }

    private enum Credential: String, CaseIterable {
        case nothing, wrong, expired, revoked, viewer, submitter, `operator`, huginn, muninn, invited

        /// Whether it is known whose it is.
        var isSomebody: Bool { ![.nothing, .wrong, .expired, .revoked].contains(self) }
    }

    private static let table: [CoordinatorCall: Who] = [
        .livez: .everybody, .health: .everybody, .readyz: .everybody, .info: .viewer, .metrics: .viewer,

        .submitTask: .submitter, .submitBatch: .submitter, .listTasks: .viewer, .showTask: .viewer,
        .cancelTask: .submitter, .retryTask: .submitter, .requeueTask: .operator, .whyTask: .viewer,
        .listApprovals: .viewer, .approveTask: .operator, .rejectTask: .operator,
        .taskEvents: .viewer, .taskStream: .viewer, .artifact: .reader, .saveArtifact: .leaseHolder,

        .listKinds: .viewer, .showKind: .viewer, .listRoutes: .viewer,

        .showTracker: .viewer, .syncTracker: .submitter,

        .listExecutors: .viewer, .showExecutor: .viewer, .executorLogs: .viewer, .orderExecutor: .operator,
        .registerExecutor: .executor, .syncExecutor: .executor, .reportExecutor: .executor,
        .takeTurns: .executor, .join: .invited, .renewKey: .executor,

        .listServices: .viewer, .showService: .viewer, .registerService: .service, .heartbeatService: .service,
        .removeService: .operator, .serviceHealth: .viewer, .serviceInfo: .viewer, .serviceStatus: .viewer,
        .serviceLogs: .viewer, .serviceExecute: .operator, .serviceAction: .operator,

        .whoAmI: .anyone, .listTokens: .operator, .createToken: .operator, .revokeToken: .operator,
        .issueTicket: .viewer, .audit: .operator, .reloadConfiguration: .operator,
    ]

    /// Bodies that say whom the call is about; any other call gets an empty object, which none of them takes.
    private static let bodies: [CoordinatorCall: JSON] = [
        .registerExecutor: [
            "id": "huginn", "instance": "i-1", "bootId": "b-1", "protocol": [1, 1], "slots": ["default": 1],
            "kinds": [["kind": "try-it", "description": "played by a test"]],
        ],
        .registerService: ["id": "huginn", "serviceUrl": "http://127.0.0.1:1", "metadata": [:]],
        .heartbeatService: ["id": "huginn"],
        .cancelTask: .null, .retryTask: .null, .requeueTask: .null, .issueTicket: .null,
        .reloadConfiguration: .null,
    ]

    private static func path(of call: CoordinatorCall) -> String {
        call.path.replacing(":executor", with: "huginn").replacing(":service", with: "nobody")
            .replacing(":sha256", with: String(repeating: "0", count: 64)).replacing(":token", with: "tok-none")
            .replacing(":id", with: "none").replacing(":kind", with: "try-it")
            + (call == .saveArtifact ? "?epoch=1" : "")
    }

    private static func credentials(of household: GuardedHousehold) async throws -> [Credential: String?] {
        var tokens: [Credential: String?] = [.nothing: nil, .wrong: "ygg_operator_wrong"]
        tokens[.expired] = try await household.token("expired", "operator", expiresInMs: 1000)
        tokens[.revoked] = try await household.token("revoked", "operator")
        tokens[.viewer] = try await household.token("freya", "viewer")
        tokens[.submitter] = try await household.token("freya", "submitter")
        tokens[.operator] = household.admin
        tokens[.huginn] = try await household.token("huginn", "executor")
        tokens[.muninn] = try await household.token("muninn", "executor")
        tokens[.invited] = try await household.token("geri", "join")
        let revoked = try await household.call("DELETE", "/v1/tokens/revoked", showing: household.admin)
        #expect(revoked.status == 200)
        // It ends by itself, a second after it was made.
        while try await household.call("GET", "/v1/whoami", showing: tokens[.expired] ?? nil).status != 401 {
            try await Task.sleep(for: .milliseconds(20))
        }
        return tokens
    }

    @Test func `every call is open to whom the table says, and to nobody else`() async throws {
        try await GuardedHousehold.with { household, _ in
            let tokens = try await Self.credentials(of: household)
            for call in CoordinatorCall.allCases {
                guard let who = Self.table[call] else {
                    Issue.record("\(call) has no entry: who may?")
                    continue
                }
                for credential in Credential.allCases {
                    let body = call.method == "GET" || call.method == "DELETE" ? nil : Self.bodies[call] ?? [:]
                    let answer = try await household.call(
                        call.method,
                        Self.path(of: call),
                        body == .null ? nil : body,
                        showing: tokens[credential] ?? nil
                    )
                    check(answer, call, credential, isAllowed: who.credentials.contains(credential))
                }
            }
        }
    }

    /// Whose token makes a call that takes a body; nil for one that is judged before its body.
    private static func maker(of call: CoordinatorCall) -> (name: String, role: String)? {
        guard call.method == "POST", bodies[call] != .null, let who = table[call] else { return nil }
        switch who {
        case .everybody, .leaseHolder, .reader: return nil
        case .anyone, .viewer: return ("freya", "viewer")
        case .submitter: return ("freya", "submitter")
        case .operator: return ("freya", "operator")
        case .executor, .service: return ("huginn", "executor")
        case .invited: return ("geri", "join")
        }
    }

    @Test func `a body that ends after its token has ended does nothing`() async throws {
        try await GuardedHousehold.with { household, _ in
            for call in CoordinatorCall.allCases {
                guard let (name, role) = Self.maker(of: call) else { continue }
                let made = try await household.call(
                    "POST",
                    "/v1/tokens",
                    ["name": .string(name), "role": .string(role)],
                    showing: household.admin
                )
                let id = try #require(made.json?["id"]?.stringValue)
                let secret = try #require(made.json?["token"]?.stringValue)
                let request = RawRequest.make(
                    call.method,
                    Self.path(of: call),
                    ["Authorization: Bearer \(secret)", "Connection: close"],
                    (Self.bodies[call] ?? [:]).bytes
                )
                let connection = try RawConnection(to: household.ygg.address)
                connection.say(Array(request.dropLast()))
                // The head was taken: the token is used.
                while try await !isUsed(id, in: household) { try await Task.sleep(for: .milliseconds(2)) }
                let revoked = try await household.call("DELETE", "/v1/tokens/\(id)", showing: household.admin)
                #expect(revoked.status == 200)
                connection.say(Array(request.suffix(1)))
                let answer = RawAnswer.all(in: connection.hear().bytes).first
                let text = answer.map { String(decoding: $0.body, as: UTF8.self) } ?? "nothing"
                #expect(answer?.status == 401 && text.contains("token-revoked"), "\(call): \(text)")
            }
        }
    }

    private func isUsed(_ token: String, in household: GuardedHousehold) async throws -> Bool {
        let list = try await household.call("GET", "/v1/tokens", showing: household.admin)
        return list.json?["items"]?.arrayValue?.contains { $0["id"]?.stringValue == token && $0["lastUsedAt"] != nil }
            ?? false
    }

    private func check(_ answer: Answer, _ call: CoordinatorCall, _ credential: Credential, isAllowed: Bool) {
        let what = "\(call.method) \(call.path) as \(credential): \(answer.status) \(answer.code ?? "")"
        if isAllowed {
            #expect(answer.status != 401 && answer.status != 403 && answer.status != 405, "\(what)")
            let detail = answer.json?["detail"]?.stringValue ?? ""
            #expect(!detail.hasPrefix("There is no path"), "\(what)")
        } else if credential.isSomebody {
            #expect(answer.status == 403 && answer.code == "forbidden", "\(what)")
            #expect(answer.json?["needs"]?.stringValue != nil, "\(what)")
        } else {
            #expect(answer.status == 401 || (credential == .wrong && answer.status == 429), "\(what)")
            if answer.status == 401 {
                #expect(answer.header("WWW-Authenticate")?.hasPrefix("Bearer realm=") == true, "\(what)")
            }
            if credential == .expired { #expect(answer.code == "token-expired", "\(what)") }
            if credential == .revoked { #expect(answer.code == "token-revoked", "\(what)") }
        }
    }

    @Test func `whoever is not known learns nothing, not even what there is`() async throws {
        try await GuardedHousehold.with { household, _ in
            for (method, path, known) in [("GET", "/nowhere", 404), ("PUT", "/v1/tasks", 405)] {
                let stranger = try await household.call(method, path, showing: nil)
                let admin = try await household.call(method, path, showing: household.admin)
                #expect(stranger.status == 401 && admin.status == known, "\(method) \(path)")
                #expect(admin.json?["nextAction"] != nil)
            }
        }
    }

    @Test func `a ticket opens event streams and nothing else`() async throws {
        try await GuardedHousehold.with { household, _ in
            let freya = try await household.token("freya", "viewer")
            let issued = try await household.call("POST", "/v1/tickets", showing: freya)
            let ticket = try #require(issued.json?["ticket"]?.stringValue)
            #expect(issued.json?["expiresInMs"] == 60_000)
            #expect(
                try await household.call("GET", "/v1/tasks/none/stream?ticket=\(ticket)", showing: nil).status == 404
            )
            #expect(try await household.call("GET", "/v1/tasks/none/stream?ticket=x", showing: nil).status == 401)
            for path in ["tasks/none", "tasks/stream", "executors/stream", "kinds/stream"] {
                let answer = try await household.call("GET", "/v1/\(path)?ticket=\(ticket)", showing: nil)
                #expect(answer.status == 401, "\(path)")
            }
        }
    }

    @Test func `whoever is nobody learns that a backup has failed, and not where it was to be`() async throws {
        try await GuardedHousehold.with(configuration: "auth: {loopback: required}\nbackup: {dir: /not/there}\n") {
            household,
            _ in
            func detail(showing token: String?) async throws -> String {
                // The first try is made when the coordinator has begun; nothing tells of it.
                while true {
                    let check = try await household.call("GET", "/health", showing: token).json?["checks"]?["backup"]
                    if check?["status"] == "warn" { return check?["detail"]?.stringValue ?? "" }
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            #expect(try await detail(showing: household.admin).contains("/not/there"))
            let open = try await detail(showing: nil)
            #expect(open.contains("failed") && !open.contains("/not/there"), "\(open)")
        }
    }

    @Test func `headers have a limit with a name`() async throws {
        try await GuardedHousehold.with(
            configuration: "coordinator: {limits: {headers: 4KiB}}\nauth: {loopback: required}\n"
        ) { household, _ in
            let answer = try await household.ygg.get(
                "/health",
                headers: [("x-long", String(repeating: "a", count: 5000))]
            )
            #expect(answer.status == 431 && answer.code == "headers-too-large")
            #expect(answer.json?["nextAction"]?.stringValue?.contains("coordinator.limits.headers") == true)
        }
    }

    @Test func `a log has a limit with a name, and says when it is reached`() async throws {
        try await withUp(configuration: "coordinator: {limits: {events: 100}}\n") { ygg, _ in
            var executor = try await PlayedExecutor("played", kind: "try-flood", at: ygg)
            let id = try await ygg.submit(["kind": "try-flood", "labels": ["executor=played"]])
            var leases = try await executor.sync()
            while leases.isEmpty { leases = try await executor.sync() }
            let entries = (1...120).map { n -> (String, JSON) in
                // What tells how the task fares is kept, also where the word about the limit would come.
                let event: JSON = [
                    "at": "2026-03-01T12:00:00.000Z", "type": (95...102).contains(n) ? "approval" : "output",
                    "data": ["stream": "stdout", "text": .string("line \(n)\n")],
                ]
                return ("event", event)
            }
            let verdict = try await executor.report(leases[0], from: 1, entries + [("final", ["outcome": "succeeded"])])
            #expect(verdict["upTo"] == 121)
            let events = try #require(try await ygg.get("/v1/tasks/\(id)/events?limit=1000").json?["items"]?.arrayValue)
            let texts = events.compactMap { $0["data"]?["text"]?.stringValue }
            #expect(events.count < 110 && texts.last?.contains("coordinator.limits.events") == true)
            #expect(texts.count { $0.contains("coordinator.limits.events") } == 1)
            #expect(events.last?["data"]?["state"] == "succeeded")
        }
    }
}
