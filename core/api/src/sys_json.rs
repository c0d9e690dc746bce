//! The shapes of the answers without an envelope: init, seal status, leader.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use crypto::Secret;
use jiff::Timestamp;
use node::{Initialized, Leader, SealStatus};
use serde::Serialize;

use crate::{Build, encode::line};

pub(crate) fn initialized(initialized: bool) -> Bytes {
    #[derive(Serialize)]
    struct Shape {
        initialized: bool,
    }
    line(&Shape { initialized })
}

pub(crate) fn init(keys: &Initialized) -> Bytes {
    #[derive(Serialize)]
    struct Shape<'a> {
        keys: Vec<String>,
        keys_base64: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        recovery_keys: Option<Vec<String>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        recovery_keys_base64: Option<Vec<String>>,
        root_token: &'a str,
    }
    let recovery = keys.recovery_keys.as_deref();
    line(&Shape {
        keys: in_hex(&keys.unseal_keys),
        keys_base64: in_base64(&keys.unseal_keys),
        recovery_keys: recovery.map(in_hex),
        recovery_keys_base64: recovery.map(in_base64),
        root_token: keys.root_token.expose(),
    })
}

fn in_hex(keys: &[Secret<Vec<u8>>]) -> Vec<String> {
    keys.iter().map(|key| hex::encode(key.expose())).collect()
}

fn in_base64(keys: &[Secret<Vec<u8>>]) -> Vec<String> {
    keys.iter().map(|key| STANDARD.encode(key.expose())).collect()
}

pub(crate) fn seal_status(status: &SealStatus, build: &Build) -> Bytes {
    #[derive(Serialize)]
    struct Shape<'a> {
        r#type: &'a str,
        initialized: bool,
        sealed: bool,
        t: u32,
        n: u32,
        progress: u32,
        nonce: &'a str,
        recovery_seal: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        recovery_seal_type: Option<&'static str>,
        version: &'a str,
        commit_date: &'a str,
        /// Older clients know this name.
        build_date: &'a str,
        migration: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        cluster_name: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cluster_id: Option<&'a str>,
        storage_type: &'a str,
    }
    line(&Shape {
        r#type: &status.kind,
        initialized: status.initialized,
        sealed: status.sealed,
        t: status.threshold,
        n: status.shares,
        progress: status.progress,
        nonce: &status.nonce,
        recovery_seal: status.recovery_seal,
        recovery_seal_type: status.recovery_seal.then_some("shamir"),
        version: &build.version,
        commit_date: &build.commit_date,
        build_date: &build.build_date,
        migration: status.migration,
        cluster_name: status.cluster.as_ref().map(|cluster| cluster.name.as_str()),
        cluster_id: status.cluster.as_ref().map(|cluster| cluster.id.as_str()),
        storage_type: &status.storage_kind,
    })
}

pub(crate) fn leader(leader: &Leader) -> Bytes {
    #[derive(Default, Serialize)]
    struct Shape<'a> {
        ha_enabled: bool,
        #[serde(skip_serializing_if = "is_false")]
        is_self: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        active_time: Option<Timestamp>,
        #[serde(skip_serializing_if = "str::is_empty")]
        leader_address: &'a str,
        #[serde(skip_serializing_if = "str::is_empty")]
        leader_cluster_address: &'a str,
    }
    let shape = match leader {
        Leader::NoHa => Shape::default(),
        Leader::Myself { since, api_addr, cluster_addr } => Shape {
            ha_enabled: true,
            is_self: true,
            active_time: Some(*since),
            leader_address: api_addr,
            leader_cluster_address: cluster_addr,
        },
        Leader::Other { api_addr, cluster_addr } => Shape {
            ha_enabled: true,
            leader_address: api_addr,
            leader_cluster_address: cluster_addr,
            ..Shape::default()
        },
    };
    line(&shape)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(truth: &bool) -> bool {
    !truth
}
