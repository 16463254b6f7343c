/// Names that are safe in file names, topics and consumer groups.
enum NameRule {
    /// Whether `name` is 1 to `lengthMax` of `A-Z a-z 0-9 . _ -`.
    static func isPlain(_ name: String, lengthMax: Int) -> Bool {
        (1...lengthMax).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): true
                case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
                default: false
                }
            }
    }
}
