//! What clusters are made from, as a short text: equal digests, equal clusters.

use sha2::{Digest as _, Sha256};
use world::Substrate;

/// The digest of a substrate and the ids of the images its nodes are made from, under this version
/// of isthmus.
pub(crate) fn of(substrate: &Substrate, images: &[String]) -> String {
    let substrate = serde_json::to_vec(substrate).expect("a substrate has text keys only");
    let mut digest = Sha256::new();
    digest.update(env!("CARGO_PKG_VERSION"));
    digest.update(substrate);
    for image in images {
        digest.update([0]);
        digest.update(image);
    }
    short(&digest.finalize())
}

/// The digest of a set of images, by their ids.
pub(crate) fn of_images(ids: &[String]) -> String {
    let mut digest = Sha256::new();
    for id in ids {
        digest.update(id);
        digest.update([0]);
    }
    short(&digest.finalize())
}

/// The digest of any bytes.
pub(crate) fn of_bytes(bytes: &[u8]) -> String {
    short(&Sha256::digest(bytes))
}

fn short(digest: &[u8]) -> String {
    digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn another_image_or_another_network_is_another_digest() {
        let empty = Substrate {
            networks: BTreeMap::new(),
            clusters: BTreeMap::new(),
            vms: BTreeMap::new(),
            links: Vec::new(),
        };
        let mut wider = empty.clone();
        let nodes = "172.18.0.0/16".parse().unwrap();
        wider
            .networks
            .insert("n1".parse().unwrap(), world::Network { nodes });
        let images = |names: &[&str]| {
            names
                .iter()
                .map(|&name| name.to_owned())
                .collect::<Vec<_>>()
        };
        let first = of(&empty, &images(&["a", "b"]));
        assert_eq!(first, of(&empty, &images(&["a", "b"])));
        assert_ne!(first, of(&empty, &images(&["ab"])));
        assert_ne!(first, of(&wider, &images(&["a", "b"])));
        assert_eq!(first.len(), 16);
    }
}
