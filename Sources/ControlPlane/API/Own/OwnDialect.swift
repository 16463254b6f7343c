import HTTPTypes
import Hummingbird
import PurgeModel

/// What went wrong, as our own API says it: a word for programs, and a sentence for people.
struct OwnDialect: APIDialect {
    let pathPrefix = "/v1"

    func response(to refusal: PurgeRefusal) throws -> Response { try APIError(refusal).response() }
    func response(to refusal: AccessRefusal) throws -> Response { try APIError(refusal).response() }
    func response(to failure: RequestFailure) throws -> Response { try APIError(failure).response() }
}

extension APIError {
    init(_ refusal: PurgeRefusal) {
        let (status, code): (HTTPResponse.Status, String) =
            switch refusal {
            case .nothingNamed, .emptyList, .everythingWithOthers: (.badRequest, "bad_request")
            case .tooMany: (.badRequest, "too_many")
            case .badSelector: (.badRequest, "bad_selector")
            case .contradiction(let error): (.badRequest, error.code == .outOfScope ? "other_zone" : "bad_selector")
            case .otherZone: (.badRequest, "other_zone")
            case .rateLimited: (.tooManyRequests, "rate_limited")
            case .tooLarge: (.contentTooLarge, "too_large")
            case .kafkaUnavailable: (.serviceUnavailable, "unavailable")
            case .outcomeUnknown: (.serviceUnavailable, "outcome_unknown")
            }
        self.init(status, code, Self.message(of: refusal), retryAfterSeconds: refusal.retryAfterSeconds)
    }

    init(_ refusal: AccessRefusal) {
        switch refusal {
        case .unknown(let message): self.init(.unauthorized, "unauthorized", message)
        case .forbidden(let message): self.init(.forbidden, "forbidden", message)
        }
    }

    init(_ failure: RequestFailure) {
        let (status, code): (HTTPResponse.Status, String) =
            switch failure {
            case .nothingHere: (.notFound, "not_found")
            case .crossSite: (.forbidden, "cross_site")
            case .malformed(let status, _): (status, Self.code(of: status))
            case .tooManyReads: (.tooManyRequests, "too_many_reads")
            case .defect: (.internalServerError, "internal")
            }
        self.init(status, code, failure.message)
    }

    init(_ refusal: RetirementRefusal, agent: String) {
        let shown = agent.quotable
        switch refusal {
        case .isInRoster:
            self.init(.conflict, "in_roster", "the roster names agent '\(shown)': remove it there first")
        case .unknown:
            self.init(.notFound, "unknown_agent", "no agent '\(shown)' has spoken")
        case .isRunning(let silence):
            self.init(
                .conflict, "agent_is_running",
                "agent '\(shown)' spoke a moment ago and would be back at once: stop it, and wait "
                    + "\(silence.wholeMilliseconds / 1000) s")
        case .hasOtherMachines(let newest):
            self.init(
                .conflict, "other_machines",
                "another machine uses the name '\(shown)': if it has taken its place, POST "
                    + "/v1/agents/\(shown)/replace; else stop it, and retire '\(newest.quotable)' first")
        case .noOtherMachine:
            self.init(
                .conflict, "no_other_machine",
                "no other machine speaks under the name '\(shown)': start the new one with this agent.id first")
        case .severalMachines(let count):
            self.init(
                .conflict, "several_machines",
                "\(count) other machines speak under the name '\(shown)': stop all but the one that has taken its place"
            )
        }
    }

    /// With the names that fields have in a body of ours.
    private static func message(of refusal: PurgeRefusal) -> String {
        switch refusal {
        case .nothingNamed: "'selectors' has to have urls, tags, hosts, prefixes or everything"
        case .emptyList(let list): "'selectors.\(list.rawValue)' is empty; leave it out"
        case .everythingWithOthers: "'selectors.everything' stands alone"
        case .tooMany(let list, let count, let limit):
            "'selectors.\(list.rawValue)' has \(count) entries; at most \(limit) fit into a request"
        default: refusal.message
        }
    }

    private static func code(of status: HTTPResponse.Status) -> String {
        switch status {
        case .contentTooLarge: "too_large"
        case .badRequest: "bad_request"
        default: "http_\(status.code)"
        }
    }
}
