/// What a workflow over a repository asks for next; whoever performs it answers before the next.
public enum RepositoryStep: Sendable, Equatable {
    /// The copy of a file that was stored before; the answer is `nil` where there is none.
    case load(String)
    /// A file of the repository, of at most so many bytes; the answer is `nil` where the server says
    /// that there is none.
    case fetch(String, limit: Int)
    /// A file is to be stored, durably, before the workflow goes on; the answer is `nil`.
    case store(String, [UInt8])
    /// A stored file is to be removed, durably; the answer is `nil`.
    case remove(String)
    /// Nothing more.
    case done
}
