/// What a purge handles in one round.
struct PurgePiece {
    struct Object {
        let id: ObjectID
        let record: ObjectRecord
        /// Whether other variants and slices are found through it, so that it leaves the index after them.
        let isLead: Bool
    }

    /// Those that are to be marked, each once.
    var objects: [Object] = []
    /// One object of each family that is gone through from now on.
    var families: [ObjectRecord] = []
    /// Looks into the index that it took.
    var looks = 0
}
