// confinement-probe: gives up its privileges as a device command does, then tries what it must not do
// any more, and prints how each attempt ended. For the tests of Confinement alone; it never ships.

import CConfinementProbe
import Confinement
import Faults
import Glibc

/// The program: `confinement-probe USER GROUP network|local WRITABLE READABLE OUTSIDE`.
///
/// It prints one line `NAME RESULT` an attempt, where the result is `done` or the error's number.
@main
enum ConfinementProbe {
    static func main() {
        let words = CommandLine.arguments
        guard words.count == 7, let user = UInt32(words[1]), let group = UInt32(words[2]) else {
            print("usage: confinement-probe USER GROUP network|local WRITABLE READABLE OUTSIDE")
            exit(64)
        }
        do {
            let child = try ForkedChild.start { channel, parent in
                let policy = ConfinementPolicy(
                    user: user, group: group, network: words[3] == "network",
                    readable: [words[5]], writable: [words[4]])
                do throws(Fault) {
                    try ForkedChild.dieWith(parent)
                    let layers = try Confinement.enter(policy)
                    tell("landlock", layers.landlock > 0)
                    tell("filter", layers.isFiltered)
                    cconfinement_probe(words[4], words[5], words[6])
                    try channel.send(1)
                } catch {
                    print("fault \(error.description)")
                    fflush(nil)
                }
            }
            let said = try child.channel?.receive { () throws(Fault) in }
            print("told \(said?.kind == 1 ? "done" : "0")")
            print("end \(child.finish() == .exited(0) ? "done" : "0")")
        } catch {
            print("fault \(error)")
            exit(1)
        }
    }

    private static func tell(_ name: String, _ holds: Bool) {
        print("\(name) \(holds ? "done" : "0")")
        fflush(nil)
    }
}
