/// Names one generation of one cache file in the index.
///
/// Numbers are given in the order in which files are learnt and are never shared by two live entries, so removing an
/// old generation cannot drop the entry of a newer one.
struct ObjectID: Hashable, Comparable, Sendable {
    var rawValue: UInt64

    static func < (a: ObjectID, b: ObjectID) -> Bool { a.rawValue < b.rawValue }
}
