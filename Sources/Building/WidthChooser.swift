/// Finds the width of the numbers in a range, and where they begin, block by block.
///
/// No format is parsed: the width and the phase under which the bytes become smallest are the
/// numbers'. A change costs a record, so it is made only where it saves more.
struct WidthChooser {
    /// A part of a range with numbers of one width, beginning with the first byte of one.
    struct Part: Equatable {
        var range: Range<Int>
        let width: Int
    }

    private struct Form: Equatable {
        let width: Int
        let phase: Int
    }

    private static let block = 32 << 10
    private static let sample = 8 << 10
    private static let forms: [Form] = NumberEstimate.widths.flatMap { width in
        (0..<width).map { Form(width: width, phase: $0) }
    }

    let new: FileSpace
    let old: FileSpace
    private var estimate = NumberEstimate()

    init(new: FileSpace, old: FileSpace) {
        self.new = new
        self.old = old
    }

    /// Divides a range.
    ///
    /// - Parameters:
    ///   - range: positions in the new space.
    ///   - shift: the distance to the base; `nil` where there is none.
    /// - Returns: parts that cover it.
    mutating func divide(_ range: Range<Int>, shift: Int?) -> [Part] {
        guard range.count >= 256 else { return [Part(range: range, width: 1)] }
        // Bytes before the first whole number take a chunk of their own.
        var costs = WidthChooser.forms.map {
            WidthChooser.skip(to: $0, from: range.lowerBound) == 0 ? 0 : AlignmentChooser.record
        }
        var from: [[UInt8]] = []
        var position = range.lowerBound
        while position < range.upperBound {
            let end = min(position + WidthChooser.block, range.upperBound)
            let cheapest = WidthChooser.cheapest(costs)
            let change = costs[cheapest] + AlignmentChooser.record
            var sources = [UInt8](repeating: 0, count: costs.count)
            let block = measure(position..<end, shift)
            for form in costs.indices {
                let isKept = costs[form] <= change
                sources[form] = UInt8(isKept ? form : cheapest)
                costs[form] = min(costs[form], change) + block[form]
            }
            from.append(sources)
            position = end
        }
        return parts(range, WidthChooser.cheapest(costs), from)
    }

    /// How many bytes stand before the first whole number.
    private static func skip(to form: Form, from position: Int) -> Int {
        ((form.phase - position) % form.width + form.width) % form.width
    }

    private static func cheapest(_ costs: [Double]) -> Int {
        costs.indices.min { costs[$0] < costs[$1] } ?? 0
    }

    private mutating func measure(_ block: Range<Int>, _ shift: Int?) -> [Double] {
        let sample =
            block.lowerBound..<min(block.upperBound, block.lowerBound + WidthChooser.sample)
        let scale = Double(block.count) / Double(max(sample.count, 1))
        return WidthChooser.forms.map { form in
            let skip = WidthChooser.skip(to: form, from: sample.lowerBound)
            let part = min(sample.lowerBound + skip, sample.upperBound)..<sample.upperBound
            guard part.count >= 64 else { return Double(block.count) }
            let cost: Double
            if let shift {
                cost = estimate.difference(
                    new, part, old, part.lowerBound + shift, width: form.width)
            } else {
                cost = estimate.plain(new, part, width: form.width)
            }
            // Wider numbers must earn it: what looks like less may be chance.
            return cost * scale + (form.width > 1 ? 8 : 0)
        }
    }

    private func parts(_ range: Range<Int>, _ last: Int, _ from: [[UInt8]]) -> [Part] {
        var forms = [Int](repeating: last, count: from.count)
        for block in from.indices.reversed() where block > 0 {
            forms[block - 1] = Int(from[block][forms[block]])
        }
        var parts: [Part] = []
        for (block, number) in forms.enumerated() where block == 0 || number != forms[block - 1] {
            let form = WidthChooser.forms[number]
            let nominal = range.lowerBound + block * WidthChooser.block
            let skip = WidthChooser.skip(to: form, from: nominal)
            if block == 0, skip > 0 { parts.append(Part(range: nominal..<nominal, width: 1)) }
            let start = min(nominal + skip, range.upperBound)
            if let last = parts.indices.last {
                parts[last].range = parts[last].range.lowerBound..<start
            }
            parts.append(Part(range: start..<range.upperBound, width: form.width))
        }
        return parts.filter { !$0.range.isEmpty }
    }
}
