internal import DurableFiles
internal import Faults
internal import Install
internal import Repository
internal import Slots
internal import Trust

/// From where a version comes to a verified bundle.
extension Installation {
    /// A bundle that was named, verified before the store is touched.
    struct NamedBundle {
        /// The bundle.
        let bundle: VerifiedBundle
        /// The version of the root that it was verified by.
        let root: Int
        /// The roots of trust that stand beside it, after the newest that the store has.
        let roots: [VerifiedRoot]
    }

    /// Opens and verifies a bundle that was named; `nil` for a repository.
    ///
    /// Roots that stand beside it are kept even where it is refused: knowing that keys were taken away is
    /// never undone.
    ///
    /// - Parameters:
    ///   - origin: where the version comes from.
    ///   - path: the store's path; there may be none yet.
    ///   - machine: this machine.
    ///   - settings: the configuration.
    ///   - trusted: the root as shipped, and the device's key.
    /// - Returns: the bundle.
    /// - Throws: a `Fault`.
    func opened(
        _ origin: Origin, below path: String, _ machine: Machine, _ settings: Settings,
        _ trusted: borrowing TrustedFiles
    ) throws(Fault) -> NamedBundle? {
        guard case .bundle(let shelf) = origin else { return nil }
        let newest = RootChain.newest(at: Store.rootsPath(path), from: trusted.root)
        let roots = try followed(newest, beside: shelf)
        do throws(Fault) {
            let root = roots.last ?? newest
            let bundle = try verified(shelf, root, settings)
            try check(bundle, machine, trusted)
            return NamedBundle(bundle: bundle, root: root.version, roots: roots)
        } catch {
            if !roots.isEmpty, Store.owner(path: path) != nil {
                _ = try keep(roots, in: try Store.open(path: path), after: trusted.root)
            }
            throw error
        }
    }

    /// Keeps roots in the store, each durable before the next.
    ///
    /// - Returns: the newest.
    private func keep(
        _ roots: [VerifiedRoot], in store: borrowing Store, after shipped: VerifiedRoot
    ) throws(Fault) -> VerifiedRoot {
        let lock = try store.lockTrust(command)
        var chain = try RootChain(in: try store.rootsDirectory(), from: shipped)
        for root in roots where root.version == chain.newest.version + 1 {
            try chain.keep(root)
            tellRotation(root, reporter)
        }
        try chain.requireWhole()
        _ = consume lock
        return chain.newest
    }

    /// The bundle's place: as it was named, or as a repository offers it.
    ///
    /// Roots of trust that stand there are followed and kept first.
    ///
    /// - Parameters:
    ///   - origin: where the version comes from.
    ///   - named: the bundle, where one was named.
    ///   - machine: this machine.
    ///   - store: where roots and metadata are kept.
    ///   - settings: the configuration.
    ///   - trusted: gets the newest root.
    /// - Returns: the place.
    /// - Throws: a `Fault`.
    func shelf(
        _ origin: Origin, _ named: NamedBundle?, _ machine: Machine, _ store: borrowing Store,
        _ settings: Settings, _ trusted: inout TrustedFiles
    ) throws(Fault) -> any Shelf {
        switch origin {
        case .bundle(let shelf):
            trusted.root = try keep(named?.roots ?? [], in: store, after: trusted.root)
            return shelf
        case .repository(let tree, let version):
            let refresh = RepositoryRefresh(
                place: tree, acceptsExpiredMedia: settings.trust.acceptsExpiredMedia,
                reporter: reporter)
            let result = try refresh.run(store, from: trusted.root, command: command)
            trusted.root = result.trusted.root
            let offers = try RepositoryChoice(
                machine: machine, boundTo: try store.application(), place: tree.name
            ).offers(
                result.catalogue, version: version,
                running: try store.snapshot().running?.identity.tree)
            return try openable(
                offers.map {
                    RepositoryShelf($0, of: result.catalogue, result.trusted, at: tree)
                }, trusted)
        }
    }

    /// The first of several places of one version whose bundle this machine has the key for.
    private func openable(
        _ shelves: [RepositoryShelf], _ trusted: borrowing TrustedFiles
    ) throws(Fault) -> RepositoryShelf {
        // One alone is opened once, by the installation itself.
        if shelves.count == 1 { return shelves[0] }
        var refusal = Fault(.notFound, "The repository offers no bundle.")
        for shelf in shelves {
            do throws(Fault) {
                let bundle = try VerifiedBundle.open(try shelf.bundle(), root: trusted.root)
                _ = try bundle.openKeys(with: trusted.deviceKey)
                return shelf
            } catch {
                guard error.code == .notRecipient else { throw error }
                refusal = error
            }
        }
        throw refusal
    }

    /// The roots that stand beside a bundle, in order, from a root on.
    func followed(
        _ root: VerifiedRoot, beside shelf: any Shelf
    ) throws(Fault) -> [VerifiedRoot] {
        try RootChain.successors(of: root) { (name, limit) throws(Fault) in
            do throws(Fault) {
                return try shelf.read(name, limit: limit)
            } catch  where error.code == .serverRefused {
                // A server that gives none says so in many ways.
                return nil
            }
        }
    }

    /// Opens and verifies the bundle; judges the root's expiry where the configuration wants that.
    func verified(
        _ shelf: any Shelf, _ root: VerifiedRoot, _ settings: Settings
    ) throws(Fault) -> VerifiedBundle {
        let bundle = try VerifiedBundle.open(try shelf.bundle(), root: root)
        guard !(shelf is RepositoryShelf) else { return bundle }
        let clock = TrustClock(floor: nil)
        if !settings.trust.acceptsExpiredMedia { _ = try clock.trustedTime() }
        guard root.hasExpired(at: clock.now) else { return bundle }
        let expired = Fault(
            .expired,
            "The root of trust of version \(root.version) expired at "
                + "\(UTCTime.text(root.expires)), and it is \(UTCTime.text(clock.now)) now.",
            advice: "Bring its next versions beside the bundle (N.root.json), or set "
                + "“expired-media: accept”.")
        guard settings.trust.acceptsExpiredMedia else { throw expired }
        reporter.say(
            "\(expired.message) The bundle is taken all the same, by its signatures alone.",
            event: "warning")
        return bundle
    }
}
