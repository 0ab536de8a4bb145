package import YggCore

/// Where an executor finds what it runs: the registry of its machine, or the few handlers of a test.
package protocol HandlerSource: Sendable {
    /// What is offered.
    var kinds: [KindSpec] { get }

    func handler(for kind: TaskKind) -> (any Handler)?
}

extension HandlerRegistry: HandlerSource {}
