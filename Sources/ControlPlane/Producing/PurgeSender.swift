import Logging

/// Who sent a purge, for its event and for the audit record.
struct PurgeSender: Sendable {
    let caller: Caller
    /// The address of the other end; nil where it is not known.
    let address: String?
    /// Takes the audit record.
    let logger: Logger
}
