//! Rules that hold for every source file.

use super::{File, files, nothing_of};

const LINES_MAX: usize = 800;
const TEST_LINES_MAX: usize = 1200;
/// The two halves of the C ABI; nowhere else.
const UNSAFE_ALLOWED: [&str; 2] =
    ["core/plugin-api/src/native.rs", "core/plugin-host/src/native.rs"];

/// Words that must not stand in source, and what to write.
const WORDS: [(&str, &str); 5] = [
    ("todo!", "finish it"),
    ("unimplemented!", "finish it"),
    ("FIXME", "fix it"),
    ("XXX", "say what is meant"),
    ("master key", "the word is root key"),
];

/// This file names what it looks for.
fn sources() -> Vec<File> {
    files(".rs").into_iter().filter(|file| !file.path.ends_with("tidy/files.rs")).collect()
}

#[test]
fn files_have_a_size() {
    let complaint = |file: File| {
        let lines = file.text.lines().count();
        let max = if file.is_test() { TEST_LINES_MAX } else { LINES_MAX };
        (lines > max).then(|| format!("{}: {lines} lines, at most {max}: split it", file.path))
    };
    nothing_of(sources().into_iter().filter_map(complaint).collect());
}

#[test]
fn files_say_what_they_are() {
    let complaint = |file: File| {
        let says = file.text.lines().next().is_some_and(|line| line.starts_with("//! "));
        (!says).then(|| format!("{}: the first line must be `//!` and say what it is", file.path))
    };
    nothing_of(sources().into_iter().filter_map(complaint).collect());
}

#[test]
fn words_are_the_right_ones() {
    let mut complaints = Vec::new();
    for file in sources() {
        for (number, line) in file.text.lines().enumerate() {
            for (word, instead) in WORDS {
                if line.contains(word) {
                    complaints.push(format!("{}:{}: {word}: {instead}", file.path, number + 1));
                }
            }
        }
    }
    nothing_of(complaints);
}

/// Clippy asks for it only where a crate inherits the lints, and examples do not.
#[test]
fn exceptions_give_their_reason() {
    let mut complaints = Vec::new();
    for file in sources() {
        let attributes = file.text.match_indices("#[").chain(file.text.match_indices("#!["));
        for (at, mark) in attributes {
            let rest = &file.text[at + mark.len()..];
            let attribute = &rest[..rest.find(")]").unwrap_or(0)];
            let excepts = ["allow(", "expect("].iter().any(|form| attribute.starts_with(form))
                || attribute.starts_with("cfg_attr(")
                    && [" allow(", " expect("].iter().any(|form| attribute.contains(form));
            if excepts && !attribute.contains("reason = ") {
                let line = file.text[..at].lines().count() + 1;
                complaints.push(format!("{}:{line}: an exception needs a reason", file.path));
            }
        }
    }
    nothing_of(complaints);
}

#[test]
fn unsafe_is_in_two_files() {
    let is_unsafe = |line: &str| {
        let code = line.split("//").next().unwrap_or_default();
        // A function pointer of the C ABI has a type, which does nothing by itself.
        let code = code.replace("unsafe extern \"C\" fn(", "fn(");
        ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern", "allow(unsafe_code"]
            .iter()
            .any(|form| code.contains(form))
    };
    let complaint = |file: File| {
        let allowed = UNSAFE_ALLOWED.contains(&file.path.as_str());
        // The text of `export!`, which becomes code in a plugin.
        let expands_elsewhere = file.path == "core/plugin-api/src/export.rs";
        let found = !allowed && !expands_elsewhere && file.text.lines().any(is_unsafe);
        found.then(|| format!("{}: unsafe code belongs to {UNSAFE_ALLOWED:?}", file.path))
    };
    nothing_of(sources().into_iter().filter_map(complaint).collect());
}

#[test]
fn modules_are_named_by_their_noun() {
    let complaint = |file: File| {
        let old = file.path.ends_with("/mod.rs");
        old.then(|| format!("{}: write foo.rs beside foo/, not foo/mod.rs", file.path))
    };
    nothing_of(sources().into_iter().filter_map(complaint).collect());
}

#[test]
fn crates_inherit_the_lints() {
    let complaint = |file: File| {
        // Examples, and what tests load as plugins, stand alone, as somebody else's plugin would.
        let stands_alone = file.text.contains("[workspace]");
        let is_crate = file.text.contains("[package]") && !stands_alone;
        let inherits = file.text.contains("[lints]\nworkspace = true");
        // A crate with one of those two files denies what the others forbid.
        let folder = file.path.trim_end_matches("Cargo.toml");
        let holds_unsafe = UNSAFE_ALLOWED.iter().any(|path| path.starts_with(folder));
        let inherits = inherits || holds_unsafe && file.text.contains("unsafe_code = \"deny\"");
        (is_crate && !inherits).then(|| format!("{}: write [lints] workspace = true", file.path))
    };
    nothing_of(files("Cargo.toml").into_iter().filter_map(complaint).collect());
}
