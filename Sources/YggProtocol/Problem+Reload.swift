import YggCore

extension Problem {
    /// The configuration as it is now cannot be used. What counted before goes on counting.
    package static func configurationRefused(_ detail: String) -> Problem {
        Problem(
            status: 422,
            code: "configuration-refused",
            title: "Configuration refused",
            detail: detail,
            nextAction:
                "Correct it, try it with `ygg config check`, and reload it again; until then the old one counts."
        )
    }

    /// A process that was put together without one, as in a test.
    package static let notReloadable = Problem(
        status: 501,
        code: "not-reloadable",
        title: "Not reloadable",
        detail: "This process does not know where its configuration comes from.",
        nextAction: "Start it anew."
    )
}
