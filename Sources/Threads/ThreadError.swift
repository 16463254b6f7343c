/// The system gave no thread: the process is at its limit of tasks, or there is no memory for a stack.
package struct ThreadError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The thread's name.
    package let name: String
    /// The kernel's answer, such as `EAGAIN`.
    package let code: Int32

    package var description: String {
        "the system gave no thread for \"\(name)\" (errno \(code)): raise the process's task limit"
    }
}
