//! What becomes of connections, moment by moment.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use config::HttpTimeouts;

use super::{Activity, Verdict, Watch};

struct Scene {
    activity: Arc<Activity>,
    watch: Watch,
    now: Instant,
}

fn scene(many: bool) -> Scene {
    let timeouts = HttpTimeouts {
        read_header: Some(Duration::from_secs(10)),
        read: None,
        write: Some(Duration::from_secs(20)),
        idle: Some(Duration::from_secs(300)),
    };
    let activity = Activity::new();
    let mut watch = Watch::new(Arc::clone(&activity), timeouts, many);
    let now = Instant::now();
    watch.judge(now);
    Scene { activity, watch, now }
}

impl Scene {
    fn after(&mut self, seconds: u64, want: Verdict) {
        self.now += Duration::from_secs(seconds);
        assert_eq!(self.watch.judge(self.now), want, "after {seconds} s");
    }

    fn changed(&mut self) {
        self.activity.changed();
        self.after(0, Verdict::Keep);
    }
}

#[test]
fn a_client_that_never_asks_is_dropped() {
    let mut scene = scene(false);
    scene.after(9, Verdict::Keep);
    scene.after(1, Verdict::Drop);
}

#[test]
fn an_idle_client_may_stay_longer_and_is_told() {
    let mut scene = scene(false);
    drop(scene.activity.request());
    scene.changed();
    scene.after(299, Verdict::Keep);
    scene.after(1, Verdict::Finish);
}

#[test]
fn a_request_may_take_its_time() {
    let mut scene = scene(false);
    let request = scene.activity.request();
    scene.changed();
    scene.after(10_000, Verdict::Keep);
    drop(request);
    scene.after(0, Verdict::Keep);
    scene.after(300, Verdict::Finish);
}

#[test]
fn a_client_that_takes_nothing_is_dropped() {
    let mut scene = scene(false);
    let _request = scene.activity.request();
    scene.activity.stalled.store(true, Ordering::Relaxed);
    scene.changed();
    scene.after(19, Verdict::Keep);
    scene.after(1, Verdict::Drop);
}

#[test]
fn bytes_on_a_shared_connection_are_no_head() {
    let mut scene = scene(true);
    scene.after(299, Verdict::Keep);
    scene.after(1, Verdict::Finish);
}
