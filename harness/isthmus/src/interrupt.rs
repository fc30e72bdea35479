//! Ctrl-C and SIGTERM: the first asks the run to stop and take down what stands, the second leaves
//! at once.

use std::{io::Write as _, process, thread};

use crate::{Exit, rehearsal::Stop};

/// Listens from now on, in a thread of its own, until the process ends.
///
/// Where the machine lets nobody listen, signals keep their ordinary meaning: they end the process.
pub fn listen(stop: &Stop) {
    let stop = stop.clone();
    let listening = thread::Builder::new().name("signals".to_owned());
    // Without a thread signals end the process, which is what they do anyway.
    let _ = listening.spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        if let Ok(runtime) = runtime {
            runtime.block_on(obey(&stop));
        }
    });
}

async fn obey(stop: &Stop) {
    if signalled().await.is_err() {
        return;
    }
    say("\nstopping: what stands is taken down; once more leaves at once");
    stop.request();
    if signalled().await.is_ok() {
        say("\nleft at once; 'isthmus gc' removes what real engines left behind");
        process::exit(Exit::Interrupted as i32);
    }
}

/// Ends with the next Ctrl-C or SIGTERM.
async fn signalled() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            biased;
            pressed = tokio::signal::ctrl_c() => pressed,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

fn say(text: &str) {
    // There is nowhere left to say that this failed.
    let _ = writeln!(std::io::stderr(), "{text}");
}
