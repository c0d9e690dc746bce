//! `plugin doctor`: why a file would not load, and what to do about it.

use plugin_host::{Grant, PluginSpec};
use serde_json::{Value, json};

use super::{
    file::{Component, ENTRY, Form, Library, PluginFile, glibc},
    subject, tool,
};
use crate::{
    call::Call,
    command::{Arguments, Command},
    failure::{Failure, Outcome},
    flags::{Flag, Kind},
    globals::{self, Globals},
    out,
    show::{self, Document, Format},
};

const FLAGS: &[Flag] = &[
    super::CONFIG,
    Flag::new(
        &["load"],
        Kind::Bool,
        "Load it too, as the server would. A native plugin's own code runs then.",
    ),
];

pub(super) const COMMAND: Command = Command {
    name: "plugin doctor",
    summary: "Say why a plugin would not load, and what to do",
    usage: "[options] FILE",
    about: "Looks at a plugin's file for what keeps it from loading here: symbols, libraries and \
            the C library of a native one; imports and their grants of a component; and, with \
            -config, whether the stanza fits the file. Nothing of the file runs unless -load is \
            given.\n\nThe exit code is 2 if something is wrong.",
    examples: &[
        ("Why does it not load?", "strongroom plugin doctor -config=server.hcl ./mystore.wasm"),
        ("Try it as the server would:", "strongroom plugin doctor -load ./mystore.so"),
    ],
    flags: &[FLAGS, globals::FORMAT],
    globals: Globals::None,
    arguments: Arguments::Exactly(1),
    run: doctor,
};

