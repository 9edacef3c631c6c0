/// What the tests of provenance bring: the other implementations, and documents for them.
enum ProvenanceRig {
    static let environment = Rig.checkout + "/.build/conformance-venv/bin"
    static let python = environment + "/python3"

    /// Signs SLSA provenance about a file as a CI would: with securesystemslib and a fresh key.
    static let sign = """
        import hashlib, json, sys
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
        from securesystemslib.dsse import Envelope
        from securesystemslib.signer import CryptoSigner

        built, name, envelope_file, key_file = sys.argv[1:]
        with open(built, "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        statement = {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": name, "digest": {"sha256": digest}}],
            "predicateType": "https://slsa.dev/provenance/v1",
            "predicate": {
                "buildDefinition": {
                    "buildType": "https://ci.example.org/build/1",
                    "externalParameters": {"ref": "refs/tags/v1.4.0"},
                },
                "runDetails": {"builder": {"id": "https://ci.example.org/runner"}},
            },
        }
        signer = CryptoSigner.generate_ecdsa()
        envelope = Envelope(json.dumps(statement).encode(), "application/vnd.in-toto+json", {})
        envelope.sign(signer)
        with open(envelope_file, "w") as file:
            file.write(json.dumps(envelope.to_dict()) + "\\n")
        with open(key_file, "w") as file:
            file.write(signer.public_key.keyval["public"])

        """

    static let spdx = """
        {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
         "name": "bearing", "documentNamespace": "https://example.org/spdx/bearing-1.4.0",
         "creationInfo": {"created": "2026-01-01T00:00:00Z", "creators": ["Tool: by-hand-1"]},
         "packages": [{"name": "bearing", "SPDXID": "SPDXRef-bearing", "versionInfo": "1.4.0",
           "downloadLocation": "NOASSERTION", "filesAnalyzed": false,
           "licenseConcluded": "NOASSERTION", "licenseDeclared": "NOASSERTION",
           "copyrightText": "NOASSERTION"}],
         "relationships": [{"spdxElementId": "SPDXRef-DOCUMENT",
           "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-bearing"}]}

        """

    static let cycloneDX = """
        {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
         "components": [{"type": "library", "name": "onnxruntime", "version": "1.32.0"}]}

        """
}

extension Rig {
    /// Runs a line of Python's arguments in the rig's directory, which must succeed.
    @discardableResult
    func python(_ line: String) throws -> String {
        try shell("cd \(place) && \(ProvenanceRig.python) \(line)")
    }

    /// Does in the rig's directory what a page says, as it stands there, with this rig's machine.
    func follow(_ commands: String) throws -> String {
        let script = commands.replacing("/var/lib/nacelle", with: store)
            .replacing("nacelle verify\n", with: "nacelle verify --config \(path("config.yaml"))\n")
        try write("commands.sh", script)
        return try shell(
            "cd \(place) && PATH=\(Rig.programs):\(ProvenanceRig.environment):$PATH "
                + "bash -euo pipefail commands.sh 2>&1")
    }
}
