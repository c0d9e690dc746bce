//! Processes on one core each, and what the system knows of them.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use crate::{Error, Result, Target, Wire, target::request};

/// How long a server may take to be ready.
const START_MAX: Duration = Duration::from_secs(20);
/// Ticks of the processor clock a second, as Linux counts them for every process.
const TICKS: f64 = 100.0;

/// A running server; it ends when this goes.
pub struct Running {
    child: Child,
    /// Where it listens.
    pub target: Target,
}

/// A free address of this machine.
pub fn free_address() -> Result<SocketAddr> {
    let socket = TcpListener::bind("127.0.0.1:0").map_err(Error::io("finding a port"))?;
    socket.local_addr().map_err(Error::io("finding a port"))
}

/// A command that is kept on one core.
pub fn pinned(core: usize, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.arg("-c").arg(core.to_string()).arg(program);
    command
}

impl Running {
    /// Starts a server and waits until it accepts connections.
    pub async fn start(mut command: Command, target: Target, log: &Path) -> Result<Self> {
        let log = fs::File::create(log).map_err(Error::io("making a log file"))?;
        let copy = log.try_clone().map_err(Error::io("making a log file"))?;
        command.stdin(Stdio::null()).stdout(log).stderr(copy);
        let child = command.spawn().map_err(Error::io("starting a server"))?;
        let running = Self { child, target };
        let start = Instant::now();
        while start.elapsed() < START_MAX {
            if Wire::open(&running.target).await.is_ok() {
                return Ok(running);
            }
            sleep(Duration::from_millis(1)).await;
        }
        Err(Error::Unexpected("a server did not start; see its log".to_owned()))
    }

    /// Asks for something and gives back the body of a 200 or 204.
    pub async fn ask(&self, method: &str, path: &str, token: &str, body: &str) -> Result<Vec<u8>> {
        let mut wire = Wire::open(&self.target).await?;
        let reply = wire.call(&request(method, path, token, body)).await?;
        match reply.status {
            200 | 204 => Ok(reply.body),
            status => Err(Error::Unexpected(format!(
                "{method} {path} was answered {status}: {}",
                String::from_utf8_lossy(&reply.body)
            ))),
        }
    }

    /// Waits until the health check says 200.
    pub async fn wait_active(&self) -> Result<()> {
        let start = Instant::now();
        while start.elapsed() < START_MAX {
            if self.ask("GET", "/v1/sys/health", "", "").await.is_ok() {
                return Ok(());
            }
            sleep(Duration::from_millis(1)).await;
        }
        Err(Error::Unexpected("a server did not become active".to_owned()))
    }

    /// Memory that is resident, in MiB.
    pub fn resident(&self) -> Result<f64> {
        let status = self.proc("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
        kib.map(|kib| kib / 1024.0).ok_or_else(|| Error::Unexpected("no VmRSS".to_owned()))
    }

    /// Processor time so far, in seconds.
    pub fn processor_time(&self) -> Result<f64> {
        let stat = self.proc("stat")?;
        // The name in brackets may hold spaces; user and system time are the 12th and 13th after.
        let after = stat.rsplit_once(") ").map_or("", |(_, after)| after);
        let field = |n: usize| after.split(' ').nth(n).and_then(|text| text.parse::<f64>().ok());
        match (field(11), field(12)) {
            (Some(user), Some(system)) => Ok((user + system) / TICKS),
            _ => Err(Error::Unexpected("no processor time".to_owned())),
        }
    }

    fn proc(&self, file: &str) -> Result<String> {
        // `taskset` becomes the program it starts, so that this is the server itself.
        fs::read_to_string(format!("/proc/{}/{file}", self.child.id()))
            .map_err(Error::io("reading /proc"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone afterwards.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
