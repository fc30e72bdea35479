//! Authentication: certificates, then tokens, then nobody.

use http::HeaderMap;

use super::{Attributes, allows, token, user::User};
use crate::{server::ApiServer, status::Status};

/// Who shows these credentials.
///
/// # Errors
/// 401 for a token that nobody recognises. Without any credential the user is anonymous.
pub(crate) fn authenticate(
    server: &ApiServer,
    bearer: Option<&str>,
    certificates: &[Vec<u8>],
) -> Result<User, Status> {
    let authenticator = server.handlers().authenticator.as_ref();
    let certified = authenticator
        .filter(|_| !certificates.is_empty())
        .and_then(|a| a.certificate(certificates));
    if let Some(user) = certified {
        return Ok(user);
    }
    let Some(bearer) = bearer else {
        return Ok(User::anonymous());
    };
    // A token for another audience, Istio's for example, opens nothing here.
    let own = token::verify(server, bearer, Some(&server.config().issuer));
    own.or_else(|| authenticator.and_then(|a| a.token(bearer)))
        .ok_or_else(Status::unauthorized)
}

/// The user that the request wants to act as, if the authenticated one may.
///
/// # Errors
/// 403 without the right to impersonate.
pub(crate) fn impersonated(
    server: &ApiServer,
    user: User,
    headers: &HeaderMap,
) -> Result<User, Status> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(name) = text("impersonate-user") else {
        return Ok(user);
    };
    let groups = headers
        .get_all("impersonate-group")
        .iter()
        .filter_map(|v| v.to_str().ok());
    let groups: Vec<&str> = groups.collect();
    let wanted =
        std::iter::once(("users", name)).chain(groups.iter().map(|group| ("groups", *group)));
    for (resource, name) in wanted {
        let attributes = Attributes {
            verb: "impersonate",
            group: "",
            resource,
            subresource: "",
            namespace: "",
            name,
        };
        if !server.read(|state| allows(state, &user, &attributes)) {
            return Err(attributes.refusal(&user));
        }
    }
    Ok(User::new(name, &groups))
}
