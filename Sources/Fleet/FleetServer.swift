public import Faults
public import Transport

/// The rollout server, by the address at which this machine asks it what to do.
public struct FleetServer: Sendable, Equatable {
    /// The poll address, without a slash at its end.
    public let address: String
    /// Who answers there; whoever else is named in an answer never gets this machine's token.
    public let origin: WebOrigin

    /// The longest address, in bytes.
    public static let longest = 1024

    /// Takes the poll address.
    ///
    /// - Parameter address: `https://HOST/TENANT/controller/v1/DEVICE`.
    /// - Throws: a `Fault` of code `configuration` for anything else.
    public init(_ address: String) throws(Fault) {
        origin = try WebOrigin(address)
        guard address.utf8.count <= FleetServer.longest,
            !address.contains(where: { "?#@".contains($0) })
        else {
            throw Fault(
                .configuration,
                "The rollout server's address has a query, a user or more than "
                    + "\(FleetServer.longest) bytes.",
                advice: "Write https://HOST/TENANT/controller/v1/DEVICE.")
        }
        var path = address[...]
        while path.last == "/" { path.removeLast() }
        self.address = String(path)
    }

    /// The address of a document, that the server gave, checked: what is to be done here is asked of
    /// the server itself, and what this machine is told to nobody else.
    ///
    /// - Parameters:
    ///   - href: the address.
    ///   - what: what it stands for, for messages.
    /// - Returns: the same address.
    /// - Throws: a `Fault` of code `server-refused` where it is no address, names a user, or has
    ///   another scheme, host or port than the server's own.
    func link(_ href: String, _ what: String) throws(Fault) -> String {
        let checked = try fileLink(href, what)
        guard let target = try? WebOrigin(href), target == origin else {
            throw Fault(
                .serverRefused,
                "The server's link to \(what) leads elsewhere: \(href.prefix(256)), while "
                    + "\(origin.text) is asked.",
                advice: "Only files may be on another host. Have the server know its public "
                    + "address: behind a proxy it must be told by X-Forwarded-Proto and -Host.")
        }
        return checked
    }

    /// The address of a file, that the server gave, checked; it may be on another host.
    ///
    /// - Parameters:
    ///   - href: the address.
    ///   - what: what it stands for, for messages.
    /// - Returns: the same address.
    /// - Throws: a `Fault` of code `server-refused` where it is no address, less protected than the
    ///   server's own, or names a user.
    func fileLink(_ href: String, _ what: String) throws(Fault) -> String {
        let target: WebOrigin
        do throws(Fault) { target = try WebOrigin(href) } catch {
            throw Fault(
                .serverRefused, "The server's link to \(what) cannot be used: \(error.message)",
                advice: "Look at the server, and at what stands between it and this machine.")
        }
        guard !target.isPlain || origin.isPlain else {
            throw Fault(
                .serverRefused,
                "The server's link to \(what) leads to plain HTTP at \(target.text), while "
                    + "\(origin.text) is asked.",
                advice: "Have the server know its public address: behind a proxy it must be told "
                    + "by X-Forwarded-Proto and -Host (gooseBit: uvicorn --proxy-headers).")
        }
        guard !href.prefix(while: { $0 != "?" }).contains("@") else {
            throw Fault(
                .serverRefused, "The server's link to \(what) names a user (“@”).",
                advice: "Look at the server.")
        }
        return href
    }
}
