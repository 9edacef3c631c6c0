import Bundle
import Faults
import Sealing
import StrictJSON
import Testing

@testable import Agent
@testable import Slots

/// A manifest that the machine below takes, and variations of it.
private func manifest(_ change: (inout Manifest) throws -> Void = { _ in }) throws -> Manifest {
    let digest = try SHA256.digest(of: [1])
    let smoke = try JSONReader.read(
        Array(
            #"{"kind":"command","program":"bin/prove","arguments":[],"environment":{},"deadline":1000}"#
                .utf8), limits: JSONLimits(bytes: 1000))
    var manifest = Manifest(
        bundle: [UInt8](repeating: 0, count: 16), application: "bearing", version: "1.1.0",
        releaseCounter: 11, summary: "", compatible: ["turbine"],
        requirements: Manifest.Requirements(),
        tree: Manifest.Tree(digest: digest, entries: 1, bytes: 1, diskBytes: 4096),
        stream: Manifest.Stream(length: 1, digest: digest),
        index: Manifest.Index(length: 1, pages: 1, chunks: 1, paths: 0, table: digest),
        packLength: 1, commitment: nil,
        smoke: try SmokeSpecification(JSONFields(smoke, path: "smoke")),
        probation: ProbationSpecification())
    try change(&manifest)
    return manifest
}

private func admission(_ change: (inout Admission) throws -> Void = { _ in }) throws -> Admission {
    var admission = Admission(
        machine: Machine(
            names: ["turbine", "gateway"], application: nil, architecture: "x86_64",
            processorFeatures: ["avx2", "sse4_2"], memory: 1 << 30, accelerators: ["npu"]),
        boundTo: nil, floor: nil, denials: [], allowDenied: false, agent: "0.2.0")
    try change(&admission)
    return admission
}

@Suite struct AdmissionTests {
    private func refusal(_ admission: Admission, _ manifest: Manifest) -> FaultCode? {
        do throws(Fault) {
            try admission.check(manifest)
            return nil
        } catch {
            #expect(error.message.utf8.count > 30)
            return error.code
        }
    }

    @Test func `what fits is admitted`() throws {
        #expect(
            try refusal(
                admission(),
                manifest {
                    $0.requirements = Manifest.Requirements(
                        architecture: "x86_64", processorFeatures: ["avx2"], memory: 1 << 30,
                        accelerator: "npu", agent: "0.2.0")
                }) == nil)
    }

    @Test func `another machine, processor, memory, accelerator or agent is refused`() throws {
        let changes: [(inout Manifest) -> Void] = [
            { $0.compatible = ["camera"] }, { $0.compatible = [] },
            { $0.requirements.architecture = "aarch64" },
            { $0.requirements.processorFeatures = ["avx2", "amx_int8"] },
            { $0.requirements.memory = 1 << 30 + 1 }, { $0.requirements.accelerator = "gpu" },
            { $0.requirements.agent = "0.2.1" }, { $0.requirements.agent = "1.0.0" },
            { $0.requirements.agent = "0.10.0" },
        ]
        for change in changes {
            #expect(try refusal(admission(), manifest(change)) == .incompatible)
        }
        #expect(try refusal(admission(), manifest { $0.requirements.agent = "new" }) == .malformed)
    }

    @Test func `another application than the configured or bound one is refused`() throws {
        #expect(try refusal(admission { $0.boundTo = "other" }, manifest()) == .incompatible)
        #expect(
            try refusal(admission { $0.machine.application = "other" }, manifest())
                == .incompatible)
        #expect(try refusal(admission { $0.boundTo = "bearing" }, manifest()) == nil)
    }

    @Test func `the release counter never goes back, nor names two contents, nor leaps`() throws {
        func with(_ floor: UInt64, tree: [UInt8] = [1]) throws -> Admission {
            try admission {
                $0.floor = Floor(
                    identity: VersionIdentity(
                        application: "bearing", version: "1.0.0", releaseCounter: floor,
                        tree: try SHA256.digest(of: tree)))
            }
        }
        #expect(try refusal(with(10), manifest()) == nil)
        #expect(try refusal(with(11), manifest()) == nil)
        #expect(try refusal(with(11, tree: [2]), manifest()) == .downgrade)
        #expect(try refusal(with(12), manifest()) == .downgrade)
        let leap = UInt64(1) << 32
        #expect(try refusal(with(10), manifest { $0.releaseCounter = 10 + leap }) == nil)
        #expect(try refusal(with(10), manifest { $0.releaseCounter = 11 + leap }) == .downgrade)
    }

    @Test func `a denied release is refused unless the operator insists; a corrected one is not`()
        throws
    {
        func denying(_ allow: Bool) throws -> Admission {
            try admission {
                $0.denials = [
                    Denial(identity: VersionIdentity(try manifest()), reason: "a test", at: 0)
                ]
                $0.allowDenied = allow
            }
        }
        #expect(try refusal(denying(false), manifest()) == .denied)
        #expect(try refusal(denying(true), manifest()) == nil)
        #expect(try refusal(denying(false), manifest { $0.releaseCounter = 12 }) == nil)
    }
}
