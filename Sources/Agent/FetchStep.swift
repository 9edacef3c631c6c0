/// What the process that decides and the one that fetches tell each other, in this order.
enum FetchStep: UInt8 {
    /// The fetching one: what a person calls the place.
    case named = 1
    /// The fetching one: what was named is verified and may be installed here.
    case verified
    /// The deciding one: the store is open and mended; with its lock.
    case go
    /// The fetching one: the envelope of the version, for the other to verify by itself.
    case envelope
    /// The deciding one: the letter of the slot that is to be filled.
    case fill
    /// The fetching one: the slot's record says `filled`.
    case filled
    /// The fetching one, in the place of anything else: why it ended.
    case fault
}
