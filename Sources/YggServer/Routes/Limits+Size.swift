import YggCoordinator
import YggHTTP

/// What bodies may have, with the names under which that can be changed.
extension CoordinatorSettings.Limits {
    var ofBody: SizeLimit { SizeLimit(body, setting: "coordinator.limits.body") }
    var ofLargeBody: SizeLimit { SizeLimit(largeBody, setting: "coordinator.limits.largeBody") }
    var ofArtifact: SizeLimit { SizeLimit(artifact, setting: "coordinator.limits.artifact") }
}
