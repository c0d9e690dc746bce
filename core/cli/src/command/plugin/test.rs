//! `plugin test`: the conformance suite on any provider.

use std::{fs, time::Duration};

use conformance::{Class, Exception, Options, Report, ha_lock, loaded, seal, storage};

use super::{
    factory::{Factory, Hints, Log},
    subject::Subject,
};
use crate::{
    call::Call,
    command::{Arguments, Command},
    failure::{Failure, Outcome},
    flags::{Flag, Kind},
    globals::{self, Globals},
    out,
    show::Format,
};

const FLAGS: &[Flag] = &[
    super::CONFIG,
    Flag::new(&["class"], Kind::Text, "How much time: quick (the default), full or soak."),
    Flag::new(&["seed"], Kind::Text, "The seed of a run that is to be repeated."),
    Flag::new(&["only"], Kind::List, "Cases (S01) or groups (S) to run."),
    Flag::new(
        &["except"],
        Kind::Pairs,
        "A case or group that may fail, and the reason: L07=\"a slow disk\". It is in the report. \
         May be repeated.",
    ),
    Flag::new(&["report"], Kind::Text, "Write the report as JSON to this file."),
    Flag::new(&["junit"], Kind::Text, "Write the report as JUnit XML to this file."),
    Flag::new(
        &["volatile"],
        Kind::Bool,
        "The provider keeps everything in memory: skip what outlives a handle. Such a provider is \
         for tests alone.",
    ),
    Flag::new(&["ttl"], Kind::Ttl, "A time to live that the lock can keep: 2s if not given."),
    Flag::new(
        &["address-setting"],
        Kind::Text,
        "The setting that holds the address of the service (host:port). With it the network faults \
         are tested: the suite stands in between.",
    ),
    Flag::new(&["password-setting"], Kind::Text, "The setting that holds a password."),
    Flag::new(&["max-connections"], Kind::Number, "The most connections that it promises to keep."),
];

pub(super) const COMMAND: Command = Command {
    name: "plugin test",
    summary: "Run the conformance suite on a plugin",
    usage: "[options] FILE",
    about: "Runs the conformance suite on a plugin's file, or on a bundled provider by its label: \
            every case for what it claims, and that it says unsupported to the rest.\n\nThe exit \
            code is 0 if it conforms, 2 if it does not, 1 if it could not be tried. Each case \
            works below conformance/ and removes what it wrote; other data is not touched.",
    examples: &[
        ("Does it conform?", "strongroom plugin test -config=test.hcl ./mystore.so"),
        ("Run a failed case again:", "strongroom plugin test -seed=42 -only=C03 ./mystore.so"),
        ("In CI:", "strongroom plugin test -junit=out.xml -report=out.json ./mystore.wasm"),
    ],
    flags: &[FLAGS, globals::FORMAT],
    globals: Globals::None,
    arguments: Arguments::Exactly(1),
    run: test,
};

fn test(call: &Call) -> Outcome {
    let options = options(call)?;
    let log = Log::start();
    let report = super::run(async {
        let subject = Subject::load(call)?;
        let (name, about) = (subject.about.name.clone(), subject.about.clone());
        let factory = Factory::new(subject, hints(call)?, log).await;
        let factory = factory.map_err(|error| {
            Failure::Local(format!("{name} cannot be opened: {error} ({:?})", error.kind))
        })?;
        let mut report = run(&factory, &options).await?;
        report.subject = about;
        factory.close().await;
        Ok(report)
    })?;
    finish(call, &report)
}

async fn run(factory: &Factory, options: &Options) -> Outcome<Report> {
    let opened = factory.opened().await.map_err(|error| Failure::Local(error.to_string()))?;
    let (storage, lock, seal) =
        (opened.storage.is_some(), opened.ha_lock.is_some(), opened.seal.is_some());
    // The cases that reopen the provider need the only handle.
    drop(opened);
    let mut whole: Option<Report> = None;
    let mut add = |report: Report| match &mut whole {
        None => whole = Some(report),
        Some(whole) => whole.append(report),
    };
    if storage {
        add(storage::run(factory, options).await);
    }
    if lock {
        add(ha_lock::run(factory, options).await);
    }
    if seal {
        add(seal::run(factory, options).await);
    }
    if factory.is_loaded() {
        add(loaded::run(factory, options).await);
    }
    whole.ok_or_else(|| Failure::local("it opened as nothing: no storage, no lock, no seal"))
}

fn options(call: &Call) -> Outcome<Options> {
    let mut options = Options::from_environment();
    if let Some(word) = call.given.text("class") {
        options.class = word
            .parse::<Class>()
            .map_err(|error| Failure::Local(format!("-class={word}: {error}")))?;
    }
    if let Some(seed) = call.given.text("seed") {
        let wrong = |_| Failure::Local(format!("-seed={seed}: the seed must be a whole number"));
        options.seed = seed.parse().map_err(wrong)?;
    }
    if call.given.has("only") {
        options.only = call.given.list("only").into_iter().map(str::to_owned).collect();
    }
    for (id, reason) in call.given.pairs("except") {
        if reason.trim().is_empty() {
            return Err(Failure::Local(format!("-except={id}: say why it may fail")));
        }
        options.exceptions.push(Exception { id: id.to_owned(), reason: reason.to_owned() });
    }
    Ok(options)
}

fn hints(call: &Call) -> Outcome<Hints> {
    let text = |name: &str| call.given.text(name).map(str::to_owned);
    let ttl = match call.given.text("ttl") {
        None => None,
        Some(text) => {
            let seconds = crate::durations::parse(text).filter(|seconds| *seconds > 0);
            let wrong = || Failure::Local(format!("-ttl={text}: give whole seconds, such as 2s"));
            Some(Duration::from_secs(seconds.ok_or_else(wrong)?))
        }
    };
    Ok(Hints {
        volatile: call.given.is("volatile"),
        address_setting: text("address-setting"),
        password_setting: text("password-setting"),
        connections_max: call.given.number("max-connections").and_then(|it| it.try_into().ok()),
        ttl,
    })
}

fn finish(call: &Call, report: &Report) -> Outcome {
    for (flag, text) in
        [("report", Report::json as fn(&Report) -> String), ("junit", Report::junit)]
    {
        let Some(path) = call.given.text(flag) else { continue };
        fs::write(path, text(report))
            .map_err(|error| Failure::Local(format!("-{flag}={path}: {error}")))?;
    }
    match call.format {
        Format::Json => out::line(&report.json()),
        _ => out::line(report.to_string().trim_end()),
    }
    match report.failures().count() {
        0 => Ok(()),
        _ => Err(Failure::Said(2)),
    }
}
