/// The one that writes the index: what goes in and out, and the totals that are true from then on.
struct IndexCommit {
    private let index: Index
    private let board: AgentStatusBoard
    private var writer: IndexWriter
    /// What the change that is being put together does to the totals.
    private var difference = IndexTotals()

    init(_ index: Index, _ board: AgentStatusBoard) throws {
        self.index = index
        self.board = board
        writer = try IndexWriter(index: index)
    }

    /// Writes what `body` puts into a change; all of it is so afterwards, or nothing.
    mutating func write(_ body: (inout IndexCommit, inout Change) throws -> Void) throws {
        var change = Change()
        begin()
        do {
            try body(&self, &change)
            seal(&change)
            try index.database.write(change)
        } catch {
            // Numbers that were given out in vain must not be used again.
            try forgetUnwritten()
            throw error
        }
        written()
    }

    // MARK: Within a change

    /// Adds an object, in place of what the index had at its place; a place may occur once in a change.
    mutating func put(_ object: StoredObject, into change: inout Change) throws {
        difference += try writer.put(object, into: &change)
    }

    /// Removes what the index has at a place.
    mutating func remove(_ key: ObjectKey, from change: inout Change) throws {
        difference += try writer.remove(key, from: &change)
    }

    /// Removes objects and their places.
    mutating func remove(_ objects: [ObjectID: ObjectRecord], from change: inout Change) {
        difference += writer.remove(objects, from: &change)
    }

    /// Removes an object, but not its place, which leads to another one.
    mutating func removeDangling(_ id: ObjectID, _ record: ObjectRecord, from change: inout Change) {
        writer.delete(id, record, from: &change)
    }

    /// Changes the totals by what nothing else here has counted.
    mutating func correct(by correction: IndexTotals) { difference += correction }

    // MARK: In a change of somebody else

    /// Begins a change that the caller writes; what the last one would have done counts no more if it was not written.
    mutating func begin() {
        difference = IndexTotals()
        writer.beginChange()
    }

    /// Puts the totals into a change that the caller writes; then ``written()`` is to be called.
    func seal(_ change: inout Change) {
        guard difference != IndexTotals() else { return }
        index.database.meta.totals.put(board.indexed + difference, into: &change)
    }

    /// The change is written.
    mutating func written() {
        board.indexChanged(by: difference)
        difference = IndexTotals()
    }

    /// The change will not be written, or names were removed behind the writer's back.
    mutating func forgetUnwritten() throws {
        difference = IndexTotals()
        try writer.forgetUnwritten()
    }

    // MARK: As a whole

    /// Empties the index, together with what `body` adds.
    mutating func clear(_ body: (inout Change) throws -> Void = { _ in }) throws {
        try index.database.write { change in
            index.clear(into: &change)
            try body(&change)
        }
        board.indexChanged(by: -board.indexed)
        try forgetUnwritten()
    }

    /// Takes note of what a loader put into an index that was empty.
    mutating func loaded(_ totals: IndexTotals) throws {
        board.indexChanged(by: totals)
        try forgetUnwritten()
    }
}
