/// How the own API and the agents' admin API say what is wrong.
struct APIErrorBody: Decodable {
    /// One error.
    struct Problem: Decodable {
        /// A word for programs: `unknown_purge`.
        var code: String
        /// A sentence for people.
        var message: String
    }

    /// What is wrong.
    var error: Problem
}
