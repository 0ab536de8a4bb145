// swift-tools-version: 6.2
import PackageDescription

// Every package that is named here is pinned to an exact version; what those bring along is up to them.
// Traits are trimmed: nothing is built that is not used.
let package = Package(
    name: "yggdrasil",
    platforms: [.macOS(.v26)],
    products: [
        .executable(name: "ygg", targets: ["ygg"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: [
        // The executable: hands over to YggCommands, nothing else.
        .executableTarget(
            name: "ygg",
            dependencies: ["NoICUData", "YggCommands"],
            // Nothing loads symbols out of the program: without a table of all of them, what is unused is left out.
            linkerSettings: [
                .unsafeFlags(
                    ["-Xlinker", "--no-export-dynamic"],
                    .when(platforms: [.linux], configuration: .release)
                )
            ]
        ),

        // In place of 34 MB of data that nothing asks for.
        .target(name: "NoICUData"),

        // The command tree and the composition root of every role.
        .target(
            name: "YggCommands",
            dependencies: [
                "YggAgent", "YggClient", "YggConfiguration", "YggCoordinator", "YggCore", "YggExecutor", "YggProcess",
                "YggProtocol",
                "YggHTTP", "YggServer", "YggSimulation", "YggStorage", "YggTelemetry", "YggTorture", "YggTracker",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]
        ),

        // The fleet on one thread, under a simulated clock, network and disk.
        .target(
            name: "YggSimulation",
            dependencies: [
                "YggCoordinator", "YggCore", "YggExecutor", "YggProtocol", "YggStorage",
                .product(name: "Logging", package: "swift-log"),
            ]
        ),

        // The plan and the audit of `ygg torture`.
        .target(name: "YggTorture", dependencies: ["YggCore"]),

        // The coordinator over HTTP.
        .target(
            name: "YggServer",
            dependencies: [
                "YggCoordinator", "YggCore", "YggHTTP", "YggProtocol", "YggStorage", "YggTelemetry",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),

        // What both HTTP servers share: problem+json, the loopback guard, SSE and JSON responses.
        .target(
            name: "YggHTTP",
            dependencies: [
                "YggCore", "YggProtocol",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),

        // The control plane.
        .target(
            name: "YggCoordinator",
            dependencies: [
                "YggCore", "YggProtocol", "YggStorage", "YggTracker",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),

        // Issue trackers: what is asked of them, what of theirs becomes a task, and the drivers.
        .target(name: "YggTracker", dependencies: ["YggCore", "YggProcess", "YggProtocol"]),

        // The data plane.
        .target(
            name: "YggExecutor",
            dependencies: [
                "YggAgent", "YggClient", "YggCore", "YggHTTP", "YggProcess", "YggProtocol", "YggTelemetry",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]
        ),

        // The coding agent: models, what they say, their tools and the loop between.
        .target(
            name: "YggAgent",
            dependencies: [
                "YggClient", "YggCore", "YggProcess",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]
        ),

        // What is durable: the Database seam, the TaskStore, migrations, the SQLite driver.
        .target(
            name: "YggStorage",
            dependencies: [
                "YggCore",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),

        // Typed client of coordinator and executor.
        .target(
            name: "YggClient",
            dependencies: [
                "YggCore", "YggProtocol",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),

        // yggdrasil.yaml: read, checked, with file, line and key in every complaint.
        .target(name: "YggConfiguration", dependencies: ["YggCore", .product(name: "Yams", package: "Yams")]),

        // Process groups, limits and transcripts.
        .target(
            name: "YggProcess",
            dependencies: ["CYggProcess", .product(name: "SystemPackage", package: "swift-system")]
        ),

        // The calls of Linux that Swift does not import.
        .target(name: "CYggProcess"),

        // JSON logs and Prometheus text.
        .target(name: "YggTelemetry", dependencies: ["YggCore", .product(name: "Logging", package: "swift-log")]),

        // The wire: one file a message.
        .target(name: "YggProtocol", dependencies: ["YggCore"]),

        // Values and pure decisions.
        .target(name: "YggCore"),

        .testTarget(
            name: "EndToEndTests",
            dependencies: ["YggClient", "YggCore", "YggProcess", "YggProtocol", "ygg"]
        ),
        .testTarget(
            name: "YggAgentTests",
            dependencies: [
                "YggAgent", "YggClient", "YggCore", "YggProcess",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]
        ),
        .testTarget(
            name: "YggClientTests",
            dependencies: [
                "YggClient", "YggCore", "YggProtocol",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),
        .testTarget(
            name: "YggCommandsTests",
            dependencies: [
                "YggAgent", "YggClient", "YggCommands", "YggConfiguration", "YggCoordinator", "YggCore", "YggExecutor",
                "YggProcess", "YggProtocol",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .testTarget(name: "YggConfigurationTests", dependencies: ["YggConfiguration", "YggCore"]),
        .testTarget(
            name: "YggCoordinatorTests",
            dependencies: [
                "YggCoordinator", "YggCore", "YggProtocol", "YggStorage", "YggTracker",
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .testTarget(name: "YggCoreTests", dependencies: ["YggCore"]),
        .testTarget(
            name: "YggExecutorTests",
            dependencies: [
                "YggAgent", "YggClient", "YggCore", "YggExecutor", "YggProcess", "YggProtocol",
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .testTarget(name: "YggProcessTests", dependencies: ["YggProcess"]),
        .testTarget(name: "YggProtocolTests", dependencies: ["YggCore", "YggProtocol"]),
        .testTarget(name: "YggSimulationTests", dependencies: ["YggCore", "YggProcess", "YggSimulation", "ygg"]),
        .testTarget(name: "YggStorageTests", dependencies: ["YggCore", "YggStorage"]),
        .testTarget(
            name: "YggTelemetryTests",
            dependencies: ["YggCore", "YggTelemetry", .product(name: "Logging", package: "swift-log")]
        ),
        .testTarget(name: "YggTortureTests", dependencies: ["YggCore", "YggTorture"]),
        .testTarget(name: "YggTrackerTests", dependencies: ["YggCore", "YggProcess", "YggProtocol", "YggTracker"]),
    ],
    swiftLanguageModes: [.v6]
)

for target in package.targets where target.type != .system && target.type != .plugin {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("ImmutableWeakCaptures"),
        .enableUpcomingFeature("InferIsolatedConformances"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .treatAllWarnings(as: .error),
        .treatWarning("StrictLanguageFeatures", as: .error),
    ]
}
