import YggCore

/// The one repository of the household: what was published on its branches, in order. It outlives every store.
final class SimulatedRepository: @unchecked Sendable {
    static let name = "/srv/git/household"

    private unowned let fleet: Fleet
    /// What stands on a branch: digests of approvals, and commits of others.
    private var branches: [String: [String]] = [:]

    init(_ fleet: Fleet) { self.fleet = fleet }

    /// What a lander compares before it publishes.
    func tip(of branch: String) -> Int { branches[branch]?.count ?? 0 }

    func has(_ digest: String, on branch: String) -> Bool { branches[branch]?.contains(digest) ?? false }

    /// Somebody else publishes.
    func commit(on branch: String) {
        fleet.world.note("repository", "\(branch) moves")
        branches[branch, default: []].append("somebody's commit \(tip(of: branch))")
    }

    /// - Returns: whether it is published: not over another tip than `base`.
    func publish(_ approval: Approval, of key: LeaseKey, over base: Int, by process: ExecutorProcess) -> Bool {
        let branch = approval.question.target ?? ""
        guard !process.isDead, tip(of: branch) == base else { return false }
        fleet.auditor.landed(approval, of: key, isNew: !has(approval.digest, on: branch), by: process)
        branches[branch, default: []].append(approval.digest)
        return true
    }
}
