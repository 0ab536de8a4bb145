import Testing
import YggCore
import YggTorture

struct ReportTests {
    @Test func `tasks are counted, not sentences about them`() {
        let findings = [
            Finding(.lost, "a", "It is not there."), Finding(.lost, "a", "Its log has a hole."),
            Finding(.staleAccepted, "b", "Its result is old."),
        ]
        #expect(findings.verdict == "lost 1 duplicated 0 stale accepted 1")
    }

    @Test func `a report says what was carried`() {
        var report = TortureReport(seed: 7, lasted: .seconds(2), findings: [], incidents: [])
        report.count(Sample.evidence)
        report.count(faults: [.kill, .silence, .kill])
        report.restarts = 2
        report.longestRecovery = (.seconds(1), "fenrir after kill")
        #expect(report.isSound)
        #expect(
            report.text == """
                lost 0 duplicated 0 stale accepted 0
                tasks 3 (1.5/s): 3 succeeded; attempts 4, lost answers 0
                faults 3: kill 2, silence 1
                restarts 2, longest recovery 1000 ms (fenrir after kill), longest stall of this machine 0 ms

                """
        )
        #expect(report.json["ok"] == true)
        #expect(report.json["faults"] == ["kill": 2, "silence": 1])
    }

    @Test func `a process that ended by itself is no success`() {
        let report = TortureReport(seed: 7, lasted: .seconds(2), findings: [], incidents: ["fenrir ended by itself"])
        #expect(!report.isSound)
        #expect(report.text.contains("incident: fenrir ended by itself\n"))
    }
}
