//! Loading, enabling and disabling: tables of what a real server answers.

use std::time::Duration;

use logical::testing::Memory;

use super::*;
use crate::{Config, Enable, IssuedTokens, Kind, Scope, Unsupported};

fn kind(name: &'static str, class: Class) -> Kind {
    Kind::new(name, class, "v1", Box::new(|_| Ok(Arc::new(Unsupported))))
}

fn open_kv(record: &Record) -> Result<Arc<dyn logical::Backend>> {
    match record.option("version") {
        "" | "1" | "2" => Ok(Arc::new(Unsupported)),
        _ => Err(Error::invalid("nil backend of type \"kv\" returned from factory")),
    }
}

pub(crate) fn catalog() -> Arc<Catalog> {
    let kv = Kind::new("kv", Class::Secret, "v1", Box::new(open_kv));
    Arc::new(Catalog::new(vec![
        kv.alias("kv-v1", &[("version", "1")])
            .alias("kv-v2", &[("version", "2")])
            .alias("generic", &[]),
        kind("transit", Class::Secret),
        kind("system", Class::Secret).builtin(Scope::Barrier),
        kind("cubbyhole", Class::Secret).builtin(Scope::Mount),
        kind("identity", Class::Secret).builtin(Scope::Mount),
        kind("token", Class::Auth).builtin(Scope::Barrier),
        kind("approle", Class::Auth),
        kind("userpass", Class::Auth),
        kind("jwt", Class::Auth),
    ]))
}

/// A loaded table over a fresh store, with the times of a default configuration.
pub(crate) async fn fresh() -> (Memory, MountTable) {
    let store = Memory::default();
    let month = Duration::from_secs(2_764_800);
    let table = MountTable::new(SystemTtls { default: month, max: month });
    table.load(&store, catalog()).await.unwrap();
    store.commit();
    (store, table)
}

/// What a call answered: "ok" or the error's text.
pub(crate) fn text<T>(result: Result<T>) -> String {
    result.map_or_else(|error| error.public.into_owned(), |_| "ok".to_owned())
}

fn ask(kind: &str) -> Enable {
    Enable { kind: kind.to_owned(), ..Enable::default() }
}

async fn enable(
    store: &Memory,
    table: &MountTable,
    class: Class,
    path: &str,
    ask: Enable,
) -> String {
    let answer = text(table.enable(store, class, path, ask).await);
    store.commit();
    answer
}

#[tokio::test]
async fn a_fresh_store_gets_the_built_in_mounts() {
    let (store, table) = fresh().await;
    let paths = |class| -> Vec<String> {
        table.list(class).iter().map(|mount| mount.path().to_owned()).collect()
    };
    assert_eq!(paths(Class::Secret), ["cubbyhole/", "identity/", "sys/"]);
    assert_eq!(paths(Class::Auth), ["auth/token/"]);
    let token = table.at("auth/token").unwrap();
    assert_eq!(token.record.config.token_type, Some(IssuedTokens::DefaultService));
    assert!(token.record.accessor.starts_with("auth_token_"));
    assert!(token.builtin);
    assert_eq!(token.scope, Scope::Barrier);
    assert_eq!(table.by_accessor(&token.record.accessor).unwrap().path(), "auth/token/");
    assert_eq!(store.keys().len(), 4);
}

#[tokio::test]
async fn enabling() {
    let (store, table) = fresh().await;
    let check = async |class, path: &str, kind: &str, want: &str| {
        assert_eq!(enable(&store, &table, class, path, ask(kind)).await, want, "{path} {kind}");
    };
    use Class::{Auth, Secret};
    check(Secret, "kv1", "kv", "ok").await;
    check(Secret, "kv2", "kv-v2", "ok").await;
    check(Secret, "gen/", "generic", "ok").await;
    check(Secret, "a/b/c", "kv", "ok").await;
    check(Secret, "kv1", "kv", "path is already in use at kv1/").await;
    check(Secret, "kv1/sub", "kv", "path is already in use at kv1/").await;
    check(Secret, "a/b", "kv", "path is already in use at a/b/c/").await;
    check(Secret, "a", "kv", "path is already in use at a/b/c/").await;
    check(Secret, "t1", "nosuch", "plugin not found in the catalog: nosuch").await;
    check(Secret, "t1", "approle", "plugin not found in the catalog: approle").await;
    for path in ["sys", "sys/x", "auth", "auth/x", "identity", "cubbyhole", "audit/x"] {
        check(Secret, path, "kv", &format!("cannot mount \"{path}/\"")).await;
    }
    check(Secret, "cub", "cubbyhole", "mount type of \"cubbyhole\" is not mountable").await;
    check(Secret, "s2", "system", "mount type of \"system\" is not mountable").await;
    for path in ["ns_x", "sp ", "st*r", "pl+s", "UPPER"] {
        check(Secret, path, "kv", "ok").await;
    }
    check(Auth, "approle", "approle", "ok").await;
    check(Auth, "approle", "approle", "path is already in use at approle/").await;
    check(Auth, "approle/sub", "approle", "path is already in use at approle/").await;
    check(Auth, "token", "approle", "path is already in use at token/").await;
    check(Auth, "t-token", "token", "token credential backend cannot be instantiated").await;
    check(Auth, "t-kv", "kv", "plugin not found in the catalog: kv").await;
    check(Secret, &"x".repeat(600), "kv", "a mount path has at most 512 bytes").await;
    assert_eq!(table.at("kv2").unwrap().record.option("version"), "2");
    assert_eq!(table.at("gen").unwrap().record.kind, "kv");
    assert_eq!(table.resolve("auth/approle/login").unwrap().1, "login");
}

