//! Every command: its help, and how its lines are parsed.

use super::{GROUPS, all, find};
use crate::{call::Call, failure::Failure, help};

/// Parses a line and compares its arguments; a fault by its text.
fn check(line: &str, expected: Result<&str, &str>) {
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    let parsed = (1..=3).rev().find_map(|count| {
        let command = find(&words.get(..count)?.join(" "))?;
        Some(Call::parse(command, words.get(count..)?))
    });
    let found = match parsed {
        Some(Ok(call)) => Ok(call.arguments.join(" ")),
        Some(Err(failure)) => Err(failure.text().unwrap_or_default().to_owned()),
        None => Err("no such command".to_owned()),
    };
    assert_eq!(found, expected.map(str::to_owned).map_err(str::to_owned), "{line}");
}

#[test]
fn lines_of_general_commands() {
    check("version", Ok(""));
    check("print token", Ok(""));
    check("server -config=a.hcl -config b -log-level=warn -log-format=json", Ok(""));
    check("server -dev -dev-root-token-id=r -dev-listen-address=h:1 -dev-no-store-token", Ok(""));
    check("server -dev-tls -dev-tls-cert-dir=d -dev-kv-v1 -dev-no-kv", Ok(""));
    check("status -address=http://h:1 -format=json", Ok(""));
    check(
        "login -method=userpass -path=up -no-store -no-print -token-only username=u",
        Ok("username=u"),
    );
    check("read -field=k -format=yaml cubbyhole/a", Ok("cubbyhole/a"));
    check("read cubbyhole/a -format=json", Ok("cubbyhole/a"));
    check("read -header=X-A=b -header X-C=d -wrap-ttl=60 a x=y", Ok("a x=y"));
    check("read -ns=team -mfa=m:1 -policy-override -unlock-key=k -non-interactive a", Ok("a"));
    check("read -ca-cert=a -ca-path=b -client-cert=c -client-key=d -tls-server-name=e x", Ok("x"));
    check("read -tls-skip-verify -disable-redirects -output-curl-string a", Ok("a"));
    check("write -f sys/tools/random/4", Ok("sys/tools/random/4"));
    check("write cubbyhole/s -", Ok("cubbyhole/s -"));
    check("patch a b=c", Ok("a b=c"));
    check("delete -output-policy a", Ok("a"));
    check("unwrap -field=a s.x", Ok("s.x"));
    check("path-help sys", Ok("sys"));
    check("list -detailed a", Ok("a"));
    check("scan a", Ok("a"));
}

#[test]
fn lines_of_kv_commands() {
    check("kv get -mount=secret -version=1 a", Ok("a"));
    check("kv put -cas=1 secret/a k=v", Ok("secret/a k=v"));
    check("kv patch -method=rw -cas=2 -remove-data=x secret/a k=v", Ok("secret/a k=v"));
    check("kv delete -versions=1,2 secret/a", Ok("secret/a"));
    check("kv undelete -versions=5 secret/a", Ok("secret/a"));
    check("kv destroy -versions=1 secret/a", Ok("secret/a"));
    check("kv rollback -version=3 secret/a", Ok("secret/a"));
    check("kv list secret", Ok("secret"));
    check("kv scan -mount=secret", Ok(""));
    check("kv enable-versioning kv1/", Ok("kv1/"));
    check("kv metadata get secret/a", Ok("secret/a"));
    check(
        "kv metadata put -max-versions=5 -delete-version-after=3h25m19s -custom-metadata=o=m \
         -cas-required=false secret/a",
        Ok("secret/a"),
    );
    check("kv metadata patch -custom-metadata=x=y -remove-custom-metadata=o a", Ok("a"));
    check("kv metadata delete a", Ok("a"));
}

#[test]
fn lines_of_administration() {
    check(
        "token create -policy=a -policy=b -ttl=1h -metadata=a=b -display-name=x -use-limit=0 \
         -explicit-max-ttl=5h -orphan -period=30m -type=batch -role=r -id=i -renewable=false \
         -no-default-policy -entity-alias=e",
        Ok(""),
    );
    check("token lookup -accessor a", Ok("a"));
    check("token renew -increment=30m t", Ok("t"));
    check("token revoke -self", Ok(""));
    check("token revoke -mode=orphan t", Ok("t"));
    check("token capabilities t p", Ok("t p"));
    check("policy list", Ok(""));
    check("policy read default", Ok("default"));
    check("policy write p -", Ok("p -"));
    check("policy delete p", Ok("p"));
    check("policy fmt f.hcl", Ok("f.hcl"));
    check("secrets list -detailed -format=json", Ok(""));
    check("secrets enable -path=k2 -version=2 -description=d kv", Ok("kv"));
    check(
        "secrets enable -seal-wrap -local -force-no-cache -options=a=b -plugin-name=p x",
        Ok("x"),
    );
    check("secrets tune -default-lease-ttl=1h -max-lease-ttl=system transit/", Ok("transit/"));
    check("secrets move a b", Ok("a b"));
    check("secrets disable a", Ok("a"));
    check("auth list", Ok(""));
    check("auth enable -token-type=batch -path=p userpass", Ok("userpass"));
    check("auth tune -user-lockout-threshold=3 -user-lockout-duration=1m up", Ok("up"));
    check("auth move auth/a auth/b", Ok("auth/a auth/b"));
    check("auth disable a", Ok("a"));
    check("auth help userpass", Ok("userpass"));
    check("audit list -detailed", Ok(""));
    check("audit enable -path=f -local file file_path=x", Ok("file file_path=x"));
    check("audit disable f", Ok("f"));
    check("lease lookup a", Ok("a"));
    check("lease renew -increment=1h a", Ok("a"));
    check("lease revoke -force -prefix a", Ok("a"));
    check("lease revoke -sync a", Ok("a"));
    check("operator init -n 1 -t 1", Ok(""));
    check("operator init -recovery-shares=1 -recovery-threshold=1 -stored-shares=1", Ok(""));
    check("operator unseal -migrate k", Ok("k"));
    check("operator unseal -reset", Ok(""));
    check("operator seal", Ok(""));
    check("operator rotate -format=json", Ok(""));
    check("operator key-status", Ok(""));
    check("operator step-down", Ok(""));
}

