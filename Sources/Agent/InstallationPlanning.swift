internal import Bundle
internal import Faults
internal import Install
internal import Sealing
internal import Slots
internal import StrictJSON
internal import Transport
internal import Trust

/// From a verified bundle to the form in which the version comes, and what that costs.
extension Installation {
    /// Chooses the cheapest form: the full bundle, less what the running version has of it, or a
    /// delta from the running version.
    ///
    /// - Parameters:
    ///   - bundle: what stands at the address, verified and admitted.
    ///   - spare: the slot to fill.
    ///   - store: the store.
    ///   - shelf: where the bundle stands.
    ///   - trusted: the root of trust and the device's key.
    /// - Returns: the form, whose plan is within the budget.
    /// - Throws: a `Fault`; a delta that cannot be had ends the installation rather than cost more.
    func choose(
        _ bundle: VerifiedBundle, spare: SlotName, _ store: borrowing Store, _ shelf: any Shelf,
        _ trusted: borrowing TrustedFiles
    ) throws(Fault) -> Form {
        let keys = try bundle.openKeys(with: trusted.deviceKey)
        guard let delta = try delta(of: bundle, store, shelf, trusted) else {
            if options.form == .delta, bundle.manifest.delta == nil {
                throw Fault(
                    .notFound,
                    "No delta from the running version to \(bundle.manifest.version) stands beside "
                        + "\(shelf.name).", advice: "Install the full bundle (--form full).")
            }
            let form = try Form(bundle, keys: keys, spare: spare, store)
            try settle(form, store, fetched: shelf.fetched)
            return form
        }
        let deltaKeys = try delta.openKeys(with: trusted.deviceKey)
        var form = try Form(delta, keys: deltaKeys, spare: spare, store)
        let index = bundle.manifest.index.length
        // The full bundle's index is fetched only where it is small beside what it may save.
        guard options.form == .automatic, index * 8 < form.plan.fetch else {
            form.full = try FullStretch(bundle, keys: keys)
            tellChoice(form, instead: nil)
            try settle(form, store, fetched: shelf.fetched)
            return form
        }
        let full = try Form(bundle, keys: keys, spare: spare, store)
        if full.plan.fetch <= form.plan.fetch {
            tellChoice(full, instead: form.plan.fetch)
            try settle(full, store, fetched: shelf.fetched)
            return full
        }
        form.full = try FullStretch(
            full.bundle, keys: try bundle.openKeys(with: trusted.deviceKey))
        tellChoice(form, instead: full.plan.fetch)
        try settle(form, store, fetched: shelf.fetched)
        return form
    }

    /// The delta from the running version that the signed list beside a full bundle names.
    private func delta(
        of bundle: VerifiedBundle, _ store: borrowing Store, _ shelf: any Shelf,
        _ trusted: borrowing TrustedFiles
    ) throws(Fault) -> VerifiedBundle? {
        guard options.form != .full, bundle.manifest.delta == nil,
            bundle.origin.isRemote || options.form == .delta,
            let running = try store.snapshot().running, running.whole,
            let named = try named(bundle, from: running.identity.tree, shelf, trusted)
        else { return nil }
        do throws(Fault) {
            let delta = try VerifiedBundle.open(try named.open(), root: trusted.root)
            try check(delta.manifest, against: bundle.manifest)
            return delta
        } catch {
            throw Fault(
                error.code,
                "The delta “\(named.name)” (\(named.length) bytes) cannot be taken: \(error.message)",
                advice: "Try again later, or install the full bundle, which may fetch up to "
                    + "\(bundle.manifest.packLength) bytes (--form full).", cause: error.cause)
        }
    }

    /// The delta from a version that the place knows of, or that the list beside the bundle names.
    private func named(
        _ bundle: VerifiedBundle, from base: Digest, _ shelf: any Shelf,
        _ trusted: borrowing TrustedFiles
    ) throws(Fault) -> NamedDelta? {
        if let delta = try shelf.delta(of: bundle, from: base) { return delta }
        guard let entry = try deltaList(bundle, shelf, trusted)?.delta(from: base) else {
            return nil
        }
        return NamedDelta(name: entry.file, length: entry.length) { () throws(Fault) in
            try shelf.open(entry.file)
        }
    }

