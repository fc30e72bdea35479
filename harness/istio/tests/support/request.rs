//! One request: from the host a client names to the host that serves it.

use std::sync::Arc;

use istio::{
    endpoint::{Selection, cache::Cache, select},
    envoy::{
        Draw, LbPolicy, assignment,
        host_pick::{Candidate, Picker},
        load::{self, Hosts},
    },
    locality::LbSetting,
    network::split_horizon::Paths,
};

use super::mesh::{Mesh, capable};

/// What a proxy keeps for one service until it is sent something new.
pub(crate) struct Balancer {
    selection: Arc<Selection>,
    loads: Vec<load::Load>,
    pickers: Vec<(Picker, Vec<Candidate>)>,
}

impl Balancer {
    /// Reads what the proxy was sent.
    pub(crate) fn new(selection: Arc<Selection>, chance: &mut impl Draw) -> Self {
        let kept = assignment::kept(&selection.groups).value;
        let priorities = selection
            .groups
            .iter()
            .map(|group| group.priority + 1)
            .max();
        let mut hosts = vec![Hosts::default(); priorities.unwrap_or(0) as usize];
        let mut candidates = vec![Vec::new(); hosts.len()];
        for kept in &kept {
            let priority = kept.priority as usize;
            hosts[priority].total += 1;
            hosts[priority].healthy += u32::from(kept.host.healthy);
            candidates[priority].push(Candidate {
                weight: f64::from(kept.host.weight),
                active: 0,
            });
        }
        let picker = |candidates: Vec<Candidate>| {
            let weights: Vec<f64> = candidates.iter().map(|host| host.weight).collect();
            (
                Picker::new(LbPolicy::LeastRequest, &weights, chance),
                candidates,
            )
        };
        Self {
            loads: load::loads(&hosts, 0).value,
            pickers: candidates.into_iter().map(picker).collect(),
            selection,
        }
    }

    /// Serves one request: priority and host.
    pub(crate) fn serve(&mut self, chance: &mut impl Draw) -> Option<(usize, usize)> {
        let priority = load::pick(&self.loads, chance)?;
        let (picker, hosts) = &mut self.pickers[priority];
        Some((priority, picker.pick(hosts, chance).value?))
    }
}

/// A proxy that remembers.
pub(crate) struct Proxy<'a> {
    mesh: &'a Mesh,
    paths: &'a Paths<'a>,
    setting: &'a LbSetting,
    answers: Cache<Arc<str>>,
    balancer: Option<Balancer>,
}

impl<'a> Proxy<'a> {
    /// A proxy that knows nothing yet.
    pub(crate) fn new(mesh: &'a Mesh, paths: &'a Paths<'a>, setting: &'a LbSetting) -> Self {
        Self {
            mesh,
            paths,
            setting,
            answers: Cache::default(),
            balancer: None,
        }
    }

    /// Serves one request, anew only if something changed.
    pub(crate) fn serve(
        &mut self,
        host: &Arc<str>,
        chance: &mut impl Draw,
    ) -> Option<(usize, usize)> {
        let known = self.mesh.index.of(host)?;
        let question = self.mesh.question(self.paths, Some(self.setting), &capable);
        let answer = |endpoints: &[_]| select(&question, endpoints);
        let selection = self
            .answers
            .get_or(host.clone(), &known.endpoints, 0, answer);
        let same = |balancer: &&mut Balancer| Arc::ptr_eq(&balancer.selection, &selection);
        if let Some(balancer) = self.balancer.as_mut().filter(same) {
            return balancer.serve(chance);
        }
        let mut balancer = Balancer::new(selection, chance);
        let served = balancer.serve(chance);
        self.balancer = Some(balancer);
        served
    }
}
