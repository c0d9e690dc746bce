//! `server`: what it says when it cannot start, and what a dev server with TLS needs.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use super::{Person, fails, ok};
use crate::support::binary;

const LISTENER: &str = "listener \"tcp\" { address = \"127.0.0.1:0\" tls_disable = true }\n";
/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A configuration that cannot be used, and pieces of the one sentence on standard error.
fn refused(config: &str, pieces: &[&str]) {
    let person = Person::new("http://127.0.0.1:9", "");
    fs::write(person.home.path().join("c.hcl"), person.filled(config)).unwrap();
    let output = person.types("server -config={home}/c.hcl", "");
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{config}\n{error}");
    assert_eq!(error.lines().count(), 1, "{config}\n{error}");
    assert_eq!(person.fault(&error, pieces), None, "{config}\n{error}");
}

#[test]
fn a_configuration_that_cannot_be_used_is_one_sentence() {
    let inmem = |rest: &str| format!("storage \"inmem\" {{}}\n{rest}\n");
    let listener = |keys: &str| inmem(&format!("listener \"tcp\" {{ {keys} }}"));
    refused("storage \"inmem\" {\n", &["error loading configuration from {home}/c.hcl: At 2:2:"]);
    refused(LISTENER, &["no storage stanza in {home}/c.hcl: add one"]);
    refused(
        &format!("storage \"nosuch\" {{}}\n{LISTENER}"),
        &["{home}/c.hcl:1: provider not found: storage \"nosuch\"", "inmem", "name one of these"],
    );
    refused(
        &format!("storage \"file\" {{ path = \"{{home}}\" zz = 1 }}\n{LISTENER}"),
        &["{home}/c.hcl:1: storage \"file\": the setting \"zz\""],
    );
    refused(
        &format!("storage \"file\" {{ path = \"{{home}}/c.hcl\" }}\n{LISTENER}"),
        &["{home}/c.hcl:1: storage \"file\": ", "not a folder"],
    );
    refused(
        &format!("storage \"file\" {{ path = \"/proc/nosuch\" }}\n{LISTENER}"),
        &["{home}/c.hcl:1: storage \"file\": ", "/proc/nosuch"],
    );
    refused(
        &inmem("seal \"nosuch\" {}"),
        &["{home}/c.hcl:2: provider not found: seal \"nosuch\"", "name one of these"],
    );
    refused(&inmem("default_lease_ttl = \"zz\""), &["{home}/c.hcl:2: default_lease_ttl: "]);
    refused(&inmem("log_level = \"zz\""), &["{home}/c.hcl:2: log_level: must be trace, debug"]);
    refused(&listener(""), &["{home}/c.hcl:2: listener: TLS is on", "tls_disable = true"]);
    refused(
        &listener(
            "address = \"127.0.0.1:0\" tls_cert_file = \"/nosuch\" tls_key_file = \"/nosuch\"",
        ),
        &["{home}/c.hcl:2: listener: cannot read tls_cert_file \"/nosuch\"", "check the path"],
    );
    let occupied = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = occupied.local_addr().unwrap().to_string();
    refused(
        &listener(&format!("address = \"{address}\" tls_disable = true")),
        &["{home}/c.hcl:2: listener: cannot listen on", &address, "another process"],
    );
}

#[test]
fn a_line_that_cannot_be_used_is_one_sentence() {
    let occupied = TcpListener::bind("127.0.0.1:0").unwrap();
    let dev = format!("server -dev -dev-listen-address={}", occupied.local_addr().unwrap());
    let person = Person::new("http://127.0.0.1:9", "");
    let output = person.types(&dev, "");
    assert_eq!(output.status.code(), Some(1));
    let pieces = ["-dev-listen-address: another process uses 127.0.0.1:", "give another address"];
    assert_eq!(person.fault(&String::from_utf8_lossy(&output.stderr), &pieces), None);
    person.checks(&[
        fails(1, "server", &["A configuration is needed: -config=FILE"]),
        fails(1, "server x", &["Too many arguments"]),
        fails(
            1,
            "server -config=/nosuch.hcl",
            &["configuration from /nosuch.hcl: ", "check the path"],
        ),
        fails(
            1,
            "server -dev -dev-listen-address=foo",
            &["-dev-listen-address: the port is missing"],
        ),
        fails(1, "server -dev -log-level=zz", &["unknown log level \"zz\"; the levels are trace"]),
        fails(1, "server -dev -log-format=zz", &["unknown log format \"zz\"; the formats are"]),
        fails(1, "server -dev-tls -config=c.hcl", &["-dev-tls is for a server without -config"]),
        ok(
            "server -h",
            &["strongroom server -dev", "-dev-root-token-id=<text>", "-dev-tls-cert-dir"],
        ),
    ]);
}

/// A process that ends with its test.
struct Ending(Child);

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_dev_server_with_tls_says_whom_to_trust() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let person = Person::new(&format!("https://{free}"), "root");
    let mut command = Command::new(binary());
    command.env_clear().env("HOME", person.home.path()).env("TMPDIR", person.home.path());
    command.args(["server", "-dev-tls", "-dev-root-token-id=root", "-log-level=error"]);
    command.arg(format!("-dev-listen-address={free}")).stdout(Stdio::piped());
    let mut server = Ending(command.spawn().unwrap());
    let printed = BufReader::new(server.0.stdout.take().unwrap()).lines();
    let line = printed.map(Result::unwrap).find(|line| line.contains("STRONGROOM_CACERT"));
    let line = line.expect("the server prints it");
    let authority = line.split('\'').nth(1).expect("the file stands in quotes");

    let trusting = format!("STRONGROOM_CACERT={authority} kv put secret/a k=v");
    let start = Instant::now();
    while !person.types(&trusting, "").status.success() {
        assert!(start.elapsed() < PATIENCE, "the server does not answer");
        std::thread::sleep(Duration::from_millis(50));
    }
    person.checks(&[fails(1, "status", &["unknown authority", "STRONGROOM_CACERT"])]);
    let skipping = person.reads("kv get -tls-skip-verify -field=k secret/a");
    assert_eq!(skipping, "v");
}
