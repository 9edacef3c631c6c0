import Testing

@testable import Trust

/// Patterns of target paths.
@Suite struct PathPatternTests {
    @Test(arguments: [
        ("*", "file"), ("*", ""), ("**", "file"), ("*.bin", "a.bin"), ("*.bin", ".bin"),
        ("a*c", "abc"), ("a*c", "ac"), ("a*b*c", "a1b2b3c"), ("a?c", "abc"), ("a?c", "aéc"),
        ("?", "\u{1F980}"), ("*/*", "a/b"), ("targets/*/x-?", "targets/1.0/x-1"), ("a", "a"),
        ("a//b", "a//b"), ("a/*/b", "a//b"), ("*é", "caffé"), ("a*", "a*"), ("[ab]", "[ab]"),
    ])
    func `a pattern fits`(pattern: String, path: String) {
        #expect(PathPattern(text: pattern).matches(path))
    }

    @Test(arguments: [
        ("", "a"), ("a", ""), ("a", "ab"), ("ab", "a"), ("?", ""), ("?", "ab"), ("a?c", "ac"),
        ("*.bin", "a.bin2"), ("[ab]", "a"), ("\\*", "a"),
    ])
    func `a pattern does not fit`(pattern: String, path: String) {
        #expect(!PathPattern(text: pattern).matches(path))
    }

    @Test(arguments: [
        ("*", "a/b"), ("a*", "a/b"), ("*b", "a/b"), ("a*b", "a/b"), ("*/b", "a/x/b"),
        ("**", "a/b"), ("a/*", "a"), ("*", "/"), ("a/*", "a/b/"),
    ])
    func `a star does not cross a slash`(pattern: String, path: String) {
        #expect(!PathPattern(text: pattern).matches(path))
    }

    @Test(arguments: [("a?b", "a/b"), ("?", "/"), ("a??", "a/b")])
    func `a question mark does not take a slash`(pattern: String, path: String) {
        #expect(!PathPattern(text: pattern).matches(path))
    }

    @Test(arguments: [("A*", "abc"), ("a*", "ABC"), ("É", "é")])
    func `upper and lower case differ`(pattern: String, path: String) {
        #expect(!PathPattern(text: pattern).matches(path))
    }

    @Test func `normalisations differ`() {
        #expect(!PathPattern(text: "\u{E9}").matches("e\u{301}"))
        #expect(PathPattern(text: "\u{E9}").matches("\u{E9}"))
    }

    @Test func `a pattern made to take long ends`() {
        let pattern = String(repeating: "a*", count: 40) + "b"
        #expect(!PathPattern(text: pattern).matches(String(repeating: "a", count: 4000)))
    }

    @Test func `the matcher agrees with a plain one on random patterns`() {
        func plain(_ pattern: ArraySlice<Character>, _ text: ArraySlice<Character>) -> Bool {
            guard let first = pattern.first else { return text.isEmpty }
            let rest = pattern.dropFirst()
            if first == "*" {
                if plain(rest, text) { return true }
                guard let head = text.first, head != "/" else { return false }
                return plain(pattern, text.dropFirst())
            }
            guard let head = text.first else { return false }
            return (first == "?" ? head != "/" : first == head) && plain(rest, text.dropFirst())
        }
        var random = SplitMix(state: 5)
        for _ in 0..<20_000 {
            let pattern = (0..<Int.random(in: 0...7, using: &random)).map { _ in
                "ab/*?*".randomElement(using: &random) ?? "a"
            }
            let text = (0..<Int.random(in: 0...8, using: &random)).map { _ in
                "aab/b".randomElement(using: &random) ?? "a"
            }
            #expect(
                PathPattern(text: String(pattern)).matches(String(text))
                    == plain(pattern[...], text[...]))
        }
    }
}
