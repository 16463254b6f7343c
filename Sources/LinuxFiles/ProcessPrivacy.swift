import CLinux

/// Keeps other processes of the same user from looking into this one (prctl(2), PR_SET_DUMPABLE).
///
/// An agent runs as nginx's user, and has passwords of Kafka in its environment and its memory: a request that takes
/// over a worker of nginx must not read them in `/proc`. There are no core dumps then either.
package enum ProcessPrivacy {
    /// Whether others may not look into this process.
    package static var isOn: Bool { linux_is_dumpable() == 0 }

    /// Shuts others out; answers whether that went well.
    @discardableResult package static func begin() -> Bool { linux_set_dumpable(false) == 0 }

    /// Lets others look again, as after the start; for tests.
    package static func end() { _ = linux_set_dumpable(true) }
}
