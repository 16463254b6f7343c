import Testing
import Threads

@Suite struct ParallelMapTests {
    private struct Failure: Error {}

    @Test(arguments: [0, 1, 2, 7, 1000], [-1, 0, 1, 2, 3, 64])
    func `the order is kept, however many threads there are`(count: Int, threads: Int) throws {
        let items = Array(0..<count)
        #expect(try ParallelMap.map(items, threads: threads) { $0.map { $0 * 2 } } == items.map { $0 * 2 })
    }

    @Test func `an error of any run is thrown`() {
        #expect(throws: Failure.self) {
            try ParallelMap.map(Array(0..<100), threads: 4) { run in
                if run.contains(99) { throw Failure() }
                return Array(run)
            }
        }
    }
}
