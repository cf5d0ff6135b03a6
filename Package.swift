// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// X509 imports CoreFoundation, of which the compiler then believes `stat` and `timespec` to be: without the demand that everybody imports it.
let besideX509: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error), .enableUpcomingFeature("ExistentialAny")]

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let certificates = Target.Dependency.product(name: "X509", package: "swift-certificates")
let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")

let package = Package(
    name: "berth",
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        // Floor 0: system headers with thin typed shims.
        .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
        .target(name: "CKVM"),
        .target(name: "CSpawn"),
        // Floor 1: values only.
        .target(name: "ClusterModel", swiftSettings: strict),
        .target(name: "CageDecisions", swiftSettings: strict),
        // Floor 2
        .target(name: "Placement", dependencies: ["ClusterModel"], swiftSettings: strict),
        .target(name: "StrictYAML", dependencies: ["ClusterModel", yams], swiftSettings: strict),
        .target(name: "ClusterAPI", dependencies: ["ClusterModel", "CCurl"], swiftSettings: strict),
        .target(name: "Certificates", dependencies: ["ClusterModel", crypto, certificates, asn1], swiftSettings: strict),
        // Floor 3: pure decisions.
        .target(name: "ControllerDecisions", dependencies: ["ClusterModel", "Placement"], swiftSettings: strict),
        .target(name: "AgentDecisions", dependencies: ["ClusterModel"], swiftSettings: strict),
        // Floor 4
        .target(
            name: "Controller",
            dependencies: [
                "ClusterModel", "Placement", "ClusterAPI", "ControllerDecisions", "StrictYAML", "Certificates", log, lifecycle, crypto,
                deque,
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict),
        .target(
            name: "Agent",
            dependencies: [
                "ClusterModel", "ClusterAPI", "AgentDecisions", "CageDecisions", "StrictYAML", "CKVM", "CSpawn", "Certificates", log,
                lifecycle, crypto,
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: besideX509),
        .target(
            name: "Simulator", dependencies: ["ClusterModel", "Placement", "ControllerDecisions", "AgentDecisions", "CageDecisions"],
            swiftSettings: strict),
        .target(name: "Planner", dependencies: ["ClusterModel", "Placement", "StrictYAML", yams, deque], swiftSettings: strict),
        // Floor 5: the executables.
        .executableTarget(
            name: "berth",
            dependencies: [
                "ClusterModel", "ClusterAPI", "Placement", "Planner", "Simulator", "Controller", "Agent", "Certificates", "StrictYAML", "CSpawn",
                log, lifecycle,
                signals, yams,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Subprocess", package: "swift-subprocess"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "berth-cage",
            dependencies: ["CageDecisions", "CSpawn"],
            swiftSettings: strict + [.unsafeFlags(["-static-executable"])],
            linkerSettings: [.unsafeFlags(["-static-executable"])]),
        // Tests: one per target, the tidy tree, and real processes under integration/.
        .testTarget(name: "ClusterModelTests", dependencies: ["ClusterModel"], exclude: ["Golden"], swiftSettings: strict),
        .testTarget(name: "StrictYAMLTests", dependencies: ["StrictYAML", "ClusterModel"], swiftSettings: strict),
        .testTarget(name: "PlacementTests", dependencies: ["Placement", "ClusterModel"], swiftSettings: strict),
        .testTarget(name: "ClusterAPITests", dependencies: ["ClusterAPI", "ClusterModel"], swiftSettings: strict),
        .testTarget(
            name: "ControllerDecisionsTests", dependencies: ["ControllerDecisions", "Placement", "ClusterModel"], swiftSettings: strict),
        .testTarget(name: "CageDecisionsTests", dependencies: ["CageDecisions"], swiftSettings: strict),
        .testTarget(name: "AgentDecisionsTests", dependencies: ["AgentDecisions", "ClusterModel"], swiftSettings: strict),
        .testTarget(
            name: "ControllerTests",
            dependencies: [
                "Controller", "ControllerDecisions", "Placement", "ClusterAPI", "StrictYAML", "ClusterModel", "Certificates", log, yams,
                crypto, certificates, asn1,
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "AgentTests",
            dependencies: ["Agent", "AgentDecisions", "CageDecisions", "ClusterAPI", "StrictYAML", "ClusterModel", "CKVM", "CSpawn", log],
            swiftSettings: strict),
        .testTarget(name: "SimulatorTests", dependencies: ["Simulator", "ClusterModel"], swiftSettings: strict),
        .testTarget(name: "PlannerTests", dependencies: ["Planner", "Placement", "StrictYAML", "ClusterModel", yams], swiftSettings: strict),
        .testTarget(
            name: "BerthTests",
            dependencies: [
                "berth", "ClusterAPI", "StrictYAML", "ClusterModel", yams, .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: strict),
        .testTarget(name: "RepositoryTests", dependencies: ["ClusterAPI", yams], swiftSettings: strict),
        .testTarget(
            name: "IntegrationTests", dependencies: ["ClusterAPI", "ClusterModel", yams], path: "integration",
            exclude: ["benchmarks", "scripts"], swiftSettings: strict),
    ]
)
