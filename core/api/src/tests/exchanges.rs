//! Requests and answers in clear text.

use config::{ResponseHeaders, StatusPattern, Unauthenticated};

use super::{Error, HealthState, Metrics, MetricsFormat, Scene, Service, Settings, Small, scene};

const EMPTY: &str = "{\"errors\":[]}\n";
const SEALED: &str = "{\"errors\":[\"Vault is sealed\"]}\n";

async fn active() -> Scene {
    scene(HealthState::Active, Settings::default()).await
}

#[tokio::test]
async fn standing_headers() {
    let group = |status, name: &str, value: &str| ResponseHeaders {
        status,
        headers: vec![(name.to_owned(), value.to_owned())],
    };
    let headers = vec![
        group(StatusPattern::Default, "X-Def", "a; b"),
        group(StatusPattern::Exact(200), "X-Two", "c"),
        group(StatusPattern::Class(4), "X-Four", "d"),
    ];
    let scene = scene(HealthState::Active, Settings { headers, ..Settings::default() }).await;
    let got = scene.ask("GET /v1/kv/a", &["x-vault-namespace: root"], "").await;
    for want in [
        "cache-control: no-store\r\n",
        "strict-transport-security: max-age=31536000; includesubdomains\r\n",
        "content-type: application/json\r\n",
        "x-def: a; b\r\n",
        "x-two: c",
        "x-vault-namespace: root",
        &format!("content-length: {}\r\n", got.body.len()),
    ] {
        assert!(got.head.contains(want), "{want} is not in {}", got.head);
    }
    let got = scene.ask("GET /v1/missing", &[], "").await;
    assert!(got.head.contains("x-four: d") && !got.head.contains("x-two"), "{}", got.head);
    let got = scene.ask("DELETE /v1/kv/a", &[], "").await;
    assert_eq!((got.status, got.body.as_str()), (204, ""));
    assert!(got.head.contains("content-type: application/json"), "{}", got.head);
}

#[tokio::test]
async fn places() {
    let scene = active().await;
    scene.check("GET /v1", 404, EMPTY).await;
    scene.check("GET /v2/sys/health", 404, EMPTY).await;
    scene.check("GET /", 404, "404 page not found\n").await;
    scene.check("GET /ui/vault", 404, "404 page not found\n").await;
    scene.check("GET /v1/kv/a%0Ab", 400, "").await;
    scene
        .check("GET /v1/kv/%2e%2e/x", 400, "{\"errors\":[\"relative paths not supported\"]}\n")
        .await;
    scene.check("TRACE /v1/kv/a", 405, EMPTY).await;
    scene.check("get /v1/kv/a", 405, EMPTY).await;
    let got = scene.ask("GET /v1//kv/a?b=c", &[], "").await;
    assert!(got.status == 307 && got.head.contains("location: /v1/kv/a?b=c"), "{}", got.head);
    assert_eq!(got.body, "<a href=\"/v1/kv/a?b=c\">Temporary Redirect</a>.\n\n");
    let got = scene.ask("PUT /v1/sys/mounts/../x", &[], "{}").await;
    assert_eq!((got.status, got.body.as_str()), (307, ""));
}

