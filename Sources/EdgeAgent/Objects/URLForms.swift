import PurgeModel

/// The forms in which the configured caches keep URLs, and so all the ways to look for one.
struct URLForms: Hashable, Sendable {
    let normalization: URLNormalization
    /// Each once.
    let forms: [TargetForm]

    /// - Parameter forms: at least one; each counts once.
    init(_ normalization: URLNormalization, _ forms: [TargetForm] = [.visitor]) {
        self.normalization = normalization
        var known: Set<TargetForm> = []
        self.forms = forms.filter { known.insert($0).inserted }
    }

    /// What objects of this URL are called in the index.
    ///
    /// An open one stands for every target that begins with it.
    func targets(of url: PurgeURL) -> [(target: [UInt8], isOpen: Bool)] {
        forms.map { ($0.target(ofVisitors: url.target, normalization), $0.isOpen) }
    }

    /// What objects below this prefix are called in the index; one of text stands for more than whole segments.
    func targets(of prefix: PathPrefix) -> [(target: [UInt8], isText: Bool)] {
        forms.map { ($0.target(of: prefix, normalization), $0.isText) }
    }
}
