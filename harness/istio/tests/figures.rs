//! How long the rules take. The limits are for a release build with a core of its own; tests keep
//! overflow checks and share the machine, so they get `SLACK` times as long, in which a wrong order of
//! growth is still noticed.

#[path = "support/mesh.rs"]
mod mesh;
#[path = "support/request.rs"]
mod request;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use istio::{endpoint::select, kinds::LocalityLoadBalancerSetting, locality::LbSetting};
use mesh::{Mesh, Size, capable, host};
use request::Proxy;

const SLACK: u32 = 20;

/// The shortest time that one of `rounds` took over several batches: what the machine can do when
/// nobody else uses it.
#[expect(clippy::disallowed_methods, reason = "this test measures the machine")]
fn fastest(batches: u32, rounds: u32, mut work: impl FnMut()) -> Duration {
    let batch = |_| {
        let start = Instant::now();
        (0..rounds).for_each(|_| work());
        start.elapsed() / rounds
    };
    (0..batches).map(batch).min().expect("there is a batch")
}

fn failover() -> LbSetting {
    LbSetting::Locality {
        setting: LocalityLoadBalancerSetting::default(),
        forced: false,
    }
}

/// A source of numbers that is the same every time.
fn chance() -> impl FnMut() -> u64 {
    let mut state = 1u64;
    move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state >> 11
    }
}

#[test]
fn a_thousand_services_of_a_hundred_clusters_are_selected_within_a_second() {
    let size = Size {
        clusters: 100,
        services: 1000,
        endpoints: 1,
    };
    let mesh = Mesh::new(size);
    let setting = failover();
    let paths = mesh.paths();
    let question = mesh.question(&paths, Some(&setting), &capable);
    let mut groups = 0;
    let took = fastest(3, 1, || {
        let known = (0..size.services).map(|service| mesh.index.of(&host(service)).unwrap());
        groups = known
            .map(|known| select(&question, &known.endpoints).groups.len())
            .sum();
    });
    println!(
        "selection: {took:?} for {} services, {groups} groups",
        size.services
    );
    assert!(groups >= 4000);
    assert!(took < Duration::from_secs(1) * SLACK, "{took:?}");
}

#[test]
fn one_request_takes_twenty_microseconds_and_two_when_nothing_changed() {
    let mesh = Mesh::new(Size {
        clusters: 10,
        services: 1,
        endpoints: 3,
    });
    let (setting, paths, mut chance) = (failover(), mesh.paths(), chance());
    let host: Arc<str> = host(0).into();
    let mut serve = |proxy: &mut Proxy<'_>| {
        assert!(proxy.serve(&host, &mut chance).is_some());
    };
    let fresh = fastest(50, 20, || serve(&mut Proxy::new(&mesh, &paths, &setting)));
    let mut proxy = Proxy::new(&mesh, &paths, &setting);
    let again = fastest(50, 200, || serve(&mut proxy));
    println!("one request: {fresh:?} from nothing, {again:?} when nothing changed");
    assert!(fresh < Duration::from_micros(20) * SLACK, "{fresh:?}");
    assert!(again < Duration::from_micros(2) * SLACK, "{again:?}");
}
