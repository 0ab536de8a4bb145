package import YggCore

extension Problem {
    /// Nobody knows who asks.
    package static func unauthorized(_ detail: String) -> Problem {
        Problem(
            status: 401,
            code: "unauthorized",
            title: "Unauthorized",
            detail: detail,
            nextAction: "Send Authorization: Bearer with a token; for the ygg command, run: ygg login URL"
        )
    }

    /// A token of ours that opens nothing any more.
    package static func tokenOver(_ token: AccessToken, _ state: AccessToken.State) -> Problem {
        let next =
            switch token.role {
            case .executor:
                "An operator makes a new one: ygg token create \(token.name) --role join; then join again."
            case .join: "An operator makes a new one: ygg token create \(token.name) --role join"
            default: "Ask an operator for a new one, then: ygg login URL"
            }
        let what = token.role == .join && token.exchangedFor != nil ? "has been used: it is good for once" : nil
        return Problem(
            status: 401,
            code: state == .expired ? "token-expired" : "token-revoked",
            title: state == .expired ? "Token expired" : "Token revoked",
            detail:
                "The token \(token.id) of \(token.name) \(what ?? (state == .expired ? "has expired" : "was revoked")).",
            nextAction: next
        )
    }

    /// Somebody who is known may not.
    package static func forbidden(_ decision: Access.Decision, _ principal: Principal) -> Problem {
        switch decision {
        case .allowed: preconditionFailure("what is allowed is no problem")
        case .needs(let role):
            return Problem(
                status: 403,
                code: "forbidden",
                title: "Forbidden",
                detail: "This needs the role \(role.rawValue), and \(principal.name) is \(principal.role.rawValue).",
                nextAction: next(role, principal),
                extensions: ["needs": .string(role.rawValue), "role": .string(principal.role.rawValue)]
            )
        case .notYours(.task(let submitter)):
            return Problem(
                status: 403,
                code: "forbidden",
                title: "Forbidden",
                detail:
                    "The task is \(submitter)'s; \(principal.name) may change only what \(principal.name) submitted.",
                nextAction: "Ask \(submitter), or somebody who is operator.",
                extensions: ["needs": "operator", "role": .string(principal.role.rawValue)]
            )
        case .notYours(.executor(let id)):
            return Problem(
                status: 403,
                code: "forbidden",
                title: "Forbidden",
                detail: "The key is \(principal.name)'s, and the call is for \(id).",
                nextAction: "An executor speaks for itself alone: use \(id)'s own key.",
                extensions: ["needs": "executor", "role": .string(principal.role.rawValue)]
            )
        }
    }

    private static func next(_ role: AccessRole, _ principal: Principal) -> String {
        switch role {
        case .executor: "Only an executor may call this, with its own key."
        case .join: "Show an invitation, which an operator makes: ygg token create NAME --role join"
        default: "Ask an operator for a token: ygg token create \(principal.name) --role \(role.rawValue)"
        }
    }

    /// Too much at once.
    package static func tooMany(_ detail: String, wait: Milliseconds, next: String) -> Problem {
        Problem(
            status: 429,
            code: "too-many-requests",
            title: "Too many requests",
            detail: detail,
            retryable: true,
            nextAction: next,
            retryAfter: Int((wait.rawValue + 999) / 1000)
        )
    }
}
