import Logging
import Synchronization
import YggCore
import YggStorage

extension Coordinator {
    /// Performs what the Forwarder decided and memory alone cannot do.
    func perform(_ effect: Forwarder.Effect) {
        switch effect {
        case .call(let call): place(call)
        case .drop(let number): desk.drop(number)
        case .conclude(let key, let report): conclude(key, report)
        case .tell(let key, let sentence): tell(key, sentence)
        case .park, .unpark, .renew, .show, .introduce, .lose: break
        }
    }

    /// Carries out calls until the coordinator stops.
    func placeCalls() async {
        await desk.run(link) { [self] number, answer in
            withControl { control, work in
                let now = machine.now()
                if let call = control.forwarder.call(number), case .reply = answer,
                    control.forwarder.nature(of: call.executor) == .fixed
                {
                    control.executors[call.executor]?.lastHeard = now
                    control.executors[call.executor]?.lastSeen = machine.time()
                }
                control.forward(.answered(number, answer), now: now, into: &work)
            }
        }
    }

    private func place(_ call: ForwardedCall) {
        let id = call.executor
        let service = control.withLock { $0.services[id]?.service }
        guard let address = service?.address ?? settings.agents.fixed[id]?.address else {
            return withControl { control, work in
                control.forward(
                    .answered(call.number, .unsent("it has no address any more")),
                    now: machine.now(),
                    into: &work
                )
            }
        }
        let token =
            service == nil
            ? settings.agents.token(forExecutor: id, at: address)
            : settings.agents.token(forService: id, at: address, knowsHousehold: !access.hasKey(id))
        desk.order(
            call.number,
            AgentRequest(
                method: call.method,
                address: address,
                path: call.path,
                headers: call.idempotencyKey.map { [("idempotency-key", $0)] } ?? [],
                body: call.body?.bytes,
                token: token,
                timeout: call.timeout,
                maxBytes: settings.limits.body
            )
        )
    }

    /// The last word of an attempt that was forwarded, as an executor's would be taken.
    private func conclude(_ key: LeaseKey, _ report: FinalReport) {
        let now = machine.time()
        database.enqueue { [self] tx in
            guard var stored = try store.task(key.task, in: tx), stored.task.epoch == key.epoch,
                stored.task.state == .running, let executor = stored.task.executor
            else {
                // Told twice, or too late.
                tx.afterCommit { self.withControl { $0.revoke(key, now: self.machine.now(), into: &$1) } }
                return
            }
            var transition = transition(in: tx, at: now)
            try transition.end(&stored, with: report, epoch: key.epoch, events: report.outputEvents(at: now))
            let outcome = transition.outcome
            tx.afterCommit {
                self.withControl { control, work in
                    control.keep(.ended(key), now: self.machine.now(), into: &work)
                    self.follow(outcome, &control, &work)
                    control.dispatch(
                        .settled(.init(executor: executor, ended: [key])),
                        now: self.machine.now(),
                        into: &work
                    )
                }
                self.events.notify(outcome.touched)
            }
        } completion: { [logger] result in
            // Kept by the Forwarder, which tells it again.
            guard case .failure(let error) = result else { return }
            logger.error("forward.result-unstored", metadata: ["task.id": "\(key.task)", "error": "\(error)"])
        }
    }

    private func tell(_ key: LeaseKey, _ sentence: String) {
        let draft = EventDraft(at: machine.time(), type: .progress, data: ["text": .string(sentence)])
        database.enqueue { [self] tx in
            guard var stored = try store.task(key.task, in: tx), stored.task.epoch == key.epoch,
                stored.task.state == .running
            else { return }
            try store.append([draft], to: &stored, in: tx)
            try store.write(stored, in: tx)
            tx.afterCommit { self.events.notify([key.task]) }
        } completion: { [logger] result in
            // A remark, not a state: what it is about goes on without it.
            guard case .failure(let error) = result else { return }
            logger.warning("forward.remark-unstored", metadata: ["task.id": "\(key.task)", "error": "\(error)"])
        }
    }
}

extension FinalReport {
    /// What a service wrote, where those who follow the task look for it.
    fileprivate func outputEvents(at now: Timestamp) -> [EventDraft] {
        guard let text = result["output"]?.stringValue, !text.isEmpty else { return [] }
        return [EventDraft(at: now, type: .output, data: ["stream": "stdout", "text": .string(text)])]
    }
}
