import DurableFiles
import Faults
import Sealing
import Signing
import TestKit

/// Keys and certificates: public ones of keys that stand in the tests, but for one that is made here
/// for its form alone and opens nothing.
enum FileSeeds {
    static func write(_ seeds: SeedWriter) throws {
        try seeds.good("key-file", KeyFile.pem(try TestKeys.signing(1).publicKey))
        try seeds.other("key-file", KeyFile.pem(try TestKeys.device(7).publicKey))
        var text: [UInt8] = []
        try KeyFile.pem(try TestKeys.device(7)).withBytes { (bytes) throws(Fault) in
            for index in bytes.indices { text.append(bytes[index]) }
        }
        try seeds.other("key-file", text, 2)
        try withScratch { scratch in
            let made = try TestCertificates(in: scratch.path)
            try made.authority("ca")
            try made.certificate("device", names: "DNS:turbine-7")
            let pem = try FilePlace.read(made.path("device"), limit: 1 << 16)
            let authority = try FilePlace.read(made.path("ca"), limit: 1 << 16)
            try seeds.good("certificates", pem)
            try seeds.good("certificates", pem + authority, 2)
            let der = try CertificateFile.read(pem, name: "seed")[0].der
            try seeds.good("certificates", der, 3)
            let packed = scratch.path + "/packed"
            for (form, number) in [("DER", 1), ("PEM", 2)] {
                try runTool(
                    "openssl",
                    [
                        "crl2pkcs7", "-nocrl", "-certfile", made.path("device"), "-certfile",
                        made.path("ca"), "-outform", form, "-out", packed,
                    ])
                let bytes = try FilePlace.read(packed, limit: 1 << 16)
                try seeds.good("certificates", bytes, 3 + number)
                if form == "DER" { try seeds.good("est-answer", bytes) }
                guard form == "PEM" else { continue }
                let lines = bytes.split(separator: 0x0A).dropFirst().dropLast()
                try seeds.good("est-answer", Array(lines.joined(separator: [0x0A])), 2)
            }
            var key = try FilePlace.read(made.key("device"), limit: 1 << 14)
            try seeds.other("key-file", key, 3)
            let request = try CertificateRequest.make(
                subject: try DistinguishedName("CN=turbine-7,O=Example"),
                key: try IdentityKey.read(wiping: &key, file: "seed"))
            try seeds.good("certificate-request", try request.pem())
        }
        try seeds.good("distinguished-name", #"CN=turbine-7,O=Ex\, ample,C=DE"#)
    }
}
