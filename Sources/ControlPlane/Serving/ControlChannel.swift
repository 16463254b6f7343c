import HummingbirdCore
import Logging
import NIOCore
import NIOSSL

/// Hummingbird's HTTP/1.1 with a limit for clients that take nothing, and with TLS where there is a certificate.
///
/// A new connection gets whatever certificate is current: Hummingbird's own TLS channel keeps one for ever.
struct ControlChannel: HTTPChannelHandler {
    let base: HTTP1Channel
    /// Nil: plain HTTP.
    let certificate: ServerCertificate?
    /// How long a client may take nothing of what is sent to it.
    let writeTimeout: TimeAmount

    var responder: HTTPChannelHandler.Responder { base.responder }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(StalledWriteHandler(limit: writeTimeout))
            if let certificate { try pipeline.addHandler(NIOSSLServerHandler(context: certificate.current)) }
            try pipeline.addHandler(ForeignMethodHandler())
        }.flatMap { base.setup(channel: channel, logger: logger) }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}
