/// Who asked for something, from where.
package struct Author: Sendable, Hashable {
    package let principal: Principal
    /// The address the request came from; nil for what this process does by itself.
    package let address: String?

    package init(_ principal: Principal, from address: String? = nil) {
        self.principal = principal
        self.address = address
    }

    /// Whoever is on this machine, where nobody asked who.
    package static let local = Author(.local)

    package var name: String { principal.name }
}

/// One line of the audit: who did what, when, from where, with which token, to what. Never changed once written.
package struct AuditEntry: Sendable, Hashable {
    /// What is audited: whatever changes something for others.
    package enum Action: String, Sendable, Hashable, CaseIterable {
        case taskSubmit = "task.submit"
        case taskCancel = "task.cancel"
        case taskRetry = "task.retry"
        case taskRequeue = "task.requeue"
        case taskApprove = "task.approve"
        case taskReject = "task.reject"
        case executorRegister = "executor.register"
        case executorJoin = "executor.join"
        case executorOrder = "executor.order"
        case keyRenew = "key.renew"
        case serviceRegister = "service.register"
        case serviceRemove = "service.remove"
        case serviceCall = "service.call"
        case tokenCreate = "token.create"
        case tokenRevoke = "token.revoke"
        case configReload = "config.reload"
        /// A token that is over was shown. Told once in a while, not for every try.
        case accessRefused = "access.refused"
    }

    package let at: Timestamp
    package let by: String
    package let token: TokenID?
    package let address: String?
    package let action: Action
    package let task: TaskID?
    package let executor: ExecutorID?
    /// In words; nil where the rest says it all.
    package let detail: String?

    package init(
        _ action: Action,
        by author: Author,
        at now: Timestamp,
        task: TaskID? = nil,
        executor: ExecutorID? = nil,
        detail: String? = nil
    ) {
        self.init(
            at: now,
            by: author.name,
            token: author.principal.token,
            address: author.address,
            action: action,
            task: task,
            executor: executor,
            detail: detail
        )
    }

    package init(
        at: Timestamp,
        by: String,
        token: TokenID?,
        address: String?,
        action: Action,
        task: TaskID?,
        executor: ExecutorID?,
        detail: String?
    ) {
        self.at = at
        self.by = by
        self.token = token
        self.address = address
        self.action = action
        self.task = task
        self.executor = executor
        self.detail = detail
    }

    package var json: JSONObject {
        var object: JSONObject = ["at": .string(at.description), "by": .string(by), "action": .string(action.rawValue)]
        object.append("tokenId", .optional(token?.rawValue))
        object.append("from", .optional(address))
        object.append("task", .optional(task?.rawValue))
        object.append("executor", .optional(executor?.rawValue))
        object.append("detail", .optional(detail))
        return object
    }
}

/// Which entries of the audit are asked for.
package struct AuditFilter: Sendable, Hashable {
    package var since: Timestamp?
    package var by: String?
    package var task: TaskID?
    package var executor: ExecutorID?

    package init(
        since: Timestamp? = nil,
        by: String? = nil,
        task: TaskID? = nil,
        executor: ExecutorID? = nil
    ) {
        self.since = since
        self.by = by
        self.task = task
        self.executor = executor
    }
}
