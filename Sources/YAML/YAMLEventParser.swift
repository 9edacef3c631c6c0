internal import CYaml
internal import Faults

/// What libyaml saw next.
struct YAMLEvent {
    enum Kind: Equatable {
        case streamStart, streamEnd
        case documentStart(directives: Bool)
        case documentEnd
        case alias
        /// A text; `nil` where it is longer than the limit.
        case scalar(String?, isPlain: Bool)
        case sequenceStart, sequenceEnd
        case mappingStart, mappingEnd
    }

    let kind: Kind
    /// Whether the node carries an anchor.
    let anchored: Bool
    /// Whether the node carries a tag.
    let tagged: Bool
    let start: YAMLPosition
    /// Where it ends; the same as its start for what the indentation ends.
    let end: YAMLPosition
}

/// Why libyaml stopped, in its own words.
struct YAMLProblem: Error {
    let position: YAMLPosition
    let text: String
}

/// The one owner of a libyaml parser and of the text that it reads.
@safe
struct YAMLEventParser: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let text: UnsafeMutableBufferPointer<UInt8>

    /// Begins to read; `nil` where libyaml gets no memory.
    static func make(_ bytes: [UInt8]) -> YAMLEventParser? {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        guard unsafe yaml_parser_initialize(parser) == 1 else {
            unsafe parser.deallocate()
            return nil
        }
        let text = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(bytes.count, 1))
        _ = unsafe text.initialize(from: bytes)
        // Told, so that a byte order mark cannot turn the text into UTF-16.
        unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        unsafe yaml_parser_set_input_string(parser, text.baseAddress, bytes.count)
        return unsafe YAMLEventParser(owning: parser, text: text)
    }

    private init(
        owning parser: UnsafeMutablePointer<yaml_parser_t>,
        text: UnsafeMutableBufferPointer<UInt8>
    ) {
        unsafe self.parser = parser
        unsafe self.text = text
    }

    deinit {
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
        unsafe text.deallocate()
    }

    /// The next event; its scalars are copied, if they are within `limit` bytes.
    mutating func next(scalarLimit limit: Int) throws(YAMLProblem) -> YAMLEvent {
        var event = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw problem() }
        defer { unsafe yaml_event_delete(&event) }
        var anchored = false
        var tagged = false
        let kind: YAMLEvent.Kind
        switch unsafe event.type {
        case YAML_STREAM_START_EVENT: kind = .streamStart
        case YAML_STREAM_END_EVENT: kind = .streamEnd
        case YAML_DOCUMENT_START_EVENT:
            let start = unsafe event.data.document_start
            let directives =
                unsafe start.version_directive != nil
                || start.tag_directives.start != start.tag_directives.end
            kind = .documentStart(directives: directives)
        case YAML_DOCUMENT_END_EVENT: kind = .documentEnd
        case YAML_ALIAS_EVENT: kind = .alias
        case YAML_SCALAR_EVENT:
            let scalar = unsafe event.data.scalar
            unsafe anchored = scalar.anchor != nil
            unsafe tagged = scalar.tag != nil
            let text =
                unsafe scalar.length <= limit
                ? String(
                    decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length),
                    as: UTF8.self) : nil
            kind = unsafe .scalar(text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
        case YAML_SEQUENCE_START_EVENT:
            unsafe anchored = event.data.sequence_start.anchor != nil
            unsafe tagged = event.data.sequence_start.tag != nil
            kind = .sequenceStart
        case YAML_SEQUENCE_END_EVENT: kind = .sequenceEnd
        case YAML_MAPPING_START_EVENT:
            unsafe anchored = event.data.mapping_start.anchor != nil
            unsafe tagged = event.data.mapping_start.tag != nil
            kind = .mappingStart
        case YAML_MAPPING_END_EVENT: kind = .mappingEnd
        default:
            throw YAMLProblem(
                position: YAMLPosition(unsafe event.start_mark), text: "an unknown event")
        }
        return unsafe YAMLEvent(
            kind: kind, anchored: anchored, tagged: tagged,
            start: YAMLPosition(event.start_mark), end: YAMLPosition(event.end_mark))
    }

    private func problem() -> YAMLProblem {
        let state = unsafe parser.pointee
        func words(_ text: UnsafePointer<CChar>?) -> String? {
            unsafe text.map { unsafe String(cString: $0) }
        }
        if unsafe state.error == YAML_MEMORY_ERROR {
            return YAMLProblem(
                position: unsafe YAMLPosition(state.mark), text: "libyaml gets no memory")
        }
        var text = unsafe words(state.problem) ?? "libyaml gives no reason"
        if let context = unsafe words(state.context) {
            text += ", \(context)"
            let begun = unsafe state.context_mark.line
            if unsafe begun != state.problem_mark.line { text += " begun on line \(begun + 1)" }
        }
        let known = unsafe state.error != YAML_READER_ERROR
        return unsafe YAMLProblem(
            position: YAMLPosition(known ? state.problem_mark : state.mark), text: text)
    }
}

extension YAMLPosition {
    fileprivate init(_ mark: yaml_mark_t) {
        self.init(line: Int(clamping: mark.line) + 1, column: Int(clamping: mark.column) + 1)
    }
}
