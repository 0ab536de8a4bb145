package import YggCore

/// An error as it crosses the wire: `application/problem+json` (RFC 9457) with what a program and a person need to go on.
package struct Problem: Error, Sendable, Hashable {
    package static let contentType = "application/problem+json"

    package var status: Int
    /// Stable and short: `unknown-kind`, `invalid-request`…
    package var code: String
    package var title: String
    package var detail: String
    package var retryable: Bool
    /// One sentence on what to do next.
    package var nextAction: String
    package var issues: [InvalidInput.Issue]
    /// Seconds for `Retry-After`.
    package var retryAfter: Int?
    /// Members of its own, such as the digest that is now true.
    package var extensions: JSONObject

    package init(
        status: Int,
        code: String,
        title: String,
        detail: String,
        retryable: Bool = false,
        nextAction: String,
        issues: [InvalidInput.Issue] = [],
        retryAfter: Int? = nil,
        extensions: JSONObject = JSONObject()
    ) {
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.retryable = retryable
        self.nextAction = nextAction
        self.issues = issues
        self.retryAfter = retryAfter
        self.extensions = extensions
    }

    package func json(requestID: String?) -> JSONObject {
        var object: JSONObject = [
            "type": .string("about:blank#\(code)"), "title": .string(title), "status": .int(Int64(status)),
            "detail": .string(detail), "code": .string(code), "retryable": .bool(retryable),
            "nextAction": .string(nextAction),
        ]
        object.append("requestId", .optional(requestID))
        if !issues.isEmpty {
            object.append(
                "errors",
                .array(issues.map { ["pointer": .string("#\($0.pointer)"), "detail": .string($0.detail)] })
            )
        }
        for member in extensions.members { object.append(member.key, member.value) }
        return object
    }

    /// Reads what a server sent; every member may be missing, because proxies answer too.
    package init(status: Int, body: JSON?) {
        let object = body?.objectValue ?? JSONObject()
        self.init(
            status: status,
            code: object["code"]?.stringValue ?? "http-\(status)",
            title: object["title"]?.stringValue ?? "HTTP \(status)",
            detail: object["detail"]?.stringValue ?? "The server answered \(status).",
            retryable: object["retryable"]?.boolValue ?? (status == 429 || status >= 500),
            nextAction: object["nextAction"]?.stringValue ?? "",
            issues: (object["errors"]?.arrayValue ?? []).map { issue in
                let pointer = issue["pointer"]?.stringValue ?? ""
                return .init(
                    pointer: pointer.hasPrefix("#") ? String(pointer.dropFirst()) : pointer,
                    detail: issue["detail"]?.stringValue ?? ""
                )
            },
            extensions: object
        )
    }
}

extension Problem {
    package static func invalidRequest(_ error: InvalidInput) -> Problem {
        Problem(
            status: 400,
            code: "invalid-request",
            title: "Invalid request",
            detail: error.description,
            nextAction: "Correct what errors names and send it again.",
            issues: error.issues
        )
    }

    package static func preconditionFailed(_ detail: String) -> Problem {
        Problem(
            status: 412,
            code: "precondition-failed",
            title: "Precondition failed",
            detail: detail,
            nextAction: "Read it again, and decide on what it is now."
        )
    }

    package static func notFound(_ what: String, next: String) -> Problem {
        Problem(status: 404, code: "not-found", title: "Not found", detail: "There is no \(what).", nextAction: next)
    }

    /// The coordinator's disk is too full for new work.
    package static func diskLow(_ detail: String) -> Problem {
        Problem(
            status: 507,
            code: "disk-low",
            title: "Disk low",
            detail: detail,
            retryable: true,
            nextAction:
                "Free space on the coordinator's disk; results are still taken, new tasks as soon as there is room.",
            retryAfter: 60
        )
    }
}
