/// The rules for paths and link targets, each answer a phrase for people or `nil` where all is well.
enum EntryName {
    /// What is wrong with an entry's path.
    static func flaw(path: String) -> String? {
        if let flaw = textFlaw(path) { return flaw }
        if path.utf8.first == slash { return "is an absolute path" }
        let components = path.utf8.split(separator: slash, omittingEmptySubsequences: false)
        guard components.count <= EntryRules.maxDepth else {
            return "is \(components.count) components deep; at most \(EntryRules.maxDepth) may be"
        }
        for component in components {
            if let flaw = componentFlaw(component) { return flaw }
            if isParent(component) { return "has “..” in its path" }
        }
        return nil
    }

    /// What is wrong with the target of a symbolic link that stands at `path`.
    ///
    /// `..` may stand only at the target's beginning. A directory that holds an entry is never a
    /// link, so those steps go where they say; what follows them goes down, through links of which
    /// the same holds. So no link leads out of the tree, whatever the others are. Were `a/../b`
    /// allowed, `a` could be a link that makes the step up start elsewhere.
    static func flaw(target: String, at path: String) -> String? {
        if let flaw = textFlaw(target) { return "is a link whose target " + flaw }
        if target.utf8.first == slash {
            return "is a link with the absolute target \(quoted(target))"
        }
        var depth = path.utf8.count { $0 == slash }
        var mayAscend = true
        for component in target.utf8.split(separator: slash, omittingEmptySubsequences: false) {
            if let flaw = componentFlaw(component) { return "is a link whose target " + flaw }
            if isParent(component) {
                guard mayAscend else {
                    return "is a link whose target \(quoted(target)) has “..” after a name"
                }
                depth -= 1
                guard depth >= 0 else {
                    return "is a link to \(quoted(target)), which leaves the tree"
                }
            } else {
                mayAscend = false
            }
        }
        return nil
    }

    /// A path as it may be shown on a terminal: bounded, without control characters.
    static func quoted(_ path: String) -> String {
        var text = "“"
        for (count, scalar) in path.unicodeScalars.enumerated() {
            if count == 200 {
                text += "…"
                break
            }
            if isHidden(scalar) {
                text += "\\u{" + String(scalar.value, radix: 16) + "}"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text + "”"
    }

    /// The path without its last component (`nil` at the top), and that component.
    static func split(_ path: String) -> (parent: String?, name: String) {
        guard let cut = path.utf8.lastIndex(of: slash) else { return (nil, path) }
        return (String(path[..<cut]), String(path[path.utf8.index(after: cut)...]))
    }

    private static let slash = UInt8(ascii: "/")
    private static let dot = UInt8(ascii: ".")

    /// Whether a name with this in it does not look like what it is.
    ///
    /// Controls (C0, C1, DEL), all that turns the direction of writing around (the property
    /// Bidi_Control), separators of lines and paragraphs, and the byte order mark. Not the joiners
    /// U+200C and U+200D, which some scripts are written with.
    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x61C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069,
            0xFEFF:
            true
        default: false
        }
    }

    private static func textFlaw(_ text: String) -> String? {
        guard !text.isEmpty else { return "is empty" }
        let count = text.utf8.count
        guard count <= EntryRules.maxPathBytes else {
            return "has \(count) bytes; at most \(EntryRules.maxPathBytes) may be"
        }
        for scalar in text.unicodeScalars where isHidden(scalar) {
            let digits = String(scalar.value, radix: 16, uppercase: true)
            return "has the control character U+"
                + String(repeating: "0", count: 4 - digits.utf8.count) + digits + " in it"
        }
        var span = text.utf8Span
        guard span.checkForNFC(quickCheck: false) else {
            return "is not in Unicode normalisation form C"
        }
        return nil
    }

    private static func componentFlaw(_ component: Substring.UTF8View) -> String? {
        if component.isEmpty { return "has an empty component" }
        if component.count == 1, component.first == dot { return "has “.” as a component" }
        guard component.count <= EntryRules.maxComponentBytes else {
            return "has a component of \(component.count) bytes;"
                + " at most \(EntryRules.maxComponentBytes) may be"
        }
        return nil
    }

    private static func isParent(_ component: Substring.UTF8View) -> Bool {
        component.count == 2 && component.allSatisfy { $0 == dot }
    }
}
