/// Why a transfer stands still.
enum Pause {
    /// Its sink takes no more now.
    case full
    /// The client's bytes a second are used up.
    case paced
}
