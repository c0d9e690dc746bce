//! The dialect, word by word.

use super::{Flag, Kind, parse};

const FLAGS: &[Flag] = &[
    Flag::new(&["force", "f"], Kind::Bool, ""),
    Flag::new(&["path"], Kind::Text, ""),
    Flag::new(&["cas"], Kind::Number, ""),
    Flag::new(&["ttl"], Kind::Ttl, ""),
    Flag::new(&["versions"], Kind::List, ""),
    Flag::new(&["metadata"], Kind::Pairs, ""),
];

/// Parses a line and writes down what was found: flags as `name=value`, then the arguments.
fn check(line: &str, expected: Result<(&str, &str), &str>) {
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    let found = parse(&[FLAGS], &words).map(|(given, arguments)| {
        let flags: Vec<String> = given.values.iter().map(|(n, v)| format!("{n}={v}")).collect();
        (flags.join(" "), arguments.join(" "))
    });
    let expected = match expected {
        Ok((flags, arguments)) => Ok((flags.to_owned(), arguments.to_owned())),
        Err(text) => Err(text.to_owned()),
    };
    assert_eq!(found, expected, "{line}");
}

#[test]
fn forms() {
    check("", Ok(("", "")));
    check("a b", Ok(("", "a b")));
    check("-path=p a", Ok(("path=p", "a")));
    check("-path p a", Ok(("path=p", "a")));
    check("--path=p a", Ok(("path=p", "a")));
    check("--path p a", Ok(("path=p", "a")));
    check("-path= a", Ok(("path=", "a")));
    check("-path=a=b", Ok(("path=a=b", "")));
    check("-f a", Ok(("force=true", "a")));
    check("-force=false a", Ok(("force=false", "a")));
    check("-f true", Ok(("force=true", "true")));
    check("-versions=1,2 -versions 3", Ok(("versions=1,2 versions=3", "")));
    check("- a", Ok(("", "- a")));
    check("-- -f", Ok(("", "-f")));
    check("-cas=-1", Ok(("cas=-1", "")));
    check("-cas -1", Ok(("cas=-1", "")));
}

#[test]
fn behind_an_argument_a_known_flag_is_a_flag() {
    check("a -f", Ok(("force=true", "a")));
    check("a -path=p k=v", Ok(("path=p", "a k=v")));
    check("a -nosuch", Ok(("", "a -nosuch")));
    check("a -- -f", Ok(("", "a -f")));
}

#[test]
fn faults() {
    check("-nosuch x", Err("flag provided but not defined: -nosuch"));
    check("--nosuch=1 x", Err("flag provided but not defined: -nosuch"));
    check("-path", Err("flag needs an argument: -path"));
    check("-cas=x", Err("invalid value \"x\" for flag -cas: must be a whole number"));
    check("-f=perhaps", Err("invalid value \"perhaps\" for flag -f: must be true or false"));
    check("-metadata=x", Err("invalid value \"x\" for flag -metadata: must be name=value"));
    let text = "invalid value \"x\" for flag -ttl: must be a duration such as 90s, 1h30m or 2d";
    check("-ttl=x", Err(text));
}

#[test]
fn values() {
    let words: Vec<String> = ["-f=0", "-ttl=1h30m", "-versions=1, 2,", "-metadata=a=b=c", "-cas=7"]
        .map(str::to_owned)
        .into();
    let (given, _) = parse(&[FLAGS], &words).expect("the words are good");
    assert!(!given.is("force") && given.has("force"));
    assert_eq!(given.truth("force"), Some(false));
    assert_eq!(given.truth("path"), None);
    assert_eq!(given.ttl("ttl").as_deref(), Some("5400s"));
    assert_eq!(given.list("versions"), ["1", "2"]);
    assert_eq!(given.pairs("metadata"), [("a", "b=c")]);
    assert_eq!(given.number("cas"), Some(7));
}
