/// What keeps an agent from starting, and what to do about it.
package struct AgentError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
