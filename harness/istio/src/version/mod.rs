//! What differs between Istio versions: mechanisms and defaults, with a source each.