/// One thing that was looked at.
pub(super) struct Finding {
    verdict: Verdict,
    text: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Verdict {
    Well,
    Remark,
    Problem,
}

fn well(text: impl Into<String>) -> Finding {
    Finding { verdict: Verdict::Well, text: text.into() }
}

fn remark(text: impl Into<String>) -> Finding {
    Finding { verdict: Verdict::Remark, text: text.into() }
}

fn problem(text: impl Into<String>) -> Finding {
    Finding { verdict: Verdict::Problem, text: text.into() }
}

fn doctor(call: &Call) -> Outcome {
    let file = PluginFile::read(call.argument(0))?;
    let config = subject::configuration(call)?;
    let mut findings = vec![match &file.manifest {
        Ok(manifest) => {
            well(format!("the manifest says {} \"{}\"", manifest.kinds.join(", "), manifest.name))
        }
        Err(why) => problem(format!(
            "the manifest cannot be read ({why}): use export! in Rust or SR_MANIFEST in C"
        )),
    }];
    let stanza = config.as_ref().and_then(|config| {
        let stanza = subject::stanza(&file, config)?;
        let folder = config.plugin_directory.as_deref();
        Some((stanza.place.to_string(), PluginSpec::from_stanza(stanza, folder)))
    });
    let spec = match &stanza {
        Some((_, Ok(spec))) => Some(spec),
        _ => None,
    };
    match &file.form {
        Form::Library(library) => of_library(library, &mut findings),
        Form::Component(component) => of_component(component, spec, &mut findings),
    }
    match (&stanza, &config) {
        (Some((place, Ok(spec))), _) => of_stanza(&file, place, spec, &mut findings),
        (Some((place, Err(error))), _) => findings.push(problem(format!("{place}: {error}"))),
        (None, Some(_)) => findings.push(problem(format!(
            "the configuration has no plugin stanza for this file; paste this:\n{}",
            file.stanza().unwrap_or_default()
        ))),
        (None, None) => (),
    }
    if call.given.is("load") {
        findings.push(loaded(&file, config.as_ref())?);
    }
    print(call, &findings)
}

fn of_library(library: &Library, findings: &mut Vec<Finding>) {
    let here = std::env::consts::ARCH;
    findings.push(if library.machine.replace("i386", "x86") == here {
        well(format!("it was built for {here}"))
    } else {
        problem(format!("it was built for {}, and this machine is {here}", library.machine))
    });
    if !library.shared {
        findings.push(problem("it is a program or an object file: link it with -shared"));
    }
    findings.push(if library.has_entry() {
        well(format!("it exports {ENTRY}"))
    } else {
        problem(format!("it does not export {ENTRY}: use export! in Rust, define it in C"))
    });
    let others = library.exports.iter().filter(|name| *name != ENTRY).count();
    if others > 0 {
        findings.push(remark(format!(
            "it exports {others} more symbols, which nobody looks for: build it with \
             -fvisibility=hidden"
        )));
    }
    match (library.glibc, glibc()) {
        (Some(needed), Some(here)) if needed > here => findings.push(problem(format!(
            "it needs glibc {}.{}, and this machine has {}.{}: build it on an older system",
            needed.0, needed.1, here.0, here.1
        ))),
        (Some(needed), _) => {
            findings.push(well(format!("it needs glibc {}.{} or newer", needed.0, needed.1)));
        }
        (None, _) => findings.push(remark("it asks for no version of glibc")),
    }
    let known = tool::output("ldconfig", &["-p"]).unwrap_or_default();
    for name in &library.needed {
        let there =
            known.is_empty() || known.lines().any(|line| line.trim().starts_with(name.as_str()));
        findings.push(if there {
            well(format!("it needs {name}, which is there"))
        } else {
            problem(format!("it needs {name}, which is not installed here"))
        });
    }
}

fn of_component(component: &Component, spec: Option<&PluginSpec>, findings: &mut Vec<Finding>) {
    let kinds = component.kinds();
    findings.push(if kinds.is_empty() {
        problem("it exports no contract of strongroom:plugin: build it for a world of wit/")
    } else {
        well(format!("it exports {}", kinds.join(", ")))
    });
    let granted = |test: fn(&Grant) -> bool| spec.is_some_and(|spec| spec.grants.iter().any(test));
    for import in &component.imports {
        let (name, version) = import.split_once('@').unwrap_or((import, ""));
        let finding = if name.starts_with("wasi:") && !version.starts_with("0.2.") {
            Some(problem(format!("it imports {import}: only WASI 0.2 is provided")))
        } else if name.starts_with("wasi:http/") {
            Some(if granted(|grant| matches!(grant, Grant::Http { .. })) {
                well(format!("it imports {import}, and a grant \"http\" is there"))
            } else {
                let text = format!(
                    "it imports {import}: its stanza needs grant \"http\" \"NAME\" {{ origins = \
                     [\"https://HOST\"] }}"
                );
                // Without a stanza nobody knows what will be granted.
                if spec.is_some() { problem(text) } else { remark(text) }
            })
        } else if name.starts_with("wasi:sockets/") {
            Some(if granted(|grant| matches!(grant, Grant::Tcp { .. })) {
                well(format!("it imports {import}, and a grant \"tcp\" is there"))
            } else {
                let text = format!(
                    "it imports {import}: its stanza needs grant \"tcp\" \"NAME\" {{ address = \
                     \"HOST:PORT\" }}"
                );
                if spec.is_some() { problem(text) } else { remark(text) }
            })
        } else if name == "wasi:filesystem/preopens" {
            let dir = granted(|grant| matches!(grant, Grant::Dir { .. }));
            (!dir).then(|| {
                remark(
                    "it may look for files, and no folder is granted: if it needs one, write \
                     grant \"dir\" \"/NAME\" { path = \"/FOLDER\" }",
                )
            })
        } else {
            None
        };
        findings.extend(finding);
    }
}

fn of_stanza(file: &PluginFile, place: &str, spec: &PluginSpec, findings: &mut Vec<Finding>) {
    findings.push(match spec.sha256 {
        Some(wanted) if wanted == file.digest => well(format!("{place}: the digest is right")),
        Some(_) => problem(format!("{place}: the file has the sha256 {}", file.sha256())),
        None => problem(format!("{place}: write sha256 = \"{}\"", file.sha256())),
    });
    if matches!(file.form, Form::Library(_)) && !spec.trust_full {
        findings.push(problem(format!(
            "{place}: a native plugin can do all that the server can: write trust = \"full\" if \
             you trust it that far"
        )));
    }
    let kinds =
        file.manifest.as_ref().map(|manifest| manifest.kinds.as_slice()).unwrap_or_default();
    if !kinds.contains(&spec.kind.to_string()) {
        findings.push(problem(format!(
            "{place}: the stanza says {}, and the file is {}",
            spec.kind,
            kinds.join(", ")
        )));
    }
    for grant in &spec.grants {
        match grant {
            Grant::Dir { name, path, .. } if !path.is_dir() => findings.push(problem(format!(
                "{place}: grant \"dir\" \"{name}\": there is no folder {}",
                path.display()
            ))),
            Grant::Env { variable } if std::env::var_os(variable).is_none() => {
                findings.push(problem(format!(
                    "{place}: grant \"env\" \"{variable}\": the variable is not set here"
                )));
            }
            _ => (),
        }
    }
}

fn loaded(file: &PluginFile, config: Option<&config::Config>) -> Outcome<Finding> {
    let spec = subject::spec(file, config)?;
    // A loader may start tasks of its own.
    super::run(async {
        Ok(match plugin_host::load(&spec) {
            Ok(_) => well("it loads"),
            Err(error) => problem(error.to_string()),
        })
    })
}

fn print(call: &Call, findings: &[Finding]) -> Outcome {
    let word = |verdict| match verdict {
        Verdict::Well => "ok",
        Verdict::Remark => "note",
        Verdict::Problem => "problem",
    };
    if call.format == Format::Table {
        for finding in findings {
            out::line(&format!("{:<8} {}", word(finding.verdict), finding.text));
        }
    } else {
        let all = findings
            .iter()
            .map(|finding| json!({ "verdict": word(finding.verdict), "text": finding.text }));
        show::document(call.format, &Document::Leaf(all.collect::<Value>()));
    }
    match findings.iter().any(|finding| finding.verdict == Verdict::Problem) {
        true => Err(Failure::Said(2)),
        false => Ok(()),
    }
}
