//! Servers for tests: the real binary on a free port, with a folder of its own.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use client::{Client, InitRequest, InitResult, Settings};
use tempfile::TempDir;

/// How long a server may take to answer, or to end.
const PATIENCE: Duration = Duration::from_secs(20);
/// Lines of the log that a failed test shows.
const LOG_LINES: usize = 40;

/// The configuration of a server that keeps nothing.
pub(crate) const INMEM: &str = "storage \"inmem\" {}\n";
/// The configuration of a server that keeps everything in its folder.
pub(crate) const FILE: &str = "storage \"file\" { path = \"{folder}/data\" }\n";

/// A running server. It ends when this goes, and leaves nothing; it must not have panicked.
pub(crate) struct TestServer {
    child: Child,
    folder: TempDir,
    address: String,
    config: PathBuf,
    door: Door,
}

/// How clients come in.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Door {
    Clear,
    /// With the certificate that is in the server's folder.
    Tls,
}

/// The top of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The server's binary: `STRONGROOM_BIN`, or what Cargo built beside this test.
pub(crate) fn binary() -> PathBuf {
    let built = std::env::var_os("STRONGROOM_BIN").map_or_else(beside, PathBuf::from);
    assert!(built.exists(), "{} is not there; build it first: cargo build", built.display());
    built
}

fn beside() -> PathBuf {
    // target/debug/deps/main-… → target/debug/strongroom
    let own = std::env::current_exe().unwrap();
    own.ancestors().nth(2).unwrap().join("strongroom")
}

impl TestServer {
    /// A dev server: in memory, unsealed, with the root token `root`.
    pub(crate) async fn dev() -> (Self, Client) {
        let address = free_address();
        let folder = TempDir::new().unwrap();
        let config = folder.path().join("none");
        let mut command = Command::new(binary());
        command.args(["server", "-dev", "-dev-root-token-id=root", "-dev-no-store-token"]);
        command.arg(format!("-dev-listen-address={address}"));
        let child = spawn(command, folder.path());
        let server = Self { child, folder, address, config, door: Door::Clear };
        server.ready().await;
        server.active().await;
        let client = server.client(Some("root"));
        (server, client)
    }

    /// A server with this configuration and one listener in clear text. `{folder}` stands for a
    /// folder that goes with the server.
    pub(crate) async fn with_config(text: &str) -> Self {
        Self::start(TempDir::new().unwrap(), text, Door::Clear).await
    }

    /// The same with a listener that speaks TLS, with `cert.pem` and `key.pem` of this folder.
    pub(crate) async fn secured(folder: TempDir, text: &str) -> Self {
        Self::start(folder, text, Door::Tls).await
    }

    async fn start(folder: TempDir, text: &str, door: Door) -> Self {
        let address = free_address();
        let config = folder.path().join("server.hcl");
        let (scheme, tls) = match door {
            Door::Clear => ("http", " tls_disable = true\n"),
            Door::Tls => (
                "https",
                " tls_cert_file = \"{folder}/cert.pem\"\n tls_key_file = \"{folder}/key.pem\"\n",
            ),
        };
        let text = format!(
            "{text}\nlistener \"tcp\" {{\n address = \"{address}\"\n{tls}}}\n\
             api_addr = \"{scheme}://{address}\"\n"
        );
        let text = text.replace("{folder}", &folder.path().display().to_string());
        fs::write(&config, text).unwrap();
        let child = spawn(serve(&config), folder.path());
        let server = Self { child, folder, address, config, door };
        server.ready().await;
        server
    }

    /// A server with this configuration that was initialised and unsealed, and what that handed out.
    pub(crate) async fn unsealed(text: &str) -> (Self, Client, InitResult) {
        let server = Self::with_config(text).await;
        let keys = server.client(None).init(&InitRequest::shamir(1, 1)).await.unwrap();
        server.unseal(&keys).await;
        let client = server.client(Some(&keys.root_token));
        (server, client, keys)
    }

    /// Gives the keys and waits until the node serves.
    pub(crate) async fn unseal(&self, keys: &InitResult) {
        for key in &keys.keys {
            self.client(None).unseal(key).await.unwrap();
        }
        self.active().await;
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        match self.door {
            Door::Clear => format!("http://{}", self.address),
            Door::Tls => format!("https://{}", self.address),
        }
    }

