import PurgeModel
import TestSupport
import Testing

@Suite struct HexTextTests {
    @Test func `bytes are written as two digits each and read back in either case`() {
        let bytes = (0...255).map { UInt8($0) }
        let text = HexText.text(bytes)
        #expect(text.hasPrefix("000102") && text.hasSuffix("fdfeff"))
        #expect(HexText.bytes(text) == bytes)
        #expect(HexText.bytes(text.uppercased()) == bytes)
        #expect(HexText.isLowercase(text, digits: 512))
        #expect(!HexText.isLowercase(text.uppercased(), digits: 512))
        #expect(!HexText.isLowercase(text, digits: 511))
    }

    @Test(arguments: ["", "0", "0g", "g0", "0x", " 00", "00 ", "é", "٣٣", "0\u{0}"])
    func `anything else is no bytes`(text: String) {
        #expect(HexText.bytes(text) == nil)
    }
}
