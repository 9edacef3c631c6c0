"""A repository, its server and a client, with what tests say of them."""

from urllib.parse import quote

from .repository import TOP_LEVEL, file_name


class Rig:
    """What a test is given. Its methods read as sentences; each of them fails the test it must."""

    def __init__(self, repository, server, client):
        self.repository = repository
        self.server = server
        self.client = client

    def start(self):
        """Releases the repository's first versions, and lets the client trust the first root."""
        self.repository.release()
        status = self.client.init(self.repository.versions["root", 1])
        assert status == 0, f"init failed:\n{self.client.said}"
        assert not self.server.take(), "init asks the repository nothing"

    def start_and_refresh(self):
        """Starts, and lets the client fetch the first versions."""
        self.start()
        self.refresh_succeeds()
        self.server.take()

    # Refreshing

    def refresh_succeeds(self, at=None):
        """The client refreshes, with status 0."""
        assert self.client.refresh(at=at) == 0, f"refresh failed:\n{self.client.said}"

    def refresh_fails(self, at=None):
        """The client refuses to refresh, with status 1."""
        assert self.client.refresh(at=at) == 1, f"refresh succeeded:\n{self.client.said}"

    def refresh_changes_nothing_and_fails(self, at=None):
        """The client refuses to refresh, and keeps every file as it was."""
        before = self.client.stored()
        self.refresh_fails(at=at)
        assert self.client.stored() == before, "a refused refresh changed stored metadata"

    # Downloading

    def downloads(self, *names, at=None):
        """The client downloads targets, with status 0."""
        status = self.client.download(*names, at=at)
        assert status == 0, f"download failed:\n{self.client.said}"

    def refuses_to_download(self, *names, at=None):
        """The client refuses a download, with status 1, and leaves the target directory alone."""
        before = self.files_of_targets()
        status = self.client.download(*names, at=at)
        assert status == 1, f"download succeeded:\n{self.client.said}"
        assert self.files_of_targets() == before, "a refused download changed the target directory"

    def files_of_targets(self):
        """What the target directory holds."""
        return {
            str(path.relative_to(self.client.targets)): path.read_bytes()
            for path in self.client.targets.rglob("*")
            if path.is_file()
        }

    def has(self, name, data):
        """The target directory holds the target under its percent-encoded name."""
        files = self.files_of_targets()
        assert files.get(quote(name, safe="")) == data, f"{name!r} is not among {sorted(files)}"

    # Seeing

    def asked(self, *expected):
        """Since the last look, exactly these requests came; those of metadata by file name."""
        requests = [path.removeprefix("metadata/") for path in self.server.take()]
        assert requests == list(expected)

    def trusts(self, *roles, **versions):
        """The client's files are, byte for byte, these versions; it has no file where None stands.

        Delegated roles are given as pairs of name and version.
        """
        stored = self.client.stored()
        for role, version in [*roles, *versions.items()]:
            expected = None if version is None else self.repository.versions[role, version]
            found = stored.get(file_name(role))
            assert found == expected, f"{role} is not version {version}: {_version(found)}"

    def trusts_the_latest(self):
        """Each top-level file is the repository's latest version."""
        self.trusts(**{role: self.repository.signed(role).version for role in TOP_LEVEL})


def _version(data):
    if data is None:
        return "there is no file"
    return f"the file begins {data[:60]!r} and has {len(data)} bytes"
