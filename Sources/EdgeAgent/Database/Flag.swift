/// The value of an entry that says all by being there.
struct Flag: Stored {
    func encoded() -> [UInt8] { [] }

    init() {}
    init(decoding bytes: [UInt8]) throws(IndexFormatError) {}
}
