//! Who is asking: tokens of service accounts, anonymity, impersonation.

use anyhow::{Context, Result, ensure};
use http::Method;
use serde_json::{Value, json};

use crate::Bench;
use crate::claim::Claims;
use crate::fact::facts;

facts! { "authentication":
    without_a_token_one_is_anonymous,
    a_wrong_token_is_401,
    a_token_request_gives_a_token,
    a_token_request_is_filled_in,
    a_token_lives_at_least_ten_minutes,
    a_token_of_a_missing_account_is_404,
    a_token_bound_to_a_missing_pod_is_404,
    a_token_is_a_jwt_about_its_account,
    a_token_tells_who_one_is,
    a_token_for_another_audience_is_401,
    a_token_dies_with_its_account,
    a_token_dies_with_its_pod,
    a_review_accepts_a_good_token,
    a_review_rejects_a_bad_token,
    a_review_checks_the_audience,
    a_token_secret_is_filled_in,
    a_token_secret_names_the_account_it_is_of,
    a_token_secret_goes_with_its_account,
    a_token_secret_without_an_account_goes,
    impersonation_makes_one_somebody_else,
    impersonation_needs_a_right,
}

const WHO: &str = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
const REVIEWS: &str = "/apis/authentication.k8s.io/v1/tokenreviews";

/// A token of the service account `robot`, which is made first.
pub(super) async fn robot(bench: &Bench) -> Result<String> {
    let account = json!({"metadata": {"name": "robot"}});
    bench.post("serviceaccounts", &account).await?.ok(201)?;
    token(bench, json!({})).await
}

/// Another token of `robot`.
async fn token(bench: &Bench, spec: Value) -> Result<String> {
    let answer = bench
        .post("serviceaccounts/robot/token", &json!({"spec": spec}))
        .await?;
    Ok(answer.ok(201)?.text("/status/token")?.to_owned())
}

/// Who the server thinks one is by this token.
async fn who(bench: &Bench, token: &str) -> Result<crate::answer::Answer> {
    bench
        .stranger(Method::POST, WHO)
        .json(&json!({}))
        .bearer(token)
        .await
}

async fn without_a_token_one_is_anonymous(bench: &Bench) -> Result<()> {
    let answer = bench.stranger(Method::GET, "configmaps").await?;
    let status = answer.refused(403, "Forbidden")?;
    let message = format!(
        "configmaps is forbidden: User \"system:anonymous\" cannot list resource \"configmaps\" in \
         API group \"\" in the namespace \"{}\"",
        bench.namespace()
    );
    status.has("/message", message)
}

async fn a_wrong_token_is_401(bench: &Bench) -> Result<()> {
    let status = who(bench, "wrong").await?.refused(401, "Unauthorized")?;
    status.has("/message", "Unauthorized")?;
    status.lacks("/details")
}

async fn a_token_request_gives_a_token(bench: &Bench) -> Result<()> {
    let token = robot(bench).await?;
    who(bench, &token).await?.ok(201).map(drop)
}

async fn a_token_request_is_filled_in(bench: &Bench) -> Result<()> {
    robot(bench).await?;
    let answer = bench
        .post("serviceaccounts/robot/token", &json!({}))
        .await?
        .ok(201)?;
    answer.has("/kind", "TokenRequest")?;
    answer.has("/apiVersion", "authentication.k8s.io/v1")?;
    answer.has("/spec/expirationSeconds", 3600)?;
    answer.has(
        "/spec/audiences",
        json!(["https://kubernetes.default.svc.cluster.local"]),
    )?;
    answer.text("/status/expirationTimestamp").map(drop)
}

async fn a_token_lives_at_least_ten_minutes(bench: &Bench) -> Result<()> {
    robot(bench).await?;
    let request = json!({"spec": {"expirationSeconds": 60}});
    let answer = bench.post("serviceaccounts/robot/token", &request).await?;
    let status = answer.invalid("spec.expirationSeconds", "FieldValueInvalid")?;
    status.says(
        "/message",
        "may not specify a duration less than 10 minutes",
    )
}

