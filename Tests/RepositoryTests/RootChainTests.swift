import DurableFiles
import Faults
import Signing
import TestKit
import Testing
import Trust

@testable import Repository

/// The roots that followed the shipped one count as far as each is signed by the one before.
@Suite struct RootChainTests {
    /// Roots 1 to `count`, each with the same key.
    private func roots(_ count: Int, seed: UInt8 = 100) throws -> [VerifiedRoot] {
        let key = try TestKeys.signing(seed)
        var builder = RootBuilder(expires: 4_000_000_000)
        for role in TrustRole.allCases { try builder.add(key.publicKey, to: role) }
        var roots = [try builder.unsigned().signed(by: key).checked(after: nil)]
        while roots.count < count {
            let last = roots[roots.count - 1]
            let next = RootBuilder(extending: last, expires: 4_000_000_000)
            roots.append(try next.unsigned().signed(by: key).checked(after: last))
        }
        return roots
    }

    @Test func `what was kept is followed at the next start`() throws {
        let roots = try roots(4)
        try withScratch { scratch in
            var chain = try RootChain(in: try scratch.make("roots"), from: roots[0])
            #expect(chain.newest.version == 1)
            for root in roots.dropFirst() { try chain.keep(root) }
            let again = try RootChain(in: try scratch.open("roots"), from: roots[0])
            #expect(again.newest == roots[3])
            // A later release ships a later root: the chain goes on from there.
            let shippedLater = try RootChain(in: try scratch.open("roots"), from: roots[2])
            #expect(shippedLater.newest == roots[3])
        }
    }

    @Test func `a version is kept only after the one before it`() throws {
        let roots = try roots(3)
        try withScratch { scratch in
            var chain = try RootChain(in: try scratch.make("roots"), from: roots[0])
            #expect(throws: Fault.self) { try chain.keep(roots[2]) }
            #expect(throws: Fault.self) { try chain.keep(roots[0]) }
        }
    }

    @Test func `a damaged file ends the chain, and is replaced when the version comes again`()
        throws
    {
        let roots = try roots(4)
        try withScratch { scratch in
            var chain = try RootChain(in: try scratch.make("roots"), from: roots[0])
            for root in roots.dropFirst() { try chain.keep(root) }
            let directory = try scratch.open("roots")
            try directory.replace("3.root.json", with: [1, 2, 3])
            var damaged = try RootChain(in: try scratch.open("roots"), from: roots[0])
            #expect(damaged.newest.version == 2)
            // What a later version took away must not come back by a damaged file.
            do throws(Fault) {
                try damaged.requireWhole()
                Issue.record("a damaged chain passed")
            } catch {
                #expect(error.code == .storeDamaged)
                #expect(error.message.contains("version 4"))
            }
            try damaged.keep(roots[2])
            let mended = try RootChain(in: try scratch.open("roots"), from: roots[0])
            #expect(mended.newest.version == 4)
        }
    }

    @Test func `another shipped root begins another chain`() throws {
        let (own, strange) = (try roots(3), try roots(2, seed: 101))
        try withScratch { scratch in
            var chain = try RootChain(in: try scratch.make("roots"), from: own[0])
            for root in own.dropFirst() { try chain.keep(root) }
            let other = try RootChain(in: try scratch.open("roots"), from: strange[0])
            #expect(other.newest == strange[0])
            try other.requireWhole()
            let names = try scratch.open("roots").names()
            #expect(names == ["shipped"])
        }
    }

    @Test func `files put there by others add nobody's trust`() throws {
        let (own, strange) = (try roots(2), try roots(3, seed: 101))
        try withScratch { scratch in
            let directory = try scratch.make("roots")
            try directory.replace("2.root.json", with: strange[1].bytes)
            try directory.replace("3.root.json", with: strange[2].bytes)
            let chain = try RootChain(in: try scratch.open("roots"), from: own[0])
            #expect(chain.newest == own[0])
        }
    }

    @Test func `the versions beside a bundle are followed until there is none`() throws {
        let roots = try roots(5)
        var asked: [String] = []
        let found = try RootChain.successors(of: roots[1]) { (name, limit) throws(Fault) in
            asked.append(name)
            #expect(limit == RootMetadata.limit)
            return roots.first { RootChain.name($0.version) == name && $0.version < 5 }?.bytes
        }
        #expect(found == Array(roots[2...3]))
        #expect(asked == ["3.root.json", "4.root.json", "5.root.json"])
    }

    @Test func `a version beside a bundle that does not follow is refused by name`() throws {
        let (own, strange) = (try roots(1), try roots(2, seed: 101))
        let fault = #expect(throws: Fault.self) {
            _ = try RootChain.successors(of: own[0]) { (_, _) throws(Fault) in strange[1].bytes }
        }
        #expect(fault?.code == .untrusted)
        #expect(fault?.message.contains("2.root.json") == true)
    }
}
