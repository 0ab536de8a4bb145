package import YggCore

/// Every kind that is known: built in, declared, or offered by an executor or a service that ever registered.
package struct KindCatalogue: Sendable {
    private var builtIn: [TaskKind: KindSpec]
    private var offered: [TaskKind: KindSpec] = [:]
    private var ofServices: [TaskKind: KindSpec] = [:]
    private var offeredBy: [TaskKind: [ExecutorID]] = [:]

    package init(declared: [KindSpec]) {
        builtIn = [:]
        declare(declared)
    }

    /// What the configuration declares from now on; what it declared before, and nobody offers, is not known any more.
    mutating func declare(_ declared: [KindSpec]) {
        builtIn = Dictionary((KindSpec.builtIn + declared).map { ($0.kind, $0) }) { _, declared in declared }
    }

    /// What an executor offers is the truth about how it runs a kind; what is built in here is what we would. A service
    /// that offers one of those as well does not change what the others know about it.
    package subscript(kind: TaskKind) -> KindSpec? { offered[kind] ?? builtIn[kind] ?? ofServices[kind] }

    package var all: [(spec: KindSpec, offeredBy: [ExecutorID])] {
        Set(builtIn.keys).union(offered.keys).union(ofServices.keys).sorted().compactMap { kind in
            self[kind].map { ($0, (offeredBy[kind] ?? []).sorted()) }
        }
    }

    mutating func learn(_ offer: ExecutorOffer, isService: Bool) {
        forget(offer.id)
        for spec in offer.kinds {
            if isService { ofServices[spec.kind] = spec } else { offered[spec.kind] = spec }
            offeredBy[spec.kind, default: []].append(offer.id)
        }
    }

    /// Its kinds stay known, and nobody is said to offer them for its sake.
    mutating func forget(_ id: ExecutorID) {
        for kind in offeredBy.keys { offeredBy[kind]?.removeAll { $0 == id } }
    }

    func isOffered(_ kind: TaskKind) -> Bool { !(offeredBy[kind] ?? []).isEmpty }
}
