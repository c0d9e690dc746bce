//! Tables of changes, in the order of a recorded session.

use logical::testing::Memory;

use super::*;
use crate::{
    Enable,
    table::tests::{fresh, text},
};

fn tune() -> Tune {
    Tune::default()
}

fn options(pairs: &[(&str, &str)]) -> Option<BTreeMap<String, String>> {
    Some(pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect())
}

async fn mounts() -> (Memory, MountTable) {
    let (store, table) = fresh().await;
    for (class, path, kind) in [
        (Class::Secret, "kv1", "kv"),
        (Class::Auth, "up", "userpass"),
        (Class::Auth, "t-jwt", "jwt"),
    ] {
        let ask = Enable { kind: kind.to_owned(), ..Enable::default() };
        table.enable(&store, class, path, ask).await.unwrap();
        store.commit();
    }
    (store, table)
}

#[tokio::test]
async fn tuning() {
    let (store, table) = mounts().await;
    let check = async |path: &str, ask: Tune, want: &str| {
        let answer = text(table.tune(&store, path, ask.clone()).await);
        store.commit();
        assert_eq!(answer, want, "{path} {ask:?}");
    };
    let word = |word: &str| Some(word.to_owned());
    let default_ttl = |seconds| Tune { default_lease_ttl: Some(seconds), ..tune() };
    let visible = |name: &str| Tune { listing_visibility: word(name), ..tune() };
    let issues = |name: &str| Tune { token_type: word(name), ..tune() };
    let lockout = || LockoutTune { threshold: Some(3), ..LockoutTune::default() };
    let locks = || Tune { user_lockout: Some(lockout()), ..tune() };
    check("kv1", default_ttl(7200), "ok").await;
    check("kv1/", Tune { max_lease_ttl: Some(86_400), ..tune() }, "ok").await;
    let low =
        "backend max lease TTL of 86400 would be less than backend default lease TTL of 720000";
    check("kv1", default_ttl(720_000), low).await;
    check("kv1", default_ttl(0), "ok").await;
    check("kv1", default_ttl(-3600), "ok").await;
    check("kv1", visible("x"), "invalid listing_visibility x").await;
    check("kv1", visible("unauth"), "ok").await;
    check("kv1", visible(""), "ok").await;
    check("kv1", issues("batch"), "'token_type' can only be modified on auth mounts").await;
    check("kv1", tune(), "ok").await;
    let kv = "tuning of user lockout configuration for auth type \"kv\" not allowed";
    check("kv1", locks(), kv).await;
    let version = Tune { plugin_version: word("v1.0.0"), ..tune() };
    check("kv1", version, "plugin not found in the catalog: kv, version=v1.0.0").await;
    let described = || Tune { description: word("x"), ..tune() };
    check("nosuch", described(), "tune of path \"nosuch/\" failed: no mount entry found").await;
    check("cubbyhole", described(), "cannot tune parameter description of cubbyhole/").await;
    check("sys", default_ttl(1), "cannot tune parameter default_lease_ttl of sys/").await;
    let headers = Tune { passthrough_request_headers: Some(vec!["A".into()]), ..tune() };
    check("sys", headers, "ok").await;
    check("auth/up", issues("batch"), "ok").await;
    check("auth/up", issues("zz"), "invalid value for 'token_type'").await;
    check("auth/up", locks(), "ok").await;
    let jwt = "tuning of user lockout configuration for auth type \"jwt\" not allowed";
    check("auth/t-jwt", locks(), jwt).await;
    let fixed = "'token_type' cannot be set for 'token' or 'ns_token' auth mounts";
    check("auth/token", issues("batch"), fixed).await;
    check("auth/token", default_ttl(3600), "ok").await;
    let kv = table.at("kv1").unwrap();
    assert_eq!(
        (kv.record.config.default_lease_ttl, kv.record.config.max_lease_ttl),
        (-3600, 86_400)
    );
    let up = table.at("auth/up").unwrap();
    assert_eq!(up.record.config.user_lockout.as_ref().unwrap().threshold, 3);
    assert_eq!(up.record.config.token_type, Some(IssuedTokens::Batch));
}

#[tokio::test]
async fn options_merge_and_versions_only_grow() {
    let (store, table) = mounts().await;
    let check = async |pairs: &[(&str, &str)], want: Result<usize, &str>| {
        let answer = table.tune(&store, "kv1", Tune { options: options(pairs), ..tune() }).await;
        store.commit();
        let got = answer.map(|warnings| warnings.len()).map_err(|e| e.public.into_owned());
        assert_eq!(got, want.map_err(str::to_owned), "{pairs:?}");
    };
    check(&[("foo", "bar")], Ok(0)).await;
    check(&[("version", "2"), ("gone", "x")], Ok(1)).await;
    check(&[("version", "1")], Err("cannot downgrade mount from version 2")).await;
    check(&[("version", "2")], Ok(0)).await;
    check(&[("gone", "")], Ok(0)).await;
    let mount = table.at("kv1").unwrap();
    assert_eq!(mount.record.options, options(&[("foo", "bar"), ("version", "2")]));
}

#[tokio::test]
async fn a_backend_is_opened_again_only_for_other_options() {
    let (store, table) = mounts().await;
    let backend = || Arc::as_ptr(&table.at("kv1").unwrap().backend).cast::<()>();
    let before = backend();
    let ask = Tune { description: Some("d".into()), options: options(&[]), ..tune() };
    table.tune(&store, "kv1", ask).await.unwrap();
    store.commit();
    assert_eq!(backend(), before);
    assert_eq!(table.at("kv1").unwrap().record.description, "d");
}
