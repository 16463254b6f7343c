import Foundation
import Subprocess
import TestSupport
import Testing

/// The program where /proc is not mounted, as in a bare container.
@Suite(.enabled(if: SmallVolume.isPossible, "mounting a tmpfs needs root")) struct NoProcTests {
    /// Attack C27: Swift reads the arguments from /proc; without it there were none, and the answer to any command was
    /// the help, with exit code 0.
    @Test func `it says that it cannot read its arguments`() async throws {
        let command = "mount -t tmpfs none /proc && exec \"$0\" topics create"
        let outcome = try await Program.run(
            "/usr/bin/unshare", ["-m", "/bin/sh", "-c", command, Program.path], in: .inherit)
        #expect(outcome.status == 1, "\(outcome)")
        #expect(outcome.errors.contains("mount /proc"), "\(outcome)")
        #expect(outcome.output.isEmpty, "\(outcome)")
    }
}
