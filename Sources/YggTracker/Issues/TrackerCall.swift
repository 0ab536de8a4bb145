/// One call of a tracker, as `IssueKeeper` asks for it.
package enum TrackerCall: Sendable, Hashable {
    case probe
    case ready
    case held(by: String)
    case blocked
    case issue(IssueID)
    case claim(IssueID, as: String)
    case comments(of: IssueID)
    case comment(String, on: IssueID, as: String)
    case close(IssueID, reason: String, as: String)
    case putBack(IssueID, PutBack, as: String)
    case renew(IssueID, as: String)

    /// Which issue it is about; nil for those about all.
    package var issue: IssueID? {
        switch self {
        case .probe, .ready, .held, .blocked: nil
        case .issue(let id), .claim(let id, _), .comments(let id), .comment(_, let id, _), .close(let id, _, _),
            .putBack(let id, _, _), .renew(let id, _):
            id
        }
    }

    /// Whether something may be different afterwards.
    package var changes: Bool {
        switch self {
        case .probe, .ready, .held, .blocked, .issue, .comments: false
        case .claim, .comment, .close, .putBack, .renew: true
        }
    }
}

/// What a call was answered with.
package enum TrackerAnswer: Sendable, Hashable {
    case report(TrackerReport)
    /// nil where it is what the last such call answered.
    case ready([TrackedIssue]?)
    case issues([TrackedIssue])
    case issue(TrackedIssue?)
    case claim(ClaimAnswer)
    case comments([String])
    case done
}

extension Tracker {
    /// Makes a call.
    package func answer(_ call: TrackerCall) async -> Result<TrackerAnswer, TrackerFailure> {
        do throws(TrackerFailure) {
            switch call {
            case .probe: return .success(.report(try await probe()))
            case .ready: return .success(.ready(try await ready()))
            case .held(let actor): return .success(.issues(try await held(by: actor)))
            case .blocked: return .success(.issues(try await blocked()))
            case .issue(let id): return .success(.issue(try await issue(id)))
            case .claim(let id, let actor): return .success(.claim(try await claim(id, as: actor)))
            case .comments(let id): return .success(.comments(try await comments(of: id)))
            case .comment(let text, let id, let actor): try await comment(text, on: id, as: actor)
            case .close(let id, let reason, let actor): try await close(id, reason: reason, as: actor)
            case .putBack(let id, let way, let actor):
                return .success(.issue(try await putBack(id, way, as: actor)))
            case .renew(let id, let actor): try await renew(id, as: actor)
            }
            return .success(.done)
        } catch {
            return .failure(error)
        }
    }
}
