//! Every recorded line of a real server, made again from its own contents.

use crypto::Secret;
use logical::{Auth, Caller, Namespace, Operation, Peer, TokenType, Wrap, WrapFormat};
use serde_json::Value;

use super::*;
use crate::Permission;

const CORPUS: &str = include_str!("../../tests/corpus/audit-lines.jsonl");

/// Lines that are not made here, and why.
const SKIPPED: &[(u64, &str)] = &[
    (45, "the entity of a login is made by the identity store"),
    (70, "a seal is logged before anybody has worked out the client"),
];

const TIMES: &[&str] = &["created_time", "expire_time", "issue_time"];

const HASHED: &str = "hmac-sha256:$HMAC";

fn style(device: &str) -> Style {
    Style {
        hmac: Hmac::new(b"4e0a3f1c-0000-4000-8000-000000000000"),
        raw: device == "raw",
        hmac_accessor: device != "acc",
        elide_lists: device == "acc",
    }
}

fn now() -> Timestamp {
    "2026-01-02T03:04:05.678901234Z".parse().unwrap()
}

/// The recorded text without the spaces between its tokens, and our values for its placeholders.
fn golden(row: &str) -> String {
    let (_, line) = row.split_once("\"line\": ").unwrap();
    let line = line.strip_suffix('}').unwrap();
    let mut out = String::new();
    let mut quoted = false;
    let mut escaped = false;
    for c in line.chars() {
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        if quoted || c != ' ' {
            out.push(c);
        }
    }
    out.replace("\"$PORT\"", "4321")
        .replace("\"$UNIX\"", "5")
        .replace("$TIME_S", "2026-01-02T03:04:05Z")
        .replace("$TIME", "2026-01-02T03:04:05.678901234Z")
}

/// Our text with placeholders for what is made at random or by hashing.
fn masked(line: Vec<u8>, want: &str) -> String {
    let text = String::from_utf8(line).unwrap();
    let mut out = String::new();
    let mut rest = text.strip_suffix('\n').unwrap();
    while let Some((before, after)) = rest.split_once("hmac-sha256:") {
        let is_hash = after.len() > 64 && after.as_bytes()[..64].iter().all(u8::is_ascii_hexdigit);
        let (mask, skip) = if is_hash { (HASHED, 64) } else { ("hmac-sha256:", 0) };
        out.push_str(before);
        out.push_str(mask);
        rest = &after[skip..];
    }
    out.push_str(rest);
    match out.find("\"client_id\":\"") {
        Some(at) if want.contains("$CLIENT_ID") => {
            let from = at + "\"client_id\":\"".len();
            let to = from + out[from..].find('"').unwrap();
            format!("{}$CLIENT_ID{}", &out[..from], &out[to..])
        }
        _ => out,
    }
}

/// What may have been hashed to these values.
fn unhashed(value: &Value) -> Value {
    match value {
        Value::String(text) if text == HASHED => "secret".into(),
        Value::String(text) if text == "$UNIX" => 5.into(),
        Value::String(text) => {
            text.replace("$TIME", "2026-01-02T03:04:05.678901234Z").as_str().into()
        }
        Value::Array(items) => items.iter().map(unhashed).collect(),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(k, v)| (k.clone(), unhashed(v))).collect())
        }
        other => other.clone(),
    }
}

fn text(value: &Value, name: &str) -> String {
    unhashed(&value[name]).as_str().unwrap_or_default().to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    let all = value.as_array().cloned().unwrap_or_default();
    all.iter().map(|item| item.as_str().unwrap_or_default().to_owned()).collect()
}

fn pairs(value: &Value) -> BTreeMap<String, String> {
    let all = value.as_object().cloned().unwrap_or_default();
    all.into_iter().map(|(k, v)| (k, v.as_str().unwrap().to_owned())).collect()
}

fn object(value: &Value) -> Data {
    unhashed(value).as_object().cloned().unwrap_or_default()
}

