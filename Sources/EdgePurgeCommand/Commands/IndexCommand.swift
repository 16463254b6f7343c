import ArgumentParser

/// `edge-purge index …`: what the agent of this machine knows about its caches.
struct IndexCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "index",
        abstract: "What the agent of this machine knows: find, count, statistics.",
        discussion: """
            Asks the local agent through its Unix socket; nothing is purged.

              edge-purge index find --tag product-42
              edge-purge index find --prefix shop.example/images --limit 20
              edge-purge index count --host shop.example
              edge-purge index stats --admin-socket /var/lib/edge-purge/admin.sock
            """,
        subcommands: [IndexFindCommand.self, IndexCountCommand.self, IndexStatsCommand.self]
    )
}
