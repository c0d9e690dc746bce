//! Data from words and files.

use std::{env, fs, process};

use super::{cause, parse};

fn check(words: &[&str], expected: Result<&str, &str>) {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    match (parse(&words), expected) {
        (Ok(data), Ok(json)) => assert_eq!(serde_json::Value::Object(data).to_string(), json),
        (Err(failure), Err(text)) => {
            assert_eq!(failure.text(), Some(format!("Failed to parse K=V data: {text}").as_str()));
            assert_eq!(failure.code(), 1);
        }
        (found, _) => panic!("{words:?}: {found:?}"),
    }
}

#[test]
fn words() {
    check(&[], Ok("{}"));
    check(&["a=1", "b="], Ok(r#"{"a":"1","b":""}"#));
    check(&["a=1", "a=2", "a=3"], Ok(r#"{"a":["1","2","3"]}"#));
    check(&["a=b=c"], Ok(r#"{"a":"b=c"}"#));
    check(&[r"a=\@x", r"b=\-", r"c=\x"], Ok(r#"{"a":"@x","b":"-","c":"\\x"}"#));
    check(&["a"], Err("invalid key/value pair \"a\": format must be key=value"));
}

#[test]
fn files() {
    let path = env::temp_dir().join(format!("strongroom-pairs-{}.json", process::id()));
    fs::write(&path, r#"{"n": 1.50, "x": null}"#).expect("the folder is writable");
    let at = format!("@{}", path.display());
    check(&[&at, "k=v"], Ok(r#"{"k":"v","n":1.50,"x":null}"#));
    check(&[&format!("k={at}")], Ok(r#"{"k":"{\"n\": 1.50, \"x\": null}"}"#));
    fs::write(&path, "[]").expect("the folder is writable");
    let failure = parse(&[at]).expect_err("it is no object");
    assert!(failure.text().unwrap_or_default().contains("not a JSON object"));
    fs::remove_file(&path).expect("it is there");
    let text = "invalid key/value pair \"k=@/nosuch\": error reading file: open /nosuch: no such \
                file or directory";
    check(&["k=@/nosuch"], Err(text));
}

#[test]
fn causes_are_lower_case_and_without_numbers() {
    assert_eq!(cause(&std::io::Error::from_raw_os_error(2)), "no such file or directory");
}
