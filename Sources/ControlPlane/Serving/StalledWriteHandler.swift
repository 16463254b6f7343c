import NIOCore

/// Closes a connection whose client takes nothing of what is sent to it for a time.
///
/// The idle timeout does not see such a client: its request is still being answered. The handler stands nearest to the
/// socket, so that it counts bytes as they are sent, encrypted or not. A client that reads slowly, but reads, is
/// served.
final class StalledWriteHandler: ChannelOutboundHandler {
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    private let limit: TimeAmount
    /// Bytes given to the channel so far.
    private var given = 0
    private var look: Scheduled<Void>?

    /// Creates a handler for one connection; a client is looked at after `limit`, and closed after twice that at the
    /// latest.
    init(limit: TimeAmount) {
        self.limit = limit
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if look == nil { lookLater(context, taken: given - waiting(context)) }
        given += unwrapOutboundIn(data).readableBytes
        context.write(data, promise: promise)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        look?.cancel()
        look = nil
    }

    /// Looks once more after the limit; `taken`: bytes that the client had taken by now.
    private func lookLater(_ context: ChannelHandlerContext, taken: Int) {
        look = context.eventLoop.assumeIsolated().scheduleTask(in: limit) {
            self.look = nil
            let waiting = self.waiting(context)
            guard waiting > 0 else { return }
            if self.given - waiting > taken {
                self.lookLater(context, taken: self.given - waiting)
            } else {
                context.close(promise: nil)
            }
        }
    }

    /// Bytes that wait for the client; none where the channel cannot tell.
    private func waiting(_ context: ChannelHandlerContext) -> Int {
        // Every channel of a socket can.
        (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }
}
