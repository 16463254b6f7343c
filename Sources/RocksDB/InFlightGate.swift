import Dispatch
import Synchronization

/// Lets calls in until it is shut, then lets whoever shut it wait until the last call is out.
///
/// It costs two atomic additions a call. A lock would make readers wait for each other, and a reference count alone
/// would free the C objects at a time that nobody chose.
final class InFlightGate: Sendable {
    /// The number of calls inside; `shutBit` is added once the gate is shut.
    private let state = Atomic<Int>(0)
    private let emptied = DispatchSemaphore(value: 0)
    private static let shutBit = 1 << 62

    /// Enters, or throws `.closed`.
    ///
    /// After success `leave()` must follow.
    @inline(__always)
    func enter() throws(RocksDBError) {
        // Acquiring: what was done before the gate was made visible is visible here.
        if state.wrappingAdd(1, ordering: .acquiring).oldValue & Self.shutBit != 0 {
            leave()
            throw .closed
        }
    }

    /// Leaves after a successful `enter()`.
    @inline(__always)
    func leave() {
        if state.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == Self.shutBit {
            // Calls that were refused signal as well. More signals than waits do no harm: the only waiter starts
            // waiting after the gate is shut, and any signal then means that nobody is inside or can come in.
            emptied.signal()
        }
    }

    /// Whether calls are refused.
    var isShut: Bool { state.load(ordering: .acquiring) & Self.shutBit != 0 }

    /// Refuses every later call.
    ///
    /// To be called once.
    ///
    /// - Returns: whether calls are still inside, so that `waitUntilEmpty()` is needed.
    func shut() -> Bool {
        state.bitwiseOr(Self.shutBit, ordering: .acquiringAndReleasing).oldValue != 0
    }

    /// Blocks until the last call is out.
    ///
    /// Only after `shut()` said that there is one.
    func waitUntilEmpty() { emptied.wait() }
}
