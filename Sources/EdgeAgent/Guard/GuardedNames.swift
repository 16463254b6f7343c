/// Which guard has each name: the newest that guards it.
///
/// An older one can do without. It ends no later, and what was fetched before its purge was fetched before the newer
/// one too. So each name counts once, however many guards have it one after the other.
struct GuardedNames {
    /// What became of a name that was given.
    enum Given {
        /// It has it already, or a newer one does.
        case unchanged
        case new
        /// An older guard had it.
        case taken(from: UInt64)
    }

    private struct Place {
        var owner: UInt64
        /// Where it stands among the owner's names.
        var position: Int
    }

    private var places: [Int: Place] = [:]
    private var names: [UInt64: [Int]] = [:]

    var isEmpty: Bool { places.isEmpty }
    var count: Int { places.count }

    /// The guard that has a name.
    func owner(of name: Int) -> UInt64? { places[name]?.owner }

    /// How many names a guard has.
    func count(of owner: UInt64) -> Int { names[owner]?.count ?? 0 }

    /// Gives a name to a guard, unless a newer one has it.
    mutating func give(_ name: Int, to owner: UInt64) -> Given {
        let known = places[name]
        guard known.map({ $0.owner < owner }) ?? true else { return .unchanged }
        places[name] = Place(owner: owner, position: count(of: owner))
        names[owner, default: []].append(name)
        guard let known else { return .new }
        // The last name of the one that had it takes the place that is free now.
        if let last = names[known.owner]?.popLast(), last != name {
            names[known.owner]?[known.position] = last
            places[last]?.position = known.position
        }
        if names[known.owner]?.isEmpty == true { names[known.owner] = nil }
        return .taken(from: known.owner)
    }

    /// Forgets a guard; returns how many names it had.
    mutating func remove(_ owner: UInt64) -> Int {
        let gone = names.removeValue(forKey: owner) ?? []
        for name in gone { places[name] = nil }
        return gone.count
    }
}
