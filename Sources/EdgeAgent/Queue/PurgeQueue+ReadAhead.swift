extension PurgeQueue {
    /// Reads some of the purges that an earlier run left, so that nginx is answered by what they name.
    ///
    /// The worker comes to them when the caches are looked through and the ones before them are applied. Until one is
    /// read it may name anything.
    ///
    /// - Returns: whether there are more.
    func readAhead(limit: Int) throws -> Bool {
        guard let standing else { return false }
        let keys = standing.unread(limit: limit)
        for key in keys {
            if let message = try message(key), let event = try? event(message) {
                standing.add([.init(key: key, event: event, isLate: sparesNewer(key))], areUnread: true)
            } else {
                // A restart of its partition has dropped it, or it is no purge: the worker puts it aside.
                standing.applied([key])
            }
        }
        return keys.count == limit
    }
}
