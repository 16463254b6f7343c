/// What the history does not have yet, by the slots of ``PurgeTable``.
struct UnsavedPurges: Sendable {
    /// What the history has to be told of one purge.
    struct Change: Sendable {
        let slot: Int
        /// Whether the history does not have the event.
        let isNew: Bool
        /// The number of this piece of results.
        let piece: Int
        /// Agents whose results the history does not have.
        let results: [Int]
    }

    /// What the history has of one purge.
    private struct Saved {
        /// Whether it has the event.
        var isStored = false
        /// Whether the purge is in `waiting`.
        var isWaiting = false
        /// Agents whose results it does not have.
        var results: [Int] = []
        /// Pieces of results that it has.
        var pieces = 0
    }

    /// Whether there is a history.
    private let keepsHistory: Bool
    /// By slot; what is there of a slot that is free means nothing.
    private var saved: [Saved] = []
    /// Slots of purges that the history does not have as they are now; may name slots that are free by now.
    private var waiting: [Int] = []

    init(keepsHistory: Bool) {
        self.keepsHistory = keepsHistory
    }

    /// Whether the history does not have a purge as it is now.
    func contains(_ slot: Int) -> Bool { slot < saved.count && saved[slot].isWaiting }

    /// A slot is taken by another purge.
    /// - Parameter storedPieces: pieces of results that the history has of it; nil when it has nothing.
    mutating func begin(_ slot: Int, storedPieces: Int?) {
        while saved.count <= slot { saved.append(Saved()) }
        saved[slot] = Saved(isStored: storedPieces != nil, pieces: storedPieces ?? 0)
    }

    /// A purge has changed.
    mutating func mark(_ slot: Int) {
        guard keepsHistory, slot < saved.count, !saved[slot].isWaiting else { return }
        saved[slot].isWaiting = true
        waiting.append(slot)
    }

    /// An agent told something about a purge.
    mutating func add(resultOf agent: Int, to slot: Int) {
        if keepsHistory { saved[slot].results.append(agent) }
        mark(slot)
    }

    /// Results of a purge were forgotten to save memory, those that the history does not have too.
    mutating func dropResults(of slot: Int) {
        saved[slot].results = []
    }

    /// All that changed since the last call; from now on it counts as stored.
    mutating func take() -> [Change] {
        var changes: [Change] = []
        changes.reserveCapacity(waiting.count)
        for slot in waiting where saved[slot].isWaiting {
            let old = saved[slot]
            changes.append(Change(slot: slot, isNew: !old.isStored, piece: old.pieces, results: old.results))
            saved[slot] = Saved(isStored: true, pieces: old.pieces + (old.results.isEmpty ? 0 : 1))
        }
        waiting = []
        return changes
    }

    /// Says that a change could not be stored: the next one will hold it too.
    /// - Parameter results: agents whose results were part of it, as far as they are still in memory.
    mutating func putBack(_ slot: Int, wasNew: Bool, results: [Int]) {
        if wasNew { saved[slot].isStored = false }
        saved[slot].results.insert(contentsOf: results, at: 0)
        mark(slot)
    }
}