    /// Where it listens: host and port.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The folder that goes with it.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its configuration file.
    pub(crate) fn config(&self) -> &Path {
        &self.config
    }

    /// A client of it, which trusts the certificate that is in the folder now.
    pub(crate) fn client(&self, token: Option<&str>) -> Client {
        let ca_cert = (self.door == Door::Tls).then(|| self.folder.path().join("cert.pem"));
        let settings = Settings { max_retries: 0, ca_cert, ..Settings::at(self.url()) };
        Client::from_settings(match token {
            Some(token) => settings.with_token(token),
            None => settings,
        })
        .unwrap()
    }

    /// Ends the process in the middle of whatever it does, and starts it again.
    pub(crate) async fn kill_and_restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = spawn(serve(&self.config), self.folder.path());
        self.ready().await;
    }

    /// Ends the process in order, and starts it again.
    pub(crate) async fn restart(&mut self) {
        let status = self.stop();
        assert!(status.success(), "{status}\n{}", self.log_tail());
        self.start_again().await;
    }

    /// Starts the process again after it has ended.
    pub(crate) async fn start_again(&mut self) {
        self.child = spawn(serve(&self.config), self.folder.path());
        self.ready().await;
    }

    /// Starts the process again; whether it serves, or ends because it cannot.
    pub(crate) async fn starts(&mut self) -> bool {
        self.child = spawn(serve(&self.config), self.folder.path());
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if self.client(None).seal_status().await.is_ok() {
                return true;
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                assert_eq!(status.code(), Some(1), "{}", self.log_tail());
                return false;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the server neither serves nor ends\n{}", self.log_tail());
    }

    /// Asks the process to end, as a service manager does, and waits for it.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.ended()
    }

    /// Waits for the end of the process.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the server did not end\n{}", self.log_tail());
    }

    /// Sends a signal to the process.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap();
        assert!(sent.success());
    }

    /// Sends SIGHUP and waits until it was minded.
    pub(crate) async fn reload(&self) {
        const DONE: &str = "reloaded";
        let count = self.log().matches(DONE).count();
        self.signal("HUP");
        self.until("reload", async |_| self.log().matches(DONE).count() > count).await;
    }

    /// All of its log.
    pub(crate) fn log(&self) -> String {
        let bytes = fs::read(self.folder.path().join("log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Waits until this is in the log.
    pub(crate) async fn logged(&self, piece: &str) {
        let what = format!("log {piece:?}");
        self.until(&what, async |_| self.log().contains(piece)).await;
    }

    /// The last lines of its log.
    pub(crate) fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
    }

    async fn ready(&self) {
        self.until("answer", async |client| client.seal_status().await.is_ok()).await;
    }

    /// Waits until the node serves.
    pub(crate) async fn active(&self) {
        let active = async |client: &Client| {
            client.health().await.is_ok_and(|reply| reply.status.as_u16() == 200)
        };
        self.until("become active", active).await;
    }

    /// Waits for something to come true.
    pub(crate) async fn until(&self, what: &str, done: impl AsyncFn(&Client) -> bool) {
        let client = self.client(None);
        let start = Instant::now();
        while !done(&client).await {
            assert!(start.elapsed() < PATIENCE, "the server did not {what}\n{}", self.log_tail());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the server's log:\n{}", self.log_tail());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !std::thread::panicking() {
            let log = self.log();
            assert!(!log.contains("panicked at"), "the server panicked\n{log}");
        }
    }
}

/// The command that serves with this configuration.
pub(crate) fn serve(config: &Path) -> Command {
    let mut command = Command::new(binary());
    command.arg("server").arg(format!("-config={}", config.display()));
    command
}

fn spawn(mut command: Command, folder: &Path) -> Child {
    let log = fs::OpenOptions::new().create(true).append(true).open(folder.join("log")).unwrap();
    command.env_clear().env("HOME", folder).env("PATH", std::env::var_os("PATH").unwrap());
    command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
    command.spawn().unwrap()
}

/// An address of this machine that nobody uses.
pub(crate) fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}
