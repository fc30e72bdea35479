//! What one may do: RBAC, its refusals and its reviews.

use anyhow::{Result, ensure};
use http::Method;
use serde_json::{Value, json};

use super::authentication::robot;
use crate::Bench;
use crate::answer::Answer;
use crate::claim::Claims;
use crate::fact::facts;
use crate::object::{config_map, deployment};

facts! { "authorization":
    a_refused_list_names_resource_and_namespace,
    a_refused_get_names_the_object,
    a_refused_create_names_the_group,
    a_refused_watch_is_called_watch,
    a_refused_delete_of_many_is_called_deletecollection,
    a_refused_request_of_the_cluster_says_so,
    a_refused_subresource_is_named,
    a_role_grants_in_its_namespace,
    a_role_grants_nothing_elsewhere,
    a_cluster_role_can_be_bound_to_a_namespace,
    a_cluster_role_can_be_bound_everywhere,
    a_group_of_accounts_can_be_bound,
    a_rule_may_name_objects,
    a_rule_for_a_resource_spares_its_subresources,
    stars_match_everything,
    a_deleted_binding_grants_nothing,
    nobody_grants_more_than_they_hold,
    nobody_binds_more_than_they_hold,
    authenticated_users_may_discover,
    a_self_review_tells_what_one_may,
    a_review_tells_what_others_may,
    a_local_review_is_of_its_namespace,
    a_rules_review_lists_the_rules,
    system_roles_exist,
}

const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";

/// The bearer of a token of `robot`.
struct Robot<'a> {
    bench: &'a Bench,
    token: String,
}

impl<'a> Robot<'a> {
    async fn new(bench: &'a Bench) -> Result<Self> {
        Ok(Self {
            bench,
            token: robot(bench).await?,
        })
    }

    async fn ask(&self, method: Method, path: &str) -> Result<Answer> {
        self.bench.stranger(method, path).bearer(&self.token).await
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.bench
            .stranger(Method::POST, path)
            .json(body)
            .bearer(&self.token)
            .await
    }

    /// The claim that this is refused with this message about the robot.
    async fn refused(&self, method: Method, path: &str, what: &str, rest: &str) -> Result<()> {
        let status = self.ask(method, path).await?.refused(403, "Forbidden")?;
        let user = format!("system:serviceaccount:{}:robot", self.bench.namespace());
        let message = format!("{what} is forbidden: User \"{user}\" cannot {rest}");
        status.has("/message", message)
    }

    /// Waits until the answer has this code: rights reach the authorizer through a watch.
    async fn answered(&self, path: &str, code: u16) -> Result<()> {
        let ask = async || self.ask(Method::GET, path).await?.ok(code).map(drop);
        self.bench.eventually(ask).await
    }
}

fn subject(bench: &Bench) -> Value {
    json!([{"kind": "ServiceAccount", "name": "robot", "namespace": bench.namespace()}])
}

/// Grants these rules to the robot in its namespace.
async fn grant(bench: &Bench, rules: Value) -> Result<()> {
    let role = json!({"metadata": {"name": "robot"}, "rules": rules});
    bench.post("roles", &role).await?.ok(201)?;
    bind(bench, "Role", "robot", subject(bench)).await
}

async fn bind(bench: &Bench, kind: &str, role: &str, subjects: Value) -> Result<()> {
    let role = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role});
    let binding = json!({"metadata": {"name": "robot"}, "roleRef": role, "subjects": subjects});
    bench
        .post("rolebindings", &binding)
        .await?
        .ok(201)
        .map(drop)
}

/// A rule about resources of the core group.
fn rule(verbs: &[&str], resources: &[&str]) -> Value {
    json!({"verbs": verbs, "apiGroups": [""], "resources": resources})
}

async fn a_refused_list_names_resource_and_namespace(bench: &Bench) -> Result<()> {
    let rest = format!(
        "list resource \"secrets\" in API group \"\" in the namespace \"{}\"",
        bench.namespace()
    );
    Robot::new(bench)
        .await?
        .refused(Method::GET, "secrets", "secrets", &rest)
        .await
}

