/// The words of a command that may be paths, and whether they stay in the workspace.
///
/// The look at links comes before the command's own: something that runs at the same time could change them in between.
/// But whatever runs in the workspace has all the rights the command has; what is kept inside here is the model, and
/// the links a repository came with.
enum CommandPaths {
    /// What a word could name: itself, or what stands behind an option's name or its letter.
    static func candidates(in word: String) -> [String] {
        var candidates: [String] = []
        if word.hasPrefix("-") {
            if let equals = word.firstIndex(of: "=") { candidates.append(String(word[word.index(after: equals)...])) }
            if !word.hasPrefix("--"), word.count > 2 { candidates.append(String(word.dropFirst(2))) }
        } else {
            candidates.append(word)
            if let equals = word.firstIndex(of: "=") { candidates.append(String(word[word.index(after: equals)...])) }
            // A file to read arguments from.
            if word.hasPrefix("@") { candidates.append(String(word.dropFirst())) }
            // A test in a file.
            if let colons = word.range(of: "::") { candidates.append(String(word[..<colons.lowerBound])) }
        }
        return candidates
    }

    /// - Parameter directory: where the command runs, below the workspace.
    /// - Throws: for a path that leads out of the workspace or into `.git`. One that is not there is the command's to say.
    static func check(_ words: [String], in directory: String, _ files: WorkspaceFiles) throws(ToolRefusal) {
        for word in words {
            for candidate in candidates(in: word) where candidate != "/dev/null" {
                let isWhole = candidate.hasPrefix("/") || candidate.hasPrefix("~")
                do throws(ToolRefusal) {
                    _ = try files.place(isWhole ? candidate : "\(directory)/\(candidate)")
                } catch  where error.isForbidden {
                    throw error
                } catch {
                    continue
                }
            }
        }
    }
}

extension String {
    /// The first place of a text; no more than two characters are looked for.
    fileprivate func range(of text: String) -> Range<Index>? {
        for start in indices where self[start...].hasPrefix(text) {
            return start..<index(start, offsetBy: text.count)
        }
        return nil
    }
}
