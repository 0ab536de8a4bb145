import Synchronization
import YggCore

/// How the registry of images was when it was last looked at.
package struct RegistryVerdict: Sendable, Hashable {
    package var url: String
    /// Why images cannot be had there, with what to do; nil while they can.
    package var detail: String?

    package init(url: String, detail: String?) {
        self.url = url
        self.detail = detail
    }
}

extension Coordinator {
    /// Between two looks at the registry. Nothing of ours stops with it, so nobody has to know at once.
    private static let registryInterval = Milliseconds.seconds(15)
    /// How long it may take to answer.
    private static let registryTimeout = Milliseconds.seconds(3)

    /// How the registry is; nil where none is configured, or nobody has looked yet.
    package var registryVerdict: RegistryVerdict? { registry.withLock { $0 } }

    /// Looks after the registry, away from whoever asks for `/health`.
    func watchRegistry() async {
        while !Task.isCancelled {
            var verdict: RegistryVerdict?
            if let url = settings.registryURL {
                verdict = RegistryVerdict(url: url, detail: await registryTrouble(url))
            }
            registry.withLock { $0 = verdict }
            await machine.sleep(Self.registryInterval)
        }
    }

    /// One question to the registry's API: one that asks who we are is there.
    private func registryTrouble(_ url: String) async -> String? {
        guard let address = AgentAddress(url) else { return "coordinator.registry.url is not an address." }
        let answer = await link.send(
            AgentRequest(
                method: "GET",
                address: address,
                path: "/v2/",
                token: nil,
                timeout: Self.registryTimeout,
                maxBytes: 64 << 10
            )
        )
        let reason: String
        switch answer {
        case .reply(let reply) where reply.status == 200 || reply.status == 401: return nil
        case .reply(let reply): reason = "it answered \(reply.status) to GET /v2/"
        case .unsent(let sentence), .broken(let sentence), .tooLarge(let sentence): reason = sentence
        }
        return
            "The registry at \(url) has no images for anybody: \(reason). Machines go on with the images they have; start "
            + "it again with scripts/deploy-registry.sh, or correct coordinator.registry.url."
    }
}
