internal import DurableFiles
internal import Faults
internal import Glibc
public import Slots

/// What happens before the application starts, at each boot; needs no network and no whole
/// configuration, and never fails.
public struct Boot {
    private static let command = "nacelle boot"

    private let configuration: Configuration

    /// Makes the operation.
    public init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    /// The boots that a version in trial gets.
    public var limit: Int { configuration.boot().attempts }

    /// Performs it.
    ///
    /// - Parameter store: the store's path where the command names one.
    /// - Returns: what was found and done; what somebody must know is in its alarms.
    public func run(store: String?) -> BootReport {
        let (limit, mistake) = configuration.boot()
        var alarms: [String] = []
        if let mistake {
            alarms.append("\(mistake.description) A trial has \(limit) boots.")
        }
        var path = Configuration.defaultStore
        do throws(Fault) {
            path = try configuration.storePath(store)
        } catch {
            alarms.append(
                "\(error.message) It is not known which store is meant; \(path) is looked at.")
        }
        var report = perform(path, limit)
        report.alarms = alarms + report.alarms
        return report
    }

    private func perform(_ path: String, _ limit: Int) -> BootReport {
        do throws(Fault) {
            let store = try open(path)
            return store.boot(limit: limit, now: Int64(time(nil)), Boot.command)
        } catch {
            return withoutStore(path, error)
        }
    }

    private func open(_ path: String) throws(Fault) -> Store {
        do throws(Fault) {
            return try Store.open(path: path)
        } catch  where error.code == .notFound {
            // A store of which a directory was lost is made whole; one that never was is not made.
            guard let root = try? Directory.open(path: path),
                let names = try? root.names(limit: 1000),
                names.contains("current") || names.contains("slots")
            else { throw error }
            return try Store.openOrMake(path: path, owner: nil)
        }
    }

    /// The store cannot be opened: what `current` leads to starts, if it leads anywhere.
    private func withoutStore(_ path: String, _ fault: Fault) -> BootReport {
        var report = BootReport(.asItWas)
        report.canStart = (try? Directory.open(path: path + "/current")) != nil
        let names = (try? Directory.open(path: path).names(limit: 1000)) ?? []
        if !report.canStart, names.allSatisfy({ $0 == "lost+found" }),
            fault.code == .notFound
        {
            report.outcome = .nothingInstalled
            report.notes.append("Nothing is installed in \(path).")
            return report
        }
        if !report.canStart { report.outcome = .nothingToStart }
        report.alarms.append("The store cannot be opened: \(fault.description)")
        return report
    }
}
