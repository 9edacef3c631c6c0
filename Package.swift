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
    // A build with which tests leave out single protective steps; never one that ships.
    .define("NACELLE_TEST_BUILD", .when(configuration: .debug)),
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

let argumentParser: Target.Dependency = .product(
    name: "ArgumentParser", package: "swift-argument-parser")
let flyingFox: Target.Dependency = .product(name: "FlyingFox", package: "FlyingFox")
let flyingSocks: Target.Dependency = .product(name: "FlyingSocks", package: "FlyingFox")

let package = Package(
    name: "nacelle",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        // The example's inference program alone; no device or CI binary of ours contains it.
        .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
        // A tool that scripts/docs runs; nothing links it.
        .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
    ],
    targets: [
        // C, imported by one target of ours each (CSodium by two: see Signing).
        .target(name: "CLinux"),
        .target(name: "CProcess"),
        .target(name: "CConfine"),
        .target(name: "COnnxRuntime"),
        .systemLibrary(
            name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(
            name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        // Without a file for pkg-config in Debian.
        .systemLibrary(name: "CSnappy", providers: [.apt(["libsnappy-dev"])]),
        .systemLibrary(name: "CYaml", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .target(name: "CCurlShim", dependencies: ["CCurl"]),

        // The ground floor.
        room("Faults"),
        room("Locks"),
        room("StrictJSON", ["Faults"]),
        room("YAML", ["Faults", "CYaml"]),
        room("DurableFiles", ["Faults", "CLinux"]),
        room("Sealing", ["Faults", "CSodium", "COpenSSL"]),
        room("Processes", ["Faults", "DurableFiles", "CProcess"]),
        room("Confinement", ["Faults", "DurableFiles", "CConfine"]),
        room("Workers", ["Faults"]),

        // Formats and trust.
        room("Archive", ["Faults", "DurableFiles", "Sealing", "Workers", "CArchive"]),
        room("Bundle", ["Faults", "StrictJSON", "Sealing", "CZstd"]),
        room("Trust", ["Faults", "StrictJSON", "Sealing"]),

        // The pipe, and what stands on it.
        room(
            "Install",
            [
                "Faults", "Locks", "Workers", "DurableFiles", "Archive", "Bundle", "Sealing",
                "Trust",
            ]),
        room(
            "Transport",
            ["Faults", "StrictJSON", "DurableFiles", "Install", "CCurl", "CCurlShim"]),
        room(
            "Repository",
            ["Faults", "StrictJSON", "DurableFiles", "Sealing", "Bundle", "Trust", "Install"]),
        room("Schedule", ["Faults", "StrictJSON", "Processes", "Transport"]),
        room("DeviceIdentity", ["Faults", "DurableFiles", "Sealing", "Transport"]),
        room("UpdateMachine", ["Faults", "StrictJSON"]),
        room("Telemetry", ["Faults", "StrictJSON", "DurableFiles", "Transport", "CSnappy"]),
        room(
            "Fleet",
            ["Faults", "StrictJSON", "DurableFiles", "Sealing", "Bundle", "Install", "Transport"]),
        room("Slots", ["Faults", "StrictJSON", "Sealing", "DurableFiles"]),
        room(
            "Smoke", ["Faults", "StrictJSON", "DurableFiles", "Processes", "Transport", "Bundle"]),

        // The device: operations, and the commands over them.
        room(
            "Agent",
            [
                "Faults", "StrictJSON", "YAML", "DurableFiles", "Sealing", "Processes", "Archive",
                "Bundle", "Trust", "Install", "Repository", "Transport", "Slots", "Smoke",
                "Schedule", "DeviceIdentity", "Fleet", "Confinement", "Telemetry",
            ]),
        room(
            "Service",
            [
                "Agent", "Console", "DurableFiles", "Faults", "Fleet", "Processes", "Schedule",
                "Sealing", "Slots", "StrictJSON", "Telemetry", "Transport", "UpdateMachine",
            ]),
        room("Console", ["Faults", "Locks", "StrictJSON"]),
        .executableTarget(
            name: "nacelle",
            dependencies: [
                "Agent", "Archive", "Console", "DeviceIdentity", "DurableFiles", "Faults", "Fleet",
                "Install", "Processes", "Repository", "Schedule", "Sealing", "Service", "Slots",
                "StrictJSON", "Telemetry", "Transport", "Trust", "UpdateMachine", argumentParser,
            ], swiftSettings: strict),

        // The CI side, which alone holds signing keys.
        room("Signing", ["Faults", "StrictJSON", "Sealing", "Trust", "DurableFiles", "CSodium"]),
        room(
            "Building",
            [
                "Faults", "Locks", "StrictJSON", "YAML", "DurableFiles", "Sealing", "Archive",
                "Bundle", "Trust", "Install", "Transport", "Signing", "Smoke", "Telemetry",
            ]),
        room(
            "Publishing",
            [
                "Faults", "StrictJSON", "DurableFiles", "Sealing", "Bundle", "Trust", "Install",
                "Transport", "Repository", "Signing",
            ]),
        .executableTarget(
            name: "nacelle-bundle",
            dependencies: [
                "Archive", "Building", "Bundle", "Console", "Faults", "Publishing", "Repository",
                "Sealing", "StrictJSON", "Trust", argumentParser,
            ], swiftSettings: strict),

        // The TUF client alone, as conformance suites drive it; not shipped to devices.
        .executableTarget(
            name: "tuf-client",
            dependencies: [
                "DurableFiles", "Faults", "Repository", "Transport", "Trust", argumentParser,
            ], swiftSettings: strict),

        // The codecs alone, measured; not shipped.
        .executableTarget(
            name: "codec-bench", dependencies: ["Bundle", "Faults", "Sealing", "StrictJSON"],
            swiftSettings: strict),

        // The example that the demo updates.
        .executableTarget(
            name: "bearing-infer",
            dependencies: [
                "COnnxRuntime", "COpenSSL", "Faults", "Locks", "StrictJSON", argumentParser,
                flyingFox,
                flyingSocks,
            ], swiftSettings: strict),

        // What tests share; no product depends on it.
        room(
            "TestKit",
            [
                "DurableFiles", "Faults", "StrictJSON", "Sealing", "Processes", "Archive", "Bundle",
                "Trust", "Install", "Signing",
            ]),

        tests("Faults"),
        tests("StrictJSON"),
        tests("YAML", ["Faults"]),
        tests("DurableFiles", ["TestKit"]),
        tests("Sealing", ["CSodium", "DurableFiles", "Faults", "TestKit"]),
        tests("Processes", ["Faults", "TestKit", "DurableFiles"]),
        .target(name: "CConfinementProbe", path: "Tests/CConfinementProbe"),
        .executableTarget(
            name: "confinement-probe",
            dependencies: ["CConfinementProbe", "Confinement", "Faults"],
            path: "Tests/confinement-probe", swiftSettings: strictTests),
        tests(
            "Confinement",
            [
                "CConfinementProbe", "DurableFiles", "Faults", "Processes", "TestKit",
                "confinement-probe",
            ]),
        tests("Locks"),
        tests("Workers", ["Faults", "Locks"]),
        tests("Archive", ["Faults", "Sealing", "DurableFiles", "TestKit"]),
        tests("Bundle", ["Faults", "Sealing", "StrictJSON", "TestKit"]),
        tests("Trust", ["Faults", "Sealing", "StrictJSON", "CSodium", "COpenSSL"]),
        tests(
            "Install",
            [
                "Archive", "Bundle", "DurableFiles", "Faults", "Sealing", "StrictJSON", "TestKit",
                "Transport", "Trust",
            ]),
        tests(
            "Transport",
            ["Faults", "TestKit", "DurableFiles", "Install", "Processes", "StrictJSON"]),
        tests(
            "Repository",
            [
                "Bundle", "DurableFiles", "Faults", "Install", "Sealing", "Signing", "StrictJSON",
                "TestKit", "Trust",
            ]),
        tests(
            "DeviceIdentity",
            ["DurableFiles", "Faults", "Processes", "Sealing", "TestKit", "Transport"]),
        tests("Schedule", ["DurableFiles", "Faults", "TestKit", "Transport"]),
        tests(
            "Telemetry",
            ["DurableFiles", "Faults", "Processes", "StrictJSON", "TestKit", "Transport"]),
        tests("UpdateMachine", ["Faults", "StrictJSON", "TestKit"]),
        tests(
            "Fleet",
            [
                "Building", "Bundle", "DurableFiles", "Faults", "Install", "Processes",
                "StrictJSON", "TestKit", "Transport",
            ]),
        tests(
            "Service",
            [
                "DurableFiles", "Faults", "Fleet", "Processes", "Sealing", "Slots", "StrictJSON",
                "TestKit", "UpdateMachine",
            ]),
        tests("Slots", ["DurableFiles", "Sealing", "StrictJSON", "TestKit"]),
        tests(
            "Agent",
            [
                "Bundle", "DurableFiles", "Faults", "Fleet", "Schedule", "Sealing", "Slots",
                "StrictJSON", "TestKit", "Transport", "Trust",
            ]),
        tests(
            "Smoke",
            [
                "Bundle", "DurableFiles", "Faults", "Processes", "StrictJSON", "TestKit",
                "Transport",
            ]),
        tests("Signing", ["TestKit", "Sealing", "StrictJSON", "Trust", "DurableFiles"]),
        tests("Console", ["Faults", "Locks", "StrictJSON"]),
        tests(
            "Building",
            [
                "Archive", "Bundle", "DurableFiles", "Faults", "Install", "Sealing", "Signing",
                "StrictJSON", "Telemetry", "TestKit", "Transport", "Trust",
            ]),
        tests(
            "Publishing",
            [
                "Building", "Bundle", "DurableFiles", "Faults", "Install", "Repository", "Sealing",
                "Signing", "StrictJSON", "TestKit", "Transport", "Trust",
            ]),
        tests(
            "nacelle-bundle",
            ["Building", "Console", "DurableFiles", "Faults", "TestKit", "Trust", argumentParser]),
        // The programs as they ship, driven from outside; scripts/test builds them first.
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "DurableFiles", "Faults", "Fleet", "Processes", "StrictJSON", "TestKit",
            ],
            swiftSettings: strictTests),
        tests("bearing-infer", ["Faults", "StrictJSON", flyingFox, flyingSocks]),
    ],
    swiftLanguageModes: [.v6]
)

// Tests/FuzzTests gives every kept input to every reader. Where NACELLE_FUZZ is set it is the fuzzer
// instead of a test: scripts/fuzz builds it so (docs/decisions/0043-fuzzing.md).
let fuzzed: [Target.Dependency] = [
    "Agent", "Archive", "Building", "Bundle", "DurableFiles", "Faults", "Fleet", "Install",
    "Repository", "Schedule", "Sealing", "Service", "Signing", "Slots", "Smoke", "StrictJSON",
    "Telemetry", "TestKit", "Transport", "Trust", "UpdateMachine", "YAML",
]
package.targets.append(
    Context.environment["NACELLE_FUZZ"] == nil
        ? .testTarget(
            name: "FuzzTests", dependencies: fuzzed, exclude: ["Driver"],
            swiftSettings: strictTests)
        : .executableTarget(
            name: "nacelle-fuzz", dependencies: fuzzed, path: "Tests/FuzzTests",
            exclude: ["ReplayTests.swift"], swiftSettings: strictTests))
