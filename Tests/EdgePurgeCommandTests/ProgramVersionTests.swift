import Testing

@testable import EdgePurgeCommand

@Suite struct ProgramVersionTests {
    @Test func `the version names the commit where the build was told it`() {
        let number = ProgramVersion.number
        #expect(ProgramVersion.text(commit: 0x1173_b0b5_c4d2) == "\(number) (1173b0b5c4d2)")
        #expect(ProgramVersion.text(commit: 0xab) == "\(number) (0000000000ab)")
        #expect(ProgramVersion.text(commit: 0) == number)
    }
}
