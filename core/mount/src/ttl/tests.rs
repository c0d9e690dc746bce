//! Tables of times to live.

use super::*;

const SYSTEM: SystemTtls =
    SystemTtls { default: Duration::from_secs(500), max: Duration::from_secs(1000) };

fn config(default_lease_ttl: i64, max_lease_ttl: i64) -> Config {
    Config { default_lease_ttl, max_lease_ttl, ..Config::default() }
}

#[test]
fn effective_times() {
    let check = |default, max, want: (u64, u64)| {
        let got = effective(&config(default, max), SYSTEM);
        assert_eq!((got.default.as_secs(), got.max.as_secs()), want, "{default} {max}");
    };
    check(0, 0, (500, 1000));
    check(7, 0, (7, 1000));
    check(0, 2000, (500, 2000));
    check(0, 60, (60, 60));
    check(-3600, 100, (100, 100));
}

#[test]
fn refused_times() {
    let check = |default, max, new: Option<&str>, tuned: Option<&str>| {
        let config = config(default, max);
        let text = |result: Result<()>| result.err().map(|error| error.public.into_owned());
        assert_eq!(text(check_new(&config, SYSTEM)).as_deref(), new, "{default} {max}");
        assert_eq!(text(check_tuned(&config, SYSTEM)).as_deref(), tuned, "{default} {max}");
    };
    check(0, 0, None, None);
    check(0, 99_999, None, None);
    check(-5, 5, None, None);
    check(
        9,
        5,
        Some("given default lease TTL greater than given max lease TTL"),
        Some("backend max lease TTL of 5 would be less than backend default lease TTL of 9"),
    );
    check(
        2000,
        0,
        Some("given default lease TTL greater than system max lease TTL of 1000"),
        Some(
            "backend default lease TTL of 2000 would be greater than system max lease TTL of 1000",
        ),
    );
}
