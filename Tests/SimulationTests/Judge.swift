import PurgeModel

@testable import EdgeAgent

/// What must hold of a machine at every moment, and what the limits in `docs/guarantees.md` excuse.
struct Judge {
    let clock: SimulatedClock
    /// Whether wall clocks are set in this history: then dates prove nothing.
    let hasJumps: Bool

    private static let window = SimulatedMachine.guardWindow.wholeMilliseconds
    private static let skew = SimulatedMachine.clockSkewMax.wholeMilliseconds
    private static let second: Int64 = 1000
    /// The longest wait before what could not be changed is tried again, and a round.
    private static let retry: Int64 = 16_000
    /// How often invalidated files are looked at: the limit of late 304s.
    private static let watchPause: Int64 = 25
    /// How much a file's birth may be behind.
    private static let birthStep: Int64 = 10

    /// Confirmed, or told as applied, means gone: why a file should not be there; nil when it may.
    ///
    /// - Parameters:
    ///   - since: from when on it has been promised.
    ///   - newest: when the newest purge of the page was accepted or applied here: the newest stands for all.
    func fault(
        _ file: MemoryDirectory.File, page: Int, _ place: SimulatedBroker.Place, _ entry: SimulatedBroker.Entry,
        since: Int64, newest: Int64, on machine: SimulatedMachine
    ) -> String? {
        guard let version = entry.versions[page], file.isLive, file.version < version else { return nil }
        // Limits 11 and 39: the clocks were set back since its head came, or forward before, so it looks younger than
        // it is.
        if file.jump > min(entry.jump, clock.lowestJump(since: file.head)) { return nil }
        // The index has the date of when the file was stored: a 304 that renews it in place tells nobody.
        if file.isRenewed, clock.highestJump(in: 0...file.landed) > entry.jump { return nil }
        let what =
            "version \(file.version) of page \(page), not \(version), is in the cache of \(machine.name) "
            + "(\(machine.mode)): fetched \(file.began)-\(file.head), landed \(file.landed), purge of "
            + "\(entry.accepted) at \(place) \(entry.event.mode), promised \(since), looked at "
            + "\(machine.lookedAt), started \(machine.startedAt), now \(clock.passed), clocks set \(clock.history)"
        guard file.landed > entry.accepted else { return what }
        // From a shield that had not applied it, and here when it was applied here.
        if let done = machine.completed[place], file.landed < done, !hasJumps { return "before its last pass: " + what }
        // Limit 11: the clocks were set forward during the fetch, and an agent that reads the purge late takes it for
        // so old that no fetch can be on its way any more.
        if clock.highestJump(in: entry.accepted...file.landed) - entry.jump > Self.window + Self.skew { return nil }
        // A late response: limits 1, 2, 12 and 15 to 18.
        guard machine.lookedAt > file.landed + (file.isRenewed ? Self.watchPause : 0) else { return nil }
        if let until = machine.wasUnmarkable(page) {
            guard until < .max, machine.lookedAt > until + Self.retry else { return nil }
        }
        let isCertain =
            file.isRenewed
            ? (file.date + 1) * 1000 <= entry.event.acceptedAt.milliseconds
            : file.born + Self.birthStep <= entry.event.acceptedAt.milliseconds
        if isCertain, !hasJumps { return "certainly late: " + what }
        // Limits 3 and 5: without log and lock it may stay until the guard ends, which a restart makes longer.
        let end = max(since, newest, machine.startedAt, entry.accepted) + window(machine)
        return machine.lookedAt > end ? "late: " + what : nil
    }

    /// How long a purge guards: where caches fill from others, as long as theirs do and once more.
    private func window(_ machine: SimulatedMachine) -> Int64 {
        machine.fillsFromTier ? 2 * Self.window : Self.window
    }

    /// Effective means that nobody gets it: why a file should not have been served; nil when it may.
    ///
    /// - Parameter since: from when on it has been promised.
    func fault(
        _ file: MemoryDirectory.File, page: Int, _ place: SimulatedBroker.Place, _ entry: SimulatedBroker.Entry,
        effectiveSince since: Int64, on machine: SimulatedMachine
    ) -> String? {
        guard let version = entry.versions[page], file.version < version else { return nil }
        // Where clocks are set nobody can tell what is late.
        if file.landed > entry.accepted, hasJumps { return nil }
        if file.jump > min(entry.jump, clock.lowestJump(since: file.head)) { return nil }
        // A late response is the guards' business, which look at it after it has landed.
        if file.landed > entry.accepted, machine.askSpan == .purge { return nil }
        // After the guard's end too.
        if file.landed > entry.accepted, clock.passed > since + window(machine) { return nil }
        return
            "version \(file.version) of page \(page), not \(version), was served from the cache of \(machine.name) "
            + "(\(machine.mode)), which asks \(machine.askSpan.map { "\($0)" } ?? "never"): fetched "
            + "\(file.began)-\(file.head), landed \(file.landed), purge of \(entry.accepted) at \(place) "
            + "\(entry.event.mode), promised \(since), started \(machine.startedAt), now \(clock.passed), clocks set "
            + "\(clock.history)"
    }

    /// Only what matches: why a file should not have been marked; nil when it might.
    func fault(
        _ mark: MemoryDirectory.Mark, _ entries: [SimulatedBroker.Place: SimulatedBroker.Entry],
        on machine: SimulatedMachine
    )
        -> String?
    {
        // Limit 51: a clock that was set back makes what is new look as if it had landed long ago.
        if hasJumps, machine.hasFoundLate { return nil }
        // Limits 34 and 38. Dates are whole seconds.
        let reach = hasJumps ? Int64.max / 2 : 2 * window(machine) + Self.skew + 2 * Self.second
        if let flushed = machine.flushedAt, mark.before.head <= flushed + reach { return nil }
        for (place, entry) in entries where entry.versions[mark.page] != nil {
            if mark.before.head <= (machine.told[place] ?? mark.at) + reach { return nil }
        }
        return
            "page \(mark.page), fetched \(mark.before.began), was marked at \(mark.at) on \(machine.name), and "
            + "nothing names it"
    }
}
