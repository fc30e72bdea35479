//! What is spoken on a Service's port.

use istio::kinds::port::Protocol;
use k8s_openapi::api::core::v1::ServicePort;

/// Ports that are TCP unless something is said: SMTP, DNS, MySQL, MongoDB. Their servers speak
/// first, so that nothing could be found out. Source: pkg/config/kube/conversion.go.
const SERVER_FIRST: [i32; 4] = [25, 53, 3306, 27017];

/// The protocol of a port: by `appProtocol`, or by what its name begins with.
pub(crate) fn of_port(port: &ServicePort) -> Protocol {
    if port.protocol.as_deref() == Some("UDP") {
        return Protocol::Udp;
    }
    let written = port.app_protocol.as_deref().or(port.name.as_deref());
    let name = match written.unwrap_or_default() {
        "kubernetes.io/h2c" => "http2",
        "kubernetes.io/ws" => "http",
        "kubernetes.io/wss" => "https",
        name => name,
    };
    let word = match name.get(..8) {
        Some(start) if start.eq_ignore_ascii_case("grpc-web") => start,
        _ => name.split('-').next().unwrap_or_default(),
    };
    let known = Protocol::try_from(word.to_owned()).unwrap_or(Protocol::Unset);
    match known {
        Protocol::Unset if SERVER_FIRST.contains(&port.port) => Protocol::Tcp,
        known => known,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, app: Option<&str>, number: i32) -> Protocol {
        of_port(&ServicePort {
            name: Some(name.to_owned()),
            app_protocol: app.map(str::to_owned),
            port: number,
            ..ServicePort::default()
        })
    }

    #[test]
    fn the_name_counts_up_to_its_first_hyphen_and_app_protocol_before_it() {
        assert_eq!(of("http-web", None, 80), Protocol::Http);
        assert_eq!(of("grpc-web-x", None, 80), Protocol::GrpcWeb);
        assert_eq!(of("tcp", Some("kubernetes.io/h2c"), 80), Protocol::Http2);
        assert_eq!(of("web", None, 80), Protocol::Unset);
        assert_eq!(of("db", None, 3306), Protocol::Tcp);
        assert_eq!(of("http", None, 3306), Protocol::Http);
    }
}
