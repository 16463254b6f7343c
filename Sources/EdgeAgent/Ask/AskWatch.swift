import NIOCore
import Synchronization

/// Looks again and again, as long as anybody waits, at what lies where a crowd waits for something new.
final class AskWatch: Sendable {
    private let crowd: AskCrowd
    private let judge: AskJudge
    private let isRunning = Atomic(false)

    /// From one look to the next, or as long as a look takes: half a thread at most.
    private static let pauseMin = TimeAmount.milliseconds(5)

    init(_ crowd: AskCrowd, _ judge: AskJudge) {
        self.crowd = crowd
        self.judge = judge
    }

    /// Begins to look on a thread, unless it is being done already.
    func start(on loop: any EventLoop) {
        guard isRunning.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged else { return }
        lookLater(Self.pauseMin, on: loop)
    }

    private func lookLater(_ pause: TimeAmount, on loop: any EventLoop) {
        loop.scheduleTask(in: pause) { [self] in
            let begin = NIODeadline.now()
            var buffer: [UInt8] = []
            crowd.look { judge.verdict($0, buffer: &buffer).expects }
            if crowd.hasWaiting { return lookLater(max(Self.pauseMin, .now() - begin), on: loop) }
            isRunning.store(false, ordering: .relaxed)
            // Somebody who came just now has not begun one.
            if crowd.hasWaiting { start(on: loop) }
        }
    }
}
