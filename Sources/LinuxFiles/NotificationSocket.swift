import CLinux

/// Sends short texts to a Unix datagram socket, as a service does to its manager (sd_notify(3)).
package struct NotificationSocket: Sendable {
    /// A path, or a name in the abstract namespace when it begins with `@`.
    package let address: String

    /// Names the socket; nothing is sent yet.
    package init(address: String) { self.address = address }

    /// Sends one datagram, and never waits: a manager that does not listen must not hold up the service.
    ///
    /// - Throws: what the kernel answered; nobody needs to do anything about it but log it.
    package func send(_ message: String) throws(FileError) {
        let bytes = Array(message.utf8)
        let result = unsafe bytes.withUnsafeBytes { buffer in
            unsafe linux_send_to_socket(
                address, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count)
        }
        try checked(result, "send to the socket", address)
    }
}
