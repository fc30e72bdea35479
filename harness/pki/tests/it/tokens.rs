//! Service-account tokens and their review.

use pki::{Seed, ServiceAccount, TokenError, TokenIssuer, Validity};

use crate::support::{HOUR, now};

fn cluster(name: &str) -> TokenIssuer {
    TokenIssuer::new(&Seed::new(1).of(name), format!("https://{name}"))
}

fn vm() -> ServiceAccount {
    ServiceAccount {
        namespace: "vms".parse().unwrap(),
        name: "legacy".to_owned(),
    }
}

fn token(by: &TokenIssuer) -> String {
    by.issue(&vm(), &[pki::token::ISTIO_CA], Validity::from(now(), HOUR))
}

#[test]
fn a_token_names_its_service_account() {
    let issuer = cluster("cluster1");
    let claims = issuer.verifier().verify(&token(&issuer), "istio-ca", now());
    assert_eq!(claims.unwrap().service_account, vm());
    assert_eq!(token(&issuer), token(&cluster("cluster1")));
}

#[test]
fn a_foreign_expired_or_misdirected_token_is_refused() {
    let issuer = cluster("cluster1");
    let review = issuer.verifier();
    let own = token(&issuer);

    let foreign = review.verify(&token(&cluster("cluster2")), "istio-ca", now());
    assert!(matches!(foreign, Err(TokenError::Signature { .. })));
    let late = review.verify(&own, "istio-ca", now() + 2 * HOUR);
    assert!(matches!(late, Err(TokenError::OutsideValidity { .. })));
    let other = review.verify(&own, "kubernetes", now());
    assert!(matches!(other, Err(TokenError::Audience { .. })));
    for text in ["", "a.b", "a.b.c.d"] {
        assert!(review.verify(text, "istio-ca", now()).is_err(), "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn no_changed_token_is_believed(at in 0_usize..400, to in "[A-Za-z0-9_-]") {
        let issuer = cluster("cluster1");
        let own = token(&issuer);
        let at = at % own.len();
        let changed = format!("{}{to}{}", &own[..at], &own[at + 1..]);
        let verdict = issuer.verifier().verify(&changed, "istio-ca", now());
        // The last character of an encoding carries bits that do not count.
        proptest::prop_assert!(changed == own || verdict.is_err());
    }
}
