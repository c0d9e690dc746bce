//! `plugin build`: from a project to a file, its digest, and the stanza that loads it.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use plugin_api::{Manifest, manifest::WASM_SECTION};
use serde_json::{Value, json};

use super::{
    file::{Form, PluginFile},
    tool::{self, CARGO, CC, JAVASCRIPT, PYTHON},
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

const FLAGS: &[Flag] = &[Flag::new(
    &["target"],
    Kind::Text,
    "For Rust: native (a library, the default) or wasm (a component for a sandbox).",
)];

pub(super) const COMMAND: Command = Command {
    name: "plugin build",
    summary: "Build a plugin's project, and print its stanza",
    usage: "[options] [DIR]",
    about: "Builds the project in a folder with the tool of its language (cargo, cc, \
            componentize-py, componentize-js) and prints the file, its digest, and the stanza to \
            paste into a server's configuration.",
    examples: &[
        ("Build the project here:", "strongroom plugin build"),
        ("Build a component from Rust:", "strongroom plugin build -target=wasm mystore"),
    ],
    flags: &[FLAGS, globals::FORMAT],
    globals: Globals::None,
    arguments: Arguments::Between(0, 1),
    run: build,
};

/// What a folder is a project of.
enum Project {
    Rust,
    C,
    Python,
    JavaScript,
}

fn build(call: &Call) -> Outcome {
    let folder = PathBuf::from(match call.argument(0) {
        "" => ".",
        given => given,
    });
    let built = match project(&folder)? {
        Project::Rust => rust(&folder, call.given.text("target").unwrap_or("native"))?,
        Project::C => c(&folder)?,
        Project::Python => python(&folder)?,
        Project::JavaScript => javascript(&folder)?,
    };
    let file = PluginFile::read(&built.display().to_string())?;
    if let Form::Library(library) = &file.form
        && !library.has_entry()
    {
        return Err(Failure::Local(format!(
            "{}: it is no plugin yet: use export! in Rust, or define {} in C",
            file.path.display(),
            super::file::ENTRY
        )));
    }
    print(call, &file)
}

fn project(folder: &Path) -> Outcome<Project> {
    let has = |name: &str| folder.join(name).is_file();
    if has("Cargo.toml") {
        Ok(Project::Rust)
    } else if has("app.py") {
        Ok(Project::Python)
    } else if has("app.js") {
        Ok(Project::JavaScript)
    } else if !sources(folder).is_empty() {
        Ok(Project::C)
    } else {
        Err(Failure::Local(format!(
            "{} is no project: there is no Cargo.toml, app.py, app.js or src/*.c; begin one with \
             \"strongroom plugin new\"",
            folder.display()
        )))
    }
}

fn rust(folder: &Path, target: &str) -> Outcome<PathBuf> {
    const WASM: &str = "wasm32-wasip2";
    let mut arguments = vec!["build", "--release", "--message-format=json-render-diagnostics"];
    match target {
        "native" => arguments.extend(["--features", "native"]),
        "wasm" => {
            if !wasm_target_is_there(WASM) {
                return Err(Failure::Local(format!(
                    "the Rust target {WASM} is not installed; install it with: rustup target add \
                     {WASM}"
                )));
            }
            arguments.extend(["--features", "wasm", "--target", WASM]);
        }
        other => {
            return Err(Failure::Local(format!(
                "-target={other}: the targets are native and wasm"
            )));
        }
    }
    let lines = CARGO.run(folder, &arguments)?;
    let artifacts = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    // The project's own crate is built last.
    artifacts.filter_map(|message| library(&message)).next_back().ok_or_else(|| {
        Failure::local("cargo built no library: write crate-type = [\"cdylib\"] into Cargo.toml")
    })
}

fn wasm_target_is_there(target: &str) -> bool {
    let folder = tool::output("rustc", &["--print", "target-libdir", "--target", target]);
    folder.is_some_and(|folder| Path::new(folder.trim()).is_dir())
}

/// The library of one of cargo's messages.
fn library(message: &Value) -> Option<PathBuf> {
    if message.get("reason")? != "compiler-artifact" {
        return None;
    }
    let kinds = message.get("target")?.get("kind")?.as_array()?;
    kinds.iter().find(|kind| *kind == "cdylib")?;
    let files = message.get("filenames")?.as_array()?.iter().filter_map(Value::as_str);
    let ends = |file: &&str| [".so", ".dylib", ".wasm"].iter().any(|end| file.ends_with(end));
    files.filter(ends).map(PathBuf::from).next()
}

/// The C sources of a project.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join("src")).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "c"));
    files.sort();
    files
}

fn c(folder: &Path) -> Outcome<PathBuf> {
    let output = output(folder, "so")?;
    let mut arguments: Vec<String> =
        ["-std=c11", "-O2", "-g", "-Wall", "-Wextra", "-fPIC", "-shared", "-fvisibility=hidden"]
            .map(str::to_owned)
            .to_vec();
    let relative = |path: &Path| path.strip_prefix(folder).unwrap_or(path).display().to_string();
    arguments.extend(["-o".to_owned(), relative(&output)]);
    arguments.extend(sources(folder).iter().map(|path| relative(path)));
    arguments.push("-lpthread".to_owned());
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    CC.run(folder, &arguments)?;
    Ok(output)
}

