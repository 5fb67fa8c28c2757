"""What the programs of this folder share: the database of the domain controller in /dc, opened as the
system itself, whether or not the server runs."""

import os

import ldb
from samba import enable_net_export_keytab
from samba.auth import system_session
from samba.net import Net
from samba.param import LoadParm
from samba.samdb import SamDB


class Domain:
    def __init__(self):
        self.parameters = LoadParm()
        self.parameters.load("/dc/etc/smb.conf")
        self.db = SamDB(
            self.parameters.private_path("sam.ldb"), session_info=system_session(), lp=self.parameters
        )
        enable_net_export_keytab()
        self.net = Net(None, self.parameters)

    def find(self, account, attributes=("*",)):
        """The entry of a sAMAccountName."""
        (entry,) = self.db.search(
            self.db.domain_dn(), expression=f"(sAMAccountName={account})", attrs=list(attributes)
        )
        return entry

    def sid(self, account):
        entry = self.find(account, ["objectSid"])
        return self.db.schema_format_value("objectSid", entry["objectSid"][0]).decode()

    def replace(self, dn, **values):
        """Sets attributes, whose names are written with _ for -."""
        self.modify(dn, ldb.FLAG_MOD_REPLACE, values)

    def add(self, dn, **values):
        """Adds values to attributes."""
        self.modify(dn, ldb.FLAG_MOD_ADD, values)

    def modify(self, dn, how, values):
        message = ldb.Message(dn)
        for name, value in values.items():
            name = name.replace("_", "-")
            message[name] = ldb.MessageElement(value, how, name)
        self.db.modify(message)

    def export_keytab(self, path, account, **options):
        """Writes the keys of an account; Samba brings them up to date first. samdb=self.db makes it
        part of a transaction, which works once in a process: a second call finds memory that the
        first one freed."""
        if os.path.exists(path):
            os.unlink(path)
        self.net.export_keytab(keytab=path, principal=account, **options)
