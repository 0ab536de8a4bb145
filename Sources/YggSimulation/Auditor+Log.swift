import YggCore
import YggStorage

extension Auditor {
    /// Reads the whole log of a task: numbers without holes, and every line of every epoch once and in order.
    func readLog(of task: TaskGlance) {
        let page = fleet.coordinator.look { tx in try store.events(of: task.num, after: 0, limit: 10_000, in: tx) }
        guard let events = page?.events else { return }
        let name = name(task.id)
        var epoch: Int64 = 0
        var line: Int64 = 0
        var hasGap = false
        var seq: Int64 = 0
        for event in events {
            // A restored store goes on where nobody can have been, and says so.
            let isJump = event.type == .gap && event.data["from"]?.intValue == seq + 1
            if event.seq != (isJump ? event.data["to"]?.intValue ?? seq : seq) + 1 {
                world.fail(.logIsWhole, "in the log of \(name), entry \(event.seq) follows entry \(seq)")
            }
            seq = event.seq
            if isJump, event.data["to"]?.intValue ?? 0 >= Restoration.jump {
                (epoch, line) = (epoch + Restoration.jump, 0)
            }
            switch event.type {
            case .state:
                let newEpoch = event.data["epoch"]?.intValue ?? 0
                if newEpoch < epoch {
                    world.fail(.nothingGoesBack, "the log of \(name) goes back to epoch \(newEpoch)")
                }
                if newEpoch != epoch { (epoch, line, hasGap) = (newEpoch, 0, false) }
            case .gap: hasGap = true
            case .output:
                let lease = event.data["lease"]?.stringValue ?? ""
                if lease != "\(LeaseKey(task: task.id, epoch: epoch))" {
                    world.fail(.staleIsRefused, "the log of \(name) has a line of \(lease) in epoch \(epoch)")
                }
                let number = event.data["line"]?.intValue ?? 0
                if hasGap ? number <= line : number != line + 1 {
                    world.fail(.logIsWhole, "in the log of \(name), line \(number) follows line \(line)")
                }
                (line, hasGap) = (number, false)
            default: continue
            }
        }
        if seq != task.nextSeq - 1 { world.fail(.logIsWhole, "the log of \(name) ends with entry \(seq)") }
        guard task.state == .succeeded, let result = task.result.flatMap({ try? JSON(parsing: $0) }),
            let lines = result["lines"]?.intValue, lines != line, !hasGap
        else { return }
        world.fail(.logIsWhole, "\(name) said \(lines) lines, its log ends with line \(line)")
    }
}