async fn a_token_of_a_missing_account_is_404(bench: &Bench) -> Result<()> {
    let answer = bench
        .post("serviceaccounts/missing/token", &json!({}))
        .await?;
    let status = answer.refused(404, "NotFound")?;
    status.has("/message", "serviceaccounts \"missing\" not found")
}

async fn a_token_bound_to_a_missing_pod_is_404(bench: &Bench) -> Result<()> {
    robot(bench).await?;
    let bound = json!({"kind": "Pod", "apiVersion": "v1", "name": "missing"});
    let request = json!({"spec": {"boundObjectRef": bound}});
    let answer = bench.post("serviceaccounts/robot/token", &request).await?;
    answer
        .refused(404, "NotFound")?
        .has("/message", "pods \"missing\" not found")
}

/// What the token says, unverified.
fn claims(token: &str) -> Result<Value> {
    use base64::Engine as _;
    let body = token.split('.').nth(1).context("a token has three parts")?;
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(body)?;
    Ok(serde_json::from_slice(&json)?)
}

async fn a_token_is_a_jwt_about_its_account(bench: &Bench) -> Result<()> {
    let claims = claims(&robot(bench).await?)?;
    let issuer = "https://kubernetes.default.svc.cluster.local";
    claims.has("/iss", issuer)?;
    claims.has("/aud", json!([issuer]))?;
    claims.has(
        "/sub",
        format!("system:serviceaccount:{}:robot", bench.namespace()),
    )?;
    let about = &claims["kubernetes.io"];
    about.has("/namespace", bench.namespace())?;
    about.has("/serviceaccount/name", "robot")?;
    let account = bench.get("serviceaccounts/robot").await?.ok(200)?;
    about.has("/serviceaccount/uid", account["metadata"]["uid"].clone())?;
    let seconds = |name: &str| claims[name].as_i64().context("a time");
    ensure!(
        seconds("exp")? - seconds("iat")? == 3600,
        "the token lives for another time"
    );
    Ok(())
}

async fn a_token_tells_who_one_is(bench: &Bench) -> Result<()> {
    let token = robot(bench).await?;
    let review = who(bench, &token).await?.ok(201)?;
    let namespace = bench.namespace();
    let name = format!("system:serviceaccount:{namespace}:robot");
    review.has("/status/userInfo/username", name)?;
    let groups = json!([
        "system:serviceaccounts",
        format!("system:serviceaccounts:{namespace}"),
        "system:authenticated"
    ]);
    review.has("/status/userInfo/groups", groups)
}

async fn a_token_for_another_audience_is_401(bench: &Bench) -> Result<()> {
    robot(bench).await?;
    let token = token(bench, json!({"audiences": ["istio-ca"]})).await?;
    who(bench, &token)
        .await?
        .refused(401, "Unauthorized")
        .map(drop)
}

async fn a_token_dies_with_its_account(bench: &Bench) -> Result<()> {
    let token = robot(bench).await?;
    bench.delete("serviceaccounts/robot").await?.ok(200)?;
    // Real servers remember a good token for up to ten seconds.
    bench
        .eventually(async || who(bench, &token).await?.ok(401).map(drop))
        .await
}

async fn a_token_dies_with_its_pod(bench: &Bench) -> Result<()> {
    robot(bench).await?;
    let mut pod = crate::object::pod("a");
    pod["spec"]["serviceAccountName"] = "robot".into();
    bench.post("pods", &pod).await?.ok(201)?;
    let bound = json!({"kind": "Pod", "apiVersion": "v1", "name": "a"});
    let token = token(bench, json!({"boundObjectRef": bound})).await?;
    who(bench, &token).await?.ok(201)?;
    bench.delete("pods/a").await?.ok(200)?;
    bench
        .eventually(async || who(bench, &token).await?.ok(401).map(drop))
        .await
}

/// What a TokenReview says.
async fn review(bench: &Bench, spec: Value) -> Result<Value> {
    Ok(bench.post(REVIEWS, &json!({"spec": spec})).await?.ok(201)?["status"].clone())
}

