import TestSupport
import Testing

@testable import EdgePurgeCommand
@testable import LinuxFiles

/// Files of the system, in which anything may be.
@Suite(.offPool) struct DoctorFuzzTests {
    @Test func `any fstab is read`() {
        let words = ["/a", "/a\\040b", "\\", " ", "\t", "\n", "#", "none", "ext4", "defaults,nofail", "\\04", "0"]
        Fuzz.run(5000) { random in
            var table = random.once(in: 4) ? random.bytes(upTo: 200) : []
            for _ in 0..<random.number(0...40) { table += Array(random.pick(words).utf8) }
            for point in FileSystemTable.points(in: table) { try Fuzz.check(point.hasPrefix("/"), point) }
        }
    }

    @Test func `any file of variables is read`() {
        let words = ["A", "=", "\"", "'", "\n", " ", "#", ";", "é", "\u{301}"]
        Fuzz.run(5000) { random in
            var text = random.once(in: 4) ? String(decoding: random.bytes(upTo: 200), as: UTF8.self) : ""
            for _ in 0..<random.number(0...40) { text += random.pick(words) }
            for (name, value) in UnitEnvironment.read(text) {
                try Fuzz.check(!name.contains("=") && !value.contains(where: \.isNewline), "\(name) \(value)")
            }
        }
    }
}
