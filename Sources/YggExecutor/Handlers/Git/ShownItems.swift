import YggCore

/// Of the items of a list, from its beginning, as many as belong into a result that people still read: whoever wants
/// all of them finds them in the log.
func shownItems(_ items: some Sequence<JSONObject>, count: Int = 1000, bytes: Int = 256 << 10) -> [JSON] {
    var left = bytes
    var shown: [JSON] = []
    for item in items {
        left -= item.bytes.count
        guard left >= 0, shown.count < count else { break }
        shown.append(.object(item))
    }
    return shown
}
