//! Versions: upgrades of each component, the way back, revisions and their tags.

use std::collections::BTreeMap;

use engine::{ObjectRef, delete};
use manifest::{Violations, change};
use scenario::{
    Topology, draft::Component, name::RevisionName, scenario::change::Upgrade, topology::Revision,
};
use world::ClusterName;

use crate::{Error, Result, error::Doing as _, install, pods, running::Running};

/// Which revisions of istiod are installed where, as upgrades have left them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Installed {
    istiods: BTreeMap<ClusterName, Vec<Revision>>,
    gateways: BTreeMap<ClusterName, Revision>,
    /// What stood before each upgrade, by its name.
    before: BTreeMap<String, Box<Installed>>,
}

impl Installed {
    /// As a topology says.
    pub(crate) fn of(topology: &Topology) -> Self {
        let members = topology.members().iter();
        let istiods = members.map(|(name, member)| (name.clone(), member.revisions.clone()));
        let istiods: BTreeMap<_, _> = istiods.collect();
        let first = |(name, all): (&ClusterName, &Vec<Revision>)| {
            Some((name.clone(), all.first()?.clone()))
        };
        Self {
            gateways: istiods.iter().filter_map(first).collect(),
            istiods,
            before: BTreeMap::new(),
        }
    }

    /// The revisions of istiod in a cluster.
    pub(crate) fn istiods(&self, cluster: &ClusterName) -> &[Revision] {
        self.istiods.get(cluster).map_or(&[], Vec::as_slice)
    }

    /// The revision that injects the gateways of a cluster.
    pub(crate) fn gateways_of(&self, cluster: &ClusterName) -> Option<&Revision> {
        self.gateways.get(cluster)
    }

    fn revision(&self, cluster: &ClusterName, name: Option<&RevisionName>) -> Result<&Revision> {
        let mut all = self.istiods(cluster).iter();
        let found = all.find(|one| one.name.as_ref() == name);
        found.ok_or_else(|| Error::Missing {
            what: format!(
                "revision {} of istiod in {cluster}",
                name.map_or("default", RevisionName::as_str)
            ),
            why: "it is not installed now".to_owned(),
        })
    }

    /// Notes that a revision of istiod is there, in this version.
    fn add(&mut self, cluster: &ClusterName, revision: &Revision) {
        let all = self.istiods.entry(cluster.clone()).or_default();
        all.retain(|one| one.name != revision.name);
        all.push(revision.clone());
    }
}

/// Upgrades a component, cluster by cluster.
pub(super) async fn upgrade(running: &Running<'_>, upgrade: &Upgrade) -> Result<()> {
    let mut installed = running.installed();
    let before = Installed {
        before: BTreeMap::new(),
        ..installed.clone()
    };
    installed
        .before
        .insert(upgrade.name.clone(), Box::new(before));
    for cluster in &upgrade.clusters {
        match upgrade.component {
            Component::Base => base(running, cluster).await?,
            Component::Istiod => {
                let revision = wanted(&installed, upgrade, cluster)?;
                istiod(running, cluster, &revision).await?;
                installed.add(cluster, &revision);
            }
            Component::Gateways => {
                let revision = wanted(&installed, upgrade, cluster)?;
                gateways(running, cluster, &revision).await?;
                restart_gateways(running, cluster).await?;
                installed.gateways.insert(cluster.clone(), revision);
            }
            Component::Sidecars => sidecars(running, cluster).await?,
        }
    }
    running.keep_installed(installed);
    Ok(())
}

/// The revision that an upgrade leads to.
fn wanted(installed: &Installed, upgrade: &Upgrade, cluster: &ClusterName) -> Result<Revision> {
    let now = installed.revision(cluster, upgrade.revision.as_ref());
    let version = match (&upgrade.to, now) {
        (Some(version), _) => version.clone(),
        (None, now) => now?.version.clone(),
    };
    Ok(Revision {
        name: upgrade.revision.clone(),
        version,
    })
}

