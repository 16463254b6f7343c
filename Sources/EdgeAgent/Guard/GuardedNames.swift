/// Which guard has each name: the newest that guards it.
///
/// An older one can do without. It ends no later, and what was fetched before its purge was fetched before the newer
/// one too. So each name counts once, however many guards have it one after the other.
struct GuardedNames {
    /// What became of names that were given.
    struct Given {
        /// Names that the guard has now and had not before.
        var count = 0
        /// How many of them older guards had.
        var taken: [UInt64: Int] = [:]
    }

    /// What a guard was given.
    private struct Lot {
        /// Its names, and some that newer guards have meanwhile.
        var names: [Int] = []
        /// How many are its own.
        var count = 0

        /// Whether it is time to drop those that it has no more.
        var isStale: Bool { names.count > 2 * count + Lot.staleMin }

        private static let staleMin = 16
    }

    private var owners: [Int: UInt64] = [:]
    private var lots: [UInt64: Lot] = [:]

    var isEmpty: Bool { owners.isEmpty }
    var count: Int { owners.count }

    /// The guard that has a name.
    func owner(of name: Int) -> UInt64? { owners[name] }

    /// How many names a guard has.
    func count(of owner: UInt64) -> Int { lots[owner]?.count ?? 0 }

    /// Gives names to a guard, but for those that a newer one has.
    mutating func give(_ names: [Int], to owner: UInt64) -> Given {
        var lot = lots.removeValue(forKey: owner) ?? Lot()
        var given = Given()
        lot.names.reserveCapacity(lot.names.count + names.count)
        for name in names {
            if let known = owners.updateValue(owner, forKey: name) {
                guard known < owner else {
                    owners[name] = known
                    continue
                }
                given.taken[known, default: 0] += 1
            }
            lot.names.append(name)
            given.count += 1
        }
        lot.count += given.count
        if lot.count > 0 { lots[owner] = lot }
        for (older, count) in given.taken { lose(count, of: older) }
        return given
    }

    private mutating func lose(_ count: Int, of owner: UInt64) {
        guard var lot = lots.removeValue(forKey: owner) else { return }
        lot.count -= count
        guard lot.count > 0 else { return }
        if lot.isStale { lot.names = lot.names.filter { owners[$0] == owner } }
        lots[owner] = lot
    }

    /// Forgets a guard; returns how many names it had.
    mutating func remove(_ owner: UInt64) -> Int {
        guard let gone = lots.removeValue(forKey: owner) else { return 0 }
        for name in gone.names where owners[name] == owner { owners[name] = nil }
        return gone.count
    }
}
