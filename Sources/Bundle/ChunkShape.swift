/// Where numbers begin and end in a chunk of `planes` or `difference`.
struct ChunkShape {
    /// Bytes of the chunk.
    let length: Int
    /// Bytes of a number.
    let width: Int
    /// The byte at which the first number begins.
    let phase: Int
    /// How many whole numbers there are.
    let count: Int

    init(length: Int, width: Int, phase: Int) {
        self.length = length
        self.width = width
        self.phase = min(phase, length)
        count = (length - self.phase) / width
    }

    /// Bytes of all numbers; what is left before and after them follows them in the stream.
    var numbers: Int { count * width }
    /// Bytes after the last number.
    var tail: Int { length - phase - numbers }
}

/// The columns of a chunk that is taken by a period: byte `j` of each row stands in column `j`.
///
/// The last row may be short, so that the first columns are longer by one byte.
struct ColumnShape {
    /// Bytes of the chunk.
    let length: Int
    /// Bytes of a row.
    let period: Int

    /// Where a column begins in the stream.
    func start(of column: Int) -> Int {
        column * (length / period) + min(column, length % period)
    }

    /// How many bytes a column has.
    func height(of column: Int) -> Int {
        length / period + (column < length % period ? 1 : 0)
    }
}