async fn a_refused_get_names_the_object(bench: &Bench) -> Result<()> {
    let rest = format!(
        "get resource \"secrets\" in API group \"\" in the namespace \"{}\"",
        bench.namespace()
    );
    let robot = Robot::new(bench).await?;
    robot
        .refused(Method::GET, "secrets/a", "secrets \"a\"", &rest)
        .await?;
    let status = robot
        .ask(Method::GET, "secrets/a")
        .await?
        .refused(403, "Forbidden")?;
    status.has("/details", json!({"name": "a", "kind": "secrets"}))
}

async fn a_refused_create_names_the_group(bench: &Bench) -> Result<()> {
    let robot = Robot::new(bench).await?;
    let answer = robot.post("deployments", &deployment("a", 0)).await?;
    let status = answer.refused(403, "Forbidden")?;
    status.says("/message", "deployments.apps is forbidden: User ")?;
    status.says(
        "/message",
        " cannot create resource \"deployments\" in API group \"apps\"",
    )?;
    status.has("/details", json!({"group": "apps", "kind": "deployments"}))
}

async fn a_refused_watch_is_called_watch(bench: &Bench) -> Result<()> {
    let rest = format!(
        "watch resource \"secrets\" in API group \"\" in the namespace \"{}\"",
        bench.namespace()
    );
    let robot = Robot::new(bench).await?;
    robot
        .refused(Method::GET, "secrets?watch=true", "secrets", &rest)
        .await
}

async fn a_refused_delete_of_many_is_called_deletecollection(bench: &Bench) -> Result<()> {
    let rest = format!(
        "deletecollection resource \"secrets\" in API group \"\" in the namespace \"{}\"",
        bench.namespace()
    );
    Robot::new(bench)
        .await?
        .refused(Method::DELETE, "secrets", "secrets", &rest)
        .await
}

async fn a_refused_request_of_the_cluster_says_so(bench: &Bench) -> Result<()> {
    let rest = "list resource \"nodes\" in API group \"\" at the cluster scope";
    Robot::new(bench)
        .await?
        .refused(Method::GET, "/api/v1/nodes", "nodes", rest)
        .await
}

async fn a_refused_subresource_is_named(bench: &Bench) -> Result<()> {
    let rest = format!(
        "get resource \"pods/status\" in API group \"\" in the namespace \"{}\"",
        bench.namespace()
    );
    let robot = Robot::new(bench).await?;
    robot
        .refused(Method::GET, "pods/a/status", "pods \"a\"", &rest)
        .await
}

async fn a_role_grants_in_its_namespace(bench: &Bench) -> Result<()> {
    let robot = Robot::new(bench).await?;
    grant(bench, json!([rule(&["get", "list"], &["configmaps"])])).await?;
    robot.answered("configmaps", 200).await?;
    robot
        .post("configmaps", &config_map("a"))
        .await?
        .refused(403, "Forbidden")
        .map(drop)
}

async fn a_role_grants_nothing_elsewhere(bench: &Bench) -> Result<()> {
    let robot = Robot::new(bench).await?;
    grant(bench, json!([rule(&["list"], &["configmaps"])])).await?;
    robot.answered("configmaps", 200).await?;
    robot
        .answered("/api/v1/namespaces/default/configmaps", 403)
        .await?;
    robot.answered("/api/v1/configmaps", 403).await
}

/// A ClusterRole of the fact's own that may list ConfigMaps.
async fn cluster_role(bench: &Bench) -> Result<String> {
    let name = bench.unique("lister");
    let role = json!({"metadata": {"name": &name}, "rules": [rule(&["list"], &["configmaps"])]});
    bench
        .post(&format!("{RBAC}/clusterroles"), &role)
        .await?
        .ok(201)?;
    Ok(name)
}

