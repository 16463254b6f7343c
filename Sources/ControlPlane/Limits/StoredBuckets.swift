import Foundation

/// The buckets of one account as they outlive the process.
struct StoredBuckets: Codable, Sendable, Hashable {
    /// Thousandths of a token left for requests; nil: nothing limited them.
    let requests: Int64?
    /// Thousandths of a token left for URLs; nil: nothing limited them.
    let urls: Int64?
    /// The time of day they were written, in milliseconds since 1970.
    let at: Int64

    /// The bytes in the store.
    func encoded() throws -> [UInt8] {
        Array(try JSONEncoder().encode(self))
    }

    /// Reads the bytes of the store; nil when they are damaged: the buckets are full then.
    static func decode(_ bytes: [UInt8]) -> StoredBuckets? {
        try? JSONDecoder().decode(StoredBuckets.self, from: Data(bytes))
    }
}
