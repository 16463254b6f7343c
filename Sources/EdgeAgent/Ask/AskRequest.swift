/// One question as it came over HTTP, with what its header fields say.
struct AskRequest: Hashable, Sendable {
    /// The body.
    var cacheKey: [UInt8] = []
    /// `Host`; empty where there is none.
    var host: [UInt8] = []
    /// `X-Original-URI`; empty where there is none.
    var requestURI: [UInt8] = []
    /// `X-Original-Method`; empty where there is none.
    var method: [UInt8] = []
    /// `X-Edge-Purge-Cache`; empty where there is none.
    var cache: [UInt8] = []
    /// `X-Edge-Purge-Told` is there: it asks again after an internal redirect, and may be the one who fetches.
    var wasTold = false
    /// `X-Edge-Purge-Wait` is there.
    var canWait = false
    /// Nothing comes after it on its connection.
    var isLast = false

    /// What is asked.
    var question: AskQuestion {
        AskQuestion(cacheKey: cacheKey, host: host, requestURI: requestURI, cache: cache)
    }

    /// Whether somebody may be told to wait; what nginx does not cache is nobody's to wait for.
    var mayWait: Bool { !wasTold && (method.elementsEqual("GET".utf8) || method.elementsEqual("HEAD".utf8)) }
}
