import Synchronization

/// Not set the first time it is asked, set ever after.
final class OnceFlag: Sendable {
    private let wasAsked = Mutex(false)

    func isSet() -> Bool {
        wasAsked.withLock { wasAsked in
            defer { wasAsked = true }
            return wasAsked
        }
    }
}
