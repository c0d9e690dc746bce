//! How settings are read from the environment.

use std::{collections::HashMap, time::Duration};

use super::{ADDRESS_DEFAULT, Settings, Token};

fn read(pairs: &[(&str, &str)]) -> Result<Settings, String> {
    let map: HashMap<&str, &str> = pairs.iter().copied().collect();
    Settings::from_lookup(&|name| map.get(name).map(|value| (*value).to_owned()))
        .map_err(|error| error.to_string())
}

fn check<T: PartialEq + std::fmt::Debug>(
    name: &str,
    value: &str,
    field: impl Fn(&Settings) -> T,
    expected: Result<T, &str>,
) {
    let found = read(&[(name, value)]).map(|settings| field(&settings));
    assert_eq!(found, expected.map_err(str::to_owned), "{name}={value}");
}

#[test]
fn text_variables() {
    let address = |s: &Settings| s.address.clone();
    check("ADDR", "http://h:1", address, Ok("http://h:1".to_owned()));
    check("ADDR", "", address, Ok(ADDRESS_DEFAULT.to_owned()));
    check("NAMESPACE", "team", |s| s.namespace.clone(), Ok("team".to_owned()));
    check("WRAP_TTL", "60", |s| s.wrap_ttl.clone(), Ok("60".to_owned()));
    check("TOKEN", " s.x\n", |s| s.token.clone(), Ok(Token::parse("s.x")));
    check("TOKEN", "", |s| s.token.clone(), Ok(None));
    check("HTTP_PROXY", "http://p", |s| s.proxy.clone(), Ok("http://p".to_owned()));
}

#[test]
fn numbers_and_durations() {
    let timeout = |s: &Settings| s.timeout;
    let bad = "environment variable CLIENT_TIMEOUT must be a duration such as 60s";
    check("CLIENT_TIMEOUT", "5", timeout, Ok(Duration::from_secs(5)));
    check("CLIENT_TIMEOUT", "5s", timeout, Ok(Duration::from_secs(5)));
    check("CLIENT_TIMEOUT", "5m", timeout, Ok(Duration::from_secs(300)));
    check("CLIENT_TIMEOUT", "250ms", timeout, Ok(Duration::from_millis(250)));
    check("CLIENT_TIMEOUT", "", timeout, Ok(Duration::from_secs(60)));
    check("CLIENT_TIMEOUT", "soon", timeout, Err(bad));
    check("CLIENT_TIMEOUT", "18446744073709551615h", timeout, Err(bad));
    check("MAX_RETRIES", "0", |s| s.max_retries, Ok(0));
    check("MAX_RETRIES", "4000000", |s| s.max_retries, Ok(1_000));
    let bad = "environment variable MAX_RETRIES must be a whole number";
    check("MAX_RETRIES", "-1", |s| s.max_retries, Err(bad));
}

#[test]
fn booleans_and_headers() {
    let skip = |s: &Settings| s.tls_skip_verify;
    check("SKIP_VERIFY", "true", skip, Ok(true));
    check("SKIP_VERIFY", "0", skip, Ok(false));
    check("SKIP_VERIFY", "", skip, Ok(false));
    check("SKIP_VERIFY", "ja", skip, Err("environment variable SKIP_VERIFY must be true or false"));
    let headers = |s: &Settings| s.headers.clone();
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    check("HEADERS", r#"{"X-A":"b"}"#, headers, Ok(vec![pair("X-A", "b")]));
    check("HEADERS", r#"{"X-A":["b","c"]}"#, headers, Ok(vec![pair("X-A", "b"), pair("X-A", "c")]));
    let bad = "environment variable HEADERS must be a JSON object of header values";
    check("HEADERS", "[]", headers, Err(bad));
    check("HEADERS", r#"{"X-A":1}"#, headers, Err(bad));
}

#[test]
fn a_token_is_not_shown() {
    let settings = Settings::at("http://h").with_token("s.secret");
    assert!(!format!("{settings:?}").contains("secret"));
}
