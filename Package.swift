// swift-tools-version: 6.2
// The house: each target has one job, and arrows (dependencies) point down only.
// docs/architecture.md draws it and says what may live where.

import PackageDescription

/// What every target of ours is compiled with; docs/decisions/0002-toolchain.md says why.
let strict: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// Tests are as strict but for memory safety, which the expectation macros trip over.
let strictTests: [SwiftSetting] = Array(strict.dropFirst())

/// A library target of ours.
func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// The test target of the same name as the target that it tests.
func tests(_ name: String, _ more: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: [.byName(name: name)] + more,
        swiftSettings: strictTests)
}

let package = Package(
    name: "nacelle",
    products: [],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        // C, imported by exactly one target each.
        .target(name: "CLinux"),
        .target(name: "CProcess"),
        .systemLibrary(
            name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(
            name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .target(name: "CCurlShim", dependencies: ["CCurl"]),
        .systemLibrary(name: "CYaml", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),

        // The ground floor.
        room("Faults"),
        room("StrictJSON", ["Faults"]),
        room("DurableFiles", ["Faults", "CLinux"]),
        room("Sealing", ["Faults", "CSodium", "COpenSSL"]),
        room("Bundle", ["Faults", "StrictJSON", "Sealing", "CZstd"]),
        room("Slots", ["Faults", "StrictJSON", "Sealing", "DurableFiles"]),
        room("YAML", ["Faults", "CYaml"]),

        // Who may sign, and the CI side's signing.
        room("Trust", ["Faults", "StrictJSON", "Sealing"]),
        room("Signing", ["Faults", "StrictJSON", "Sealing", "Trust", "DurableFiles", "CSodium"]),

        // Trees and archives.
        room("Archive", ["Faults", "DurableFiles", "Sealing", "CArchive"]),
        room("Install", ["Faults", "DurableFiles", "Sealing", "Trust", "Bundle", "Archive"]),

        // Smoke inference and what it stands on.
        room("Processes", ["Faults", "DurableFiles", "CProcess"]),
        room("Transport", ["Faults", "CCurl", "CCurlShim"]),
        room(
            "Smoke",
            ["Faults", "StrictJSON", "DurableFiles", "Processes", "Transport", "Bundle"]),

        // The CI side.
        room(
            "Building",
            [
                "Faults", "StrictJSON", "DurableFiles", "Sealing", "Signing", "Trust", "Bundle",
                "Archive", "YAML", "Install",
            ]),

        // What people and scripts see of a command.
        room("Console", ["Faults", "StrictJSON"]),

        .executableTarget(
            name: "nacelle-bundle",
            dependencies: [
                "Archive", "Building", "Bundle", "Console", "Faults", "Sealing", "StrictJSON",
                "Trust", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: strict),

        tests("Faults"),
        tests("StrictJSON"),
        tests("DurableFiles", ["TestKit"]),

        tests("Sealing", ["CSodium"]),
        tests("YAML"),
        tests("Trust", ["Sealing", "StrictJSON", "CSodium"]),
        tests("Signing", ["TestKit", "Sealing", "StrictJSON", "Trust", "DurableFiles"]),

        tests("Bundle", ["Faults", "Sealing", "StrictJSON"]),
        tests("Slots", ["DurableFiles", "Sealing", "TestKit"]),

        tests("Console", ["Faults", "StrictJSON"]),
        tests("Archive", ["DurableFiles", "Faults", "Sealing", "TestKit"]),

        tests("Processes", ["Faults", "TestKit", "DurableFiles"]),
        tests("Transport", ["Faults", "TestKit", "DurableFiles", "Processes"]),
        tests(
            "Smoke",
            [
                "Bundle", "DurableFiles", "Faults", "Processes", "StrictJSON", "TestKit",
                "Transport",
            ]),

        tests(
            "Building",
            [
                "Archive", "Bundle", "DurableFiles", "Faults", "Install", "Sealing", "Signing",
                "StrictJSON", "TestKit", "Trust",
            ]),
        tests(
            "nacelle-bundle",
            [
                "Building", "Console", "DurableFiles", "Faults", "TestKit", "Trust",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        // What tests share; no product depends on it.
        room("TestKit", ["DurableFiles", "Faults"]),
    ],
    swiftLanguageModes: [.v6]
)
