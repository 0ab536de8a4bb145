import YggCore
import YggHTTP

/// The coordinator's address as an invited machine is told it, and what there is to say about it.
struct InvitationAddress: Hashable {
    let url: String
    let note: String?

    /// - Parameters:
    ///   - publicURL: what the coordinator says of itself.
    ///   - asked: where the command reached it.
    ///   - served: what this machine knows of it, where it is the coordinator's.
    init(
        publicURL: String?,
        asked: String,
        served: ServedCoordinator?,
        own: [InterfaceAddress] = NetworkInterfaces.addresses
    ) {
        let isLocal = AgentAddress(asked).map { RequestGuard.isLoopback($0.host) } ?? false
        guard publicURL == nil, isLocal else {
            url = publicURL ?? asked
            note = nil
            return
        }
        let reachable = served?.reachableURLs(own: own) ?? []
        url = reachable.first?.url ?? asked
        switch reachable.count {
        case 0:
            note = """
                \(asked) means the machine it is used on: name an address of the coordinator's that the other machine \
                reaches, or set coordinator.publicUrl.
                """
        case 1: note = nil
        default:
            let all = reachable.map { "\($0.url) (\($0.interface))" }.joined(separator: ", ")
            note = """
                the coordinator serves every address of this machine: \(all). Use one that the other machine reaches, or \
                set coordinator.publicUrl.
                """
        }
    }
}
