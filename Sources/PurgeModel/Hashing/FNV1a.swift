/// The hash FNV-1a of 64 bits: short, quick, the same on every machine, and no defence against anybody.
package struct FNV1a: Sendable {
    /// The hash of what was added so far.
    package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    package init() {}

    /// Adds one byte.
    mutating func add(_ byte: UInt8) {
        value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }

    /// Adds bytes, in their order.
    package mutating func add(_ bytes: [UInt8]) {
        for byte in bytes { add(byte) }
    }
}
