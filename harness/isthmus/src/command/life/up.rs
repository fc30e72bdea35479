//! `isthmus up`: clusters that stay until they are removed or their time is over.

use std::{
    io::Write as _,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use engine::{BringUp, Deadline};
use kind::{Event, Keep, Kind, doctor};
use scenario::Topology;

use super::{CommandError, on_runtime};
use crate::{
    Exit,
    cli::Up,
    command::{Terminal, subject},
    engines::steps,
};

/// What has happened so far.
type Events = Arc<Mutex<Vec<Event>>>;

pub(in crate::command) fn run(
    args: &Up,
    terminal: &mut Terminal<'_>,
) -> Result<Exit, CommandError> {
    let topology = subject::topology(&args.subject.subject)?;
    let chosen = super::chosen(&args.images)?;
    let findings = doctor::examine(Some(topology.substrate()), &chosen);
    let findings = on_runtime(findings)?;
    if super::doctor::is_unfit(&findings) {
        super::doctor::tell(&findings, terminal.err)?;
        return Ok(Exit::Environment);
    }
    let name = args
        .name
        .clone()
        .unwrap_or_else(|| topology.name().to_string());
    let events = Events::default();
    let stop = terminal.stop.clone();
    let work = async {
        let up = up(args, chosen.clone(), &topology, &name, &events);
        tokio::select! {
            biased;
            () = stop.requested() => {
                // What the daemon was still making is awaited and removed as well.
                kind::remove(&kind::Which::Run(name.clone())).await?;
                Err(CommandError::Interrupted)
            }
            name = up => Ok(name?),
        }
    };
    let name = on_runtime(work)??;
    let events = events.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(way) = steps::longest_way(&events) {
        writeln!(terminal.err, "{way}")?;
    }
    writeln!(
        terminal.out,
        "{name} is up; 'isthmus shell {name}' works with it, 'isthmus down {name}' removes it"
    )?;
    Ok(Exit::Done)
}

/// Brings the clusters up, or takes equal ones over; returns what they are called.
async fn up(
    args: &Up,
    images: kind::Images,
    topology: &Topology,
    name: &str,
    events: &Events,
) -> kind::Result<String> {
    let seen = Arc::clone(events);
    let engine = Kind::connect(images).await?;
    let engine = match args.images.unprivileged {
        true => engine.without_privilege(),
        false => engine,
    };
    let engine = engine
        .keep(Keep::Hours(args.hours))
        .tell(move |event| told(event, &seen));
    let substrate = topology.substrate();
    let deadline = Deadline::after(Duration::from_secs(args.patience));
    if args.reuse
        && let Some(fleet) = engine.reusable(substrate).await?
    {
        engine.take_over(substrate, &fleet, deadline).await?;
        return Ok(fleet.run);
    }
    let options = BringUp {
        run: name.to_owned(),
        seed: 0,
        deadline,
    };
    engine.stand(substrate, &options).await?;
    Ok(name.to_owned())
}

/// Shows a step when it has ended.
fn told(event: Event, seen: &Events) {
    // There is nowhere left to say that this failed.
    let _ = writeln!(std::io::stderr(), "{}", steps::line(&event));
    seen.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(event);
}
