package import YggCore

/// The lanes: few rows, read once at start.
package enum LaneStore {
    package static func all(in tx: any SQLTransaction) throws -> [(id: LaneID, lane: Lane)] {
        try tx.query("SELECT id, body FROM lanes ORDER BY id", []) { row in
            var reader = try ObjectReader(JSON(parsing: row.text(1)))
            return (row.integer(0), try Lane(reading: &reader))
        }
    }

    /// The number of the lane, which is made where it is new.
    package static func identifier(of lane: Lane, in tx: any SQLTransaction) throws -> LaneID {
        let key = lane.key
        if let id = try tx.first("SELECT id FROM lanes WHERE key = ?", [.text(key)], { $0.integer(0) }) { return id }
        try tx.execute("INSERT INTO lanes (key, body) VALUES (?, ?)", [.text(key), .text(JSON.object(lane.json).text)])
        return tx.lastInsertedKey
    }
}
