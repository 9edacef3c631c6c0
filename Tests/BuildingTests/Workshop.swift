import Archive
import Building
import Bundle
import DurableFiles
import Faults
import Glibc
import Install
import Sealing
import Signing
import TestKit
import Transport
import Trust

/// A directory with keys, a root of trust and a small tree to build from.
struct Workshop {
    let path: String

    /// Runs a test in a fresh one.
    static func run(_ body: (Workshop) throws -> Void) throws {
        try withScratch { directory in
            let workshop = Workshop(path: directory.path)
            try workshop.furnish()
            try body(workshop)
        }
    }

    func at(_ name: String) -> String { "\(path)/\(name)" }

    private func furnish() throws {
        for name in ["one", "two", "three"] { _ = try KeyMaker.make(.signing, at: at(name)) }
        for name in ["device", "group", "stranger"] { _ = try KeyMaker.make(.device, at: at(name)) }
        try makeRoot(targets: ["one"], threshold: 1)
        try makeTree("tree")
        try write("bundle.yaml", description())
    }

    func makeRoot(targets: [String], threshold: Int, file: String = "root.json") throws {
        var changes = RootCeremony.Changes(expires: 4_000_000_000)
        changes.additions = [(.root, at("one.pub"))] + targets.map { (.targets, at("\($0).pub")) }
        changes.thresholds = [(.targets, threshold)]
        let state = try RootCeremony.begin(changes, keyFiles: [at("one.key")], output: at(file))
        guard state.missing == nil else { throw state.missing ?? Fault(.internalError, "") }
    }

    /// A program, weights, golden cases and a link; made in the given order of names.
    func makeTree(_ name: String, reversed: Bool = false, time: Int = 1_000_000) throws {
        let files: [(String, [UInt8], UInt32)] = [
            ("bin/infer", Array("#!/bin/sh\nexit 0\n".utf8), 0o755),
            ("lib/engine.so", noise(300_000, seed: 21), 0o644),
            ("lib/twin.so", noise(300_000, seed: 21), 0o644),
            ("weights/model.onnx", noise(150_000, seed: 22), 0o644),
            ("weights/twin.so", noise(300_000, seed: 21), 0o644),
            ("smoke/case_0/input_0.pb", [1, 2, 3], 0o644),
            ("smoke/case_0/output_0.pb", [4], 0o644),
            ("smoke/case_1/input_0.pb", [], 0o644),
            ("smoke/case_1/output_0.pb", [5], 0o600),
            ("notes/modèle.txt", Array("é\n".utf8), 0o644),
        ]
        for (path, bytes, mode) in reversed ? files.reversed() : files {
            try write("\(name)/\(path)", bytes, mode: mode)
        }
        _ = unsafe symlink("engine.so", at("\(name)/lib/engine.so.1"))
        _ = unsafe link(at("\(name)/lib/engine.so"), at("\(name)/lib/hard.so"))
        var times = [timeval(tv_sec: time, tv_usec: 0), timeval(tv_sec: time, tv_usec: 0)]
        for (path, _, _) in files { unsafe utimes(at("\(name)/\(path)"), &times) }
    }

    func write(_ name: String, _ bytes: [UInt8], mode: UInt32 = 0o644) throws {
        var directory = try Directory.open(path: path)
        var parts = name.split(separator: "/").map(String.init)
        let last = parts.removeLast()
        for part in parts { directory = try directory.openOrMake(part) }
        try directory.replace(last, with: bytes, mode: mode)
        _ = unsafe chmod(at(name), mode_t(mode))
    }

    func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

    func read(_ name: String) throws -> [UInt8] {
        let source = try FileSource(path: at(name))
        return try source.read(at: 0, count: Int(source.length()))
    }

    /// A description; `tree` replaces its part of that name, `more` comes at the end.
    func description(tree: String = "tree: tree", more: String = "") -> String {
        """
        application: demo
        version: 1.0.0
        release-counter: 7
        compatible: [bench]
        \(tree)
        chunks: {average: 16KiB}
        compression: {level: 3}
        smoke:
          kind: inference
          program: bin/infer
          arguments: ["{socket}"]
          model: demo
          cases: ["smoke/*"]
          tolerance: {absolute: 0.001, relative: 0}
        \(more)
        """
    }

    @discardableResult
    func build(
        _ output: String = "app.nacelle", description: String = "bundle.yaml",
        keys: [String] = ["one"],
        recipients: [String] = [], workers: Int = 2
    ) throws -> BundleBuilder.Result {
        var options = BuildOptions()
        options.signingKeys = keys.map { at("\($0).key") }
        options.recipients = try recipients.map { try KeyReading.recipient(at("\($0).pub")) }
        options.isSealed = !recipients.isEmpty
        options.workers = workers
        let description = try BuildDescription.read(path: at(description))
        return try BundleBuilder(description, options: options).build(to: at(output))
    }

    @discardableResult
    func verify(
        _ name: String = "app.nacelle", root: String = "root.json", key: String? = nil,
        base: String? = nil
    ) throws -> BundleVerifier.Report {
        try BundleVerifier(path: at(name), root: at(root)).verify(
            key: key.map { at("\($0).key") }, base: base.map { at($0) })
    }

    /// Unpacks a bundle as a device does, and reads the tree back from the disk.
    func unpack(
        _ name: String = "app.nacelle", into target: String, key: String? = nil
    ) throws -> TreeSummary {
        let root = try VerifiedRoot.load(try read("root.json"))
        let bundle = try VerifiedBundle.open(try FileSource(path: at(name)), root: root)
        let directory = try Directory.open(path: path).make(target)
        let writer = try TreeWriter(below: directory)
        let secret: X25519SecretKey? =
            switch key {
            case .some(let key): try KeyReading.recipientSecret(at("\(key).key"))
            case .none: nil
            }
        let keys = try bundle.openKeys(with: secret)
        try bundle.unpack(keys: keys, into: writer) { _ throws(Fault) in }
        try writer.finish()
        let scanner = TreeScanner(reading: .cached, refusal: .slotAltered)
        return try scanner.scan(directory)
    }
}

/// The fault that `body` ends with; a test fails where it ends with none.
func fault(_ body: () throws -> Void) -> Fault? {
    do {
        try body()
        return nil
    } catch {
        return error as? Fault
    }
}
