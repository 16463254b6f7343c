import CLinux

/// The owner of one open file descriptor; closes it when it goes away.
struct Descriptor: ~Copyable, Sendable {
    let number: Int32

    init(owning number: Int32) {
        self.number = number
    }

    deinit {
        linux_close(number)
    }
}
