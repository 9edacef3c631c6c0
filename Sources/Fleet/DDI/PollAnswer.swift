public import Faults
internal import StrictJSON

/// What the server answers to “what is to be done?”: when to ask again, and where to read more.
public struct PollAnswer: Sendable, Equatable {
    /// Seconds until this machine is to ask again, within ``sleepBounds``.
    public var sleep: Int64
    /// Where the deployment to work on is described.
    public var deployment: String?
    /// Where the cancellation to answer is described.
    public var cancel: String?
    /// Where the deployment that wants a person's word is described.
    public var confirmation: String?
    /// Where the deployment that was installed last is described.
    public var installed: String?
    /// Where the server wants this machine's attributes.
    public var configData: String?

    /// What is accepted of a server, in seconds; what lies outside is brought to the nearer end.
    public static let sleepBounds: ClosedRange<Int64> = 30...86_400
    /// Seconds where the server says nothing that can be understood.
    public static let defaultSleep: Int64 = 300

    /// Reads an answer.
    ///
    /// - Parameters:
    ///   - bytes: its text.
    ///   - server: who gave it.
    /// - Throws: a `Fault` of code `server-refused`.
    public init(reading bytes: [UInt8], from server: FleetServer) throws(Fault) {
        self = try DDIReader.read(bytes, "poll") { (fields) throws(Fault) in
            let links = try fields.optionalObject("_links")
            return PollAnswer(
                sleep: PollAnswer.sleep(fields),
                deployment: try DDIReader.link(links, "deploymentBase", server),
                cancel: try DDIReader.link(links, "cancelAction", server),
                confirmation: try DDIReader.link(links, "confirmationBase", server),
                installed: try DDIReader.link(links, "installedBase", server),
                configData: try DDIReader.link(links, "configData", server))
        }
    }

    private init(
        sleep: Int64, deployment: String?, cancel: String?, confirmation: String?,
        installed: String?, configData: String?
    ) {
        self.sleep = sleep
        self.deployment = deployment
        self.cancel = cancel
        self.confirmation = confirmation
        self.installed = installed
        self.configData = configData
    }

    /// A time that cannot be understood must not keep a machine from its update.
    private static func sleep(_ fields: JSONFields) -> Int64 {
        guard case .string(let text)? = fields.value["config"]?["polling"]?["sleep"],
            let seconds = SleepTime.seconds(text)
        else { return defaultSleep }
        return min(max(seconds, sleepBounds.lowerBound), sleepBounds.upperBound)
    }
}
