//! Selection of endpoints for a large mesh, and one request through the rules.

#[path = "../tests/support/mesh.rs"]
mod mesh;
#[path = "../tests/support/request.rs"]
mod request;

use std::{hint::black_box, sync::Arc};

use criterion::{Criterion, criterion_group, criterion_main};
use istio::{endpoint::select, kinds::LocalityLoadBalancerSetting, locality::LbSetting};
use mesh::{Mesh, Size, capable, host};
use request::Proxy;

fn failover() -> LbSetting {
    LbSetting::Locality {
        setting: LocalityLoadBalancerSetting::default(),
        forced: false,
    }
}

fn selection(bench: &mut Criterion) {
    let size = Size {
        clusters: 100,
        services: 1000,
        endpoints: 1,
    };
    let mesh = Mesh::new(size);
    let setting = failover();
    let paths = mesh.paths();
    let question = mesh.question(&paths, Some(&setting), &capable);
    bench.bench_function("1000 services of 100 clusters", |b| {
        b.iter(|| {
            for service in 0..size.services {
                let known = mesh
                    .index
                    .of(&host(service))
                    .expect("the mesh has the service");
                black_box(select(&question, &known.endpoints));
            }
        });
    });
}

fn request(bench: &mut Criterion) {
    let mesh = Mesh::new(Size {
        clusters: 10,
        services: 1,
        endpoints: 3,
    });
    let (setting, paths, host) = (failover(), mesh.paths(), Arc::<str>::from(host(0)));
    let mut n = 0u64;
    let mut chance = move || {
        n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
        n >> 7
    };
    bench.bench_function("one request from nothing", |b| {
        b.iter(|| Proxy::new(&mesh, &paths, &setting).serve(&host, &mut chance));
    });
    let mut proxy = Proxy::new(&mesh, &paths, &setting);
    bench.bench_function("one request when nothing changed", |b| {
        b.iter(|| proxy.serve(&host, &mut chance));
    });
}

criterion_group!(benches, selection, request);
criterion_main!(benches);