#[test]
fn lines_of_plugin_commands() {
    check("plugin new -kind=seal -lang=c -name=a -sdk=/s dir", Ok("dir"));
    check("plugin new --kind storage --lang rust", Ok(""));
    check("plugin build -target=wasm -format=json dir", Ok("dir"));
    check(
        "plugin test -config=t.hcl -class=full -seed=1 -only=S,L07 -except=L07=slow -report=a \
         -junit=b -volatile -ttl=2s -address-setting=x -password-setting=y -max-connections=3 f.so",
        Ok("f.so"),
    );
    check("plugin bench -n=10 -size=100 f.so", Ok("f.so"));
    check("plugin info -format=json f.so", Ok("f.so"));
    check("plugin doctor -config=s.hcl -load f.so", Ok("f.so"));
    check("plugin list -config=s.hcl", Ok(""));
    check("plugin test", Err("Not enough arguments (expected 1, got 0)"));
}

#[test]
fn faults() {
    check("read", Err("Not enough arguments (expected at least 1, got 0)"));
    check("read -nosuch x", Err("flag provided but not defined: -nosuch"));
    check("read -format=zz x", Err("Invalid output format: zz"));
    check("list -format=raw x", Err("The raw format is known by \"read\" alone"));
    let pretty = "Could not parse output: cannot use the pretty formatter for this type";
    check("read -format=pretty x", Err(pretty));
    check("status -field=sealed", Err("flag provided but not defined: -field"));
    check("operator key-status -field=term", Err("flag provided but not defined: -field"));
    check("secrets list x", Err("Too many arguments (expected 0, got 1)"));
    check("secrets move a", Err("Not enough arguments (expected 2, got 1)"));
    check("kv put", Err("Not enough arguments (expected at least 1, got 0)"));
    check("kv nosuch", Err("no such command"));
    check("nosuch", Err("no such command"));
}

#[test]
fn faults_of_words_exit_with_1() {
    let command = find("read").expect("it is listed");
    let failure = Call::parse(command, &[]).expect_err("a path is missing");
    assert!(matches!(failure, Failure::Local(_)) && failure.code() == 1);
}

#[test]
fn every_help_text_teaches() {
    for command in all() {
        let text = help::command(command);
        let name = command.name;
        assert!(text.starts_with(&format!("Usage: strongroom {name}")), "{name}");
        assert!(text.contains("\nExamples:\n"), "{name} has no example");
        assert!(command.examples.iter().all(|(what, _)| what.ends_with([':', '?'])), "{name}");
        assert!(!command.summary.ends_with('.') && !command.summary.is_empty(), "{name}");
        for line in text.lines().filter(|line| !line.contains("$ ")) {
            assert!(line.chars().count() <= 100, "{name}: {line}");
        }
    }
}

#[test]
fn every_command_is_in_an_index() {
    let top = help::top();
    for command in all() {
        let index = match command.name.rsplit_once(' ') {
            None => top.clone(),
            Some((group, _)) => {
                let group = GROUPS.iter().find(|known| known.name == group);
                help::group(group.expect("each group is listed"))
            }
        };
        let last = command.name.rsplit(' ').next().unwrap_or_default();
        assert!(index.contains(&format!("    {last} ")), "{}", command.name);
    }
}

#[test]
fn names_are_unique_and_flags_too() {
    let mut names: Vec<&str> = all().map(|command| command.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    for command in all() {
        let flags = command.all_flags().flat_map(|flags| flags.iter());
        let mut flags: Vec<&str> = flags.flat_map(|flag| flag.names.iter().copied()).collect();
        let count = flags.len();
        flags.sort_unstable();
        flags.dedup();
        assert_eq!(flags.len(), count, "{}", command.name);
    }
}
