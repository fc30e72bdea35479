//! Query strings.

use crate::{
    json::{Map, Value},
    request::{FieldValidation, Options},
    status::Status,
    validate::field::{FieldError, refuse_kind_if_any},
};

/// The decoded pairs of a query.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn parse(query: &str) -> Self {
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        };
        Self(pairs.map(pair).collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        matches!(self.get(name), Some("true" | "1" | "True"))
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, Status> {
        let refuse = |text: &str| {
            Status::bad_request(format!(
                "strconv.ParseInt: parsing {text:?}: invalid syntax"
            ))
        };
        let text = self.get(name).filter(|text| !text.is_empty());
        text.map(|text| text.parse().map_err(|_| refuse(text)))
            .transpose()
    }

    fn text(&self, name: &str) -> Option<String> {
        self.get(name)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    }

    /// The options that Kubernetes knows.
    ///
    /// # Errors
    /// 400 for a number that is none and for values that do not exist.
    pub(super) fn options(&self) -> Result<Options, Status> {
        Ok(Options {
            label_selector: self.text("labelSelector"),
            field_selector: self.text("fieldSelector"),
            resource_version: self.text("resourceVersion"),
            resource_version_match: self.text("resourceVersionMatch"),
            limit: self.number("limit")?,
            continue_token: self.text("continue"),
            timeout_seconds: self.number("timeoutSeconds")?,
            allow_watch_bookmarks: self.flag("allowWatchBookmarks"),
            send_initial_events: self
                .get("sendInitialEvents")
                .map(|_| self.flag("sendInitialEvents")),
            field_manager: self.text("fieldManager"),
            force: self.flag("force"),
            dry_run: self.dry_run()?,
            field_validation: self.field_validation()?,
        })
    }

    /// The delete options that a query may carry in place of a body.
    pub(super) fn delete_options(&self) -> Value {
        let mut options = Map::new();
        if let Some(seconds) = self
            .get("gracePeriodSeconds")
            .and_then(|s| s.parse::<i64>().ok())
        {
            options.insert("gracePeriodSeconds", seconds.into());
        }
        if let Some(policy) = self.get("propagationPolicy") {
            options.insert("propagationPolicy", policy.into());
        }
        if options.is_empty() {
            Value::Null
        } else {
            Value::Object(options)
        }
    }

    fn dry_run(&self) -> Result<bool, Status> {
        match self.get("dryRun") {
            None => Ok(false),
            Some("All") => Ok(true),
            Some(other) => {
                let error = FieldError::not_supported("dryRun", &other.into(), &["All"]);
                let kind = (
                    "CreateOptions.meta.k8s.io".to_owned(),
                    "CreateOptions",
                    "meta.k8s.io",
                );
                refuse_kind_if_any(kind, "", vec![error]).map(|()| false)
            }
        }
    }

    fn field_validation(&self) -> Result<FieldValidation, Status> {
        match self.get("fieldValidation") {
            None | Some("" | "Warn") => Ok(FieldValidation::Warn),
            Some("Ignore") => Ok(FieldValidation::Ignore),
            Some("Strict") => Ok(FieldValidation::Strict),
            Some(other) => Err(Status::bad_request(format!(
                "invalid fieldValidation option: {other:?}"
            ))),
        }
    }
}

/// Undoes percent-encoding; bytes that are no UTF-8 are replaced.
pub(super) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let hex = |b: u8| {
            char::from(b)
                .to_digit(16)
                .and_then(|d| u8::try_from(d).ok())
        };
        let escape = match (byte, tail) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)).map(|(h, l)| h * 16 + l),
            _ => None,
        };
        bytes.push(escape.unwrap_or(if byte == b'+' { b' ' } else { byte }));
        rest = if escape.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
