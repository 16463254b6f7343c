import PurgeModel

/// Finds the tags in the head of a stored response, whatever protocol it is in.
struct HeadReader: Sendable {
    private let headers: CacheTagHeaders

    init(_ headers: CacheTagHeaders) { self.headers = headers }

    /// The tags, and what is lacking of them.
    ///
    /// - Parameter head: what the upstream sent before the body, as nginx stored it.
    func tags(in head: Span<UInt8>) -> (tags: [CacheTag], loss: TagLoss?) {
        guard let found = HeadProtocol(head) else {
            return ([], TagLoss(head: .unknownProtocol, dropped: DroppedTags()))
        }
        switch found {
        // Most heads are lines: these are read where they are.
        case .text: return result(headers.tags(inResponseHead: head), isEmpty: head.isEmpty, flaw: nil)
        case .fastCGI: return tags(in: FastCGIHead.text(of: head))
        case .http2: return tags(in: HTTP2Head.text(of: head))
        }
    }

    private func tags(in text: HeadText) -> (tags: [CacheTag], loss: TagLoss?) {
        result(headers.tags(inResponseHead: text.bytes.span), isEmpty: false, flaw: text.flaw)
    }

    private func result(_ scan: TagScan, isEmpty: Bool, flaw: UnreadableHead?) -> (tags: [CacheTag], loss: TagLoss?) {
        let end: UnreadableHead? = scan.isComplete || isEmpty ? nil : .incomplete
        return (scan.tags, TagLoss(head: flaw ?? end, dropped: scan.dropped))
    }
}
