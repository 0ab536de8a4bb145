import Testing
import YggCore

@Suite struct RetentionPassTests {
    private let now = Timestamp(milliseconds: 1_000_000_000)
    private let rules = RetentionRules(age: .hours(1), size: 1000)

    private func candidate(
        endedAgo: Milliseconds,
        isReferenced: Bool = false,
        hasOutput: Bool = true
    ) -> RetentionRules.Candidate {
        RetentionRules.Candidate(
            num: 7,
            finishedAt: now + Milliseconds(-endedAgo.rawValue),
            isReferenced: isReferenced,
            hasOutput: hasOutput
        )
    }

    @Test func `a task goes when it is as old as that, and no earlier`() {
        let pass = RetentionPass(rules: rules, used: 0, now: now)
        #expect(pass.removal(of: candidate(endedAgo: .hours(1))) == .task(7))
        #expect(pass.removal(of: candidate(endedAgo: .minutes(59))) == nil)
        #expect(pass.ends(at: candidate(endedAgo: .minutes(59))))
        #expect(!pass.ends(at: candidate(endedAgo: .hours(1))))
    }

    @Test func `by size output goes first, and results only where there is no output`() {
        let pass = RetentionPass(rules: rules, used: 1001, now: now)
        #expect(pass.removal(of: candidate(endedAgo: .zero)) == .output(7))
        #expect(pass.removal(of: candidate(endedAgo: .zero, hasOutput: false)) == .task(7))
        #expect(pass.forAgeAlone.removal(of: candidate(endedAgo: .zero, hasOutput: false)) == nil)
        #expect(pass.forAgeAlone.removal(of: candidate(endedAgo: .days(365), hasOutput: false)) == .task(7))
        #expect(!pass.ends(at: candidate(endedAgo: .zero)))
    }

    @Test func `whatever unfinished work refers to stays`() {
        let pass = RetentionPass(rules: rules, used: 1_000_000, now: now)
        #expect(pass.removal(of: candidate(endedAgo: .days(365), isReferenced: true)) == nil)
    }

    @Test func `shedding goes on to somewhat below the limit, and does not begin before it`() {
        var pass = RetentionPass(rules: rules, used: 1000, now: now)
        #expect(!pass.isShedding)
        pass = RetentionPass(rules: rules, used: 1001, now: now)
        pass.measured(980)
        #expect(pass.isShedding)
        pass.measured(950)
        #expect(!pass.isShedding)
    }

    @Test func `a step ends by what it has counted, and goes on by what is measured`() {
        let pass = RetentionPass(rules: rules, used: 1100, now: now)
        var step = pass
        step.removed(149)
        #expect(step.isShedding)
        step.removed(1)
        #expect(!step.isShedding && pass.isShedding)
        var measured = pass
        measured.measured(1000)
        #expect(measured.isShedding, "what was counted was not all free")
    }
}
