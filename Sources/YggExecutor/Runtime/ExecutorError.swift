/// Why an executor cannot run, or can run no longer: one sentence for the person who started it.
package struct ExecutorError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// Another process uses the data directory.
        case dataDirectoryInUse = "data-directory-in-use"
        case dataDirectoryUnusable = "data-directory-unusable"
        /// Another machine answers to this id.
        case idInUse = "executor-id-in-use"
        /// Another process took this executor's place.
        case replaced
        /// The coordinator will not have it: version, token, what it offers.
        case refused
        case portInUse = "port-in-use"
        case unsafeAddress = "unsafe-address"
    }

    package let code: Code
    package let description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
