import Faults
import TestKit
import Testing

@testable import Transport

@Suite struct LocationTests {
    @Test func `a path is a file and an https address is remote`() throws {
        #expect(try Location(parsing: "/media/stick/a.nacelle") == .file("/media/stick/a.nacelle"))
        #expect(try Location(parsing: "a.nacelle") == .file("a.nacelle"))
        #expect(try Location(parsing: "a:b") == .file("a:b"))
        #expect(try Location(parsing: "HTTPS://h/a#x") == .remote("https://h/a"))
        #expect(try Location(parsing: "http://[::1]:80/a") == .remote("http://[::1]:80/a"))
    }

    @Test(arguments: [
        "", "ftp://h/a", "file:///a", "https://", "https:///a", "https://h:0/", "https://h:99999/",
        "https://h:+1/", "https://h/a b", "https://h/ä", "https://h\\@x/", "https://h/\u{7}",
        "https://[::g]/", "https://user:secret@/", "a\0b",
        "https://h/" + String(repeating: "a", count: 9000),
    ])
    func `what cannot be fetched is refused in words, without secrets`(_ text: String) {
        let fault = #expect(throws: Fault.self) { _ = try Location(parsing: text) }
        #expect(fault?.code == .configuration)
        #expect(fault?.description.contains("secret") == false)
        #expect((fault?.description.utf8.count ?? 0) < 500)
    }

    @Test(arguments: SeededGenerator.seeds(50))
    func `any text is an address or refused, and what is shown holds no secret`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let parts = [
            "https://", "HTTP://", "user:secret@", "h.example", ":443", "[::1]", "/", "a%20", "?",
            "k=secret", "#", "@", "\\", "ä", " ", ":", "..", "\u{0}",
        ]
        for _ in 0..<200 {
            let count = Int.random(in: 0..<8, using: &random)
            let text = (0..<count).compactMap { _ in parts.randomElement(using: &random) }.joined()
            do {
                let address = try WebAddress(text)
                #expect(address.text.utf8.allSatisfy { (0x21...0x7E).contains($0) })
                #expect(!address.shown.contains("@") || text.contains("/"))
                #expect(!address.shown.contains("?"), "\(text)")
            } catch {
                #expect(!error.description.contains("user:secret"), "\(text)")
            }
        }
    }

    @Test func `user, password and query are not shown`() throws {
        let location = try Location(
            parsing: "https://user:secret@host.example:8443/a/b?token=secret")
        #expect(location.shown == "https://host.example:8443/a/b")
        #expect(try WebAddress("https://h?token=secret").shown == "https://h/")
    }

    @Test func `a sibling stands in the same directory, escaped where needed`() throws {
        let path = try Location(parsing: "/a/b.nacelle")
        #expect(try path.sibling("c d") == .file("/a/c d"))
        #expect(try Location.file("b").sibling("c") == .file("c"))
        let address = try Location(parsing: "https://h/a/b.nacelle?key=1/2")
        #expect(try address.sibling("ü c%2F.d") == .remote("https://h/a/%C3%BC%20c%252F.d?key=1/2"))
        #expect(try Location.remote("https://h").sibling("c") == .remote("https://h/c"))
        #expect(try Location.remote("https://h?x=/").sibling("c") == .remote("https://h/c?x=/"))
        for name in ["", ".", "..", "a/b", "/a", "a\0", String(repeating: "n", count: 256)] {
            for place in [path, address] {
                let fault = #expect(throws: Fault.self) { _ = try place.sibling(name) }
                #expect(fault?.code == .malformed)
            }
        }
    }
}
