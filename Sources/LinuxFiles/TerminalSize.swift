import CLinux

/// How much fits on a terminal.
package struct TerminalSize: Sendable, Hashable {
    /// Characters in a line.
    package var columns: Int
    /// Lines.
    package var rows: Int

    /// Creates a size.
    package init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }

    /// The size at this moment; nil where the descriptor is no terminal or does not know it.
    package static func current(of descriptor: Int32) -> TerminalSize? {
        let size = linux_terminal_size(descriptor)
        guard size.columns > 0, size.rows > 0 else { return nil }
        return TerminalSize(columns: Int(size.columns), rows: Int(size.rows))
    }
}
