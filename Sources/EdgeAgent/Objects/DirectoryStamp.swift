import PurgeModel

/// What is kept with a cache directory and changes when purges have been applied, so that a directory is known as an
/// earlier state of itself: a snapshot that was restored.
///
/// Its text is `0123456789abcdef 42`.
package struct DirectoryStamp: Hashable, Sendable {
    /// Random; another one counts another directory's stamps, or those of an agent with another database.
    package var lineage: UInt64
    /// Counts up.
    package var number: UInt64

    package init(lineage: UInt64, number: UInt64) {
        self.lineage = lineage
        self.number = number
    }

    /// Reads the text; nil for anything else.
    package init?(text: some Sequence<UInt8>) {
        let fields = Array(text).split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard fields.count == 2, fields[0].count == 16,
            let lineage = UInt64(String(decoding: fields[0], as: UTF8.self), radix: 16),
            let number = UInt64(String(decoding: fields[1], as: UTF8.self))
        else { return nil }
        self.init(lineage: lineage, number: number)
        guard Array(text) == self.text else { return nil }
    }

    package var text: [UInt8] {
        let digits = String(lineage, radix: 16)
        return Array((String(repeating: "0", count: 16 - digits.count) + digits + " \(number)").utf8)
    }
}
