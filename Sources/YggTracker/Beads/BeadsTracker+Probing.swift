import YggCore

extension BeadsTracker {
    package func probe() async throws(TrackerFailure) -> TrackerReport {
        let reply = try await command.run(["version"])
        if let error = reply.error { throw failure(error, "version") }
        let text = reply.payload?["version"]?.stringValue ?? String(decoding: reply.stdout, as: UTF8.self)
        guard let version = BeadsVersion(in: text) else {
            throw TrackerFailure(
                .unusable,
                "\(command.settings.command) does not say a version of Beads: \(text.prefix(80))",
                next: "Name the bd to run in tracker.command."
            )
        }
        self.version = version
        var report = TrackerReport(version: "bd \(version)")
        report.home = try await home()
        // That it can be asked at all, before anything depends on it.
        _ = try await succeed(["ready"], flags: [["--limit", "1"]])
        if version < .claims {
            report.objection =
                "bd \(version) cannot claim an issue so that nobody else has it too. Install 0.49.4 or newer."
        } else if version < .safeClaims {
            report.notes.append("bd \(version) claims issues without a look at their state; 1.0.4 does better.")
        }
        report.renewsClaims = try await command.run(["heartbeat", "--help"]).error == nil
        report.tellsBlocked = try await command.run(["blocked", "--help"]).error == nil
        return report
    }

    /// The workspace that it found, and how its ids begin: both stay as they are for as long as it is the same one.
    private func home() async throws(TrackerFailure) -> String? {
        let reply = try await command.run(["where"])
        if let error = reply.error {
            if BeadsFault(error) == .unusable { throw failure(error, "where") }
            return nil
        }
        guard let path = reply.payload?["path"]?.stringValue else { return nil }
        return reply.payload?["prefix"]?.stringValue.map { "\(path) (\($0)-)" } ?? path
    }

    /// What `bd` touches when somebody changes something. It is a hint and nothing else: not every change shows there.
    package nonisolated func sign() -> String? {
        let files = ["last-touched", "interactions.jsonl", "issues.jsonl", "events.jsonl"]
        let marks = files.map { FileMark.of("\(place)/.beads/\($0)") ?? "-" }
        return marks.joined(separator: " ")
    }
}
