import CLinux

/// Reads a terminal key by key, without showing what is typed.
///
/// Whoever makes one has to call ``restore()`` in the end.
package struct TerminalKeys: Sendable {
    private let descriptor: Int32
    private let before: termios

    /// Changes the terminal, or throws where the descriptor is none.
    package init(descriptor: Int32) throws(FileError) {
        var mode = termios()
        unsafe try checked(linux_terminal_get_mode(descriptor, &mode), "read the mode of", "the terminal")
        before = mode
        unsafe linux_terminal_make_key_by_key(&mode)
        unsafe try checked(linux_terminal_set_mode(descriptor, &mode), "set the mode of", "the terminal")
        self.descriptor = descriptor
    }

    /// Makes the terminal what it was before.
    package func restore() {
        // Where the terminal is gone there is nothing to put right.
        var mode = before
        _ = unsafe linux_terminal_set_mode(descriptor, &mode)
    }

    /// The next key that was pressed, as a byte; nil when there is none.
    ///
    /// Never waits.
    package func next() -> UInt8? {
        UInt8(exactly: linux_terminal_key(descriptor))
    }
}
