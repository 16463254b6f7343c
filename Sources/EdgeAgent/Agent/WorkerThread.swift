import LinuxFiles

/// The thread of the ``PurgeWorker``: makes it, lets it work, ends it.
struct WorkerThread: Sendable {
    private let poller: Poller
    private let board: AgentStatusBoard
    private let make: @Sendable () throws -> PurgeWorker

    /// - Parameters:
    ///   - poller: wakes the worker.
    ///   - make: called on the thread, so that nobody else has the worker.
    init(poller: Poller, board: AgentStatusBoard, make: @escaping @Sendable () throws -> PurgeWorker) {
        self.poller = poller
        self.board = board
        self.make = make
    }

    /// Works until ``stop()``; blocks the thread.
    ///
    /// - Throws: `StoreFailure` when trying again cannot help before the database is opened anew.
    func run() throws { try make().run(poller) }

    /// Ends ``run()`` after the round it is in.
    func stop() {
        board.stop()
        poller.wake()
    }
}