async fn a_review_accepts_a_good_token(bench: &Bench) -> Result<()> {
    let token = robot(bench).await?;
    let status = review(bench, json!({"token": token})).await?;
    status.has("/authenticated", true)?;
    status.says("/user/username", ":robot")?;
    status.has(
        "/audiences",
        json!(["https://kubernetes.default.svc.cluster.local"]),
    )
}

async fn a_review_rejects_a_bad_token(bench: &Bench) -> Result<()> {
    let status = review(bench, json!({"token": "wrong"})).await?;
    status.lacks("/authenticated")?;
    status.text("/error").map(drop)
}

async fn a_review_checks_the_audience(bench: &Bench) -> Result<()> {
    robot(bench).await?;
    let token = token(bench, json!({"audiences": ["istio-ca"]})).await?;
    let status = review(bench, json!({"token": token, "audiences": ["istio-ca"]})).await?;
    status.has("/authenticated", true)?;
    status.has("/audiences", json!(["istio-ca"]))?;
    review(bench, json!({"token": token, "audiences": ["other"]}))
        .await?
        .lacks("/authenticated")
}

/// A Secret for a token of `robot`, under the same name.
async fn token_secret(bench: &Bench) -> Result<()> {
    let annotations = json!({"kubernetes.io/service-account.name": "robot"});
    let secret = json!({"metadata": {"name": "robot", "annotations": annotations},
        "type": "kubernetes.io/service-account-token"});
    bench.post("secrets", &secret).await?.ok(201).map(drop)
}

/// The Secret once it holds a token.
async fn filled(bench: &Bench) -> Result<Value> {
    bench
        .eventually(async || {
            let secret = bench.get("secrets/robot").await?.ok(200)?;
            for key in ["ca.crt", "namespace", "token"] {
                secret.text(&format!("/data/{key}"))?;
            }
            Ok(secret)
        })
        .await
}

async fn a_token_secret_is_filled_in(bench: &Bench) -> Result<()> {
    robot(bench).await?;
    token_secret(bench).await?;
    filled(bench).await.map(drop)
}

async fn a_token_secret_names_the_account_it_is_of(bench: &Bench) -> Result<()> {
    robot(bench).await?;
    token_secret(bench).await?;
    let account = bench.get("serviceaccounts/robot").await?.ok(200)?;
    let secret = filled(bench).await?;
    secret.has(
        "/metadata/annotations/kubernetes.io~1service-account.uid",
        account["metadata"]["uid"].clone(),
    )
}

async fn a_token_secret_goes_with_its_account(bench: &Bench) -> Result<()> {
    robot(bench).await?;
    token_secret(bench).await?;
    filled(bench).await?;
    bench.delete("serviceaccounts/robot").await?.ok(200)?;
    without_secret(bench).await
}

async fn a_token_secret_without_an_account_goes(bench: &Bench) -> Result<()> {
    token_secret(bench).await?;
    without_secret(bench).await
}

async fn without_secret(bench: &Bench) -> Result<()> {
    bench
        .eventually(async || bench.get("secrets/robot").await?.ok(404).map(drop))
        .await
}

async fn impersonation_makes_one_somebody_else(bench: &Bench) -> Result<()> {
    let ask = bench.post(WHO, &json!({}));
    let ask = ask
        .header("impersonate-user", "bob")
        .header("impersonate-group", "builders");
    let review = ask.await?.ok(201)?;
    review.has("/status/userInfo/username", "bob")?;
    review.has(
        "/status/userInfo/groups",
        json!(["builders", "system:authenticated"]),
    )
}

async fn impersonation_needs_a_right(bench: &Bench) -> Result<()> {
    let token = robot(bench).await?;
    let ask = bench.stranger(Method::GET, "configmaps").bearer(&token);
    let answer = ask.header("impersonate-user", "bob").await?;
    let status = answer.refused(403, "Forbidden")?;
    status.says(
        "/message",
        "users \"bob\" is forbidden: User \"system:serviceaccount:",
    )?;
    status.says(
        "/message",
        "cannot impersonate resource \"users\" in API group \"\"",
    )
}
