//! Starts servers, puts load on them, and prints what came of it against a bare server.
//!
//! `drive --binary target/release/strongroom [--peer PATH] [--component FILE.wasm] [--seconds 5]
//! [--connections 32]`

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use bench::{
    Args, Error, Outcome, Result, Target,
    process::{Running, free_address, pinned},
    report::{Report, Row},
    tls,
};
use serde_json::{Value, json};

/// The server has one core, the sender another.
const SERVER_CORE: usize = 0;
const LOAD_CORE: usize = 1;
const INMEM: &str = "storage \"inmem\" {}\n";
const KEYS: &str = "100";
/// The bytes of a secret's value.
const VALUE: usize = 500;

fn main() -> Result<()> {
    let args = Args::parse(&["binary", "peer", "component", "seconds", "connections"])?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(Error::io("starting"))?.block_on(run(&args))
}

async fn run(args: &Args) -> Result<()> {
    let folder = tempfile::tempdir().map_err(Error::io("making a folder"))?;
    let beside = std::env::current_exe().map_err(Error::io("finding the programs"))?;
    let mut bench = Bench {
        folder: folder.path().to_owned(),
        programs: beside.parent().map(Path::to_owned).unwrap_or_default(),
        seconds: args.text("seconds").unwrap_or("5").to_owned(),
        connections: args.text("connections").unwrap_or("32").to_owned(),
        report: Report::default(),
    };
    tls::write_certificate(&bench.folder)?;
    let binary = Path::new(args.required("binary")?);
    bench.measure("strongroom", binary).await?;
    if let Some(component) = args.text("component") {
        bench.component(binary, Path::new(component)).await?;
    }
    if let Some(peer) = args.text("peer") {
        bench.measure("peer", Path::new(peer)).await?;
    }
    bench.report.show().map_err(Error::io("writing"))
}

struct Bench {
    folder: PathBuf,
    programs: PathBuf,
    seconds: String,
    connections: String,
    report: Report,
}

/// A server that is unsealed and holds the keys.
struct Prepared {
    running: Running,
    token: String,
}

impl Bench {
    async fn measure(&mut self, label: &str, binary: &Path) -> Result<()> {
        for secure in [false, true] {
            let how = if secure { "TLS" } else { "clear" };
            let server = self.prepare(binary, INMEM, secure).await?;
            if !secure {
                let figure =
                    (format!("{label}: resident memory, idle"), server.running.resident()?);
                self.report.figures.push((figure.0, figure.1, "MiB"));
            }
            let read = format!("bare, {how}, the bytes of a read");
            self.bare(&server, "GET", "/v1/kv/data/k0", &read, secure).await?;
            self.load(&format!("{label}, {how}, read"), Some(&read), &server, "GET").await?;
            if !secure {
                let write = "bare, clear, the bytes of a write".to_owned();
                self.bare(&server, "PUT", "/v1/kv/data/k0", &write, secure).await?;
                self.load(
                    &format!("{label}, {how}, write in memory"),
                    Some(&write),
                    &server,
                    "PUT",
                )
                .await?;
            }
            self.audit(&server).await?;
            self.load(&format!("{label}, {how}, read, audit"), Some(&read), &server, "GET").await?;
        }
        self.start_time(label, binary).await
    }

