package import YggCore

/// Every kind that is known: built in, declared, or offered by an executor that ever registered.
package struct KindCatalogue: Sendable {
    private var builtIn: [TaskKind: KindSpec]
    private var offered: [TaskKind: KindSpec] = [:]
    private var offeredBy: [TaskKind: [ExecutorID]] = [:]

    package init(declared: [KindSpec]) {
        builtIn = Dictionary((KindSpec.builtIn + declared).map { ($0.kind, $0) }) { _, declared in declared }
    }

    /// What an executor offers is the truth about how it runs a kind; what is built in here is what we would.
    package subscript(kind: TaskKind) -> KindSpec? { offered[kind] ?? builtIn[kind] }

    package var all: [(spec: KindSpec, offeredBy: [ExecutorID])] {
        Set(builtIn.keys).union(offered.keys).sorted().compactMap { kind in
            self[kind].map { ($0, (offeredBy[kind] ?? []).sorted()) }
        }
    }

    mutating func learn(_ offer: ExecutorOffer) {
        for kind in offeredBy.keys { offeredBy[kind]?.removeAll { $0 == offer.id } }
        for spec in offer.kinds {
            offered[spec.kind] = spec
            offeredBy[spec.kind, default: []].append(offer.id)
        }
    }

    func isOffered(_ kind: TaskKind) -> Bool { !(offeredBy[kind] ?? []).isEmpty }
}
