"""The Python client hvac, unmodified, against the server's binary (STRONGROOM_BIN)."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

import hvac
from hvac import exceptions

BINARY = os.environ["STRONGROOM_BIN"]
POLICY = 'path "kv2/data/*" { capabilities = ["read"] }'


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """A server process with a folder of its own."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="hvac")
        self.url = f"http://127.0.0.1:{free_port()}"
        config = os.path.join(self.folder, "server.hcl")
        with open(config, "w") as out:
            out.write(
                f'storage "file" {{ path = "{self.folder}/data" }}\n'
                f'listener "tcp" {{\n address = "{self.url[7:]}"\n tls_disable = true\n}}\n'
                f'api_addr = "{self.url}"\n'
                "unsafe_allow_api_audit_creation = true\n"
            )
        self.log = open(os.path.join(self.folder, "log"), "w")
        self.process = subprocess.Popen(
            [BINARY, "server", f"-config={config}"], stdout=self.log, stderr=self.log
        )
        self.wait()

    def wait(self):
        for _ in range(400):
            try:
                return hvac.Client(url=self.url).sys.read_seal_status()
            except Exception:
                assert self.process.poll() is None, self.tail()
                time.sleep(0.05)
        raise AssertionError("the server did not start\n" + self.tail())

    def tail(self):
        with open(self.log.name) as log:
            return "".join(log.readlines()[-40:])

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Hvac(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.stop)
        cls.root = hvac.Client(url=cls.server.url)
        cls.initialise(cls.root)
        cls.root.sys.enable_secrets_engine("kv", path="kv1", options={"version": "1"})
        cls.root.sys.enable_secrets_engine("kv", path="kv2", options={"version": "2"})

    @classmethod
    def initialise(cls, client):
        assert not client.sys.is_initialized()
        keys = client.sys.initialize(secret_shares=3, secret_threshold=2)
        assert client.sys.is_initialized() and client.sys.is_sealed()
        cls.keys = keys["keys"]
        status = client.sys.submit_unseal_key(keys["keys"][0])
        assert status["sealed"] and status["progress"] == 1, status
        assert client.sys.submit_unseal_key(reset=True)["progress"] == 0
        status = client.sys.submit_unseal_keys(keys["keys_base64"][:2])
        assert not status["sealed"], status
        client.token = keys["root_token"]
        assert client.is_authenticated()

    def client(self, token):
        return hvac.Client(url=self.server.url, token=token)

    def token(self, **wanted):
        return self.root.auth.token.create(**wanted)["auth"]["client_token"]

    def test_health(self):
        answer = self.root.sys.read_health_status(method="GET")
        self.assertEqual((answer["sealed"], answer["standby"]), (False, False))
        self.assertEqual(self.root.sys.read_health_status(method="HEAD").status_code, 200)
        self.assertIn("ha_enabled", self.root.sys.read_leader_status())

    def test_seal_and_unseal(self):
        self.root.sys.seal()
        self.assertTrue(self.root.sys.is_sealed())
        with self.assertRaises(exceptions.VaultDown):
            self.root.sys.list_mounted_secrets_engines()
        self.root.sys.submit_unseal_keys(self.keys[1:])
        self.assertTrue(self.root.is_authenticated())

    def test_mounts(self):
        self.root.sys.enable_secrets_engine("kv", path="some/where", description="x")
        mounts = self.root.sys.list_mounted_secrets_engines()["data"]
        self.assertEqual(mounts["some/where/"]["description"], "x")
        self.root.sys.tune_mount_configuration("some/where", default_lease_ttl="1h")
        tuned = self.root.sys.read_mount_configuration("some/where")["data"]
        self.assertEqual(tuned["default_lease_ttl"], 3600)
        with self.assertRaises(exceptions.InvalidRequest):
            self.root.sys.enable_secrets_engine("kv", path="some/where")
        self.root.sys.disable_secrets_engine("some/where")
        self.assertNotIn("some/where/", self.root.sys.list_mounted_secrets_engines()["data"])
        self.assertIn("token/", self.root.sys.list_auth_methods()["data"])

    def test_policies(self):
        self.root.sys.create_or_update_policy("p", POLICY)
        self.assertIn("p", self.root.sys.list_policies()["data"]["policies"])
        self.assertEqual(self.root.sys.read_policy("p")["data"]["rules"], POLICY)
        self.root.sys.create_or_update_acl_policy("q", POLICY)
        self.assertEqual(self.root.sys.read_acl_policy("q")["data"]["policy"], POLICY)
        token = self.token(policies=["p"])
        capabilities = self.root.sys.get_capabilities(["kv2/data/a"], token=token)
        self.assertEqual(capabilities["data"]["kv2/data/a"], ["read"])
        self.root.sys.delete_policy("p")
        with self.assertRaises(exceptions.InvalidPath):
            self.root.sys.read_policy("p")

    def test_tokens(self):
        made = self.root.auth.token.create(policies=["default"], ttl="1h", meta={"a": "b"})["auth"]
        child = self.client(made["client_token"])
        own = child.auth.token.lookup_self()["data"]
        self.assertEqual((own["policies"], own["meta"]), (["default"], {"a": "b"}))
        self.assertEqual(child.auth.token.renew_self(increment="30m")["auth"]["lease_duration"], 1800)
        by_accessor = self.root.auth.token.lookup_accessor(made["accessor"])["data"]
        self.assertEqual(by_accessor["id"], "")
        self.assertIn(made["accessor"], self.root.auth.token.list_accessors()["data"]["keys"])
        self.root.auth.token.revoke_accessor(made["accessor"])
        self.assertFalse(child.is_authenticated())
        once = self.client(self.token(num_uses=1))
        self.assertEqual(once.auth.token.lookup_self()["data"]["num_uses"], -1)
        with self.assertRaises(exceptions.Forbidden):
            once.auth.token.lookup_self()
        batch = self.client(self.token(type="batch", policies=["default"], ttl="1h"))
        self.assertEqual(batch.auth.token.lookup_self()["data"]["type"], "batch")

    def test_denied(self):
        self.root.sys.create_or_update_policy("reader", POLICY)
        self.root.secrets.kv.v2.create_or_update_secret("d", {"x": 1}, mount_point="kv2")
        reader = self.client(self.token(policies=["reader"]))
        got = reader.secrets.kv.v2.read_secret_version("d", mount_point="kv2", raise_on_deleted_version=True)
        self.assertEqual(got["data"]["data"], {"x": 1})
        with self.assertRaises(exceptions.Forbidden):
            reader.secrets.kv.v2.create_or_update_secret("d", {}, mount_point="kv2")
        with self.assertRaises(exceptions.Forbidden):
            self.client("s.nobody").sys.list_mounted_secrets_engines()

    def test_leases(self):
        for call in (self.root.sys.read_lease, self.root.sys.renew_lease):
            with self.assertRaises(exceptions.InvalidRequest):
                call("kv1/nosuch/lease")
        self.root.sys.revoke_lease("kv1/nosuch/lease")
        made = self.root.auth.token.create(policies=["default"], ttl="1h")["auth"]
        leases = self.root.sys.list_leases("auth/token/create")["data"]["keys"]
        self.assertTrue(leases)
        self.root.sys.revoke_prefix("auth/token/create")
        self.assertFalse(self.client(made["client_token"]).is_authenticated())

    def test_wrapping(self):
        made = self.root.auth.token.create(policies=["default"], wrap_ttl="60s")
        token = made["wrap_info"]["token"]
        self.assertEqual(made["wrap_info"]["ttl"], 60)
        inside = self.root.sys.unwrap(token)
        self.assertEqual(inside["auth"]["policies"], ["default"])
        with self.assertRaises(exceptions.InvalidRequest):
            self.root.sys.unwrap(token)
        token = self.root.sys.wrap({"a": "b"}, ttl=60)["wrap_info"]["token"]
        self.assertEqual(self.client(token).sys.unwrap()["data"], {"a": "b"})

    def test_kv_1(self):
        kv = self.root.secrets.kv.v1
        kv.create_or_update_secret("x/y", {"a": "b"}, mount_point="kv1")
        self.assertEqual(kv.read_secret("x/y", mount_point="kv1")["data"], {"a": "b"})
        self.assertEqual(kv.list_secrets("x", mount_point="kv1")["data"]["keys"], ["y"])
        kv.delete_secret("x/y", mount_point="kv1")
        with self.assertRaises(exceptions.InvalidPath):
            kv.read_secret("x/y", mount_point="kv1")
        self.root.write_data("kv1/z", data={"n": 1})
        self.assertEqual(self.root.read("kv1/z")["data"], {"n": 1})
        self.root.delete("kv1/z")
        self.assertIsNone(self.root.read("kv1/z"))

    def test_kv_2(self):
        kv, at = self.root.secrets.kv.v2, {"mount_point": "kv2"}
        read = lambda **more: kv.read_secret_version("a", raise_on_deleted_version=True, **at, **more)
        kv.create_or_update_secret("a", {"n": 1}, cas=0, **at)
        kv.create_or_update_secret("a", {"n": 2}, cas=1, **at)
        with self.assertRaises(exceptions.InvalidRequest):
            kv.create_or_update_secret("a", {"n": 3}, cas=1, **at)
        kv.patch("a", {"m": 1}, **at)
        self.assertEqual(read()["data"]["data"], {"n": 2, "m": 1})
        self.assertEqual(read(version=1)["data"]["data"], {"n": 1})
        self.assertIn("a", kv.list_secrets("", **at)["data"]["keys"])
        kv.delete_latest_version_of_secret("a", **at)
        with self.assertRaises(exceptions.InvalidPath):
            read()
        kv.undelete_secret_versions("a", [3], **at)
        self.assertEqual(read()["data"]["metadata"]["version"], 3)
        kv.destroy_secret_versions("a", [1], **at)
        kv.update_metadata("a", max_versions=5, custom_metadata={"k": "v"}, **at)
        metadata = kv.read_secret_metadata("a", **at)["data"]
        self.assertTrue(metadata["versions"]["1"]["destroyed"])
        self.assertEqual((metadata["max_versions"], metadata["custom_metadata"]), (5, {"k": "v"}))
        kv.configure(max_versions=7, **at)
        self.assertEqual(kv.read_configuration(**at)["data"]["max_versions"], 7)
        kv.delete_metadata_and_all_versions("a", **at)
        with self.assertRaises(exceptions.InvalidPath):
            kv.read_secret_metadata("a", **at)

    def test_cubbyhole(self):
        self.root.write_data("cubbyhole/x", data={"a": "b"})
        self.assertEqual(self.root.read("cubbyhole/x")["data"], {"a": "b"})
        other = self.client(self.token(policies=["default"]))
        self.assertIsNone(other.read("cubbyhole/x"))

    def test_audit(self):
        path = os.path.join(self.server.folder, "audit.log")
        self.root.sys.enable_audit_device("file", path="trail", options={"file_path": path})
        self.assertIn("trail/", self.root.sys.list_enabled_audit_devices()["data"])
        self.root.secrets.kv.v1.create_or_update_secret("audited", {"a": "s3cret"}, mount_point="kv1")
        hashed = self.root.sys.calculate_hash("trail", "s3cret")["data"]["hash"]
        with open(path) as log:
            text = log.read()
        self.assertIn(hashed, text)
        self.assertNotIn("s3cret", text)
        self.root.sys.disable_audit_device("trail")
        self.assertNotIn("trail/", self.root.sys.list_enabled_audit_devices()["data"])

    def test_key_status(self):
        before = self.root.sys.get_encryption_key_status()["data"]["term"]
        self.root.sys.rotate_encryption_key()
        self.assertEqual(self.root.sys.get_encryption_key_status()["data"]["term"], before + 1)


if __name__ == "__main__":
    # hvac warns of its own future defaults, at the calls it makes itself.
    unittest.main(verbosity=2, warnings="ignore")
