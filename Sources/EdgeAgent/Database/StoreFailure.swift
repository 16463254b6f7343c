import RocksDB

/// The agent's database cannot be used any more as it is open now; ``AgentSupervisor`` knows what to do.
struct StoreFailure: Error, CustomStringConvertible {
    enum Kind: Sendable {
        /// What is stored is not what was written.
        case damaged
        /// RocksDB writes nothing any more after a write failed, until it is opened again.
        case refusesWrites
    }

    let kind: Kind
    let description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// Whether an error means that what is stored is damaged.
    init?(damage error: any Error) {
        switch error {
        case let error as RocksDBError where error.code == .corruption: self.init(.damaged, error.description)
        case let error as IndexFormatError: self.init(.damaged, error.description)
        default: return nil
        }
    }
}
