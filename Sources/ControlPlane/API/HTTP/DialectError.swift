import Hummingbird

/// An error that is in the form of one dialect already: about something that only its routes know.
protocol DialectError: Error {
    /// The answer.
    func response() throws -> Response
}
