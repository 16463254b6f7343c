import HTTPTypes

/// What can be wrong with a request in every API, whatever it asks for.
enum RequestFailure: Error {
    /// No route has its path.
    case nothingHere(method: String, path: String)
    /// A page of another web site made a visitor's browser send it.
    case crossSite
    /// The server could not take it as it is.
    case malformed(HTTPResponse.Status, message: String)
    /// Much of the tenant's waits to be read already.
    case tooManyReads(Int)
    /// Something failed that should not.
    case defect

    /// What is wrong, for people.
    var message: String {
        switch self {
        case .nothingHere(let method, let path): "there is nothing at \(method) \(path)"
        case .crossSite: "Requests that another web site makes a browser send are refused"
        case .malformed(_, let message): message
        case .tooManyReads(let count): "\(count) reads of yours are waiting already; ask for less at once"
        case .defect: "Internal error; the log of the control plane has the details"
        }
    }
}