    /// Reads from a server whose storage in memory is a component, against one with the bundled
    /// one; with the cache, as servers run, and without, so that every read goes to the storage.
    async fn component(&mut self, binary: &Path, component: &Path) -> Result<()> {
        let bytes = fs::read(component).map_err(Error::io("reading the component"))?;
        let digest: String =
            plugin_api::digest::sha256(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let path = fs::canonicalize(component).map_err(Error::io("finding the component"))?;
        let plugin = format!(
            "plugin \"storage\" \"component\" {{\n path = {path:?}\n sha256 = \"{digest}\"\n}}\n\
             storage \"component\" {{}}\n"
        );
        for (how, cache) in [("", ""), (", no cache", "disable_cache = true\n")] {
            let bundled = format!("bundled storage{how}, read");
            let server = self.prepare(binary, &format!("{cache}{INMEM}"), false).await?;
            self.load(&bundled, None, &server, "GET").await?;
            drop(server);
            let server = self.prepare(binary, &format!("{cache}{plugin}"), false).await?;
            self.load(&format!("component{how}, read"), Some(&bundled), &server, "GET").await?;
        }
        Ok(())
    }

    async fn prepare(&self, binary: &Path, storage: &str, secure: bool) -> Result<Prepared> {
        let (running, _) = self.start(binary, storage, secure).await?;
        let made = parsed(
            &running,
            "PUT",
            "/v1/sys/init",
            &json!({"secret_shares": 1, "secret_threshold": 1}),
        )
        .await?;
        let key = made.pointer("/keys/0").and_then(Value::as_str).unwrap_or_default();
        parsed(&running, "PUT", "/v1/sys/unseal", &json!({ "key": key })).await?;
        running.wait_active().await?;
        let token = made.get("root_token").and_then(Value::as_str).unwrap_or_default().to_owned();
        let mount = json!({"type": "kv", "options": {"version": "2"}}).to_string();
        running.ask("POST", "/v1/sys/mounts/kv", &token, &mount).await?;
        for n in 0..100 {
            running.ask("PUT", &format!("/v1/kv/data/k{n}"), &token, &secret()).await?;
        }
        Ok(Prepared { running, token })
    }

    /// Starts a server; also says how it was started, to do so again.
    async fn start(
        &self,
        binary: &Path,
        storage: &str,
        secure: bool,
    ) -> Result<(Running, PathBuf)> {
        let address = free_address()?;
        let folder = self.folder.display();
        let tls = if secure {
            format!("tls_cert_file = \"{folder}/cert.pem\"\n tls_key_file = \"{folder}/key.pem\"")
        } else {
            "tls_disable = true".to_owned()
        };
        let scheme = if secure { "https" } else { "http" };
        let config = format!(
            "{storage}listener \"tcp\" {{\n address = \"{address}\"\n {tls}\n}}\n\
             api_addr = \"{scheme}://{address}\"\ndisable_mlock = true\n\
             unsafe_allow_api_audit_creation = true\nlog_level = \"error\"\n"
        );
        let file = self.folder.join(format!("{}.hcl", address.port()));
        fs::write(&file, config).map_err(Error::io("writing a configuration"))?;
        let target =
            Target::new(&address.to_string(), secure.then(|| self.folder.join("cert.pem")))?;
        Ok((self.again(binary, &file, target).await?, file))
    }

    async fn again(&self, binary: &Path, config: &Path, target: Target) -> Result<Running> {
        let mut command = pinned(SERVER_CORE, binary);
        command.arg("server").arg(format!("-config={}", config.display()));
        Running::start(command, target, &config.with_extension("log")).await
    }

    /// Measures a bare server that answers what the server answers, unless that is known already.
    async fn bare(
        &mut self,
        server: &Prepared,
        method: &str,
        path: &str,
        name: &str,
        secure: bool,
    ) -> Result<()> {
        if self.report.rows.iter().any(|row| row.name == name) {
            return Ok(());
        }
        let body = if method == "PUT" { secret() } else { String::new() };
        let answer = server.running.ask(method, path, &server.token, &body).await?;
        let file = self.folder.join("answer");
        fs::write(&file, answer).map_err(Error::io("writing an answer"))?;
        let address = free_address()?;
        let mut command = pinned(SERVER_CORE, &self.programs.join("bare"));
        command.args(["--address", &address.to_string()]).arg("--body").arg(&file);
        if secure {
            command.arg("--cert").arg(self.folder.join("cert.pem"));
            command.arg("--key").arg(self.folder.join("key.pem"));
        }
        let target = Target::new(&address.to_string(), server.running.target.ca.clone())?;
        let running = Running::start(command, target, &self.folder.join("bare.log")).await?;
        let bare = Prepared { running, token: server.token.clone() };
        self.load(name, None, &bare, method).await
    }

    async fn load(
        &mut self,
        name: &str,
        against: Option<&str>,
        server: &Prepared,
        method: &str,
    ) -> Result<()> {
        let mut command = pinned(LOAD_CORE, &self.programs.join("load"));
        command
            .args(["--address", &server.running.target.address.to_string()])
            .args(["--method", method, "--path", "/v1/kv/data/k{n}", "--keys", KEYS])
            .args(["--token", &server.token, "--seconds", &self.seconds])
            .args(["--connections", &self.connections]);
        if method == "PUT" {
            command.args(["--body", &secret()]);
        }
        if let Some(ca) = &server.running.target.ca {
            command.arg("--ca").arg(ca);
        }
        let before = server.running.processor_time()?;
        let outcome = outcome(command).await?;
        let used = server.running.processor_time()? - before;
        // The warm-up of a tenth is answered too, but not counted.
        let processor =
            used * 1e6 / (outcome.per_second * self.seconds.parse().unwrap_or(1.0) * 1.1);
        let against = against.map(str::to_owned);
        self.report.rows.push(Row { name: name.to_owned(), against, outcome, processor });
        Ok(())
    }

    async fn audit(&self, server: &Prepared) -> Result<()> {
        let path = self.folder.join("audit.log");
        let device = json!({"type": "file", "options": {"file_path": path}}).to_string();
        server.running.ask("PUT", "/v1/sys/audit/file", &server.token, &device).await?;
        Ok(())
    }

    /// From the start of the process until it is unsealed, with a seal that unseals itself.
    async fn start_time(&mut self, label: &str, binary: &Path) -> Result<()> {
        let data = self.folder.join(format!("{label}-data"));
        let storage = format!(
            "storage \"file\" {{ path = {data:?} }}\nseal \"static\" {{\n current_key_id = \"k\"\n \
             current_key = \"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\"\n}}\n"
        );
        let (running, config) = self.start(binary, &storage, false).await?;
        parsed(&running, "PUT", "/v1/sys/init", &json!({})).await?;
        running.wait_active().await?;
        let target = running.target.clone();
        drop(running);
        let start = Instant::now();
        let running = self.again(binary, &config, target).await?;
        running.wait_active().await?;
        let millis = start.elapsed().as_secs_f64() * 1000.0;
        self.report.figures.push((format!("{label}: start to unsealed"), millis, "ms"));
        Ok(())
    }
}

/// What is written, and then read.
fn secret() -> String {
    let value: String = "0123456789abcdef".chars().cycle().take(VALUE).collect();
    json!({ "data": { "value": value } }).to_string()
}

async fn parsed(running: &Running, method: &str, path: &str, body: &Value) -> Result<Value> {
    let answer = running.ask(method, path, "", &body.to_string()).await?;
    serde_json::from_slice(&answer).map_err(|error| Error::Unexpected(format!("{path}: {error}")))
}

async fn outcome(mut command: Command) -> Result<Outcome> {
    let running = tokio::task::spawn_blocking(move || command.output());
    let output = running.await.map_err(|error| Error::Unexpected(error.to_string()))?;
    let output = output.map_err(Error::io("starting the load"))?;
    serde_json::from_slice(&output.stdout).map_err(|_| {
        Error::Unexpected(format!("the load failed: {}", String::from_utf8_lossy(&output.stderr)))
    })
}
