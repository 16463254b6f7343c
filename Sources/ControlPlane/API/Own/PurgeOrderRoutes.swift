internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import PurgeModel

/// `POST /v1/purges`: a purge with all options, which may be sent again without becoming two.
struct PurgeOrderRoutes: Sendable {
    let zones: ZoneTable
    let intake: PurgeIntake
    /// Answers with how the purge stands.
    let answers: PurgeRoutes
    private let inProgress = IDsInProgress()

    init(zones: ZoneTable, intake: PurgeIntake, answers: PurgeRoutes) {
        self.zones = zones
        self.intake = intake
        self.answers = answers
    }

    /// Adds the routes.
    func add(to router: some RouterMethods<ControlContext>) {
        router.post("v1/purges") { request, context in try await purge(request, context) }
    }

    private func purge(_ request: Request, _ context: ControlContext) async throws -> Response {
        let wait = try PurgeRoutes.wait(of: request)
        let order: PurgeIntake.Order
        do {
            let body = try await PurgeRequestBody.collect(request)
            order = try PurgeOrderDecoder(zones: zones, intake: intake)
                .order(from: Data(body.readableBytesView), for: context.caller)
        } catch let error as CloudflareError {
            throw Self.ownForm(of: error)
        }
        var response: Response
        do {
            let id = try await accepted(order, context)
            response = try await answers.answer(about: id, wait: wait, for: context.caller)
        } catch let error as CloudflareError {
            response = try Self.ownForm(of: error).response(from: request, context: context)
        }
        for field in intake.limiter.headers(of: order.zone.account).headers {
            response.headers[field.name] = field.value
        }
        return response
    }

    /// The purge's id: of a new one, or of the one that has it already.
    private func accepted(_ order: PurgeIntake.Order, _ context: ControlContext) async throws -> PurgeID {
        guard let id = order.id else { return try await intake.accept(order, context: context) }
        let accepted = try await inProgress.holding(id) { () async throws -> PurgeID in
            if let known = try await answers.history.status(of: id) {
                guard known.zone == order.zone.id, known.selectors == PurgeStatus.Named(order.selectors),
                    known.mode == order.mode
                else {
                    throw APIError(
                        .unprocessableContent, "id_used",
                        "purge \(id) exists and is another one: give each purge an id of its own")
                }
                return id
            }
            guard answers.ledger.read({ state, _ in state.knowsPurges }) else { throw APIError.starting }
            return try await intake.accept(order, context: context)
        }
        guard let accepted else {
            throw APIError(
                .serviceUnavailable, "in_progress", "a request with the id \(id) is in progress; ask again in a moment",
                retryAfterSeconds: 1)
        }
        return accepted
    }

    /// A refusal that both APIs have in common, as ours says it.
    private static func ownForm(of error: CloudflareError) -> APIError {
        let word =
            switch error.code {
            case 1082: "other_zone"
            case 1083, 1102: "rate_limited"
            case 1160: "too_large"
            case 1170: "unavailable"
            case 1171: "outcome_unknown"
            default: "bad_selector"
            }
        return APIError(error.status, word, error.message, retryAfterSeconds: error.retryAfterSeconds)
    }
}