#[tokio::test]
async fn enabling_with_settings() {
    let (store, table) = fresh().await;
    let check = async |config: Config, options: &[(&str, &str)], want: &str| {
        let options = options.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())).collect();
        let ask = Enable { kind: "kv".into(), config, options, ..Enable::default() };
        assert_eq!(enable(&store, &table, Class::Secret, "t", ask).await, want);
        table.disable(&store, Class::Secret, "t").await.unwrap();
        store.commit();
    };
    let config = Config::default;
    let hour = 3600;
    check(Config { max_lease_ttl: 9999 * hour, ..config() }, &[], "ok").await;
    check(
        Config { default_lease_ttl: 48 * hour, max_lease_ttl: 24 * hour, ..config() },
        &[],
        "given default lease TTL greater than given max lease TTL",
    )
    .await;
    check(
        Config { default_lease_ttl: 9999 * hour, ..config() },
        &[],
        "given default lease TTL greater than system max lease TTL of 2764800",
    )
    .await;
    check(
        Config { listing_visibility: "maybe".into(), ..config() },
        &[],
        "invalid listing_visibility maybe",
    )
    .await;
    check(
        Config { plugin_version: "v9".into(), ..config() },
        &[],
        "cannot select non-builtin version of secrets plugin kv",
    )
    .await;
    check(config(), &[("version", "3")], "nil backend of type \"kv\" returned from factory").await;
}

#[tokio::test]
async fn disabling() {
    let (store, table) = fresh().await;
    enable(&store, &table, Class::Secret, "kv", ask("kv")).await;
    let prefix = table.at("kv").unwrap().data_prefix().to_owned();
    for n in 0..700 {
        store.put(&format!("{prefix}d{}/k{n}", n % 7), Bytes::from_static(b"x")).unwrap();
    }
    assert!(table.disable(&store, Class::Secret, "kv/").await.unwrap());
    store.commit();
    assert!(table.resolve("kv/a").is_none());
    let left = || store.keys().iter().filter(|key| key.starts_with(&prefix)).count();
    assert_eq!(left(), 700);
    while crate::purge(&store).await.unwrap() {}
    assert_eq!(left(), 0);
    assert!(!store.keys().iter().any(|key| key.starts_with("core/purge/")));
    let check = async |class, path: &str, want: &str| {
        assert_eq!(text(table.disable(&store, class, path).await), want, "{path}");
    };
    check(Class::Secret, "kv", "ok").await;
    check(Class::Secret, "nosuch", "ok").await;
    check(Class::Secret, "sys", "cannot unmount \"sys/\"").await;
    check(Class::Secret, "cubbyhole", "cannot unmount \"cubbyhole/\"").await;
    check(Class::Secret, "auth/token", "cannot unmount \"auth/token/\"").await;
    check(Class::Auth, "token", "token credential backend cannot be disabled").await;
}

#[tokio::test]
async fn a_restart_finds_what_was_mounted() {
    let (store, table) = fresh().await;
    enable(&store, &table, Class::Secret, "kv", ask("kv-v2")).await;
    enable(&store, &table, Class::Auth, "up", ask("userpass")).await;
    let again = MountTable::new(table.system_ttls());
    again.load(&store, catalog()).await.unwrap();
    assert!(again.at("kv").is_none(), "nothing serves before the commit");
    store.commit();
    for path in ["sys", "kv", "auth/up", "auth/token"] {
        let (old, new) = (table.at(path).unwrap(), again.at(path).unwrap());
        assert_eq!(old.record.uuid, new.record.uuid, "{path}");
        assert_eq!(old.record.accessor, new.record.accessor, "{path}");
    }
    again.clear();
    assert!(again.at("sys").is_none());
}

#[tokio::test]
async fn a_backend_that_is_gone_is_explained() {
    let (store, table) = fresh().await;
    enable(&store, &table, Class::Secret, "t", ask("transit")).await;
    let again = MountTable::new(table.system_ttls());
    again.load(&store, Arc::new(Catalog::default())).await.unwrap();
    store.commit();
    assert_eq!(again.at("t").unwrap().record.kind, "transit");
}

#[tokio::test]
async fn of_two_changes_at_a_time_one_runs_again() {
    let (store, table) = fresh().await;
    table.enable(&store, Class::Secret, "one", ask("kv")).await.unwrap();
    // The first change is committed, its effect has not happened yet.
    let error = table.enable(&store, Class::Secret, "one/two", ask("kv")).await.unwrap_err();
    assert!(crate::view::is_conflict(&error));
    store.commit();
    let second = table.enable(&store, Class::Secret, "one/two", ask("kv")).await;
    assert_eq!(text(second), "path is already in use at one/");
}

#[tokio::test]
async fn views() {
    let (store, table) = fresh().await;
    enable(&store, &table, Class::Secret, "kv", ask("kv")).await;
    for (path, whole) in [("kv", false), ("cubbyhole", false), ("sys", true)] {
        let mount = table.at(path).unwrap();
        mount.view(&store).put(path, Bytes::new()).unwrap();
        let own = format!("logical/{}/{path}", mount.record.uuid);
        let key = if whole { path.to_owned() } else { own };
        assert!(store.keys().contains(&key), "{path}");
    }
}
