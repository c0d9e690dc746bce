//! Load on a server: as fast as it answers, or at a given rate.

use std::{sync::Arc, time::Duration};

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

use crate::{Error, Result, Target, Wire};

/// The longest latency that is told apart, in nanoseconds.
const LATENCY_MAX: u64 = 60_000_000_000;

/// What is sent, and how.
#[derive(Clone, Debug)]
pub struct Load {
    /// Where to.
    pub target: Target,
    /// The requests, sent in turn.
    pub requests: Arc<Vec<Vec<u8>>>,
    /// The status that each of them must get.
    pub status: u16,
    /// How many connections, each with one request at a time.
    pub connections: usize,
    /// For how long, after a warm-up of a tenth of it.
    pub duration: Duration,
    /// Requests a second on all connections; `None` sends the next one as soon as one is answered.
    pub rate: Option<f64>,
}

/// What came of it. Latencies are in microseconds.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Outcome {
    /// Answers.
    pub answers: u64,
    /// Answers a second.
    pub per_second: f64,
    /// Half were faster.
    pub p50: f64,
    /// Nine of ten were faster.
    pub p90: f64,
    /// Ninety-nine of a hundred were faster.
    pub p99: f64,
    /// The slowest.
    pub max: f64,
}

impl Load {
    /// Runs it.
    pub async fn run(&self) -> Result<Outcome> {
        let begin = Instant::now() + self.duration / 10;
        let end = begin + self.duration;
        let mut tasks = JoinSet::new();
        for number in 0..self.connections {
            tasks.spawn(self.clone().one(number, begin, end));
        }
        let mut all = histogram()?;
        while let Some(joined) = tasks.join_next().await {
            let one = joined.map_err(|error| Error::Unexpected(error.to_string()))??;
            all.add(one).map_err(|error| Error::Unexpected(error.to_string()))?;
        }
        let micros = |quantile: f64| micros(all.value_at_quantile(quantile));
        Ok(Outcome {
            answers: all.len(),
            per_second: count(all.len()) / self.duration.as_secs_f64(),
            p50: micros(0.5),
            p90: micros(0.9),
            p99: micros(0.99),
            max: self::micros(all.max()),
        })
    }

    async fn one(self, number: usize, begin: Instant, end: Instant) -> Result<Histogram<u64>> {
        let mut wire = Wire::open(&self.target).await?;
        let mut latencies = histogram()?;
        let mut pace = self.rate.map(|rate| Pace::new(rate, self.connections, number));
        for request in self.requests.iter().cycle().skip(number) {
            // At a given rate the clock starts when the request was due, not when it could be
            // sent: a server that stalls must not be asked less often and look better for it.
            let start = match &mut pace {
                None => Instant::now(),
                Some(pace) => pace.due().await,
            };
            if start >= end {
                break;
            }
            let status = wire.status(request).await?;
            if status != self.status {
                return Err(Error::Unexpected(format!("an answer had the status {status}")));
            }
            if start >= begin {
                let nanos = u64::try_from(start.elapsed().as_nanos()).unwrap_or(LATENCY_MAX);
                latencies.saturating_record(nanos);
            }
        }
        Ok(latencies)
    }
}

/// When the requests of one connection are due.
struct Pace {
    next: Instant,
    step: Duration,
}

impl Pace {
    fn new(rate: f64, connections: usize, number: usize) -> Self {
        let each = Duration::from_secs_f64(1.0 / rate);
        let times = |n: usize| each * u32::try_from(n).unwrap_or(u32::MAX);
        Self { next: Instant::now() + times(number), step: times(connections) }
    }

    async fn due(&mut self) -> Instant {
        let due = self.next;
        self.next += self.step;
        sleep_until(due).await;
        due
    }
}

fn histogram() -> Result<Histogram<u64>> {
    Histogram::new_with_bounds(1, LATENCY_MAX, 3)
        .map_err(|error| Error::Unexpected(error.to_string()))
}

fn micros(nanos: u64) -> f64 {
    count(nanos) / 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "counts and nanoseconds stay far below 2^52")]
fn count(number: u64) -> f64 {
    number as f64
}
