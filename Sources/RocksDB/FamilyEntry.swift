/// What a `ColumnFamily` refers to.
///
/// `@unchecked Sendable` because everything is constant and RocksDB's handles may be used from any thread. The
/// pointer may be used only between `gate.enter()` and `gate.leave()`: closing the database destroys it.
@safe
final class FamilyEntry: @unchecked Sendable {
    let name: String
    let pointer: OpaquePointer
    /// The gate of the database that this family belongs to; also tells families of different databases apart.
    let gate: InFlightGate

    init(name: String, pointer: OpaquePointer, gate: InFlightGate) {
        self.name = name
        unsafe self.pointer = unsafe pointer
        self.gate = gate
    }
}
