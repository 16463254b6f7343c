import Foundation
import HTTPTypes
import Hummingbird
import PurgeModel

/// `POST /v1/purges`: a purge with all options, which may be sent again without becoming two.
struct PurgeOrderRoutes: Sendable {
    let zones: ZoneTable
    let acceptor: PurgeAcceptor
    /// Answers with how the purge stands.
    let answers: PurgeRoutes
    private let inProgress = IDsInProgress()

    init(zones: ZoneTable, acceptor: PurgeAcceptor, answers: PurgeRoutes) {
        self.zones = zones
        self.acceptor = acceptor
        self.answers = answers
    }

    /// Adds the routes.
    func add(to router: some RouterMethods<ControlContext>) {
        router.post("v1/purges") { request, context in try await purge(request, context) }
    }

    private func purge(_ request: Request, _ context: ControlContext) async throws -> Response {
        let wait = try PurgeRoutes.wait(of: request)
        let body = try await PurgeRequestBody.collect(request)
        let order = try PurgeOrderDecoder(zones: zones, acceptor: acceptor)
            .order(from: Data(body.readableBytesView), for: context.caller)
        var response: Response
        do {
            let id = try await accepted(order, context)
            // It is accepted: where there is no place to wait in, the answer with its id comes at once.
            let place = try? answers.place(for: context.tenant, waitingFor: id, wait)
            response = try await answers.answer(about: id, wait: wait, in: place, context)
        } catch let error as PurgeRefusal {
            response = try APIError(error).response()
        }
        response.addHeaders(of: acceptor.limiter.remaining(of: order.zone.account))
        return response
    }

    /// The purge's id: of a new one, or of the one that has it already.
    private func accepted(_ order: PurgeOrder, _ context: ControlContext) async throws -> PurgeID {
        guard let id = order.id else { return try await acceptor.accept(order, from: context.sender) }
        let accepted = try await inProgress.holding(id) { () async throws -> PurgeID in
            if let known = try await answers.history.status(of: id, for: context.tenant) {
                guard known.zone == order.zone.id, known.selectors == NamedSelectors(order.selectors),
                    known.mode == order.mode
                else {
                    throw APIError(
                        .unprocessableContent, "id_used",
                        "purge \(id) exists and is another one: give each purge an id of its own")
                }
                return id
            }
            guard answers.ledger.read({ state, _ in state.knowsPurges }) else { throw APIError.starting }
            return try await acceptor.accept(order, from: context.sender)
        }
        guard let accepted else {
            throw APIError(
                .serviceUnavailable, "in_progress", "a request with the id \(id) is in progress; ask again in a moment",
                retryAfterSeconds: 1)
        }
        return accepted
    }
}
