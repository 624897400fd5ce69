# SPDX-License-Identifier: Apache-2.0
"""Keys and certificates of a control plane that lives as long as a test does, made by openssl."""

import subprocess

CONFIGURATION = """
[req]
distinguished_name = name
prompt = no
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[server]
extendedKeyUsage = serverAuth
subjectAltName = IP:127.0.0.1, DNS:localhost
[client]
extendedKeyUsage = clientAuth
"""


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, stdout=subprocess.PIPE,
                   stderr=subprocess.STDOUT)


def make_key(path):
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path)
    path.chmod(0o600)


class Certificates:
    """The files of one authority, all in one folder."""

    def __init__(self, folder):
        self.folder = folder
        self.authority = folder / "ca.crt"
        self.service_accounts = folder / "service-accounts.key"

    def create(self):
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.folder / "openssl.cnf").write_text(CONFIGURATION, encoding="ascii")
        make_key(self.service_accounts)
        make_key(self.folder / "ca.key")
        openssl("req", "-new", "-x509", "-key", self.folder / "ca.key", "-days", "2",
                "-config", self.folder / "openssl.cnf", "-extensions", "authority",
                "-subj", "/CN=authority of the tests", "-out", self.authority)
        self.issue("server", "server", "/CN=kube-apiserver")
        self.issue("admin", "client", "/O=system:masters/CN=admin")

    def issue(self, name, extensions, subject):
        """Makes NAME.key and NAME.crt. The subject of a client is its user and its groups."""
        request = self.folder / f"{name}.csr"
        make_key(self.folder / f"{name}.key")
        openssl("req", "-new", "-key", self.folder / f"{name}.key", "-subj", subject,
                "-config", self.folder / "openssl.cnf", "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.authority,
                "-CAkey", self.folder / "ca.key", "-CAcreateserial", "-days", "2",
                "-extfile", self.folder / "openssl.cnf", "-extensions", extensions,
                "-out", self.folder / f"{name}.crt")

    def pair(self, name):
        return self.folder / f"{name}.crt", self.folder / f"{name}.key"
