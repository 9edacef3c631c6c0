import DurableFiles
import Faults
import Glibc
import Install
import TestKit
import Testing
import Transport

@Suite struct FileSourceTests {
    @Test func `a bundle in a file unpacks like one in memory`() throws {
        let made = try BundleMaker.sealed.make()
        try withScratch { directory in
            try directory.create("v1.nacelle").write(made.bytes.span, "v1.nacelle")
            let source = try FileSource(path: directory.path + "/v1.nacelle")
            #expect(try source.length() == Int64(made.bytes.count))
            #expect(source.name.hasSuffix("/v1.nacelle"))
            try unpack(source)
            // Whoever removes the stick's file meanwhile changes nothing.
            try directory.remove("v1.nacelle")
            try unpack(source)
        }
    }

    @Test func `what is no regular file is refused at once`() throws {
        try withScratch { directory in
            #expect(mkfifo(directory.path + "/fifo", 0o644) == 0)
            _ = try directory.make("folder")
            for name in ["fifo", "folder"] {
                let fault = try fault { _ = try FileSource(path: directory.path + "/" + name) }
                #expect(fault.code == .notFound)
                #expect(fault.message.contains("not a regular file"))
            }
            for path in [directory.path + "/missing", ""] {
                #expect(try fault { _ = try FileSource(path: path) }.code == .notFound)
            }
            for path in ["/dev/null", "/dev/zero"] {
                #expect(try fault { _ = try FileSource(path: path) }.code == .notFound)
            }
        }
    }

    @Test func `an empty and a short file are refused with their size`() throws {
        try withScratch { directory in
            for (name, count) in [("empty", 0), ("short", 63)] {
                let bytes = [UInt8](repeating: 0x89, count: count)
                try directory.create(name).write(bytes.span, name)
                let source = try FileSource(path: directory.path + "/" + name)
                let fault = try fault { try unpack(source) }
                #expect(fault.code == .malformed)
                #expect(fault.message.contains("\(count) bytes"))
            }
        }
    }

    @Test func `nothing outside the file is read`() throws {
        try withScratch { directory in
            let bytes: [UInt8] = [1, 2, 3, 4]
            try directory.create("file").write(bytes.span, "file")
            let source = try FileSource(path: directory.path + "/file")
            #expect(try source.read(at: 0, count: 4) == bytes)
            #expect(try source.read(at: 4, count: 0) == [])
            for (offset, count) in [
                (Int64(0), 5), (4, 1), (5, 0), (-1, 1), (0, -1), (.max, 1), (.max, .max),
                (1, .max), (.min, 4),
            ] {
                let fault = try fault { _ = try source.read(at: offset, count: count) }
                #expect(fault.code == .malformed)
            }
        }
    }

    @Test func `a file that is truncated while it is read is refused`() throws {
        let made = try BundleMaker().make()
        try withScratch { directory in
            try directory.create("bundle").write(made.bytes.span, "bundle")
            let path = directory.path + "/bundle"
            let source = try FileSource(path: path)
            let fault = try fault {
                try unpack(source) { _ throws(Fault) in
                    guard truncate(path, off_t(made.bytes.count - 1)) == 0 else {
                        throw Fault(.internalError, "The test cannot truncate its file.")
                    }
                }
            }
            #expect(fault.code == .malformed)
            #expect(fault.message.contains("while it was read"))
        }
    }

    @Test func `a file that grows meanwhile is read as it was`() throws {
        let made = try BundleMaker().make()
        try withScratch { directory in
            let file = try directory.create("bundle")
            try file.write(made.bytes.span, "bundle")
            let source = try FileSource(path: directory.path + "/bundle")
            try unpack(source) { _ throws(Fault) in try file.write([0].span, "bundle") }
        }
    }
}
