internal import Faults

/// Builds the tree of one document from libyaml's events, within bounds.
struct YAMLComposer: ~Copyable {
    private var parser: YAMLEventParser
    private let file: YAMLFile
    private var nodesLeft = YAMLReader.nodeLimit
    /// The last line on which a value was written.
    private var contentLine = 0
    /// Where the text was refused, once it was.
    private(set) var refusedLine = 0
    /// The pairs of the top mapping that were read.
    private(set) var topPairs: [YAMLNode.Pair] = []
    /// The last line of the last of them, until what follows it was read too.
    private(set) var openLine: Int?

    init(_ bytes: [UInt8], file: YAMLFile) throws(Fault) {
        guard let parser = YAMLEventParser.make(bytes) else {
            throw Fault(.noSpace, "There is no memory to read \(file.name).")
        }
        self.parser = parser
        self.file = file
    }

    /// Reads the one document of the text.
    mutating func document() throws(Fault) -> YAMLNode {
        var event = try next()
        if event.kind == .streamStart { event = try next() }
        switch event.kind {
        case .documentStart(directives: false): break
        case .documentStart:
            throw refusal(event.start, "has a directive (“%…”), which is not accepted")
        default: throw refusal(event.start, "holds nothing; a mapping was expected")
        }
        let root = try node(try next(), depth: 0)
        event = try next()
        if event.kind == .documentEnd { event = try next() }
        guard event.kind == .streamEnd else {
            throw refusal(event.start, "begins a second document; one was expected")
        }
        return root
    }

    private mutating func next() throws(Fault) -> YAMLEvent {
        do throws(YAMLProblem) {
            return try parser.next(scalarLimit: YAMLReader.scalarLimit)
        } catch {
            refusedLine = error.position.line
            throw file.fault(
                error.position, "This is not acceptable as YAML.",
                advice: "Check indentation (spaces only), colons and quotes there.",
                cause: error.text)
        }
    }

    private mutating func refusal(_ position: YAMLPosition, _ text: String) -> Fault {
        refusedLine = position.line
        return file.fault(position, "The text \(text).")
    }

    private mutating func node(_ event: YAMLEvent, depth: Int) throws(Fault) -> YAMLNode {
        nodesLeft -= 1
        guard nodesLeft >= 0 else {
            throw refusal(event.start, "has more than \(YAMLReader.nodeLimit) values")
        }
        guard !event.anchored else {
            throw refusal(event.start, "has an anchor (“&…”); anchors are not accepted")
        }
        guard !event.tagged else {
            throw refusal(event.start, "has a tag (“!…”); tags are not accepted")
        }
        switch event.kind {
        case .scalar(let text, let isPlain):
            return YAMLNode(
                kind: .scalar(try scalar(text, event), isPlain: isPlain), position: event.start)
        case .sequenceStart:
            return YAMLNode(
                kind: .sequence(try sequence(event, depth: depth + 1)), position: event.start)
        case .mappingStart:
            return YAMLNode(
                kind: .mapping(try mapping(event, depth: depth + 1)), position: event.start)
        case .alias:
            throw refusal(event.start, "has an alias (“*…”); aliases are not accepted")
        default:
            throw refusal(event.start, "ends where a value was expected")
        }
    }

    private mutating func scalar(_ text: String?, _ event: YAMLEvent) throws(Fault) -> String {
        guard let text else {
            throw refusal(
                event.start, "has a value of more than \(YAMLReader.scalarLimit) bytes")
        }
        // A block scalar ends where the next line begins.
        let onNextLine = event.end.column == 1 && event.end.line > event.start.line
        contentLine = max(contentLine, onNextLine ? event.end.line - 1 : event.end.line)
        return text
    }

    private mutating func checkDepth(_ depth: Int, _ event: YAMLEvent) throws(Fault) {
        guard depth <= YAMLReader.depthLimit else {
            throw refusal(event.start, "is nested deeper than \(YAMLReader.depthLimit)")
        }
    }

    /// What a bracket ends, ends there; what the indentation ends, ended with its last value.
    private mutating func noteEnd(_ event: YAMLEvent) {
        if event.start != event.end { contentLine = max(contentLine, event.end.line) }
    }

    private mutating func sequence(
        _ start: YAMLEvent, depth: Int
    ) throws(Fault) -> [YAMLNode] {
        try checkDepth(depth, start)
        var nodes: [YAMLNode] = []
        while true {
            let event = try next()
            if event.kind == .sequenceEnd {
                noteEnd(event)
                return nodes
            }
            nodes.append(try node(event, depth: depth))
        }
    }

    private mutating func mapping(
        _ start: YAMLEvent, depth: Int
    ) throws(Fault) -> [YAMLNode.Pair] {
        try checkDepth(depth, start)
        var pairs: [YAMLNode.Pair] = []
        // Bytes decide, not Unicode equivalence.
        var seen: Set<[UInt8]> = []
        while true {
            let event = try next()
            if depth == 1 { openLine = nil }
            if event.kind == .mappingEnd {
                noteEnd(event)
                return pairs
            }
            let key = try key(event, depth: depth)
            guard seen.insert(Array(key.utf8)).inserted else {
                // Neither of the two may be taken for what was meant.
                if depth == 1 { topPairs.removeAll { $0.key == key } }
                throw refusal(event.start, "has the key \(shown(key)) twice in one mapping")
            }
            let value = try node(try next(), depth: depth)
            let pair = YAMLNode.Pair(key: key, position: event.start, value: value)
            pairs.append(pair)
            if depth == 1 {
                topPairs.append(pair)
                openLine = contentLine
            }
        }
    }

    private mutating func key(_ event: YAMLEvent, depth: Int) throws(Fault) -> String {
        let node = try node(event, depth: depth)
        guard case .scalar(let text, let isPlain) = node.kind else {
            throw refusal(event.start, "has \(node.described) as a key; a text was expected")
        }
        guard !(isPlain && text == "<<") else {
            throw refusal(event.start, "has a merge key (“<<”); merging is not accepted")
        }
        return text
    }
}
