/// Where an executor finds one secret. It is looked at when an attempt starts, and never before anybody needs it.
package struct SecretSource: Sendable {
    package let name: String
    /// The secret as it is now.
    let read: @Sendable () throws(SecretProblem) -> String

    package init(name: String, read: @escaping @Sendable () throws(SecretProblem) -> String) {
        self.name = name
        self.read = read
    }
}

/// Why a secret cannot be had: sentences that end with what to do.
package struct SecretProblem: Error, Sendable, Hashable {
    package let detail: String

    package init(_ detail: String) { self.detail = detail }
}
