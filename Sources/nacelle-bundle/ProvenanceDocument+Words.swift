internal import Bundle
internal import Console

extension ProvenanceDocument {
    /// What the document is, on one line.
    var summary: String {
        var parts: [String] = []
        switch kind {
        case .inToto:
            parts.append("in-toto statement" + (version.map { " \($0)" } ?? ""))
            if let predicateType { parts.append(predicateType) }
            switch envelope {
            case .dsse: parts.append("in a DSSE envelope")
            case .sigstore: parts.append("in a Sigstore bundle")
            case nil: if version != nil { parts.append("not signed itself") }
            }
        case .spdx: parts.append(version ?? "SPDX")
        case .cycloneDX: parts.append("CycloneDX" + (version.map { " \($0)" } ?? ""))
        }
        if let size { parts.append(ByteCount.text(size)) }
        return parts.joined(separator: ", ")
    }

    /// Where the document is, on one line.
    var whereabouts: String {
        switch place {
        case .tree(let path): "in the tree at \(path)"
        case .address(let uri): "at \(uri), not in the bundle"
        }
    }
}
