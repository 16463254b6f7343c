internal import HTTPTypes
internal import Hummingbird
internal import Logging

/// Turns every error into the JSON form of the API it happened in, so that a client never has to read anything else.
struct ErrorMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: ControlContext,
        next: @concurrent (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        let isCloudflare = request.uri.path.hasPrefix("/client/v4")
        do {
            return try await next(request, context)
        } catch let error as CloudflareError {
            return try JSONResponse.make([error])
        } catch let error as APIError {
            return try error.response(from: request, context: context)
        } catch let error as AccessRefusal {
            var response =
                isCloudflare
                ? try JSONResponse.make([error.cloudflareError])
                : try error.apiError.response(from: request, context: context)
            if response.status == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer realm=\"edge-purge\"" }
            return response
        } catch let error as any HTTPResponseError {
            let own = APIError(error.status, code(of: error.status), message(of: error, request: request))
            if isCloudflare {
                return try JSONResponse.make(error.status == .notFound ? [.noRoute] : [cloudflare(own)])
            }
            return try own.response(from: request, context: context)
        } catch let error as CancellationError {
            // The client is gone or the server stops: there is nobody to answer.
            throw error
        } catch {
            context.logger.error(
                "a request failed",
                metadata: ["path": "\(request.uri.path)", "method": "\(request.method)", "error": "\(error)"])
            if isCloudflare { return try JSONResponse.make([.internalFailure]) }
            return try APIError(.internalServerError, "internal", CloudflareError.internalFailure.message)
                .response(from: request, context: context)
        }
    }

    private func cloudflare(_ error: APIError) -> CloudflareError {
        CloudflareError(CloudflareError.internalFailure.code, error.message, status: error.status)
    }

    private func code(of status: HTTPResponse.Status) -> String {
        switch status {
        case .notFound: "not_found"
        case .contentTooLarge: "too_large"
        case .badRequest: "bad_request"
        default: "http_\(status.code)"
        }
    }

    private func message(of error: any HTTPResponseError, request: Request) -> String {
        switch error.status {
        case .notFound:
            "there is nothing at \(request.method) \(CloudflareError.shown(request.uri.path))"
        default:
            (error as? HTTPError)?.body ?? error.status.reasonPhrase
        }
    }
}
