"""A development authority: made once, kept, and trusted for what it has signed."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from stasis_webrtc.authority import FILES, Authority, AuthorityError

HOSTS = ["localhost", "127.0.0.1", "phone.example.org"]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def reached(authority: Authority, host: str, issued: Sequence[Path]) -> str | None:
    """Open TLS to a server that shows a certificate. Returns what is wrong; None for nothing."""
    shows = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shows.load_cert_chain(*issued)
    trusts = ssl.create_default_context(cafile=authority.folder / "ca.pem")
    trusts.verify_flags |= ssl.VERIFY_X509_STRICT
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusts.wrap_bio(back, there, server_hostname=host)
    server = shows.wrap_bio(there, back, server_side=True)
    try:
        for _ in range(5):
            for side in (client, server):
                with suppress(ssl.SSLWantReadError):
                    side.do_handshake()
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    return None if client.version() else "no handshake"


class TestAuthority:
    @pytest.mark.parametrize("host", HOSTS)
    def test_what_it_signs_is_trusted_under_each_of_its_names(self, tmp_path: Path, host: str):
        authority = Authority.open(tmp_path)
        assert reached(authority, host, authority.issue(HOSTS)) is None

    def test_and_under_no_other(self, tmp_path: Path):
        authority = Authority.open(tmp_path)
        wrong = reached(authority, "other.example.org", authority.issue(HOSTS))
        assert wrong is not None and "Hostname mismatch" in wrong

    def test_another_authority_is_not_trusted(self, tmp_path: Path):
        authority, other = Authority.open(tmp_path / "a"), Authority.open(tmp_path / "b")
        assert reached(other, "localhost", authority.issue(HOSTS)) is not None

    def test_keys_are_readable_by_nobody_else(self, tmp_path: Path):
        Authority.open(tmp_path).issue(HOSTS)
        modes = {name: (tmp_path / name).stat().st_mode & 0o777 for name in FILES}
        assert modes["ca.key"] == modes["key.pem"] == 0o600

    def test_nothing_is_overwritten(self, tmp_path: Path):
        Authority.open(tmp_path).issue(HOSTS)
        before = {name: (tmp_path / name).read_bytes() for name in FILES}
        Authority.open(tmp_path).issue(HOSTS[:1])
        assert {name: (tmp_path / name).read_bytes() for name in FILES} == before

    def test_it_lasts_825_days_and_a_certificate_90(self, tmp_path: Path):
        authority = Authority.open(tmp_path, NOW)
        assert authority.certificate.not_valid_after_utc == NOW + timedelta(days=825)
        authority.issue(HOSTS, NOW)
        authority.issue(HOSTS, NOW + timedelta(days=75))
        with pytest.raises(AuthorityError, match="ends on 2026-04-01: delete it"):
            authority.issue(HOSTS, NOW + timedelta(days=77))


class TestWhatIsWrong:
    def test_a_host_that_the_certificate_lacks(self, tmp_path: Path):
        authority = Authority.open(tmp_path)
        authority.issue(HOSTS)
        with pytest.raises(AuthorityError, match=r"cert.pem is not for new\.example\.org: delete"):
            authority.issue([*HOSTS, "new.example.org"])

    def test_a_certificate_of_another_authority(self, tmp_path: Path):
        Authority.open(tmp_path).issue(HOSTS)
        for name in ("ca.pem", "ca.key"):
            (tmp_path / name).unlink()
        with pytest.raises(AuthorityError, match="was not made by"):
            Authority.open(tmp_path).issue(HOSTS)

    @pytest.mark.parametrize("name", ["ca.pem", "ca.key"])
    def test_half_an_authority(self, tmp_path: Path, name: str):
        Authority.open(tmp_path)
        (tmp_path / name).unlink()
        with pytest.raises(AuthorityError, match="without its other half"):
            Authority.open(tmp_path)

    @pytest.mark.parametrize("name", ["cert.pem", "key.pem"])
    def test_half_a_certificate(self, tmp_path: Path, name: str):
        authority = Authority.open(tmp_path)
        authority.issue(HOSTS)
        (tmp_path / name).unlink()
        with pytest.raises(AuthorityError, match="delete"):
            authority.issue(HOSTS)

    def test_an_authority_whose_time_is_over(self, tmp_path: Path):
        Authority.open(tmp_path, NOW)
        with pytest.raises(
            AuthorityError, match=r"ca.pem ends on 2028-04-05: delete it and ca.key"
        ):
            Authority.open(tmp_path, NOW + timedelta(days=820))

    def test_a_key_that_is_another_authoritys(self, tmp_path: Path):
        Authority.open(tmp_path / "a")
        Authority.open(tmp_path / "b")
        (tmp_path / "a/ca.key").write_bytes((tmp_path / "b/ca.key").read_bytes())
        with pytest.raises(AuthorityError, match="is not the key of"):
            Authority.open(tmp_path / "a")

    @pytest.mark.parametrize("name", ["ca.pem", "ca.key"])
    def test_a_file_that_is_something_else(self, tmp_path: Path, name: str):
        Authority.open(tmp_path)
        (tmp_path / name).write_text("hello")
        with pytest.raises(AuthorityError, match=name):
            Authority.open(tmp_path)

    def test_a_folder_that_cannot_be_written(self, tmp_path: Path):
        (tmp_path / "file").write_text("")
        with pytest.raises(AuthorityError, match="cannot be written"):
            Authority.open(tmp_path / "file")

    def test_no_host(self, tmp_path: Path):
        with pytest.raises(AuthorityError, match="--host"):
            Authority.open(tmp_path).issue([])
