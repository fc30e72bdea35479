//! The requests that a proxy counted while calls were made.

use std::collections::{BTreeMap, BTreeSet};

use crate::proxy::qualified;

/// Stands between what the proxy says and what curl says of the calls.
const MARK: &str = "@isthmus-hosts\n";

/// Shows how many requests the proxy has sent to each host.
const COUNTS: &str = "curl -q -s --noproxy '*' --max-time 5 http://127.0.0.1:15000/clusters | grep -F '::rq_total::'";

/// A script of calls with the proxy's counts before and after it.
pub(crate) fn beside(calls: &str) -> String {
    let mark = MARK.trim_end();
    format!("{COUNTS}\necho '{mark}'\n{calls}\necho '{mark}'\n{COUNTS}\ntrue\n")
}

/// Takes apart what such a script wrote: what is said of the calls, and the hosts at which the proxy
/// counted requests to a Service meanwhile.
pub(crate) fn apart<'a>(text: &'a str, service: &Upstream) -> (&'a str, BTreeSet<String>) {
    let parts: Vec<&str> = text.split(MARK).collect();
    match parts[..] {
        [before, calls, after] => (calls, service.used(before, after)),
        _ => (text, BTreeSet::new()),
    }
}

/// A Service as proxies know it.
pub(crate) struct Upstream {
    port: u16,
    host: String,
}

impl Upstream {
    /// What a client in `namespace` reaches by `host` and `port`.
    pub(crate) fn of(host: &str, port: u16, namespace: &str) -> Self {
        Self {
            port,
            host: qualified(host, namespace),
        }
    }

    fn used(&self, before: &str, after: &str) -> BTreeSet<String> {
        let before = self.counts(before);
        let grown = |(host, count): (&String, u64)| {
            (count > before.get(host).copied().unwrap_or_default()).then(|| host.clone())
        };
        let after = self.counts(after);
        after
            .iter()
            .filter_map(|(host, count)| grown((host, *count)))
            .collect()
    }

    /// Lines of the form `outbound|5000|subset|host::address::rq_total::count`.
    fn counts(&self, text: &str) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for line in text.lines() {
            let words: Vec<&str> = line.split("::").collect();
            if let [cluster, host, "rq_total", count] = words[..]
                && self.is(cluster)
            {
                *counts.entry(host.to_owned()).or_default() += count.parse().unwrap_or(0);
            }
        }
        counts
    }

    /// Whether it is what Envoy calls this, in whichever subset.
    fn is(&self, cluster: &str) -> bool {
        let words: Vec<&str> = cluster.split('|').collect();
        let port = self.port.to_string();
        matches!(words[..], ["outbound", of, _, host] if of == port && host == self.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str =
        "outbound|5000||helloworld.sample.svc.cluster.local::10.10.0.7:5000::rq_total::3
outbound|5000||helloworld.sample.svc.cluster.local::172.24.0.5:15443::rq_total::4
outbound|5000||other.sample.svc.cluster.local::10.10.0.9:5000::rq_total::1
";
    const AFTER: &str =
        "outbound|5000||helloworld.sample.svc.cluster.local::10.10.0.7:5000::rq_total::3
outbound|5000||helloworld.sample.svc.cluster.local::172.24.0.5:15443::rq_total::6
outbound|5000||other.sample.svc.cluster.local::10.10.0.9:5000::rq_total::2
";

    #[test]
    fn hosts_are_used_at_which_requests_to_the_service_were_counted() {
        let text = format!("{BEFORE}{MARK}what curl says\n{MARK}{AFTER}");
        let service = Upstream::of("helloworld.sample", 5000, "sample");
        let (calls, used) = apart(&text, &service);
        assert_eq!(calls, "what curl says\n");
        assert_eq!(used, BTreeSet::from(["172.24.0.5:15443".to_owned()]));
    }

    #[test]
    fn without_a_proxy_nothing_is_known_of_the_way() {
        let text = format!("{MARK}what curl says\n{MARK}");
        let (calls, used) = apart(&text, &Upstream::of("a.b", 80, "b"));
        assert_eq!((calls, used.len()), ("what curl says\n", 0));
    }
}
