public import Faults
internal import DurableFiles
internal import Glibc
internal import Processes

/// nginx on this machine's loopback, with certificates, on a port that was free; it ends with its
/// owner.
public final class WebServer {
    /// How a server is to be.
    public struct Options: Sendable {
        /// The certificate that it shows; `nil` for plain HTTP.
        public var certificate: String?
        /// The authority of the client certificates that it asks for; `nil` for none.
        public var clientAuthority: String?
        /// Whether it offers HTTP/2.
        public var offersHTTP2 = true
        /// Whether it listens on `::1` in place of `127.0.0.1`.
        public var onIPv6 = false
        /// The port that it listens on; `nil` for one that is free.
        public var port: UInt16?
        /// Further lines of the `server` block, such as `limit_rate 100k;`.
        public var extra = ""

        /// Makes options for HTTPS with the certificate `server`.
        public init(certificate: String? = "server") { self.certificate = certificate }
    }

    /// One line of its log.
    public struct Request: Sendable, Equatable {
        /// The number of the connection that it came by.
        public var connection: String
        /// Its path.
        public var path: String
        /// Its `Range` field; `-` where there was none.
        public var range: String
        /// Its `If-Range` field; `-` where there was none.
        public var condition: String
        /// The status of the answer.
        public var status: Int
        /// Bytes of the body that were sent.
        public var bytes: Int64
        /// The protocol, such as `HTTP/2.0`.
        public var version: String
    }

    /// The port that it listens on.
    public let port: UInt16
    private let options: Options
    private let log: String
    private var child: ChildProcess

    /// Starts a server, and returns when it accepts connections.
    ///
    /// - Parameters:
    ///   - root: the directory that it serves.
    ///   - certificates: where its certificates stand.
    ///   - options: how it is to be.
    /// - Returns: the server.
    /// - Throws: a `Fault` where nginx is missing or does not start.
    public static func start(
        serving root: String, _ certificates: TestCertificates, _ options: Options = Options()
    ) throws(Fault) -> WebServer {
        // Between looking for a free port and listening, somebody else may take it.
        for _ in 0..<2 {
            do throws(Fault) {
                return try WebServer(root, certificates, options)
            } catch {
                guard error.message.contains("in use") else { throw error }
            }
        }
        return try WebServer(root, certificates, options)
    }

    private init(
        _ root: String, _ certificates: TestCertificates, _ options: Options
    ) throws(Fault) {
        let port = if let wanted = options.port { wanted } else { try WebServer.freePort() }
        let home = "\(certificates.directory)/nginx-\(port)"
        let folder = try Directory.open(path: certificates.directory).openOrMake("nginx-\(port)")
        let text = WebServer.configuration(root, home, port, certificates, options)
        try folder.replace("nginx.conf", with: Array(text.utf8))
        self.port = port
        self.options = options
        log = home + "/access.log"
        child = try ChildProcess.start(
            Command(
                executable: try ExecutableSearch.find("nginx"),
                arguments: [
                    "-p", home, "-c", home + "/nginx.conf", "-e", home + "/error.log",
                ]))
        try waitUntilReady()
    }

    /// The address of a path.
    public func address(_ path: String) -> String {
        let scheme = options.certificate == nil ? "http" : "https"
        return "\(scheme)://\(options.onIPv6 ? "[::1]" : "127.0.0.1"):\(port)/\(path)"
    }

    /// Ends it before its owner goes.
    public func stop() throws(Fault) { try child.end() }

    /// What was asked so far, as soon as there are so many requests.
    ///
    /// - Parameter count: how many at least; nginx writes each when it is over.
    /// - Returns: the requests, in the order in which they ended.
    /// - Throws: a `Fault` where they do not come.
    public func requests(atLeast count: Int) throws(Fault) -> [Request] {
        for _ in 0..<1000 {
            let bytes = try FilePlace.read(log, limit: 16 << 20)
            let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            if lines.count >= count { return lines.compactMap(WebServer.request) }
            try child.wait(until: Deadline(after: .milliseconds(10)))
        }
        throw Fault(.notFound, "nginx did not log \(count) requests.")
    }

    private static func request(_ line: Substring) -> Request? {
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        guard fields.count == 7, let status = Int(fields[4]), let bytes = Int64(fields[5]) else {
            return nil
        }
        return Request(
            connection: fields[0], path: fields[1], range: fields[2], condition: fields[3],
            status: status, bytes: bytes, version: fields[6])
    }

    private static func configuration(
        _ root: String, _ home: String, _ port: UInt16, _ certificates: TestCertificates,
        _ options: Options
    ) -> String {
        let host = options.onIPv6 ? "[::1]" : "127.0.0.1"
        var listen = "listen \(host):\(port)"
        var tls = ""
        if let certificate = options.certificate {
            listen += " ssl" + (options.offersHTTP2 ? " http2" : "")
            tls =
                "ssl_certificate \(certificates.path(certificate));\n"
                + "ssl_certificate_key \(certificates.key(certificate));\n"
            if let authority = options.clientAuthority {
                tls +=
                    "ssl_client_certificate \(certificates.path(authority));\n"
                    + "ssl_verify_client on;\n"
            }
        }
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(home)/\($0);" }.joined(separator: "\n")
        return """
            daemon off;
            master_process off;
            pid \(home)/pid;
            error_log \(home)/error.log;
            events { worker_connections 256; }
            http {
                log_format fields escape=none '$connection\\t$uri\\t$http_range\\t$http_if_range\\t'
                    '$status\\t$body_bytes_sent\\t$server_protocol';
                access_log \(home)/access.log fields;
                \(temporary)
                default_type application/octet-stream;
                server {
                    \(listen);
                    server_name localhost;
                    root \(root);
                    \(tls)
                    \(options.extra)
                }
            }
            """
    }

    private func waitUntilReady() throws(Fault) {
        for _ in 0..<1000 {
            if WebServer.accepts(port, onIPv6: options.onIPv6) { return }
            if let status = try child.wait(until: Deadline(after: .milliseconds(10))) {
                throw Fault(.notFound, "nginx \(status): \(child.outputTail)")
            }
        }
        throw Fault(.notFound, "nginx did not listen on port \(port): \(child.outputTail)")
    }

    /// A port of this machine's loopback that nobody listens on now.
    public static func freePort() throws(Fault) -> UInt16 {
        let raw = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard raw >= 0 else { throw systemFault("cannot make a socket") }
        let holder = Descriptor(owning: raw)
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = unsafe withUnsafeMutablePointer(to: &place) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(holder.raw, address, length) == 0
                    && getsockname(holder.raw, address, &length) == 0
            }
        }
        guard bound else { throw systemFault("cannot find a free port") }
        return UInt16(bigEndian: place.sin_port)
    }

    private static func accepts(_ port: UInt16, onIPv6: Bool) -> Bool {
        let raw = socket(onIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard raw >= 0 else { return false }
        let holder = Descriptor(owning: raw)
        if onIPv6 {
            var place = sockaddr_in6()
            place.sin6_family = sa_family_t(AF_INET6)
            place.sin6_port = port.bigEndian
            place.sin6_addr = in6addr_loopback
            let length = socklen_t(MemoryLayout<sockaddr_in6>.size)
            return unsafe withUnsafePointer(to: &place) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe connect(holder.raw, $0, length) == 0
                }
            }
        }
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = port.bigEndian
        place.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return unsafe withUnsafePointer(to: &place) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(holder.raw, $0, length) == 0
            }
        }
    }
}
