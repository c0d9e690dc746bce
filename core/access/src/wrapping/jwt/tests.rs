//! JWTs made, opened, bent; the public point in digits.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use crypto::Secret;
use jiff::Timestamp;
use logical::{Result, WrapInfo};
use serde_json::{Value, json};

use super::{Jwts, decimal};
use crate::tests::{store::Store, world::commit};

async fn jwts(store: &Store) -> Result<Jwts> {
    let view = store.begin();
    let jwts = Jwts::load(&view).await?;
    commit(view)?;
    Ok(jwts)
}

fn info(wrapped_accessor: &str) -> WrapInfo {
    WrapInfo {
        token: Secret::new("s.wrapping".to_owned()),
        accessor: "own".to_owned(),
        ttl: Duration::from_secs(60),
        creation_time: Timestamp::from_millisecond(1_700_000_000_900).unwrap_or_default(),
        creation_path: "kv/a".to_owned(),
        wrapped_accessor: wrapped_accessor.to_owned(),
    }
}

fn part(jwt: &str, number: usize) -> Value {
    let part = jwt.split('.').nth(number).unwrap_or_default();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap_or_default()).unwrap_or_default()
}

#[tokio::test]
async fn claims() -> Result<()> {
    let jwts = jwts(&Store::default()).await?;
    let jwt = jwts.around(&info("inner"), "https://a:8200")?;
    assert_eq!(part(jwt.expose(), 0), json!({"alg": "ES512", "typ": "JWT"}));
    let want = json!({
        "accessor": "inner", "addr": "https://a:8200", "exp": 1_700_000_060,
        "iat": 1_700_000_000, "jti": "s.wrapping", "type": "wrapping",
    });
    assert_eq!(part(jwt.expose(), 1), want);
    let bare = jwts.around(&info(""), "")?;
    assert_eq!(part(bare.expose(), 1).get("accessor"), None);
    Ok(())
}

#[tokio::test]
async fn only_ours_are_opened() -> Result<()> {
    let store = Store::default();
    let ours = jwts(&store).await?;
    let jwt = ours.around(&info(""), "")?.expose().clone();
    let inside = |jwts: &Jwts, jwt: &str| jwts.inside(jwt).map(|token| token.expose().clone());
    let token = Some("s.wrapping".to_owned());
    assert_eq!(inside(&ours, &jwt), token);
    // The key is the store's, not the process's.
    assert_eq!(inside(&jwts(&store).await?, &jwt), token);
    assert_eq!(inside(&jwts(&Store::default()).await?, &jwt), None);
    let other = ours.around(&WrapInfo { token: Secret::new("s.x".to_owned()), ..info("") }, "")?;
    let (claims, signature) = (other.expose().rsplit_once('.'), jwt.rsplit_once('.'));
    let mixed = claims.zip(signature).map(|((claims, _), (_, s))| format!("{claims}.{s}"));
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let unsigned = jwt.split('.').nth(1).map(|claims| format!("{none}.{claims}."));
    for bent in [
        mixed.unwrap_or_default(),
        unsigned.unwrap_or_default(),
        format!("{jwt}x"),
        format!("x{jwt}"),
        format!("{jwt}.{jwt}"),
        "s.wrapping".to_owned(),
        "..".to_owned(),
        String::new(),
        format!("{jwt}{}", "A".repeat(crate::token::TOKEN_BYTES_MAX)),
    ] {
        assert_eq!(inside(&ours, &bent), None, "{bent}");
    }
    Ok(())
}

#[test]
fn digits() {
    for (bytes, text) in [
        (&[][..], "0"),
        (&[0], "0"),
        (&[255], "255"),
        (&[0, 1, 0], "256"),
        (&[0x3b, 0x9a, 0xca, 0x00], "1000000000"),
        (&[0x02, 0x54, 0x0b, 0xe4, 0x07], "10000000007"),
        (&[0xff; 16], "340282366920938463463374607431768211455"),
    ] {
        assert_eq!(decimal(bytes), text);
    }
}
