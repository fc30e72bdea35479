//! The rules that this module decides by.

use crate::rule::rules;

rules! {
    HEADLESS = "dns/headless", "A headless service resolves to its ready endpoints in the client's network, in all clusters or the client's alone.", "pkg/dns/server/name_table.go BuildNameTable";
    POD_NAME = "dns/pod-name", "A pod's own name resolves to the pods of the client's cluster, and only without any there to those of others.", "pkg/dns/server/name_table.go BuildNameTable";
    VIP = "dns/vip", "Any other service resolves to the addresses the proxy knows it by; ranges give no record.", "pkg/dns/server/name_table.go BuildNameTable";
}
