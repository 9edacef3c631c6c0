public import Faults
internal import Processes

/// Runs a program of this machine to its end, for tests.
///
/// - Parameters:
///   - name: its name.
///   - arguments: what follows it.
///   - environment: its whole environment.
/// - Returns: the end of what it printed.
/// - Throws: a `Fault` where it is missing, fails, or takes longer than a minute.
@discardableResult
public func runTool(
    _ name: String, _ arguments: [String], environment: [String: String] = [:]
) throws(Fault) -> String {
    var child = try ChildProcess.start(
        Command(
            executable: try ExecutableSearch.find(name), arguments: arguments,
            environment: environment))
    guard let status = try child.wait(until: Deadline(after: .seconds(60))) else {
        throw Fault(.notFound, "\(name) did not end within a minute: \(child.outputTail)")
    }
    guard status == .exited(0) else {
        throw Fault(.notFound, "\(name) \(status): \(child.outputTail)")
    }
    return child.outputTail
}
