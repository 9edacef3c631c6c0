internal import CCurl
internal import Faults

extension Transfer {
    /// What became of it, by libcurl's verdict and the answer's head.
    func verdict(_ code: CURLcode) -> TransferResult {
        if let refusal { return .failed(refusal) }
        if head.isComplete, !isBody {
            let fault = StatusFault.fault(self)
            guard StatusFault.mayPass(head.status) else { return .failed(fault) }
            let seconds = easy.large(CURLINFO_RETRY_AFTER)
            return .passing(fault, wait: seconds > 0 ? .seconds(min(seconds, 86_400)) : nil)
        }
        guard code == CURLE_OK else { return failure(code) }
        guard head.isComplete else { return .failed(answered("no whole header")) }
        do throws(Fault) {
            try endBody()
            return .complete
        } catch {
            return error.code == .network ? .passing(error, wait: nil) : .failed(error)
        }
    }

    private func failure(_ code: CURLcode) -> TransferResult {
        let text = easy.errorMessage(code)
        let tunnel = easy.number(CURLINFO_HTTP_CONNECTCODE)
        if tunnel >= 400, !StatusFault.mayPass(tunnel), head.status == 0 {
            return .failed(
                Fault(
                    .serverRefused,
                    "The proxy refused the way to \(address.shown), with status "
                        + "\(tunnel).", advice: "Check the proxy's address, login and rules.",
                    cause: text))
        }
        let verdict = easy.number(CURLINFO_SSL_VERIFYRESULT)
        if let fault = TLSFault.fault(code, verdict: verdict, text: text, name: address.shown) {
            return .failed(fault)
        }
        switch code {
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING,
            CURLE_FILESIZE_EXCEEDED:
            return .failed(broken("what is no HTTP answer", text))
        case CURLE_OUT_OF_MEMORY where easy.number(CURLINFO_RESPONSE_CODE) > 0 || !head.isComplete:
            return .failed(broken("a header line without end", text))
        case CURLE_URL_MALFORMAT:
            return .failed(
                Fault(
                    .configuration, "\(address.shown) is not an address that libcurl takes.",
                    cause: text))
        default:
            return .passing(
                Fault(
                    .network, "\(address.shown): \(Transfer.words(code)).",
                    advice: "It may pass; start the command again later.", cause: text), wait: nil)
        }
    }

    /// libcurl's verdicts that may pass, in words.
    private static func words(_ code: CURLcode) -> String {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST: "the host's name cannot be resolved"
        case CURLE_COULDNT_RESOLVE_PROXY: "the proxy's name cannot be resolved"
        case CURLE_COULDNT_CONNECT: "no connection can be made"
        case CURLE_OPERATION_TIMEDOUT: "no connection was made in time"
        case CURLE_GOT_NOTHING: "the connection was closed without an answer"
        default: "the transfer broke"
        }
    }

    private func broken(_ what: String, _ cause: String) -> Fault {
        let fault = answered(what)
        return Fault(fault.code, fault.message, advice: fault.advice, cause: cause)
    }
}
