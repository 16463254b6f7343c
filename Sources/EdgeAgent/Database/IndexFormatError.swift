import PurgeModel

/// A value in the agent's own database does not have the form this program writes.
package struct IndexFormatError: Error, CustomStringConvertible {
    package var description: String {
        "an index entry is not in the form this version writes; remove the directory 'db' in the state directory"
    }
}

/// Reads index keys and values.
extension ByteReader<IndexFormatError> {
    init(_ bytes: ArraySlice<UInt8>) { self.init(bytes, failure: IndexFormatError()) }
    init(_ bytes: [UInt8]) { self.init(bytes[...]) }
}

extension [UInt8] {
    /// The first key after every key that begins with this one; nil when there is none.
    var prefixEnd: [UInt8]? {
        var end = self
        while let last = end.popLast() {
            if last < 0xff {
                end.append(last + 1)
                return end
            }
        }
        return nil
    }
}
