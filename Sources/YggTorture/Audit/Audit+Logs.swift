import YggCore

/// What a task's own log tells.
extension Audit {
    func checkLog(of task: TaskRecord) -> [Finding] {
        var reader = LogReader(task: task)
        for event in task.events { reader.read(event) }
        reader.finish()
        return reader.findings
    }
}

/// Reads a log from its beginning, and remembers what must follow from what has been read.
private struct LogReader {
    let task: TaskRecord
    var findings: [Finding] = []
    private var seq: Int64 = 0
    private var epoch: Int64 = 0
    /// The state that the log has told last.
    private var state: String?
    /// The epoch of the attempt that may speak; nil between attempts.
    private var speaker: Int64?
    private var end: EventRecord?
    private var hasGap = false
    private var partial = ""
    /// The lines of the latest attempt that said any.
    private var lines: (epoch: Int64, numbers: [Int]) = (0, [])
    /// How many lines the work said that it would say.
    private var announced: Int?

    init(task: TaskRecord) { self.task = task }

    mutating func read(_ event: EventRecord) {
        if event.seq != seq + 1 {
            complain(.lost, "Its log goes from entry \(seq) to entry \(event.seq).")
        }
        seq = event.seq
        if let end {
            complain(.staleAccepted, "Its log goes on after it had \(end.state ?? "ended"), with \(event.type).")
        }
        switch event.type {
        case "state": readState(event)
        case "output": readOutput(event)
        case "gap": hasGap = true
        default: break
        }
    }

    private mutating func readState(_ event: EventRecord) {
        state = event.state
        if let epoch = event.epoch {
            if epoch < self.epoch {
                complain(.staleAccepted, "Its log goes back from epoch \(self.epoch) to epoch \(epoch).")
            }
            if event.isGrant, epoch <= self.epoch {
                complain(.duplicated, "Epoch \(epoch) was granted twice.")
            }
            self.epoch = max(self.epoch, epoch)
        }
        if event.isGrant { partial = "" }
        speaker = event.state == "running" ? event.epoch : nil
        if event.isEnd {
            if end != nil { complain(.duplicated, "It was completed twice.") }
            end = event
        }
    }

    private mutating func readOutput(_ event: EventRecord) {
        guard let text = event.text, task.policy?.isInLedger == true else { return }
        partial += text
        while let newline = partial.firstIndex(of: "\n") {
            readLine(String(partial[..<newline]))
            partial.removeSubrange(...newline)
        }
    }

    private mutating func readLine(_ line: String) {
        guard let said = SaidLine(line) else { return }
        guard said.task == task.id, said.epoch == speaker else {
            let now = speaker.map { "epoch \($0) was the one that counted" } ?? "nobody held it"
            return complain(.staleAccepted, "A line of \(said.task) epoch \(said.epoch) was taken while \(now).")
        }
        if lines.epoch != said.epoch { lines = (said.epoch, []) }
        lines.numbers.append(said.number)
        announced = said.count
    }

    mutating func finish() {
        guard task.isOver else { return }
        guard let end else { return complain(.lost, "It has \(task.state), and its log does not say so.") }
        if end.state != task.state || (end.epoch ?? 0) != task.epoch {
            complain(
                .staleAccepted,
                "It is \(task.state) at epoch \(task.epoch), and its log ends as \(end.state ?? "?") at \(end.epoch ?? 0)."
            )
        }
        guard task.state == "succeeded", task.policy?.isInLedger == true else { return }
        checkLines()
        checkResult()
    }

    /// What the attempt that counts has said is there, once and in order.
    private mutating func checkLines() {
        let numbers = lines.epoch == task.epoch ? lines.numbers : []
        if Set(numbers).count != numbers.count { complain(.duplicated, "A line of its output is there twice.") }
        if numbers != numbers.sorted() { complain(.duplicated, "The lines of its output are in disorder.") }
        guard !hasGap else { return }
        guard let announced, !numbers.isEmpty else { return complain(.lost, "None of its output is there.") }
        if numbers.count < announced {
            complain(.lost, "\(announced - numbers.count) of \(announced) lines of its output are not there.")
        }
    }

    /// The result is the one of the attempt that counts.
    private mutating func checkResult() {
        for line in (task.output ?? "").split(separator: "\n") {
            guard let said = SaidLine(String(line)), said.task != task.id || said.epoch != task.epoch else { continue }
            return complain(.staleAccepted, "Its result is that of \(said.task) epoch \(said.epoch).")
        }
    }

    private mutating func complain(_ breach: Finding.Breach, _ detail: String) {
        findings.append(Finding(breach, task.id, detail))
    }
}

/// A line of output, which says whose it is: `work TASK EPOCH 3/5`.
package struct SaidLine: Sendable, Hashable {
    package var task: String
    package var epoch: Int64
    package var number: Int
    package var count: Int

    package init(task: String, epoch: Int64, number: Int, count: Int) {
        self.task = task
        self.epoch = epoch
        self.number = number
        self.count = count
    }

    package var line: String { "work \(task) \(epoch) \(number)/\(count)\n" }

    package init?(_ line: String) {
        let words = line.split(separator: " ")
        guard words.count == 4, words[0] == "work", let epoch = Int64(words[2]) else { return nil }
        let place = words[3].split(separator: "/")
        guard place.count == 2, let number = Int(place[0]), let count = Int(place[1]) else { return nil }
        self.init(task: String(words[1]), epoch: epoch, number: number, count: count)
    }
}
