public import ArgumentParser
public import Building
internal import Console
internal import Faults
internal import StrictJSON

extension KeyMaker.Purpose: ExpressibleByArgument {}

/// The command `nacelle-bundle keygen`.
struct KeygenCommand: BundleCommand {
    static let configuration = CommandConfiguration(
        commandName: "keygen",
        abstract: "Make a key pair: NAME.key for its owner alone, NAME.pub to give away.",
        discussion: """
            Kinds of key:
              signing   Ed25519; signs bundles and roots of trust. Keep it off the devices.
              device    X25519; opens sealed bundles on one machine (device-key there).
              group     X25519; the same, shared by the machines of a group.

            The files are PEM as openssl reads and writes them. A file that exists is never \
            overwritten, and a secret key is never printed.

            Example:
              nacelle-bundle keygen signing keys/release
              nacelle-bundle keygen device turbine-7
            """)

    @Argument(help: "What the key is for: signing, device or group.")
    var purpose: KeyMaker.Purpose

    @Argument(help: "The files' path without .key and .pub.")
    var name: String

    @OptionGroup var speech: SpeechOptions

    func perform(_ console: Console) throws(Fault) {
        let pair = try KeyMaker.make(purpose, at: name)
        console.say("\(pair.secretPath)  secret key, for its owner alone")
        console.say("\(pair.publicPath)  public key \(pair.id)")
        console.event(
            "key",
            [
                ("purpose", .string(purpose.rawValue)), ("secret", .string(pair.secretPath)),
                ("public", .string(pair.publicPath)), ("id", .string(pair.id)),
            ])
    }
}
