/// One keyspace of one open `Database`.
///
/// Get it from `Database.columnFamily(_:)`.
///
/// It is cheap to copy. It may be kept after the database was closed: whatever it is then used for throws `.closed`.
@safe
package struct ColumnFamily: Sendable, Hashable {
    let entry: FamilyEntry

    /// The name on disk.
    package var name: String { entry.name }

    /// Two values are equal when they came from the same open database and have the same name.
    package static func == (left: Self, right: Self) -> Bool { left.entry === right.entry }

    /// Hashes what `==` compares.
    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(entry)) }
}

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
