//! Several configuration sources for one cluster. Istio has no switch for it; the objects do it:
//! the Service `istiod` of a primary gets the other sources' addresses beside its own pods.

use crate::{
    Facts, ManifestError, Need, Object,
    site::{Part, Site},
};

use super::remote::slice;

/// The slices with the addresses of a primary's further sources.
pub(crate) fn other_sources(site: &Site<'_>, facts: &Facts) -> Result<Vec<Object>, ManifestError> {
    let addresses = needs(site);
    if addresses.is_empty() {
        return Ok(Vec::new());
    }
    let known = addresses
        .iter()
        .map(|need| facts.text(need).map(str::to_owned))
        .collect::<Result<Vec<String>, _>>()?;
    let name = site.revised("istiod-shared");
    let ports = [("https-dns", 15012), ("https-webhook", 15017)];
    Ok(vec![slice(site, &name, &known, &ports)])
}

/// The addresses that those slices hold.
pub(crate) fn needs(site: &Site<'_>) -> Vec<Need> {
    match site.part {
        Part::Primary => site
            .istiod_addresses()
            .into_iter()
            .map(Need::Address)
            .collect(),
        // A remote's own Service holds all its sources already.
        Part::Remote | Part::ConfigCluster | Part::ExternalIstiod { .. } | Part::FrontDoor => {
            Vec::new()
        }
    }
}
