//! A directory with scenarios, and a command line to run on it.

use std::{fs, path::PathBuf};

use clap::Parser as _;
use isthmus::{
    Exit,
    cli::Cli,
    command::{self, Terminal},
    console::Look,
    rehearsal::Stop,
};

/// A cluster without a mesh, a client and two versions of a server; the steps and canaries are
/// filled in.
const SCENARIO: &str = "\
apiVersion: isthmus/v1alpha1
kind: Scenario
metadata: {name: NAME, labels: {area: AREA}}
spec:
  proves:
    - promise: a Service is served by its ready pods
      link: https://kubernetes.io/docs/concepts/services-networking/service/
  topology:
    istio: {version: 1.30.3}
    networks: {network1: {}, network2: {}}
    clusters: {cluster1: {network: network1, mesh: none}, cluster2: {network: network2, mesh: none}}
    links: []
  engines: [sim]
  workloads:
    sleep: {in: [cluster1], inject: false}
    helloworld: {in: {cluster1: [v1, v2]}, inject: false}
  steps:
    - check: {name: both versions answer, within: 30s, reachable: {from: sleep@cluster1, to: 'helloworld.sample:5000', versions: [v1, v2]}}
";

/// A canary that the only check catches.
const CAUGHT: &str = "
  canaries:
    - name: the selector has a typo
      break: {patch: {in: cluster1, kind: Service, name: helloworld, namespace: sample, merge: {spec: {selector: {app: nobody}}}}}
      caughtBy: {check: both versions answer}
";

/// One that breaks nothing, so that nothing can catch it.
const UNCAUGHT: &str = "
  canaries:
    - name: a label that nobody reads
      break: {patch: {in: cluster1, kind: Service, name: helloworld, namespace: sample, merge: {metadata: {labels: {colour: blue}}}}}
      caughtBy: {check: both versions answer}
";

/// A scenario file by what becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It passes, and so does its canary.
    Passing,
    /// A version answers that is not expected.
    Failing,
    /// It passes, but its canary is not caught.
    Unproven,
    /// It is for real clusters only.
    Elsewhere,
    /// Its network needs what the simulator does not model.
    NotUp,
    /// It waits for a month of virtual time.
    Long,
}

/// What a command said.
pub(crate) struct Said {
    pub(crate) exit: Exit,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A directory of scenarios that is removed in the end.
pub(crate) struct Files(tempfile::TempDir);

impl Files {
    /// One file per name and fate; a name is `area/name`.
    pub(crate) fn new(files: &[(&str, Fate)]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        for (name, fate) in files {
            let (area, name) = name.split_once('/').expect("area/name");
            let path = directory.path().join(format!("{name}.yaml"));
            fs::write(path, fate.text(area, name)).expect("a file");
        }
        Self(directory)
    }

    pub(crate) fn path(&self) -> String {
        self.0.path().display().to_string()
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// `isthmus test` on the directory with further words.
    #[track_caller]
    pub(crate) fn test(&self, words: &[&str]) -> Said {
        isthmus(&[&["test", &self.path()], words].concat())
    }
}

impl Fate {
    fn text(self, area: &str, name: &str) -> String {
        let text = SCENARIO.replace("NAME", name).replace("AREA", area);
        match self {
            Self::Passing => text + CAUGHT,
            Self::Failing => text.replace("versions: [v1, v2]", "versions: [v1]") + CAUGHT,
            Self::Unproven => text + UNCAUGHT,
            Self::Elsewhere => text.replace("engines: [sim]", "engines: [kind]"),
            Self::NotUp => text.replace(
                "links: []",
                "links: [{between: [network1, network2], bandwidth: 1Mbit}]",
            ),
            Self::Long => text + "    - wait: 720h\n",
        }
    }
}

#[track_caller]
pub(crate) fn isthmus(words: &[&str]) -> Said {
    isthmus_until(words, &Stop::new())
}

#[track_caller]
pub(crate) fn isthmus_until(words: &[&str], stop: &Stop) -> Said {
    let cli = Cli::try_parse_from(["isthmus"].iter().chain(words)).expect("a command line");
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut terminal = Terminal {
        out: &mut out,
        err: &mut err,
        look: Look::Plain,
        stop,
    };
    let exit = command::run(&cli, &mut terminal);
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Said {
        exit,
        out: text(out),
        err: text(err),
    }
}
