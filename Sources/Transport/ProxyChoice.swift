internal import Faults

/// Whether and which proxy stands between this machine and its servers.
public enum ProxyChoice: Sendable {
    /// None, whatever the environment says.
    case none
    /// As `https_proxy`, `http_proxy`, `all_proxy` and `no_proxy` in the environment say.
    case environment
    /// One proxy, such as `http://proxy.example:3128`; some hosts are reached without it.
    case server(String, except: [String] = [])

    /// Refuses what is no address of a proxy.
    func check() throws(Fault) {
        guard case .server(let address, let except) = self else { return }
        let schemes = ["http://", "https://", "socks5h://", "socks5://"]
        guard schemes.contains(where: address.hasPrefix), address.utf8.count <= 1024,
            address.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            // It is not repeated here: it may hold a password.
            throw Fault(
                .configuration,
                "The proxy's address does not begin with \(schemes.joined(separator: ", ")), "
                    + "or has characters that no address has.")
        }
        guard except.allSatisfy({ !$0.isEmpty && !$0.utf8.contains(UInt8(ascii: ",")) }) else {
            throw Fault(.configuration, "A host that needs no proxy is empty or has a comma.")
        }
    }
}
