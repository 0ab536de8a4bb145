/// What a server says of one of its models.
package struct ModelInfo: Sendable, Hashable {
    package var name: String
    /// Such as `completion`, `tools`, `thinking`. Empty where the server did not say.
    package var capabilities: [String]
    /// The context that the model was trained for, in tokens.
    package var trainedContext: Int64?
    package var sizeBytes: Int64?
    /// Such as `3.1B`.
    package var parameterSize: String?
    /// Such as `Q4_K_M`.
    package var quantisation: String?
    package var family: String?
    package var digest: String?
    /// The server passes it on to one in the cloud.
    package var isRemote: Bool

    package init(
        name: String,
        capabilities: [String] = [],
        trainedContext: Int64? = nil,
        sizeBytes: Int64? = nil,
        parameterSize: String? = nil,
        quantisation: String? = nil,
        family: String? = nil,
        digest: String? = nil,
        isRemote: Bool = false
    ) {
        self.name = name
        self.capabilities = capabilities
        self.trainedContext = trainedContext
        self.sizeBytes = sizeBytes
        self.parameterSize = parameterSize
        self.quantisation = quantisation
        self.family = family
        self.digest = digest
        self.isRemote = isRemote
    }

    package var canCallTools: Bool { capabilities.contains("tools") }
    package var canThink: Bool { capabilities.contains("thinking") }
}

/// A model in a server's memory.
package struct ResidentModel: Sendable, Hashable {
    package var name: String
    package var sizeBytes: Int64?
    /// How much of it is in the memory of a graphics card.
    package var sizeInVideoMemory: Int64?
    /// The context it was really loaded with: the one reading that can be trusted.
    package var contextTokens: Int64?

    package init(
        name: String,
        sizeBytes: Int64? = nil,
        sizeInVideoMemory: Int64? = nil,
        contextTokens: Int64? = nil
    ) {
        self.name = name
        self.sizeBytes = sizeBytes
        self.sizeInVideoMemory = sizeInVideoMemory
        self.contextTokens = contextTokens
    }
}

/// How far a fetch has come.
package struct PullProgress: Sendable, Hashable {
    /// In the server's words, such as `pulling manifest`.
    package var status: String
    /// Over all parts that are known of so far, so this may grow and the share may fall.
    package var totalBytes: Int64
    package var completedBytes: Int64

    package init(status: String, totalBytes: Int64, completedBytes: Int64) {
        self.status = status
        self.totalBytes = totalBytes
        self.completedBytes = completedBytes
    }
}
