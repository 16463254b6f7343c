import Testing

@testable import EdgePurgeCommand

struct ByteSizeTextTests {
    @Test(arguments: [
        ("0", 0), ("512", 512), ("512B", 512), ("64KiB", 65_536), ("32MiB", 33_554_432), ("2GiB", 2_147_483_648),
        ("1TiB", 1_099_511_627_776),
    ])
    func `a number with a unit of 1024 is a size`(text: String, expected: Int) {
        #expect(ByteSizeText.bytes(text) == expected)
    }

    @Test(arguments: [
        "", "MiB", "32MB", "32M", "32 MiB", "-1", "1.5MiB", "99999999999999999999", "9223372036854775807KiB",
    ])
    func `anything else is none`(text: String) {
        #expect(ByteSizeText.bytes(text) == nil)
    }

    @Test(arguments: [0, 1, 1000, 1024, 1536, 1 << 20, 3 << 20, 5 << 30, 1 << 40, Int.max])
    func `what is written is read back`(bytes: Int) {
        #expect(ByteSizeText.bytes(ByteSizeText.text(bytes)) == bytes)
    }

    @Test(arguments: [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1_572_864, "1.5 MiB"), (5 << 30, "5.0 GiB")])
    func `people get one figure after the point`(bytes: Int, expected: String) {
        #expect(ByteSizeText.approximate(bytes) == expected)
    }
}
