//! What clusters held when a trial did not pass: files, written before anything is taken down.

use std::{fs, io, path::Path};

use engine::{Deadline, diagnose};
use futures::future::join_all;

use crate::running::Running;

/// How long clusters may take to say what they hold. One that does not answer is a finding, too.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// Writes what every cluster holds below `folder`, and says in the trial's reason where that is.
pub(crate) async fn keep(running: &Running<'_>, folder: &Path, trial: &mut report::Trial) {
    let folder = folder.join(file_name(&trial.name.to_string()));
    let deadline = Deadline::after(PATIENCE);
    let clusters = running.site.topology.substrate().clusters.keys();
    let held = clusters.map(|cluster| diagnose::cluster(running.site.kinds(cluster), deadline));
    let held = join_all(held).await;
    let said = match held.iter().try_for_each(|files| write(&folder, files)) {
        Ok(()) => format!("what the clusters held is in {}", folder.display()),
        Err(error) => format!(
            "what the clusters held cannot be written to {}: {error}",
            folder.display()
        ),
    };
    trial.reason = Some(match trial.reason.take() {
        Some(reason) => format!("{reason}; {said}"),
        None => said,
    });
}

fn write(folder: &Path, files: &diagnose::Folder) -> io::Result<()> {
    for (path, text) in files {
        let file = folder.join(path);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(file, text)?;
    }
    Ok(())
}

/// The name of a trial as that of a directory, whatever the file system.
fn file_name(trial: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "._-".contains(c) {
            c
        } else {
            '-'
        }
    };
    let name: String = trial.chars().map(plain).collect();
    name.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_trial_leads_nowhere_else() {
        let name = file_name("topology/a{istio=1.30.3}+no secret [kind]");
        assert_eq!(name, "topology-a-istio-1.30.3--no-secret--kind");
        assert_eq!(file_name("../x"), "..-x");
    }
}
