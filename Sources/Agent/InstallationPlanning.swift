internal import Bundle
internal import Faults
internal import Install
internal import Sealing
internal import Slots
internal import StrictJSON

/// From a verified bundle to the form in which it comes, and what that costs.
extension Installation {
    /// Plans the full bundle.
    func choose(
        _ bundle: VerifiedBundle, keys: consuming ContentKeys?, spare: SlotName,
        _ store: borrowing Store
    ) throws(Fault) -> Form {
        let form = try Form(bundle, keys: keys, spare: spare, store)
        try store.keepIndexes(of: [Hex.encode(form.bundle.manifest.bundle)])
        try checkBudget(form)
        return form
    }

    /// No more is fetched than is allowed.
    private func checkBudget(_ form: borrowing Form) throws(Fault) {
        guard let most = options.maxBytes, form.isRemote, form.plan.fetch > most else { return }
        throw Fault(
            .budget,
            "Installing by \(form.title) would fetch \(form.plan.fetch) bytes; at most \(most) are "
                + "allowed.", advice: "Allow more (--max-bytes), or bring the bundle on a stick.")
    }

    /// Says what will be fetched, copied and written, before any of it is.
    func tellPlan(_ slot: SlotName, _ form: borrowing Form) {
        let plan = form.plan
        let manifest = form.bundle.manifest
        let goesOn =
            plan.placed > 0 ? ", \(plan.placed) stand there from an earlier attempt" : ""
        reporter.say(
            "Installing \(manifest.application) \(manifest.version) into slot \(slot.rawValue) by "
                + "\(form.title): \(plan.fetch) bytes to \(form.isRemote ? "fetch" : "read"), "
                + "\(plan.reused) to copy from the running version, \(manifest.tree.bytes) to write "
                + "in \(manifest.tree.entries) entries\(goesOn).", event: "plan",
            facts: [
                ("application", .string(manifest.application)),
                ("version", .string(manifest.version)), ("slot", .string(slot.rawValue)),
                ("form", .string(manifest.delta == nil ? "full" : "delta")),
                ("remote", .bool(form.isRemote)), ("fetch", .integer(plan.fetch)),
                ("reuse", .integer(plan.reused)), ("placed", .integer(plan.placed)),
                ("write", .integer(manifest.tree.bytes)),
                ("entries", .integer(manifest.tree.entries)),
            ])
    }

    /// Watches for damage of the running version while a form is unpacked.
    func damageReport(_ form: borrowing Form) -> DamageReport {
        let least: Int64 = 8 << 20
        var allowance = max(form.plan.fetch, least)
        if let most = options.maxBytes { allowance = min(allowance, most - form.plan.fetch) }
        return DamageReport(reporter, allowance: max(allowance, 0)) { () throws(Fault) in
            throw Fault(
                .baseDamaged, "The version that the delta builds on is damaged here.",
                advice: "Install the full bundle.")
        }
    }
}
