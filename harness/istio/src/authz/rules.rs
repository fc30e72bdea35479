//! The rules that this module decides by.

use crate::rule::rules;

rules! {
    SELECT = "authz/select",
        "Policies of the root namespace and of the workload's namespace apply whose selector matches or that have none.",
        "pilot/pkg/model/authorization.go: ListAuthorizationPolicies";
    TCP_ALLOW_DROPPED = "authz/tcp-allow-dropped",
        "On a TCP port an ALLOW rule that speaks of HTTP is left out whole: fewer connections are allowed.",
        "pilot/pkg/security/authz/model/model.go: checkError";
    TCP_FIELD_DROPPED = "authz/tcp-field-dropped",
        "On a TCP port a DENY or AUDIT rule loses the fields that speak of HTTP: more connections are denied.",
        "pilot/pkg/security/authz/model/model.go: checkError";
    RULE_WHOLE = "authz/rule-whole",
        "A rule matches if one of its sources, one of its operations and all of its conditions do.",
        "pilot/pkg/security/authz/model/model.go: New";
    RULE_INVALID = "authz/rule-invalid",
        "A rule with a condition on an unknown attribute is left out.",
        "pilot/pkg/security/authz/builder/builder.go: build";
    DENY_MATCHED = "authz/deny-matched",
        "A DENY policy that matches refuses the request, whatever is allowed.",
        "pilot/pkg/security/authz/builder/builder.go: build";
    ALLOW_MATCHED = "authz/allow-matched",
        "An ALLOW policy that matches lets the request in.",
        "pilot/pkg/security/authz/builder/builder.go: build";
    ALLOW_UNMATCHED = "authz/allow-unmatched",
        "Where there are ALLOW policies and none matches, the request is refused.",
        "pilot/pkg/security/authz/builder/builder.go: build";
    NO_POLICY = "authz/no-policy",
        "Without an ALLOW policy everything that is not denied is let in.",
        "pilot/pkg/security/authz/builder/builder.go: New";
}
