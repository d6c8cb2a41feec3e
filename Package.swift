// swift-tools-version: 6.2
import PackageDescription

// Targets are listed from the bottom up. A target imports only what stands above it in this file:
// `scripts/check-layers` fails on an upward import, `docs/modules.md` has one paragraph for each.

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]

/// A library target together with the test suite beside it.
/// - Parameter data: folders of the suite that hold recorded cases, read by path.
func library(
    _ name: String, _ dependencies: [Target.Dependency], tests: [Target.Dependency]? = [], data: [String] = []
) -> [Target] {
    var targets: [Target] = [.target(name: name, dependencies: dependencies, swiftSettings: settings)]
    if let tests {
        targets.append(
            .testTarget(
                name: name + "Tests", dependencies: [.byName(name: name)] + dependencies + tests,
                exclude: data, swiftSettings: settings))
    }
    return targets
}

// Debian's C libraries, found by pkg-config. They are linked dynamically so far: a host that the binary is copied to
// needs SQLite and PCRE2.
func cLibrary(_ name: String, pkgConfig: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt(["libsqlite3-dev", "libpcre2-dev"])])
}

var targets: [Target] = [
    cLibrary("CSQLite", pkgConfig: "sqlite3"),
    cLibrary("CPCRE2", pkgConfig: "libpcre2-8"),
]

// Layer 0
targets += library("HaliteValue", [])
// Layer 1
targets += library("HaliteJinja", ["HaliteValue", "CPCRE2"], data: ["Cases"])
targets += library("HaliteCore", ["HaliteValue", "CPCRE2", .product(name: "Logging", package: "swift-log")])
targets += library("HaliteJMESPath", ["HaliteValue"], data: ["Cases"])
// Layer 2
targets += library(
    "HaliteRender",
    ["HaliteJinja", "HaliteCore", "HaliteJMESPath", .product(name: "Crypto", package: "swift-crypto")],
    data: ["SaltJinja", "YAML"])
targets += library(
    "HaliteHost",
    [
        "HaliteCore", .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"), .product(name: "Crypto", package: "swift-crypto"),
    ])
targets += library(
    "HaliteTransport",
    [
        "HaliteCore", .product(name: "NIOSSL", package: "swift-nio-ssl"), .product(name: "NIOTLS", package: "swift-nio"),
        .product(name: "X509", package: "swift-certificates"), .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
    ] + nio)
targets += library("HaliteStore", ["HaliteCore", "CSQLite"])
// Layer 3
targets += library("HaliteModuleKit", ["HaliteHost"])
// Layer 4
targets += library("HaliteStates", ["HaliteModuleKit", "HaliteRender"], tests: ["HaliteModules"], data: ["Recorded"])
targets += library(
    "HaliteModules",
    [
        "HaliteModuleKit", .product(name: "Crypto", package: "swift-crypto"), .product(name: "CryptoExtras", package: "swift-crypto"),
    ], tests: ["HaliteTesting"], data: ["Cases", "Recorded"])
targets += library("HaliteLab", ["HaliteRender", "HaliteHost"])
// Layer 5
targets += library("HaliteMinion", ["HaliteStates", "HaliteTransport"], tests: nil)
targets += library(
    "HaliteMaster", ["HaliteStates", "HaliteTransport", "HaliteStore"], tests: ["HaliteMinion", "HaliteModules", "HaliteTesting"])
// Layer 6
targets += library("HaliteAPI", ["HaliteMaster", .product(name: "NIOHTTP1", package: "swift-nio")] + nio, tests: nil)
// Layer 7
targets += library(
    "HaliteCLI",
    [
        "HaliteAPI", "HaliteMinion", "HaliteModules", "HaliteLab",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
    ], tests: ["HaliteTesting"], data: ["Outputs", "Arguments"])
targets += [
    .executableTarget(name: "halite", dependencies: ["HaliteCLI"], swiftSettings: settings),
    // Development
    .target(name: "HaliteTesting", dependencies: ["HaliteModuleKit"], swiftSettings: settings),
    .executableTarget(name: "halite-bench", dependencies: ["HaliteRender"], swiftSettings: settings),
]

let package = Package(
    name: "halite",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "halite", targets: ["halite"]),
        .library(name: "HaliteJinja", targets: ["HaliteJinja"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    ],
    targets: targets
)
