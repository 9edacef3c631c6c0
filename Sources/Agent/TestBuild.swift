/// What a build for measuring leaves out; nothing in a build that ships.
enum TestBuild {
    #if NACELLE_WITHOUT_READ_BACK
        /// Whether a slot is taken for what was written without reading it back.
        static let skipsReadBack = true
    #else
        /// Whether a slot is taken for what was written without reading it back.
        static let skipsReadBack = false
    #endif

    /// What such a build says, each time.
    static let notice =
        "This is a build for measuring: what was written is not read back. Never ship it."
}
