//! What goes in and what comes out.

use super::format;

fn check(text: &str, expected: Result<&str, &str>) {
    let found = format(text);
    assert_eq!(found, expected.map(str::to_owned).map_err(str::to_owned), "{text}");
    if let Ok(once) = found {
        assert_eq!(format(&once).as_deref(), Ok(once.as_str()), "a second time");
    }
}

#[test]
fn blocks_and_lists() {
    let usual = "path \"a\" {\n  capabilities = [\"read\", \"list\"]\n}\n";
    check(usual, Ok(usual));
    check("path \"a\" {capabilities=[\"read\",\"list\"]}", Ok(usual));
    check("path   \"a\"{\n\n\ncapabilities =   [ \"read\" , \"list\", ]\n\n}", Ok(usual));
    check("", Ok(""));
    check("path \"a\" {\n}\n", Ok("path \"a\" {\n}\n"));
    check(
        "path \"a\" { capabilities = [\n\"read\",\n\"list\"\n] }",
        Ok("path \"a\" {\n  capabilities = [\n    \"read\",\n    \"list\"\n  ]\n}\n"),
    );
    check(
        "path \"a\" { allowed_parameters = { \"b\" = [] } }",
        Ok("path \"a\" {\n  allowed_parameters = {\n    \"b\" = []\n  }\n}\n"),
    );
}

#[test]
fn comments_and_empty_lines() {
    check("a = [\n1, # one\n2\n]", Ok("a = [\n  1, # one\n  2\n]\n"));
    check("a {\n} # x\n\nb {\n}\n", Ok("a {\n} # x\n\nb {\n}\n"));
    check("a = { b = [], c = {} }", Ok("a = {\n  b = [],\n  c = {\n  }\n}\n"));
    check("{\"path\": 1}", Ok("{\"path\": 1}"));
    check("# one\n\n\n\n# two\n", Ok("# one\n\n# two\n"));
    check("a = 1 # why\nb = 2", Ok("a = 1 # why\nb = 2\n"));
    check("a = [ # why\n1 ]", Ok("a = [\n  # why\n  1\n]\n"));
    check("/* x\n y */\na = 1", Ok("/* x\n y */\na = 1\n"));
    check("a = \"x # { y\"", Ok("a = \"x # { y\"\n"));
    check("a = <<EOT\n  x\n EOT\nb = 1", Ok("a = <<EOT\n  x\n EOT\nb = 1\n"));
}

#[test]
fn faults() {
    check("path \"a\" {", Err("a bracket is not closed"));
    check("}", Err("\"}\" closes nothing"));
    check("a = [1}", Err("\"}\" closes nothing"));
    check("a = \"x\nb", Err("line 1: a string is not closed"));
    check("a = 1\n/* x", Err("line 2: a comment is not closed"));
    check("a = <<EOT\nx", Err("line 1: a here-document is not closed"));
    check(&"[".repeat(100), Err("brackets are nested deeper than 64"));
}
