//! How a refusal reads: the object by its kind and name, then every problem with its path.

use istio::kinds::{KindError, message_read_by, parse, read_by};
use serde_json::{Value, json};

fn rule(spec: Value) -> Value {
    json!({
        "apiVersion": "networking.istio.io/v1",
        "kind": "DestinationRule",
        "metadata": { "name": "cart", "namespace": "shop" },
        "spec": spec,
    })
}

fn told(error: Result<impl Sized, KindError>) -> String {
    error
        .err()
        .map_or_else(String::new, |error| error.to_string())
}

#[test]
fn a_refusal_names_the_object_and_every_field() {
    assert_eq!(
        told(parse(&rule(json!({ "subsets": [{}] })))),
        "DestinationRule shop/cart is refused: spec.subsets[0].name: this field is required; \
         spec.host: this field is required"
    );
    let mut wrong = rule(json!({ "host": "h" }));
    wrong["extra"] = json!(1);
    assert_eq!(
        told(parse(&wrong)),
        "DestinationRule shop/cart is refused: extra: Istio has no such field"
    );
}

#[test]
fn a_field_that_is_too_new_is_refused_for_the_older_version_only() {
    let zones = json!({ "zoneAwareLbSetting": { "enabled": true } });
    let object = rule(json!({ "host": "h", "trafficPolicy": { "loadBalancer": zones } }));
    let read = |version: &str| told(read_by(&version.parse().unwrap(), &object));
    assert_eq!(
        read("1.30.3"),
        "DestinationRule shop/cart is refused: \
         spec.trafficPolicy.loadBalancer.zoneAwareLbSetting: Istio 1.30.3 does not read this \
         field, which is new in 1.31.0"
    );
    assert_eq!(read("1.31.0"), "");
    let mesh = |version: &str| {
        let version = version.parse().unwrap();
        told(message_read_by(&version, "MeshConfig", &zones))
    };
    assert!(mesh("1.29.6").starts_with("MeshConfig is refused: zoneAwareLbSetting: "));
    assert_eq!(mesh("1.32.0"), "");
}

#[test]
fn what_is_read_is_written_again_as_it_was() {
    let routed = json!({
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": { "name": "cart", "namespace": "shop" },
        "spec": {
            "hosts": ["cart"],
            "http": [{
                "match": [{ "uri": { "prefix": "/a" } }, { "uri": { "exact": "/b" } }],
                "route": [{ "destination": { "host": "cart" } }],
            }],
        },
    });
    let read = parse(&routed).expect("it is a VirtualService");
    let read = read.to_json();
    for uri in ["/spec/http/0/match/0/uri", "/spec/http/0/match/1/uri"] {
        assert_eq!(read.pointer(uri), routed.pointer(uri));
    }
    let share = json!({ "host": "h", "trafficPolicy": {
        "outlierDetection": { "maxEjectionPercent": 40 },
    } });
    let read = parse(&rule(share)).expect("it is a DestinationRule");
    let percent = "/spec/trafficPolicy/outlierDetection/maxEjectionPercent";
    assert_eq!(read.to_json().pointer(percent), Some(&json!(40)));
}
