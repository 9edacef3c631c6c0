public import Sealing
public import StrictJSON

/// What a bundle says of itself; authentic only in the hands of a `VerifiedBundle`.
public struct Manifest: Sendable, Equatable {
    /// 16 bytes that name this build; they salt its keys and stand in its associated data.
    public var bundle: [UInt8]
    /// The application that the bundle is a version of; a store is bound to one.
    public var application: String
    /// The version, for people; only the counter is compared.
    public var version: String
    /// Counts releases of the application; a device never goes below what it has accepted.
    public var releaseCounter: UInt64
    /// One line for people; may be empty.
    public var summary: String
    /// The machines that may run it, by the names in their configuration.
    public var compatible: [String]
    /// What a machine must have.
    public var requirements: Requirements
    /// The unpacked tree.
    public var tree: Tree
    /// The archive stream.
    public var stream: Stream
    /// The index.
    public var index: Index
    /// Bytes of the pack.
    public var packLength: Int64
    /// The commitment to the content key; `nil` in an unsealed bundle.
    public var commitment: Digest?
    /// The version that a delta builds on; `nil` in a full bundle.
    public var delta: Delta?
    /// How the version proves itself before it is swapped in.
    public var smoke: SmokeSpecification
    /// How it is watched after.
    public var probation: ProbationSpecification
    /// What the program counted over the release's validation data, closed here: whoever watches the model
    /// opens it, so that no form of it can keep a machine from an update.
    public var reference: JSONValue?
    /// What documents on its origin there are, see ``documents()``; not read on devices.
    public var provenance: JSONValue?

    /// What a machine must have to run the version.
    public struct Requirements: Sendable, Equatable {
        /// The processor architecture as `uname -m` says it; `nil` where any will do.
        public var architecture: String?
        /// Processor features by the names in `/proc/cpuinfo`.
        public var processorFeatures: [String]
        /// Bytes of main memory.
        public var memory: Int64
        /// An accelerator that the machine's configuration must list; `nil` where none is needed.
        public var accelerator: String?
        /// The lowest version of the agent, `MAJOR.MINOR.PATCH`.
        public var agent: String

        /// Makes requirements; by default none.
        public init(
            architecture: String? = nil, processorFeatures: [String] = [], memory: Int64 = 0,
            accelerator: String? = nil, agent: String = "0.1.0"
        ) {
            self.architecture = architecture
            self.processorFeatures = processorFeatures
            self.memory = memory
            self.accelerator = accelerator
            self.agent = agent
        }
    }

    /// The unpacked tree's digest and sizes.
    public struct Tree: Sendable, Equatable {
        /// The tree digest.
        public var digest: Digest
        /// Files, directories and links.
        public var entries: Int
        /// Sum of the files' sizes in bytes.
        public var bytes: Int64
        /// What it takes on a disk with 4 KiB blocks, in bytes.
        public var diskBytes: Int64

        /// Makes a description.
        public init(digest: Digest, entries: Int, bytes: Int64, diskBytes: Int64) {
            self.digest = digest
            self.entries = entries
            self.bytes = bytes
            self.diskBytes = diskBytes
        }
    }

    /// The archive stream's length and digest, the same in a full bundle and its deltas.
    public struct Stream: Sendable, Equatable {
        /// Bytes.
        public var length: Int64
        /// SHA-256 of all of it.
        public var digest: Digest

        /// Makes a description.
        public init(length: Int64, digest: Digest) {
            self.length = length
            self.digest = digest
        }
    }

    /// The index section's counts and the digest of its page table.
    public struct Index: Sendable, Equatable {
        /// Bytes of the whole section.
        public var length: Int64
        /// Pages.
        public var pages: Int
        /// Chunks in all pages.
        public var chunks: Int
        /// Paths of base ranges in all pages.
        public var paths: Int
        /// SHA-256 of the page table.
        public var table: Digest

        /// Makes a description.
        public init(length: Int64, pages: Int, chunks: Int, paths: Int, table: Digest) {
            self.length = length
            self.pages = pages
            self.chunks = chunks
            self.paths = paths
            self.table = table
        }
    }

    /// What a delta builds on and what it stands for.
    public struct Delta: Sendable, Equatable {
        /// Tree digest of the version that must run here.
        public var baseTree: Digest
        /// That version, for people.
        public var baseVersion: String
        /// Id of the full bundle of the same tree.
        public var full: [UInt8]

        /// Makes a description.
        public init(baseTree: Digest, baseVersion: String, full: [UInt8]) {
            self.baseTree = baseTree
            self.baseVersion = baseVersion
            self.full = full
        }
    }

    /// Makes a manifest.
    public init(
        bundle: [UInt8], application: String, version: String, releaseCounter: UInt64,
        summary: String, compatible: [String], requirements: Requirements, tree: Tree,
        stream: Stream, index: Index, packLength: Int64, commitment: Digest?, delta: Delta? = nil,
        smoke: SmokeSpecification, probation: ProbationSpecification,
        reference: JSONValue? = nil, provenance: JSONValue? = nil
    ) {
        self.bundle = bundle
        self.application = application
        self.version = version
        self.releaseCounter = releaseCounter
        self.summary = summary
        self.compatible = compatible
        self.requirements = requirements
        self.tree = tree
        self.stream = stream
        self.index = index
        self.packLength = packLength
        self.commitment = commitment
        self.delta = delta
        self.smoke = smoke
        self.probation = probation
        self.reference = reference
        self.provenance = provenance
    }
}
