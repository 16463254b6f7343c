import PurgeModel

// What an operator may have forgotten, and what has to be written for it.
extension Members {
    /// An agent that spoke this recently runs, and would be back with its next word.
    private static let retirementSilence: Duration = .seconds(5)

    /// What has to be written so that a machine is forgotten: an agent, or another machine of its name; throws why that
    /// may not be.
    func retirement(of member: String, at now: CollectorInstant) throws(RetirementRefusal) -> Retirement {
        if roster[member] != nil { throw .isInRoster }
        guard let agent = agent(member), agent.isMember else { throw .unknown }
        let name = agent.acknowledgement.agent
        if let holder = names.machine(of: name), agent.otherMachineOf != nil {
            return try settlement(of: name, on: holder, at: now)
        }
        if let newest = names.others(of: name).last {
            throw .hasOtherMachines(newest: NameHolders.member(name, newest))
        }
        if isRunning(agent, at: now) { throw .isRunning(mustBeSilentFor: Self.retirementSilence) }
        return Retirement(agent: name, acksPartition: agent.isRemembered ? nil : agent.acksPartition)
    }

    /// What has to be written so that agents are forgotten that have been silent for too long.
    ///
    /// Only those leave whose silence is safe already: nobody waits for them, because their caches are bypassed or gone
    /// (docs/decisions/0040-agents-that-expire.md).
    func expired(at now: CollectorInstant) -> [Retirement] {
        guard let expire, areKnown else { return [] }
        return all.compactMap { agent in
            guard agent.isMember, agent.safeAfter != nil, reading.silence(of: agent, at: now) >= expire,
                let retirement = try? retirement(of: agent.name, at: now), retirement.holder == nil
            else { return nil }
            return Retirement(
                agent: retirement.agent, acksPartition: retirement.acksPartition,
                expired: LastWord(agent.acknowledgement))
        }
    }

    /// Whether an agent has said nothing after a word, as far as we know, and no other machine has its name.
    func isLast(_ word: LastWord, of name: String) -> Bool {
        guard names.others(of: name).isEmpty else { return false }
        return agent(name).map { !$0.isMember || LastWord($0.acknowledgement) == word } ?? true
    }

    /// What has to be written so that the other machine that speaks under a name takes the place of all that had it;
    /// throws why that may not be.
    func replacement(of name: String, at now: CollectorInstant) throws(RetirementRefusal) -> Retirement {
        guard isMember(name), NameHolders.parts(of: name) == nil else { throw .unknown }
        let others = names.others(of: name)
        let running = others.filter { machine in
            agent(NameHolders.member(name, machine)).map { isRunning($0, at: now) } ?? false
        }
        guard running.count <= 1 else { throw .severalMachines(running.count) }
        // One that has stopped meanwhile is meant as well, where there is no doubt.
        guard let machine = running.first ?? (others.count == 1 ? others[0] : nil) else { throw .noOtherMachine }
        return try settlement(of: name, on: machine, at: now)
    }

    /// What says that a name belongs to one machine alone; throws if another one still runs.
    private func settlement(
        of name: String, on machine: String, at now: CollectorInstant
    ) throws(RetirementRefusal) -> Retirement {
        let leaving = machines(of: name).filter { $0 != machine }
        guard !leaving.contains(where: { agent(member(name, $0)).map { isRunning($0, at: now) } ?? false }) else {
            throw .isRunning(mustBeSilentFor: Self.retirementSilence)
        }
        guard let holder = agent(member(name, machine)) else { throw .unknown }
        return Retirement(agent: name, acksPartition: holder.acksPartition, holder: holder.acknowledgement)
    }

    /// Whether it would be back with its next word.
    private func isRunning(_ agent: AgentRecord, at now: CollectorInstant) -> Bool {
        agent.acknowledgement.status != .draining && now.monotonic - agent.heardAt < Self.retirementSilence
    }
}
