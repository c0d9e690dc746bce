//! The configurations that an operator copies can be read.

use config::Config;

use super::{files, nothing_of};
use crate::support::repository;

#[test]
fn configurations_are_read() {
    let complaint = |path: &str| {
        let loaded = Config::load(&[repository().join(path)], &|_| None);
        match loaded {
            Ok(loaded) if loaded.warnings.is_empty() => None,
            Ok(loaded) => Some(format!("{path}: {}", loaded.warnings.join("; "))),
            Err(error) => Some(format!("{path}: {error}")),
        }
    };
    let all = files(".hcl");
    let ours = all.iter().filter(|file| file.path.starts_with("config/"));
    nothing_of(ours.filter_map(|file| complaint(&file.path)).collect());
}