async fn a_cluster_role_can_be_bound_to_a_namespace(bench: &Bench) -> Result<()> {
    let robot = Robot::new(bench).await?;
    bind(
        bench,
        "ClusterRole",
        &cluster_role(bench).await?,
        subject(bench),
    )
    .await?;
    robot.answered("configmaps", 200).await?;
    robot.answered("/api/v1/configmaps", 403).await
}

async fn a_cluster_role_can_be_bound_everywhere(bench: &Bench) -> Result<()> {
    let robot = Robot::new(bench).await?;
    let name = cluster_role(bench).await?;
    let role = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
        "name": &name});
    let binding = json!({"metadata": {"name": &name}, "roleRef": role,
        "subjects": subject(bench)});
    bench
        .post(&format!("{RBAC}/clusterrolebindings"), &binding)
        .await?
        .ok(201)?;
    robot.answered("/api/v1/configmaps", 200).await
}

async fn a_group_of_accounts_can_be_bound(bench: &Bench) -> Result<()> {
    let robot = Robot::new(bench).await?;
    let group = format!("system:serviceaccounts:{}", bench.namespace());
    let subjects =
        json!([{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": group}]);
    bind(bench, "ClusterRole", &cluster_role(bench).await?, subjects).await?;
    robot.answered("configmaps", 200).await
}

async fn a_rule_may_name_objects(bench: &Bench) -> Result<()> {
    let robot = Robot::new(bench).await?;
    bench
        .post("configmaps", &config_map("mine"))
        .await?
        .ok(201)?;
    let mut rule = rule(&["get"], &["configmaps"]);
    rule["resourceNames"] = json!(["mine"]);
    grant(bench, json!([rule])).await?;
    robot.answered("configmaps/mine", 200).await?;
    robot.answered("configmaps/other", 403).await
}

async fn a_rule_for_a_resource_spares_its_subresources(bench: &Bench) -> Result<()> {
    let robot = Robot::new(bench).await?;
    bench
        .post("pods", &crate::object::pod("a"))
        .await?
        .ok(201)?;
    grant(bench, json!([rule(&["get"], &["pods"])])).await?;
    robot.answered("pods/a", 200).await?;
    robot.answered("pods/a/status", 403).await
}

async fn stars_match_everything(bench: &Bench) -> Result<()> {
    let robot = Robot::new(bench).await?;
    let rule = json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]});
    grant(bench, json!([rule])).await?;
    robot.answered("deployments", 200).await?;
    robot.answered("secrets", 200).await
}

async fn a_deleted_binding_grants_nothing(bench: &Bench) -> Result<()> {
    let robot = Robot::new(bench).await?;
    grant(bench, json!([rule(&["list"], &["configmaps"])])).await?;
    robot.answered("configmaps", 200).await?;
    bench.delete("rolebindings/robot").await?.ok(200)?;
    robot.answered("configmaps", 403).await
}

/// A robot that may write roles and bindings and nothing else.
async fn author(bench: &Bench) -> Result<Robot<'_>> {
    let robot = Robot::new(bench).await?;
    let rule = json!({"verbs": ["create", "list"], "apiGroups": ["rbac.authorization.k8s.io"],
        "resources": ["roles", "rolebindings"]});
    grant(bench, json!([rule])).await?;
    robot.answered("roles", 200).await?;
    Ok(robot)
}

async fn nobody_grants_more_than_they_hold(bench: &Bench) -> Result<()> {
    let robot = author(bench).await?;
    let role = json!({"metadata": {"name": "more"}, "rules": [rule(&["*"], &["secrets"])]});
    let status = robot
        .post("roles", &role)
        .await?
        .refused(403, "Forbidden")?;
    status.says(
        "/message",
        "roles.rbac.authorization.k8s.io \"more\" is forbidden: user ",
    )?;
    status.says(
        "/message",
        " is attempting to grant RBAC permissions not currently held:\n",
    )
}

