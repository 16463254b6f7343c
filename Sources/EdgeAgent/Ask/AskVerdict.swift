/// What is found about a question.
struct AskVerdict: Hashable, Sendable {
    /// What nginx is to do, if it is answered now.
    var answer: AskAnswer
    /// Whether nginx must not store what it fetches instead.
    var keepsFile: Bool
    /// What will change that soon, by itself; nil: nothing that one could wait for.
    var expects: Expectation?

    /// - Parameter keepsFile: as the answer says, where it is not known that there is no file.
    init(answer: AskAnswer, keepsFile: Bool? = nil, expects: Expectation? = nil) {
        self.answer = answer
        self.keepsFile = keepsFile ?? answer.keepsFile
        self.expects = expects
    }

    /// What a visitor may wait for; two that are equal are about the same content of the same file.
    enum Expectation: Hashable, Sendable {
        /// nginx finds an object that was deleted, of this generation, and fetches it anew for each who comes.
        case response(deleted: UInt64)
        /// It is not known yet whether what landed then, by `FillFacts.changed`, is newer than a purge; the access log
        /// will say so.
        case proof(landed: Int64)
    }
}
