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
