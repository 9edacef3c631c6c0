public import Faults
internal import StrictJSON

/// A server's wish that an action be given up.
public struct CancelRequest: Sendable, Equatable {
    /// The cancellation's own id, by which it is answered.
    public var action: String
    /// The action that is to stop.
    public var stop: String

    /// Reads a request.
    ///
    /// - Parameter bytes: its text.
    /// - Throws: a `Fault` of code `server-refused`.
    public init(reading bytes: [UInt8]) throws(Fault) {
        self = try DDIReader.read(bytes, "cancelAction") { (fields) throws(Fault) in
            CancelRequest(
                action: try DDIReader.id(fields, "id"),
                stop: try DDIReader.id(try fields.object("cancelAction"), "stopId"))
        }
    }

    init(action: String, stop: String) {
        self.action = action
        self.stop = stop
    }
}
