//! `isthmus test`: runs scenarios and says what came of them.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use lint::{Input, Severity, lint};
use report::{Run, json, junit, text};
use scenario::{Disk, Set, catalogue};

use super::{CommandError, Terminal};
use crate::{
    Exit,
    cli::{Format, Reports, Test},
    console::{Lines, Live, Look},
    engines::{EngineName, OpenEngine},
    rehearsal::{Rehearsal, Settings},
    stopwatch::Stopwatch,
    trials::{Case, Selection, Source, gather},
};

pub(super) fn run(args: &Test, terminal: &mut Terminal<'_>) -> Result<Exit, CommandError> {
    let watch = Stopwatch::start();
    let engine = engine(args)?;
    let cases = selected(args, &engine)?;
    if cases.is_empty() {
        writeln!(
            terminal.err,
            "no trial is selected; 'isthmus test --list' shows their names"
        )?;
        return Ok(Exit::NothingSelected);
    }
    if args.selected.list {
        return list(&cases, &engine, terminal);
    }
    if (args.keep || args.reuse) && cases.len() > 1 {
        return Err(CommandError::TooManyToKeep(cases.len()));
    }
    let run_on_it = cases
        .iter()
        .filter(|case| case.skipped_on(&engine).is_none());
    engine.fits(run_on_it.map(|case| case.scenario().topology()))?;
    let files = ReportFiles::create(&args.reports)?;
    warn(&args.paths, terminal.err)?;
    let run = rehearse(args, &engine, &cases, terminal)?;
    files.write(&run, args.reports.timings)?;
    tell(args, &run, watch, terminal)?;
    kept(&engine, terminal)?;
    Ok(match terminal.stop.is_requested() {
        true => Exit::Interrupted,
        false => Exit::of(&run),
    })
}

fn engine(args: &Test) -> Result<OpenEngine, CommandError> {
    let name = args.engine.map_or_else(EngineName::of_environment, Ok)?;
    let engine = name.open(&args.setup)?;
    let kept = match (args.reuse, args.keep) {
        (true, _) => engine.reusing(),
        (false, true) => engine.keeping(),
        (false, false) => return Ok(engine),
    };
    kept.ok_or(CommandError::NothingToKeep(name))
}

/// The trials that are asked for, in the order of their files.
fn selected(args: &Test, engine: &OpenEngine) -> Result<Vec<Case>, CommandError> {
    let source = Source {
        catalogue: args.catalogue || args.paths.is_empty(),
        paths: args.paths.clone(),
        istio: args.istio.clone(),
    };
    let asked = &args.selected;
    let selection = Selection {
        filters: asked.filters.clone(),
        exact: asked.exact,
        skip: asked.skip.clone(),
        areas: asked.areas.clone(),
        canaries: asked.canaries,
    };
    let mut cases = source.cases()?;
    cases.retain(|case| selection.takes(&case.name(engine)));
    Ok(cases)
}

fn list(
    cases: &[Case],
    engine: &OpenEngine,
    terminal: &mut Terminal<'_>,
) -> Result<Exit, CommandError> {
    for case in cases {
        writeln!(terminal.out, "{}", case.name(engine))?;
    }
    Ok(Exit::Done)
}

/// What is known to break meshes is said before anything starts; the run itself decides. The
/// catalogue's own files are written as they are meant.
fn warn(paths: &[PathBuf], err: &mut dyn io::Write) -> Result<(), CommandError> {
    let named: Vec<PathBuf> = paths
        .iter()
        .filter(|path| gather::row(path).is_none())
        .cloned()
        .collect();
    let library = catalogue::library();
    let read = Set::read(&library, &named).documents.into_iter();
    let input = |(file, _)| Input {
        file,
        cluster: None,
    };
    let inputs: Vec<Input> = read.map(input).collect();
    let findings = lint(&Disk, &library, &inputs)?;
    for finding in findings
        .iter()
        .filter(|finding| finding.severity > Severity::Note)
    {
        write!(err, "{}", lint::text::finding(finding))?;
    }
    Ok(())
}