async fn nobody_binds_more_than_they_hold(bench: &Bench) -> Result<()> {
    let robot = author(bench).await?;
    let role = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
        "name": "cluster-admin"});
    let binding = json!({"metadata": {"name": "more"}, "roleRef": role,
        "subjects": subject(bench)});
    let status = robot
        .post("rolebindings", &binding)
        .await?
        .refused(403, "Forbidden")?;
    status.says(
        "/message",
        " is attempting to grant RBAC permissions not currently held:\n",
    )
}

async fn authenticated_users_may_discover(bench: &Bench) -> Result<()> {
    let robot = Robot::new(bench).await?;
    for path in ["/api", "/apis", "/apis/apps/v1", "/version"] {
        robot.ask(Method::GET, path).await?.ok(200)?;
    }
    robot
        .ask(Method::GET, "/metrics")
        .await?
        .refused(403, "Forbidden")
        .map(drop)
}

/// What an access review about this verb on ConfigMaps answers.
fn review(bench: &Bench, verb: &str) -> Value {
    let about = json!({"verb": verb, "resource": "configmaps", "namespace": bench.namespace()});
    json!({"spec": {"resourceAttributes": about}})
}

async fn a_self_review_tells_what_one_may(bench: &Bench) -> Result<()> {
    let robot = Robot::new(bench).await?;
    grant(bench, json!([rule(&["list"], &["configmaps"])])).await?;
    robot.answered("configmaps", 200).await?;
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let answer = robot.post(path, &review(bench, "list")).await?.ok(201)?;
    answer.has("/status/allowed", true)?;
    answer.says("/status/reason", "RBAC: allowed by RoleBinding \"robot/")?;
    let answer = robot.post(path, &review(bench, "create")).await?.ok(201)?;
    answer.has("/status", json!({"allowed": false}))
}

async fn a_review_tells_what_others_may(bench: &Bench) -> Result<()> {
    let robot = Robot::new(bench).await?;
    grant(bench, json!([rule(&["list"], &["configmaps"])])).await?;
    robot.answered("configmaps", 200).await?;
    let mut review = review(bench, "list");
    review["spec"]["user"] = format!("system:serviceaccount:{}:robot", bench.namespace()).into();
    let path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
    bench
        .post(path, &review)
        .await?
        .ok(201)?
        .has("/status/allowed", true)?;
    review["spec"]["user"] = "somebody".into();
    bench
        .post(path, &review)
        .await?
        .ok(201)?
        .has("/status/allowed", false)
}

async fn a_local_review_is_of_its_namespace(bench: &Bench) -> Result<()> {
    let mut review = review(bench, "list");
    review["spec"]["user"] = "somebody".into();
    review["spec"]["resourceAttributes"]["namespace"] = "default".into();
    let answer = bench.post("localsubjectaccessreviews", &review).await?;
    ensure!(
        answer.code >= 400,
        "accepted for another namespace: {}",
        answer.body
    );
    review["spec"]["resourceAttributes"]["namespace"] = bench.namespace().into();
    let answer = bench
        .post("localsubjectaccessreviews", &review)
        .await?
        .ok(201)?;
    answer.has("/status/allowed", false)
}

async fn a_rules_review_lists_the_rules(bench: &Bench) -> Result<()> {
    let robot = Robot::new(bench).await?;
    grant(bench, json!([rule(&["list"], &["configmaps"])])).await?;
    robot.answered("configmaps", 200).await?;
    let path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
    let request = json!({"spec": {"namespace": bench.namespace()}});
    let answer = robot.post(path, &request).await?.ok(201)?;
    let rules = answer["status"]["resourceRules"]
        .as_array()
        .into_iter()
        .flatten();
    let mine = rule(&["list"], &["configmaps"]);
    ensure!(
        rules.into_iter().any(|rule| *rule == mine),
        "observed {answer}"
    );
    Ok(())
}

async fn system_roles_exist(bench: &Bench) -> Result<()> {
    for role in [
        "cluster-admin",
        "admin",
        "edit",
        "view",
        "system:auth-delegator",
    ] {
        bench
            .get(&format!("{RBAC}/clusterroles/{role}"))
            .await?
            .ok(200)?;
    }
    Ok(())
}
