import Dispatch

/// Where an executor finds one secret. It is looked at when an attempt starts, and never before anybody needs it.
package struct SecretSource: Sendable {
    package let name: String
    private let waitsForDisk: Bool
    private let look: @Sendable () throws(SecretProblem) -> String

    /// - Parameters:
    ///   - waitsForDisk: whether it lies in a file, whose disk may be slow, or a network's that does not answer at all.
    ///   - read: finds the secret as it is now.
    package init(
        name: String,
        waitsForDisk: Bool = true,
        read: @escaping @Sendable () throws(SecretProblem) -> String
    ) {
        self.name = name
        self.waitsForDisk = waitsForDisk
        look = read
    }

    /// The secret as it is now. No thread of the cooperative pool is held by a file's disk.
    func read() async throws(SecretProblem) -> String {
        guard waitsForDisk else { return try look() }
        let found = await withCheckedContinuation { (continuation: CheckedContinuation<Found, Never>) in
            Self.disk.async { [look] in
                continuation.resume(returning: Found { () throws(SecretProblem) in try look() })
            }
        }
        return try found.get()
    }

    /// The same for a process that is just starting, and has nothing else to do.
    func readAtStart() throws(SecretProblem) -> String { try look() }

    private typealias Found = Result<String, SecretProblem>

    private static let disk = DispatchQueue(label: "ygg.secrets", attributes: .concurrent)
}

/// Why a secret cannot be had: sentences that end with what to do.
package struct SecretProblem: Error, Sendable, Hashable {
    package let detail: String

    package init(_ detail: String) { self.detail = detail }
}
