public import ArgumentParser
internal import Faults
internal import Glibc
public import Trust

extension TrustRole: ExpressibleByArgument {}

/// `ROLE=VALUE` on the command line.
struct RoleValue: ExpressibleByArgument {
    let role: TrustRole
    let value: String

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="),
            let role = TrustRole(rawValue: String(argument[..<equals]))
        else { return nil }
        let value = argument[argument.index(after: equals)...]
        guard !value.isEmpty else { return nil }
        self.role = role
        self.value = String(value)
    }
}

/// `ROLE=NUMBER` on the command line.
struct RoleCount: ExpressibleByArgument {
    let role: TrustRole
    let count: Int

    init?(argument: String) {
        guard let pair = RoleValue(argument: argument), let count = Int(pair.value), count >= 1
        else { return nil }
        role = pair.role
        self.count = count
    }
}

/// When a root expires: at a time, or in so many days.
struct ExpiryOptions: ParsableArguments {
    @Option(help: ArgumentHelp("When it expires, in UTC: 2031-01-01T00:00:00Z.", valueName: "time"))
    var expires: String?

    @Option(help: ArgumentHelp("In how many days it expires.", valueName: "n"))
    var days: Int?

    func validate() throws {
        guard (expires == nil) != (days == nil) else {
            throw ValidationError("Say when it expires: either --expires or --days.")
        }
        if let expires, UTCTime.seconds(expires) == nil {
            throw ValidationError(
                "“\(expires)” is no time in UTC to the second; 2031-01-01T00:00:00Z is one.")
        }
        if let days, !(1...36500).contains(days) {
            throw ValidationError("--days takes 1 to 36500.")
        }
    }

    /// Seconds since 1970.
    var seconds: Int64 {
        if let expires { return UTCTime.seconds(expires) ?? 0 }
        return Int64(time(nil)) + Int64(days ?? 0) * 86_400
    }
}
