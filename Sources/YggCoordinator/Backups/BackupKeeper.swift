import Glibc
package import Logging
import ServiceLifecycle
import Synchronization
package import YggCore
import YggStorage

/// Makes backups of a running coordinator, day by day, and keeps so many.
///
/// When one is due, `BackupWatch` decides, from what lies in the folder.
package final class BackupKeeper: Service {
    /// How often it looks whether one is due: a machine that slept through the hour makes it when it wakes.
    private static let lookInterval = Milliseconds.minutes(1)

    private let coordinator: Coordinator
    private let settings: BackupSettings
    private let folder: BackupFolder
    private let disk = DiskQueue()
    private let logger: Logger

    package init(coordinator: Coordinator, settings: BackupSettings, logger: Logger) {
        self.coordinator = coordinator
        self.settings = settings
        self.logger = logger
        folder = BackupFolder(settings.directory)
    }

    /// Works until it is told to stop. A backup that is being made then is given up, and its draft removed.
    package func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.work() }
            try? await gracefulShutdown()
            group.cancelAll()
        }
    }

    private func work() async {
        while !Task.isCancelled {
            let wait = await step()
            await coordinator.machine.sleep(min(wait, Self.lookInterval))
        }
    }

    /// Looks, and makes a backup if one is due.
    /// - Returns: how long until the next one is.
    func step() async -> Milliseconds {
        await look()
        if wait == .zero { await attempt() }
        return wait
    }

    private var wait: Milliseconds {
        let now = coordinator.machine.time()
        return coordinator.backups.withLock { $0.wait(at: now) } ?? Self.lookInterval
    }

    /// A folder that cannot be looked at is a problem when a backup is due, and not while its disk is put away.
    private func look() async {
        let sight = await disk.run { [folder, data = coordinator.settings.dataDirectory] () -> BackupWatch.Sight? in
            guard let device = BackupFile.device(of: folder.path), let backups = try? folder.backups() else {
                return nil
            }
            return BackupWatch.Sight(
                newest: backups.first?.manifest.madeAt,
                missing: backups.first?.manifest.missing.count ?? 0,
                isBesideData: device == BackupFile.device(of: data)
            )
        }
        guard let sight else { return }
        let now = coordinator.machine.time()
        coordinator.backups.withLock { $0.found(sight, at: now) }
    }

    private func attempt() async {
        let backup = HouseholdBackup(
            layout: StoreLayout(directory: coordinator.settings.dataDirectory),
            configuration: settings.configuration,
            host: settings.host
        )
        do {
            let result = try await backup.run(
                into: folder,
                makingFolder: false,
                keeping: settings.keep,
                at: coordinator.machine.time()
            )
            logger.notice(
                "backup.made",
                metadata: [
                    "path": "\(result.backup.path)", "artifacts": "\(result.backup.manifest.contents.artifacts)",
                    "artifacts.missing": "\(result.backup.manifest.missing.count)",
                    "removed": "\(result.removed.count)",
                ]
            )
            await look()
        } catch is CancellationError {
            // Told to stop in the middle; the next start makes it.
        } catch {
            logger.warning("backup.failed", metadata: ["error": "\(error)"])
            let now = coordinator.machine.time()
            coordinator.backups.withLock { $0.failed("\(error)", at: now) }
        }
    }
}

extension Coordinator {
    /// How it stands with backups.
    package var backupVerdict: BackupWatch.Verdict {
        let now = machine.time()
        return backups.withLock { $0.verdict(at: now) }
    }

    /// How old the newest one in `backup.dir` is; nil where there is none, or none is asked for.
    package var backupAge: Milliseconds? {
        let now = machine.time()
        return backups.withLock { $0.age(at: now) }
    }
}
