/// A cache path as it was looked after last.
///
/// On disk: the number, then the text.
struct KnownCache: Stored {
    /// Its number in the index.
    var number: UInt8
    /// The settings that decide what an object is called; what was indexed under others would not be found.
    var settings: String

    init(number: UInt8, settings: String) {
        self.number = number
        self.settings = settings
    }

    func encoded() -> [UInt8] { [number] + Array(settings.utf8) }

    init(decoding bytes: [UInt8]) throws(IndexFormatError) {
        guard let number = bytes.first else { throw IndexFormatError() }
        self.init(number: number, settings: String(decoding: bytes.dropFirst(), as: UTF8.self))
    }
}
