package import YggCore

extension Simulation {
    /// The shortest history that can be found which breaks the same rule: without one fault, one task, one executor after
    /// the other, as long as it still breaks it.
    package static func shrink(_ outcome: Outcome, sabotage: Sabotage = []) -> Outcome {
        var best = outcome
        var isSmaller = true
        while isSmaller {
            isSmaller = false
            for candidate in best.scenario.smaller {
                let tried = run(candidate, sabotage: sabotage)
                guard tried.violation?.rule == best.violation?.rule, tried.violation != nil else { continue }
                best = tried
                isSmaller = true
                break
            }
        }
        return best
    }
}

extension Scenario {
    /// This scenario with one thing less.
    fileprivate var smaller: [Scenario] {
        var smaller: [Scenario] = []
        for index in faults.indices { smaller.append(changed { $0.faults.remove(at: index) }) }
        for index in tasks.indices {
            let name = tasks[index].name
            smaller.append(
                changed { scenario in
                    scenario.tasks.remove(at: index)
                    for other in scenario.tasks.indices where scenario.tasks[other].dependsOn == name {
                        scenario.tasks[other].dependsOn = nil
                    }
                }
            )
        }
        if executors.count > 1 {
            for index in executors.indices { smaller.append(changed { $0.executors.remove(at: index) }) }
        }
        for index in tasks.indices {
            if tasks[index].cancelAt != nil { smaller.append(changed { $0.tasks[index].cancelAt = nil }) }
            if tasks[index].retryAt != nil { smaller.append(changed { $0.tasks[index].retryAt = nil }) }
            if tasks[index].asks != nil { smaller.append(changed { $0.tasks[index].asks = nil }) }
            if tasks[index].delay != nil { smaller.append(changed { $0.tasks[index].delay = nil }) }
        }
        if people > 1 { smaller.append(changed { $0.people -= 1 }) }
        for index in commits.indices { smaller.append(changed { $0.commits.remove(at: index) }) }
        return smaller
    }

    private func changed(_ change: (inout Scenario) -> Void) -> Scenario {
        var scenario = self
        change(&scenario)
        return scenario
    }
}
