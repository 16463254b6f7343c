import LinuxFiles
import Testing

@Suite struct ProcessPrivacyTests {
    @Test func `others are shut out, and let in again`() {
        defer { ProcessPrivacy.end() }
        #expect(!ProcessPrivacy.isOn)
        #expect(ProcessPrivacy.begin())
        #expect(ProcessPrivacy.isOn)
    }
}
