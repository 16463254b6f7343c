/// Why a request was refused before anybody looked at what it asks for.
enum AccessRefusal: Error, Hashable {
    /// Nobody knows who sent it.
    case unknown(String)
    /// Whoever sent it may not do this.
    case forbidden(String)

    /// What is wrong and what to do; never a part of what was sent as a secret.
    var message: String {
        switch self {
        case .unknown(let message), .forbidden(let message): message
        }
    }
}
