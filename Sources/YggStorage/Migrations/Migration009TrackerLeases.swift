extension Migration {
    /// Rights to issues of trackers. There is one for an issue; what it says is the tracker's module's.
    static let trackerLeases = Migration(
        number: 9,
        name: "tracker-leases",
        statements: [
            """
            CREATE TABLE tracker_leases (
                workspace TEXT NOT NULL,
                issue TEXT NOT NULL,
                task TEXT NOT NULL,
                ended_at BIGINT,
                body BLOB NOT NULL,
                PRIMARY KEY (workspace, issue)
            )
            """
        ]
    )
}