/// Undoes an upgrade: what stood before it is installed again.
pub(super) async fn roll_back(running: &Running<'_>, upgrade: &Upgrade) -> Result<()> {
    let mut installed = running.installed();
    let before = installed.before.get(&upgrade.name).cloned();
    let before = before.ok_or_else(|| Error::Missing {
        what: format!("what stood before '{}'", upgrade.name),
        why: "the upgrade was not carried out".to_owned(),
    })?;
    for cluster in upgrade.clusters.iter().rev() {
        match upgrade.component {
            Component::Base => base(running, cluster).await?,
            Component::Istiod => {
                let name = upgrade.revision.as_ref();
                match before.revision(cluster, name) {
                    Ok(revision) => {
                        istiod(running, cluster, revision).await?;
                        installed.add(cluster, revision);
                    }
                    Err(_) => remove_in(running, &mut installed, cluster, name).await?,
                }
            }
            Component::Gateways => {
                if let Some(revision) = before.gateways.get(cluster) {
                    gateways(running, cluster, revision).await?;
                    restart_gateways(running, cluster).await?;
                    installed.gateways.insert(cluster.clone(), revision.clone());
                }
            }
            Component::Sidecars => sidecars(running, cluster).await?,
        }
    }
    running.keep_installed(installed);
    Ok(())
}

async fn base(running: &Running<'_>, cluster: &ClusterName) -> Result<()> {
    stage(running, &change::base(running.site.topology, cluster)).await
}

async fn istiod(running: &Running<'_>, cluster: &ClusterName, revision: &Revision) -> Result<()> {
    let stages = change::revision(running.site.topology, cluster, revision);
    stage(running, &stages).await
}

/// Installs the gateways of a cluster, injected by a revision of istiod.
pub(crate) async fn gateways(
    running: &Running<'_>,
    cluster: &ClusterName,
    revision: &Revision,
) -> Result<()> {
    let stages = change::gateways(running.site.topology, cluster, revision);
    stage(running, &stages).await
}

/// New pods get the image of the istiod that injects them.
async fn restart_gateways(running: &Running<'_>, cluster: &ClusterName) -> Result<()> {
    let all = running.site.topology.gateways().iter();
    let here = all.filter(|gateway| gateway.cluster == *cluster);
    let objects = here.map(|gateway| pods::gateway(running, gateway));
    pods::restart(running, cluster, objects.collect()).await
}

async fn sidecars(running: &Running<'_>, cluster: &ClusterName) -> Result<()> {
    let objects = pods::workloads_in(running, cluster);
    pods::restart(running, cluster, objects).await
}

async fn stage(running: &Running<'_>, stage: &manifest::Stage<'_>) -> Result<()> {
    let mut facts = running.facts();
    let none = &mut Violations::default();
    install::carry_out(&running.site, &mut facts, stage, none).await?;
    running.keep(facts);
    Ok(())
}

/// Lets a tag point to a revision.
pub(super) async fn tag(
    running: &Running<'_>,
    clusters: &[ClusterName],
    tag: &RevisionName,
    revision: &RevisionName,
) -> Result<()> {
    let (installed, facts) = (running.installed(), running.facts());
    for cluster in clusters {
        let revision = installed.revision(cluster, Some(revision))?;
        let rendered = change::tag(running.site.topology, cluster, tag, revision, &facts);
        let objects = rendered.doing(format!("render tag {tag} of {cluster}"))?;
        running.site.apply(objects).await?;
    }
    Ok(())
}

/// Removes a revision of istiod.
pub(super) async fn remove(
    running: &Running<'_>,
    clusters: &[ClusterName],
    revision: Option<&RevisionName>,
) -> Result<()> {
    let mut installed = running.installed();
    for cluster in clusters {
        remove_in(running, &mut installed, cluster, revision).await?;
    }
    running.keep_installed(installed);
    Ok(())
}

/// Deletes what belongs to the revision alone, by its label, as `istioctl uninstall --revision` does.
async fn remove_in(
    running: &Running<'_>,
    installed: &mut Installed,
    cluster: &ClusterName,
    name: Option<&RevisionName>,
) -> Result<()> {
    let site = &running.site;
    let revision = installed.revision(cluster, name)?.clone();
    let stage = change::revision(site.topology, cluster, &revision);
    let rendered = site.charts.objects(&stage, &running.facts()).await?;
    let label = "/metadata/labels/istio.io~1rev";
    let word = name.map_or("default", RevisionName::as_str);
    let own = rendered
        .iter()
        .filter(|placed| placed.cluster == *cluster && placed.object.text(label) == Some(word));
    let own = own.map(|placed| ObjectRef::of(placed.object.value(), 0));
    let own: Vec<ObjectRef> = own
        .collect::<engine::Result<_>>()
        .doing("find the revision's objects")?;
    let gone = delete::all(site.kinds(cluster), &own, site.deadline).await;
    gone.doing(format!("remove revision {word} in {cluster}"))?;
    installed
        .istiods
        .entry(cluster.clone())
        .or_default()
        .retain(|one| one.name.as_ref() != name);
    Ok(())
}
