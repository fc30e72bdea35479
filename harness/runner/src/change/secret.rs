//! Remote secrets: written anew, and with a fresh token.

use engine::{ObjectRef, delete};
use manifest::{ApiServer, Facts, Need, Placed, change};
use scenario::{
    draft::{Renew, SecretFault},
    topology::RemoteSecret,
};

use crate::{Result, error::Doing as _, install, running::Running};

/// An address that nobody has: RFC 5737 keeps it for documentation.
const NOBODY: &str = "https://192.0.2.1:6443";

/// Writes a remote secret anew.
pub(super) async fn rotate(
    running: &Running<'_>,
    secret: &RemoteSecret,
    renew: Renew,
) -> Result<()> {
    match renew {
        Renew::Bytes => {
            let now = running.site.environment.elapsed().as_secs();
            let time = u32::try_from(now).unwrap_or(u32::MAX);
            let written = render(running, secret, &running.facts())?;
            put(running, change::rewritten(written, time)).await
        }
        Renew::Token => {
            renew_token(running, secret).await?;
            restore(running, secret).await
        }
    }
}

/// Withdraws the token of a remote secret and makes another one. The secret keeps the old one.
async fn renew_token(running: &Running<'_>, secret: &RemoteSecret) -> Result<()> {
    let site = &running.site;
    let (need, token) = change::token(site.topology, secret);
    let old = ObjectRef::of(token.object.value(), 0).doing("find the old token")?;
    let kinds = site.kinds(&token.cluster);
    let gone = delete::all(kinds, &[old], site.deadline).await;
    gone.doing("withdraw the old token")?;
    site.apply(vec![token]).await?;
    let mut facts = running.facts();
    install::learn(site, &mut facts, need).await?;
    running.keep(facts);
    Ok(())
}

/// Writes a remote secret as it should be.
pub(crate) async fn restore(running: &Running<'_>, secret: &RemoteSecret) -> Result<()> {
    put(running, render(running, secret, &running.facts())?).await
}

/// Loses a remote secret, or writes something wrong into it.
pub(crate) async fn spoil(
    running: &Running<'_>,
    secret: &RemoteSecret,
    how: SecretFault,
) -> Result<()> {
    let facts = running.facts();
    match how {
        SecretFault::Lost => lose(running, render(running, secret, &facts)?).await,
        SecretFault::WrongAddress | SecretFault::WrongCa | SecretFault::WrongToken => {
            let facts = wrong(running, secret, how, facts)?;
            put(running, render(running, secret, &facts)?).await
        }
    }
}

/// What would be known if something were wrong.
fn wrong(
    running: &Running<'_>,
    secret: &RemoteSecret,
    how: SecretFault,
    mut facts: Facts,
) -> Result<Facts> {
    let endpoint = running.site.environment.api_endpoint(&secret.of);
    let endpoint = endpoint.doing("learn the API server's address")?;
    let (url, ca) = match how {
        SecretFault::WrongAddress => (NOBODY.to_owned(), endpoint.ca_pem),
        SecretFault::WrongCa => (endpoint.url, foreign_root(&facts)?),
        SecretFault::Lost | SecretFault::WrongToken => (endpoint.url, endpoint.ca_pem),
    };
    facts.learn_api_server(secret.of.clone(), ApiServer { url, ca });
    if how == SecretFault::WrongToken {
        let (need, _): (Need, _) = change::token(running.site.topology, secret);
        facts.learn(need, "not-a-token");
    }
    Ok(facts)
}

/// The certificate of an authority that signs nothing here.
fn foreign_root(facts: &Facts) -> Result<String> {
    let seed = facts.seed().of("foreign API server root");
    let validity = pki::Validity::of_authority(facts.now());
    let root = pki::Authority::root(&seed, &pki::Subject::root(), validity);
    Ok(root.doing("make a foreign root")?.roots().to_pem())
}

fn render(running: &Running<'_>, secret: &RemoteSecret, facts: &Facts) -> Result<Placed> {
    let rendered = change::remote_secret(running.site.topology, secret, facts);
    rendered.doing(format!("render the remote secret of {}", secret.of))
}

async fn put(running: &Running<'_>, secret: Placed) -> Result<()> {
    running.site.apply(vec![secret]).await
}

async fn lose(running: &Running<'_>, secret: Placed) -> Result<()> {
    let object = ObjectRef::of(secret.object.value(), 0).doing("find the remote secret")?;
    let deleted = delete::one(running.site.kinds(&secret.cluster), &object).await;
    deleted.doing(format!("delete {object} in {}", secret.cluster))
}
