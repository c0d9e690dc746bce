//! Sections against the manifests in them.

use super::Manifest;

fn check(section: &str, want: Result<&str, &str>) {
    match (Manifest::parse(section.as_bytes()), want) {
        (Ok(manifest), Ok(name)) => assert_eq!(manifest.name, name),
        (Err(error), Err(words)) => {
            assert!(error.to_string().contains(words), "{section}: {error}");
        }
        (got, _) => panic!("{section}: {got:?}"),
    }
}

#[test]
fn sections() {
    check(r#"{"name":"a","version":"1","kinds":["storage"]}"#, Ok("a"));
    check("{\"name\":\"a\",\"version\":\"1\",\"kinds\":[]}\0\0\0", Ok("a"));
    check(r#"{"name":"a","version":"1","kinds":[],"of tomorrow":{"x":1}}"#, Ok("a"));
    check("", Err("EOF"));
    check("\0\0", Err("EOF"));
    check(r#"{"name":"a","kinds":[]}"#, Err("`version`"));
    check(r#"{"name":"a","version":1,"kinds":[]}"#, Err("expected a string"));
    check(&" ".repeat(70_000), Err("the limit is 65536"));
}
