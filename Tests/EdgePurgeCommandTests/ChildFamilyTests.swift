import Synchronization
import Testing

@testable import EdgePurgeCommand

@Suite struct ChildFamilyTests {
    private final class Counts: Sendable {
        let started = Atomic(0)
        let written = Atomic(0)
    }

    @Test func `starts are noted one at a time, so that what is written last knows of all`() async {
        let counts = Counts()
        let family = ChildFamily()
        family.whenRestarted {
            let known = counts.started.load(ordering: .sequentiallyConsistent)
            counts.written.store(known, ordering: .sequentiallyConsistent)
        }
        for round in 1...2000 {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        counts.started.add(1, ordering: .sequentiallyConsistent)
                        family.noteStart()
                    }
                }
            }
            #expect(counts.written.load(ordering: .sequentiallyConsistent) == 3 * round)
        }
    }
}