fn caller(auth: &Value) -> Option<Caller> {
    auth.get("token_issue_time")?;
    Some(Caller {
        accessor: text(auth, "accessor"),
        display_name: text(auth, "display_name"),
        policies: texts(&auth["policies"]),
        token_policies: texts(&auth["token_policies"]),
        identity_policies: Vec::new(),
        metadata: pairs(&auth["metadata"]),
        entity_id: text(auth, "entity_id"),
        token_type: TokenType::Service,
        ttl: std::time::Duration::from_secs(auth["token_ttl"].as_u64().unwrap_or(0)),
        issued: now(),
        num_uses: auth["remaining_uses"].as_i64().unwrap_or(0),
        token_id: "".into(),
        cubbyhole_id: String::new(),
    })
}

fn operation(word: &str) -> Operation {
    use Operation::{Create, Delete, List, Read, Update};
    [Create, Delete, List, Read, Update].into_iter().find(|op| op.word() == word).unwrap()
}

fn request(line: &Value) -> Request {
    let said = &line["request"];
    let token = text(said, "client_token");
    let header =
        |(name, values): (&String, &Value)| (name.clone(), texts(&unhashed(values))[0].clone());
    let headers = said["headers"].as_object().map(|all| all.iter().map(header).collect());
    Request {
        id: text(said, "id"),
        operation: operation(said["operation"].as_str().unwrap()),
        path: text(said, "path"),
        namespace: Namespace::root(),
        token: (!token.is_empty()).then(|| Secret::new(token)),
        data: object(&said["data"]),
        headers: headers.unwrap_or_default(),
        wrap: said["wrap_ttl"].as_u64().map(|ttl| Wrap {
            ttl: std::time::Duration::from_secs(ttl),
            format: WrapFormat::Token,
        }),
        peer: Peer { address: "127.0.0.1:4321".parse().unwrap(), certificate_serial: None },
    }
}

fn error(line: &Value) -> Option<Error> {
    let said = line.get("error")?.as_str().unwrap().to_owned();
    let code = match said.as_str() {
        text if text.contains("permission denied") => Code::PermissionDenied,
        text if text.contains("unsupported path") => Code::UnsupportedPath,
        text if text.contains("unsupported operation") => Code::UnsupportedOperation,
        _ => Code::InvalidRequest,
    };
    Some(Error::new(code, said))
}

fn response(line: &Value) -> Response {
    let said = &line["response"];
    let mut data = object(&said["data"]);
    if data.get("keys").is_some_and(Value::is_number) {
        data.insert("keys".to_owned(), vec!["a"].into());
    }
    let auth = said.get("auth").map(|auth| Auth {
        client_token: Secret::new(text(auth, "client_token")),
        accessor: text(auth, "accessor"),
        policies: texts(&auth["policies"]),
        token_policies: texts(&auth["token_policies"]),
        identity_policies: Vec::new(),
        metadata: Some(pairs(&auth["metadata"])),
        ttl: std::time::Duration::from_secs(auth["token_ttl"].as_u64().unwrap()),
        renewable: true,
        entity_id: text(auth, "entity_id"),
        token_type: TokenType::Service,
        orphan: false,
        num_uses: auth["num_uses"].as_i64().unwrap_or(0),
        display_name: text(auth, "display_name"),
    });
    let wrap_info = said.get("wrap_info").map(|wrap| WrapInfo {
        token: Secret::new(text(wrap, "token")),
        accessor: text(wrap, "accessor"),
        ttl: std::time::Duration::from_secs(wrap["ttl"].as_u64().unwrap()),
        creation_time: now(),
        creation_path: text(wrap, "creation_path"),
        wrapped_accessor: String::new(),
    });
    Response {
        data: Some(data),
        auth,
        wrap_info,
        warnings: texts(&said["warnings"]),
        lease: said.get("secret").map(|_| logical::LeaseTerms::default()),
        times: TIMES,
        ..Response::default()
    }
}

/// The policies that granted, or how the request was refused.
fn permission(line: &Value) -> Result<Vec<String>, Permission<'static>> {
    let results = &line["auth"]["policy_results"];
    let names = results["granting_policies"].as_array().cloned().unwrap_or_default();
    match results["allowed"].as_bool() {
        Some(false) => Err(Permission::Denied),
        None if line["error"] != "invalid credentials" => Err(Permission::Unidentified),
        _ => Ok(names.iter().map(|policy| text(policy, "name")).collect()),
    }
}