    /// The signed list of deltas beside a full bundle; `nil` where there is none of use.
    private func deltaList(
        _ bundle: VerifiedBundle, _ shelf: any Shelf, _ trusted: borrowing TrustedFiles
    ) throws(Fault) -> DeltaList? {
        guard let file = shelf.file else { return nil }
        do throws(Fault) {
            guard
                let bytes = try shelf.read(
                    file + DeltaList.suffix, limit: BundleLimits.envelopeBytes)
            else { return nil }
            let payload = try DSSEEnvelope(bytes).verify(
                type: .deltaList, role: trusted.root.keys(of: .targets))
            let list = try DeltaList(reading: payload.bytes)
            guard list.belongs(to: bundle.manifest) else {
                throw Fault(.malformed, "It is the list of version \(list.version), another build.")
            }
            return list
        } catch {
            // What does not answer at all, or may not go on, is not the list's own fault.
            guard ![.network, .tls, .cancelled, .budget].contains(error.code) else { throw error }
            reporter.say(
                "The list of deltas beside \(shelf.name) is not used: \(error.message)",
                event: "warning")
            return nil
        }
    }

    /// A delta unpacks to what the full bundle does, and is as new.
    private func check(_ delta: Manifest, against full: Manifest) throws(Fault) {
        guard delta.application == full.application, delta.tree == full.tree,
            delta.stream == full.stream, delta.releaseCounter == full.releaseCounter,
            delta.delta?.full == full.bundle
        else {
            throw Fault(
                .malformed,
                "It gives version \(delta.version) (tree \(delta.tree.digest.short)…), not the full "
                    + "bundle's \(full.version) (tree \(full.tree.digest.short)…).")
        }
    }

    /// Keeps the index of the chosen form alone, and sees that no more is fetched than is allowed.
    private func settle(
        _ form: borrowing Form, _ store: borrowing Store, fetched: Int64
    ) throws(Fault) {
        if form.isRemote {
            try store.keepIndexes(of: [Hex.encode(form.bundle.manifest.bundle)])
            try meter?.require(form.plan.fetch)
        }
        guard let most = options.maxBytes, form.isRemote, fetched + form.plan.fetch > most else {
            return
        }
        throw Fault(
            .budget,
            "Installing by \(form.title) would fetch \(form.plan.fetch) bytes more than the "
                + "\(fetched) that finding out took; at most \(most) are allowed.",
            advice: "Allow more (--max-bytes), or bring the bundle on a stick.")
    }

    private func tellChoice(_ form: borrowing Form, instead other: Int64?) {
        let name = form.bundle.manifest.delta == nil ? "the delta" : "the full bundle"
        reporter.say(
            "Taking \(form.title): \(form.plan.fetch) bytes to fetch"
                + (other.map { "; \(name) would take \($0)." }
                    ?? "; to find out what the full bundle takes would cost more than it may save."),
            event: "choice",
            facts: [
                ("form", .string(form.kind)), ("fetch", .integer(form.plan.fetch)),
                ("instead", other.map { .integer($0) }),
            ])
    }

    /// Says what will be fetched, copied and written, before any of it is.
    func tellPlan(_ slot: SlotName, _ form: borrowing Form, rate: Int64?) {
        let plan = form.plan
        let manifest = form.bundle.manifest
        let seconds = form.isRemote ? rate.map { plan.fetch / max($0, 1) } : nil
        var words = [
            "\(plan.fetch) bytes to \(form.isRemote ? "fetch" : "read")"
                + (seconds.map { " (about \($0) s at the present rate)" } ?? ""),
            "\(plan.reused) to copy from the running version",
        ]
        if plan.placed > 0 { words.append("\(plan.placed) there from an earlier attempt") }
        words.append("\(manifest.tree.bytes) in \(manifest.tree.entries) entries in all")
        reporter.say(
            "Installing \(manifest.application) \(manifest.version) into slot \(slot.rawValue) by "
                + "\(form.title): \(words.joined(separator: ", ")).", event: "plan",
            facts: [
                ("application", .string(manifest.application)),
                ("version", .string(manifest.version)), ("slot", .string(slot.rawValue)),
                ("form", .string(form.kind)), ("remote", .bool(form.isRemote)),
                ("fetch", .integer(plan.fetch)), ("reuse", .integer(plan.reused)),
                ("placed", .integer(plan.placed)), ("seconds", seconds.map { .integer($0) }),
                ("write", .integer(manifest.tree.bytes)),
                ("entries", .integer(manifest.tree.entries)),
            ])
    }

    /// Watches for damage of the running version while a form is unpacked.
    func damageReport(_ form: borrowing Form) -> DamageReport {
        // Some files of a version may be damaged; a whole version is not fetched in this way, unless
        // it costs nothing, or the full bundle was asked for by name.
        var allowance = max(form.plan.fetch, 8 << 20)
        if !form.isRemote || options.form == .full { allowance = .max }
        if let most = options.maxBytes, form.isRemote {
            allowance = min(allowance, max(most - form.plan.fetch, 0))
        }
        return DamageReport(reporter, allowance: allowance, full: form.full)
    }
}