fn python(folder: &Path) -> Outcome<PathBuf> {
    let output = output(folder, "wasm")?;
    let (description, world) = described(folder)?;
    let file = output.strip_prefix(folder).unwrap_or(&output).display().to_string();
    // Without the stubs a Python asks for sockets, which it gets with a grant "tcp" only.
    let stubbed = ["componentize", "--stub-wasi", "app", "-o", &file];
    PYTHON.run(folder, &[&["-d", "wit", "-w", &world], &stubbed[..]].concat())?;
    with_manifest(&output, &description)?;
    Ok(output)
}

fn javascript(folder: &Path) -> Outcome<PathBuf> {
    let output = output(folder, "wasm")?;
    let (description, world) = described(folder)?;
    let file = output.strip_prefix(folder).unwrap_or(&output).display().to_string();
    let here = folder.join("node_modules").is_dir();
    if !here && tool::output("componentize-js", &["--version"]).is_none() {
        return Err(Failure::Local(format!(
            "componentize-js is not installed; install it with: npm --prefix {} install",
            folder.display()
        )));
    }
    let wants_http = serde_json::from_str::<Value>(&description)
        .is_ok_and(|description| description.get("http") == Some(&Value::Bool(true)));
    // What it does not use is left out: each import has to be granted.
    let mut arguments = vec!["--no-install", "componentize-js", "app.js", "--wit", "wit"];
    arguments.extend(["--world-name", &world, "--out", &file]);
    arguments.extend(["--disable", "stdio", "fetch-event"]);
    if !wants_http {
        arguments.push("http");
    }
    JAVASCRIPT.run(folder, &arguments)?;
    with_manifest(&output, &description)?;
    Ok(output)
}

/// Where the file goes: `build/<name of the folder>.<end>`.
fn output(folder: &Path, end: &str) -> Outcome<PathBuf> {
    let fault = |error: std::io::Error| Failure::Local(format!("{}: {error}", folder.display()));
    let whole = fs::canonicalize(folder).map_err(fault)?;
    let name = whole.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let build = folder.join("build");
    fs::create_dir_all(&build).map_err(fault)?;
    Ok(build.join(format!("{name}.{end}")))
}

/// What `plugin.json` says: the manifest, and the world to build for.
fn described(folder: &Path) -> Outcome<(String, String)> {
    let path = folder.join("plugin.json");
    let fault = |why: String| Failure::Local(format!("{}: {why}", path.display()));
    let text = fs::read_to_string(&path).map_err(|error| fault(error.to_string()))?;
    let manifest = Manifest::parse(text.as_bytes()).map_err(|error| fault(error.to_string()))?;
    let has = |kind: &str| manifest.kinds.iter().any(|it| it == kind);
    let world = match (has("storage"), has("ha-lock"), has("seal")) {
        (true, false, false) => "storage-plugin",
        (true, true, false) => "storage-ha-plugin",
        (false, true, false) => "ha-plugin",
        (false, false, true) => "seal-plugin",
        _ => return Err(fault("\"kinds\" must be storage, ha-lock, both of them, or seal".into())),
    };
    Ok((text, world.to_owned()))
}

/// Puts the manifest into a component, as a custom section at its end.
fn with_manifest(path: &Path, manifest: &str) -> Outcome {
    let fault = |error: std::io::Error| Failure::Local(format!("{}: {error}", path.display()));
    let name = WASM_SECTION.as_bytes();
    let mut content = leb128(name.len());
    content.extend_from_slice(name);
    content.extend_from_slice(manifest.trim().as_bytes());
    let mut bytes = fs::read(path).map_err(fault)?;
    // A custom section has the number 0.
    bytes.push(0);
    bytes.extend(leb128(content.len()));
    bytes.extend(content);
    fs::write(path, bytes).map_err(fault)
}

/// A number as WASM writes it.
fn leb128(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

fn print(call: &Call, file: &PluginFile) -> Outcome {
    let manifest = file.manifest()?;
    if call.format != Format::Table {
        let all = json!({
            "path": file.path.display().to_string(),
            "sha256": file.sha256(),
            "kind": manifest.kinds.first(),
            "kinds": manifest.kinds,
            "name": manifest.name,
            "loader": file.loader(),
            "stanza": file.stanza()?,
        });
        let order = ["path", "sha256", "kind", "kinds", "name", "loader", "stanza"];
        let all = all.as_object().cloned().unwrap_or_default();
        show::document(call.format, &Document::ordered(&all, &order));
        return Ok(());
    }
    let path = file.path.display();
    let here = env::current_dir().ok();
    let short =
        here.and_then(|here| Some(file.path.strip_prefix(here).ok()?.display().to_string()));
    out::line(&format!(
        "Built {} ({}), sha256 {}\n\nTry it:\n\n    strongroom plugin test -config=test.hcl \
         {}\n\nUse it:\n\n{}",
        manifest.name,
        manifest.kinds.join(" and "),
        file.sha256(),
        short.map_or_else(|| path.to_string(), |short| format!("./{short}")),
        file.stanza()?
    ));
    Ok(())
}

#[cfg(test)]
mod tests;