fn remade(device: &str, line: &Value) -> Vec<u8> {
    let style = style(device);
    let (request, caller, error) = (request(line), caller(&line["auth"]), error(line));
    let granted = permission(line);
    let said = &line["request"];
    let [point, kind, version, class] =
        ["mount_point", "mount_type", "mount_running_version", "mount_class"]
            .map(|n| text(said, n));
    let accessor = text(said, "mount_accessor");
    let clear = match point.as_str() {
        "kv/" => vec!["plain".to_owned()],
        _ => Vec::new(),
    };
    let mount = MountFacts {
        path: &point,
        kind: &kind,
        accessor: if accessor.is_empty() { "not_told" } else { &accessor },
        running_version: &version,
        class: &class,
        non_hmac_request_keys: &clear,
        non_hmac_response_keys: &clear,
    };
    let facts = Facts {
        request: &request,
        operation: request.operation,
        caller: caller.as_ref(),
        mount: (!point.is_empty()).then_some(mount),
        permission: match &granted {
            Ok(policies) => Permission::Granted(policies),
            Err(refused) => *refused,
        },
    };
    let headers = Headers::from([("x-my".to_owned(), true), ("x-plain".to_owned(), false)]);
    let parts = style.parts(&facts, &headers);
    if line["type"] == "request" {
        return style.request(&facts, &parts, error.as_ref(), now());
    }
    let response = response(line);
    let issued_to = text(&line["response"]["auth"], "display_name");
    let result = error.as_ref().map_or(Ok(&response), Err);
    style.response(&facts, &parts, &Outcome { result, issued_to: &issued_to }, now())
}

#[test]
fn recorded_lines() {
    let mut made = 0;
    for row in CORPUS.lines() {
        let parsed: Value = serde_json::from_str(row).unwrap();
        let n = parsed["n"].as_u64().unwrap();
        if n == 1 || SKIPPED.iter().any(|(skipped, _)| *skipped == n) {
            continue;
        }
        let want = golden(row);
        let line = remade(parsed["device"].as_str().unwrap(), &parsed["line"]);
        assert_eq!(masked(line, &want), want, "line {n}");
        made += 1;
    }
    assert_eq!(made, CORPUS.lines().count() - 1 - SKIPPED.len());
}

#[test]
fn the_test_line() {
    let row = CORPUS.lines().next().unwrap();
    let line: Value = serde_json::from_slice(&Style::test(now())).unwrap();
    let want = golden(row).replace("$UUID1", line["request"]["id"].as_str().unwrap());
    assert_eq!(masked(Style::test(now()), &want).len(), want.len());
    assert_eq!(line["request"]["path"], "sys/audit/test");
}

#[test]
fn hashing_at_any_depth() {
    let style = style("main");
    let check = |value: Value, keys: &[&str], want: &str| {
        let keys: Vec<String> = keys.iter().map(|&key| key.to_owned()).collect();
        let mut out = Vec::new();
        let clear = Clear { keys: &keys, times: &["when"] };
        style.data(&mut out, value.as_object().unwrap(), clear);
        out.push(b'\n');
        assert_eq!(masked(out, ""), want);
    };
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let h = HASHED;
    check(
        json(r#"{"a":"","b":1.50,"c":true,"d":null}"#),
        &[],
        &format!(r#"{{"a":"{h}","b":1.50,"c":true,"d":null}}"#),
    );
    check(
        json(r#"{"a":{"k":["x",{"y":"z"}]}}"#),
        &[],
        &format!(r#"{{"a":{{"k":["{h}",{{"y":"{h}"}}]}}}}"#),
    );
    check(
        json(r#"{"a":{"b":"x"},"b":"x\n"}"#),
        &["b"],
        &format!(r#"{{"a":{{"b":"{h}"}},"b":"x\n"}}"#),
    );
    check(json(r#"{"when":"t","x":{"when":["t"]}}"#), &[], r#"{"when":"t","x":{"when":["t"]}}"#);
}

#[test]
fn hashes_are_those_of_the_salt() {
    let mut out = Vec::new();
    let hmac = Hmac::new(b"salt");
    json::hashed(&mut out, &hmac, "hello");
    let want = format!("\"hmac-sha256:{}\"", hmac.sign_hex(b"hello"));
    assert_eq!(String::from_utf8(out).unwrap(), want);
}
