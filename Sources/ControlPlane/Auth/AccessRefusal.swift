internal import HTTPTypes

/// Why a request was refused before anybody looked at what it asks for.
enum AccessRefusal: Error, Hashable {
    /// Nobody knows who sent it: 401.
    case unknown(String)
    /// Whoever sent it may not do this: 403.
    case forbidden(String)

    /// What is wrong and what to do; never a part of what was sent as a secret.
    var message: String {
        switch self {
        case .unknown(let message), .forbidden(let message): message
        }
    }

    /// In the form of our own API.
    var apiError: APIError {
        switch self {
        case .unknown(let message): APIError(.unauthorized, "unauthorized", message)
        case .forbidden(let message): APIError(.forbidden, "forbidden", message)
        }
    }

    /// In the form of the Cloudflare API: 10000 and 9109 are the numbers its clients know.
    var cloudflareError: CloudflareError {
        switch self {
        case .unknown(let message):
            CloudflareError(10000, "Authentication error: \(message)", status: .unauthorized)
        case .forbidden(let message):
            CloudflareError(9109, "Unauthorized to access requested resource: \(message)", status: .forbidden)
        }
    }
}