fn rehearse(
    args: &Test,
    engine: &OpenEngine,
    cases: &[Case],
    terminal: &mut Terminal<'_>,
) -> io::Result<Run> {
    let mut settings = Settings::on(engine);
    settings.seed = args.seed;
    settings.patience = args.timeout;
    settings.jobs = args.jobs.unwrap_or(settings.jobs);
    settings.fail_fast = args.fail_fast;
    settings.last = true;
    settings.diagnosis.clone_from(&args.reports.diagnosis);
    let rehearsal = Rehearsal {
        engine,
        settings: &settings,
        stop: terminal.stop,
    };
    if terminal.look == Look::Live {
        let mut live = Live::new(cases.len());
        let run = rehearsal.run(cases, &mut live);
        live.finish();
        return Ok(run);
    }
    let mut lines = Lines::new(match args.reports.format {
        Format::Text => &mut *terminal.out,
        Format::Json => &mut *terminal.err,
    });
    let run = rehearsal.run(cases, &mut lines);
    lines.finish()?;
    Ok(run)
}

/// What is printed in the end: what did not pass in full, and how many of each.
fn tell(
    args: &Test,
    run: &Run,
    watch: Stopwatch,
    terminal: &mut Terminal<'_>,
) -> Result<(), CommandError> {
    if args.reports.format == Format::Json {
        let record = rendered(run, args.reports.timings)?;
        return Ok(terminal.out.write_all(record.as_bytes())?);
    }
    for trial in run.trials.iter().filter(|trial| trial.is_bad()) {
        write!(terminal.out, "\n{}", text::trial(trial, run.seed))?;
    }
    let took = text::seconds(watch.elapsed());
    writeln!(terminal.out, "\n{}; took {took}", text::summary(run))?;
    Ok(())
}

/// Where the clusters are that were left standing, whatever became of their trial.
fn kept(engine: &OpenEngine, terminal: &mut Terminal<'_>) -> Result<(), CommandError> {
    for name in engine.kept() {
        let said = format!(
            "its clusters stand: 'isthmus shell {name}' works with them, 'isthmus down {name}' removes them"
        );
        writeln!(terminal.err, "{said}")?;
    }
    Ok(())
}

fn rendered(run: &Run, timings: bool) -> io::Result<String> {
    let rendered = match timings {
        true => json::render_with_timings(run),
        false => json::render(run),
    };
    rendered.map_err(io::Error::from)
}

/// The files that reports go to, opened before anything starts: a mistyped path costs no run.
#[derive(Default)]
struct ReportFiles {
    json: Option<(PathBuf, File)>,
    junit: Option<(PathBuf, File)>,
}

impl ReportFiles {
    fn create(reports: &Reports) -> Result<Self, CommandError> {
        let create = |path: &Option<PathBuf>| match path {
            None => Ok(None),
            Some(path) => created(path)
                .map(|file| Some((path.clone(), file)))
                .map_err(|source| unwritable(path, source)),
        };
        Ok(Self {
            json: create(&reports.json)?,
            junit: create(&reports.junit)?,
        })
    }

    fn write(self, run: &Run, timings: bool) -> Result<(), CommandError> {
        if let Some((path, mut file)) = self.json {
            let written = rendered(run, timings);
            let written = written.and_then(|text| file.write_all(text.as_bytes()));
            written.map_err(|source| unwritable(&path, source))?;
        }
        if let Some((path, mut file)) = self.junit {
            let written = junit::render(run).map_err(io::Error::other);
            let written = written.and_then(|text| file.write_all(text.as_bytes()));
            written.map_err(|source| unwritable(&path, source))?;
        }
        Ok(())
    }
}

/// Creates a file, and the directories it is to be in, as CI systems expect of an output.
fn created(path: &Path) -> io::Result<File> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    File::create(path)
}

fn unwritable(path: &Path, source: io::Error) -> CommandError {
    CommandError::Unwritable {
        path: path.display().to_string(),
        source,
    }
}
