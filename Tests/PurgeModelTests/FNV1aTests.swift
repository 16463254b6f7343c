import PurgeModel
import Testing

@Suite struct FNV1aTests {
    /// From the reference implementation's own test vectors.
    @Test(arguments: [
        ("", UInt64(0xcbf2_9ce4_8422_2325)), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8),
    ])
    func `it is the hash that others compute`(text: String, hash: UInt64) {
        var whole = FNV1a()
        whole.add(Array(text.utf8))
        #expect(whole.value == hash)
        var parts = FNV1a()
        for byte in text.utf8 { parts.add([byte]) }
        #expect(parts.value == hash)
    }
}
