import Hummingbird
import HummingbirdCore
import NIOCore
import PurgeModel

extension HTTPServerBuilder {
    /// HTTP/1.1 with the limits of the configuration, over TLS where there is a certificate.
    static func control(_ configuration: ControlConfiguration, certificate: ServerCertificate?) -> HTTPServerBuilder {
        let requestTimeout = TimeAmount.milliseconds(configuration.requestTimeout.wholeMilliseconds)
        let settings = HTTP1Channel.Configuration(
            additionalChannelHandlers: [RequestDeadlineHandler(limit: requestTimeout)],
            idleTimeout: .milliseconds(configuration.idleTimeout.wholeMilliseconds),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 16 * 1024, maxHeaderListSize: 32 * 1024, maxHeaderFieldCount: 100))
        return HTTPServerBuilder { responder in
            ControlChannel(
                base: HTTP1Channel(responder: responder, configuration: settings), certificate: certificate,
                writeTimeout: .milliseconds(configuration.writeTimeout.wholeMilliseconds))
        }
    }
}