#[tokio::test]
async fn requests_reach_the_node() {
    let scene = active().await;
    let got = scene.ask("PUT /v1/kv/a%20b", &["x-vault-token: s.t"], r#"{"x":1.50}"#).await;
    assert_eq!(got.status, 200);
    let want = r#""data":{"client":"127.0.0.1","data":{"x":1.50},"operation":"update","path":"kv/a b","serial":null,"token":"s.t"}"#;
    assert!(got.body.contains(want), "{}", got.body);
    scene.check("GET /v1/denied", 403, "{\"errors\":[\"permission denied\"]}\n").await;
    scene.check("GET /v1/missing", 404, EMPTY).await;
    scene.check_body("LIST /v1/kv", "", 404, "errors").await;
    scene.check_body("PUT /v1/kv/a", "{bad", 400, "invalid character 'b'").await;
    scene.check_body("GET /v1/kv/a", "{bad", 200, "read").await;
    let got = scene.ask("GET /v1/standby", &[], "").await;
    assert!(got.status == 503 && got.head.contains("retry-after: 1"), "{}", got.head);
    let got = scene.ask("HEAD /v1/denied", &[], "").await;
    assert_eq!((got.status, got.body.as_str()), (403, ""));
    assert!(got.head.contains("content-length: 33"), "{}", got.head);
}

#[tokio::test]
async fn namespaces() {
    let scene = active().await;
    for (path, status, text) in [
        ("kv/a", 404, "namespace not found"),
        ("sys/health", 400, "operation unavailable in namespaces"),
        ("sys/raw/core", 400, "operation unavailable in namespaces"),
        ("sys/mounts", 404, "namespace not found"),
        ("sys/seal-status", 200, "shamir"),
        ("sys/leader", 200, "ha_enabled"),
    ] {
        let got = scene.ask(&format!("GET /v1/{path}"), &["x-vault-namespace: team"], "").await;
        assert!(got.status == status && got.body.contains(text), "{path}: {}", got.body);
        assert!(got.head.contains("x-vault-namespace: team"), "{}", got.head);
    }
}

#[tokio::test]
async fn a_node_without_a_barrier() {
    let scene = scene(HealthState::Uninitialized, Settings::default()).await;
    let status = "{\"type\":\"shamir\",\"initialized\":false,\"sealed\":true,\"t\":0,\"n\":0,\
                  \"progress\":0,\"nonce\":\"\",\"recovery_seal\":false,\"version\":\"1.2.3\",\
                  \"commit_date\":\"\",\"build_date\":\"\",\"migration\":false,\
                  \"storage_type\":\"inmem\"}\n";
    scene.check("GET /v1/sys/seal-status", 200, status).await;
    scene.check("GET /v1/sys/init", 200, "{\"initialized\":false}\n").await;
    let health = "{\"initialized\":false,\"sealed\":true,\"standby\":true,\
                  \"performance_standby\":false,\"replication_performance_mode\":\"unknown\",\"replication_dr_mode\":\"unknown\",\
                  \"server_time_utc\":1767323045,\"version\":\"1.2.3\"}\n";
    scene.check("GET /v1/sys/health", 501, health).await;
    scene.check("GET /v1/sys/health?sealedcode=298&uninitcode=297", 297, health).await;
    scene.check("GET /v1/kv/a", 503, SEALED).await;
    scene.check("PUT /v1/sys/seal", 503, SEALED).await;
    scene
        .check_body("PUT /v1/sys/unseal", r#"{"key":"AAAA"}"#, 400, "Vault is not initialized")
        .await;
    scene.check_body("PUT /v1/sys/unseal", r#"{"reset":true}"#, 200, "shamir").await;
    let words = "invalid seal configuration: shares must be at least one";
    scene.check_body("PUT /v1/sys/init", "", 400, words).await;
    scene.check_body("PUT /v1/sys/init", r#"{"secret_shares":"5"}"#, 400, "of type int").await;
    let keys = "{\"keys\":[\"fbff\"],\"keys_base64\":[\"+/8=\"],\"root_token\":\"s.root\"}\n";
    scene.check_body("PUT /v1/sys/init", r#"{"secret_shares":1}"#, 200, keys).await;
    let none = "\"recovery_keys\":[],\"recovery_keys_base64\":[],\"root_token\"";
    scene.check_body("POST /v1/sys/init", r#"{"secret_shares":2}"#, 200, none).await;
}

#[tokio::test]
async fn unseal_bodies() {
    let scene = active().await;
    let missing = "'key' must be specified in request body as JSON, or 'reset' set to true";
    let rubbish = "'key' must be a valid hex or base64 string";
    for (body, status, text) in [
        ("", 400, missing),
        ("{}", 400, missing),
        (r#"{"key":""}"#, 400, missing),
        (r#"{"key":"!!!"}"#, 400, rubbish),
        (r#"{"key":"aabbcc"}"#, 400, rubbish),
        (r#"{"key":"00112233445566778899aabbccddeeff"}"#, 200, "shamir"),
        (r#"{"KEY":"ABEiM0RVZneImaq7zN3u/w=="}"#, 200, "shamir"),
        ("{", 400, "failed to decode JSON input: unexpected EOF"),
    ] {
        scene.check_body("PUT /v1/sys/unseal", body, status, text).await;
    }
}

#[tokio::test]
async fn methods_of_the_own_paths() {
    let scene = active().await;
    for line in [
        "DELETE /v1/sys/init",
        "HEAD /v1/sys/seal-status",
        "PUT /v1/sys/seal-status",
        "GET /v1/sys/unseal",
        "POST /v1/sys/health",
        "OPTIONS /v1/sys/health",
        "PATCH /v1/sys/health",
        "PUT /v1/sys/leader",
        "GET /v1/sys/seal",
        "GET /v1/sys/step-down",
    ] {
        let body = if line.starts_with("HEAD") { "" } else { EMPTY };
        scene.check(line, 405, body).await;
    }
}

#[tokio::test]
async fn health_codes() {
    let scene = active().await;
    for (query, status) in [
        ("", 200),
        ("?activecode=299", 299),
        ("?activecode=x", 400),
        ("?activecode=99", 400),
        ("?activecode=100", 400),
        ("?activecode=1000", 400),
        ("?standbyok", 200),
        ("?standbyok=zz", 400),
        ("?perfstandbyok=zz&drsecondarycode=x", 200),
    ] {
        let got = scene.ask(&format!("GET /v1/sys/health{query}"), &[], "").await;
        assert_eq!(got.status, status, "{query}");
        assert!(status != 400 || got.body == EMPTY, "{query}: {}", got.body);
    }
    scene.check("HEAD /v1/sys/health", 200, "").await;
    scene.check("GET /v1/sys/health?activecode=204", 204, "").await;
    scene.check("HEAD /v1/sys/health?activecode=204", 204, "").await;
}

#[tokio::test]
async fn a_standby() {
    let scene = scene(HealthState::Standby, Settings::default()).await;
    let leader = "{\"ha_enabled\":true,\"leader_address\":\"https://b:8200\",\
                  \"leader_cluster_address\":\"https://b:8201\"}\n";
    scene.check("GET /v1/sys/leader", 200, leader).await;
    for (query, status) in [
        ("", 429),
        ("?standbycode=298", 298),
        ("?standbyok=true", 200),
        ("?standbyok=true&activecode=297", 297),
        ("?standbyok=false", 429),
    ] {
        let got = scene.ask(&format!("GET /v1/sys/health{query}"), &[], "").await;
        assert_eq!(got.status, status, "{query}");
    }
}

#[tokio::test]
async fn switches() {
    let open = active().await;
    open.check_body("GET /v1/sys/generate-root/attempt", "", 200, "generate-root").await;
    open.check_body("GET /v1/sys/metrics", "", 200, "\"operation\":\"read\"").await;
    let settings = Settings {
        unauthenticated: Unauthenticated { metrics: true, ..Unauthenticated::default() },
        rekey_is_off: true,
        generate_root_is_off: true,
        ..Settings::default()
    };
    let closed = scene(HealthState::Active, settings).await;
    let off = "{\"errors\":[\"unsupported operation\"]}\n";
    closed.check("GET /v1/sys/generate-root/attempt", 405, off).await;
    closed.check("PUT /v1/sys/rekey/init", 405, off).await;
    let gone = "{\"errors\":[\"unsupported path\"]}\n";
    closed.check("GET /v1/sys/rekey-recovery-key/init", 404, gone).await;
    closed.check_body("GET /v1/sys/rekey/backup", "", 200, "rekey/backup").await;
    closed.check_body("GET /v1/sys/generate-root", "", 200, "generate-root").await;
    closed.check("GET /v1/sys/metrics", 200, "Json").await;
    closed.check("GET /v1/sys/metrics?format=prometheus", 200, "Prometheus").await;
    let unknown = "metric response format \"xml\" unknown";
    closed.check("GET /v1/sys/metrics?format=xml", 400, unknown).await;
}

#[tokio::test]
async fn listeners_for_some() {
    let metrics = Metrics { only: true, path: Some("/metrics".to_owned()), ..Metrics::default() };
    let unauthenticated = Unauthenticated { metrics: true, ..Unauthenticated::default() };
    let settings = Settings { metrics, unauthenticated, ..Settings::default() };
    let measuring = scene(HealthState::Active, settings).await;
    measuring.check("GET /v1/sys/metrics", 200, "Json").await;
    measuring.check("GET /metrics", 200, "Json").await;
    measuring.check("GET /v1/sys/health", 404, EMPTY).await;
    let metrics = Metrics { disallowed: true, ..Metrics::default() };
    let settings = Settings { metrics, require_request_header: true, ..Settings::default() };
    let strict = scene(HealthState::Active, settings).await;
    strict.check("GET /v1/sys/metrics", 404, EMPTY).await;
    strict.check_body("GET /v1/kv/a", "", 412, "missing 'X-Vault-Request' header").await;
    assert_eq!(strict.ask("GET /v1/kv/a", &["x-vault-request: true"], "").await.status, 200);
}

#[tokio::test]
async fn odd_clients() {
    let scene = active().await;
    let got = scene.raw(b"GET /v1/sys/init HTTP/1.1\r\n\r\n").await;
    assert!(got.starts_with("HTTP/1.1 400") && got.ends_with("missing required Host header"));
    let got = scene.raw(b"GET /v1/sys/init HTTP/1.0\r\n\r\n").await;
    assert!(got.starts_with("HTTP/1.0 200") && got.ends_with("{\"initialized\":true}\n"), "{got}");
    let got = scene.raw(b"hello\r\n\r\n").await;
    assert!(got.starts_with("HTTP/1.1 400"), "{got}");
    let upgrade = b"GET /v1/sys/init HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n";
    let got = scene.raw(upgrade).await;
    assert!(got.starts_with("HTTP/1.1 200"), "{got}");
    let chunked = b"PUT /v1/kv/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n";
    let got = scene.raw(chunked).await;
    assert!(got.contains("\"data\":{\"a\":1}"), "{got}");
    let expect = b"PUT /v1/kv/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 7\r\n\r\n{\"a\":1}";
    let got = scene.raw(expect).await;
    assert!(got.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200"), "{got}");
}

#[test]
fn formats_of_metrics() {
    use MetricsFormat::{Json, Prometheus};
    assert_eq!(MetricsFormat::choose("", ""), Ok(Json));
    assert_eq!(MetricsFormat::choose("json", "application/openmetrics-text"), Ok(Json));
    assert_eq!(
        MetricsFormat::choose("", "application/openmetrics-text; version=1"),
        Ok(Prometheus)
    );
    assert_eq!(MetricsFormat::choose("xml", ""), Err("xml"));
    let _: Result<_, Error> =
        Small { state: HealthState::Active, slow: Default::default() }.metrics(Json);
}
