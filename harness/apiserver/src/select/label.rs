//! Label selectors, in both of their forms: the query's text and an object's `LabelSelector`.

use std::iter::Peekable;

use crate::{json::Value, object, status::Status, store::Hint, validate::name};

/// A conjunction of requirements; the empty one matches everything.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct LabelSelector(Vec<Requirement>);

#[derive(Debug, Clone, PartialEq)]
struct Requirement {
    key: String,
    operator: Operator,
}

#[derive(Debug, Clone, PartialEq)]
enum Operator {
    Exists,
    DoesNotExist,
    In(Vec<String>),
    NotIn(Vec<String>),
    GreaterThan(i64),
    LessThan(i64),
}

impl LabelSelector {
    /// Parses `a=b,c!=d,e in (f,g),h,!i,j>3`.
    ///
    /// # Errors
    /// 400 with what is not understood.
    pub(crate) fn parse(selector: &str) -> Result<Self, Status> {
        let refuse =
            |why: String| Status::bad_request(format!("unable to parse requirement: {why}"));
        let mut parser = Parser {
            tokens: tokens(selector).into_iter().peekable(),
        };
        parser.requirements().map(Self).map_err(refuse)
    }

    /// The selector of an object: `matchLabels` and `matchExpressions`; null selects nothing
    /// where Kubernetes says so, which callers decide.
    pub(crate) fn of_object(selector: &Value) -> Self {
        let labels = selector["matchLabels"].as_object().into_iter().flatten();
        let equal = labels.map(|(key, value)| Requirement {
            key: key.to_string(),
            operator: Operator::In(vec![value.as_str().unwrap_or_default().to_owned()]),
        });
        let expressions = object::list(selector, &["matchExpressions"]).iter();
        Self(
            equal
                .chain(expressions.filter_map(Requirement::of_expression))
                .collect(),
        )
    }

    /// The labels that every object has which this selects.
    pub(crate) fn hints(&self) -> impl Iterator<Item = Hint<'_>> {
        self.0.iter().filter_map(Requirement::hint)
    }

    pub(crate) fn matches(&self, labels: &Value) -> bool {
        self.0.iter().all(|requirement| requirement.matches(labels))
    }
}

impl Requirement {
    fn of_expression(expression: &Value) -> Option<Self> {
        let values = object::list(expression, &["values"]).iter();
        let values = values
            .filter_map(|v| v.as_str().map(str::to_owned))
            .collect();
        let operator = match object::text(expression, &["operator"]) {
            "In" => Operator::In(values),
            "NotIn" => Operator::NotIn(values),
            "Exists" => Operator::Exists,
            "DoesNotExist" => Operator::DoesNotExist,
            _ => return None,
        };
        Some(Self {
            key: object::text(expression, &["key"]).to_owned(),
            operator,
        })
    }

    fn hint(&self) -> Option<Hint<'_>> {
        let values = match &self.operator {
            Operator::In(values) => Some(values.as_slice()),
            Operator::Exists | Operator::GreaterThan(_) | Operator::LessThan(_) => None,
            Operator::DoesNotExist | Operator::NotIn(_) => return None,
        };
        let label = self.key.as_str();
        Some(Hint { label, values })
    }

    fn matches(&self, labels: &Value) -> bool {
        let value = labels.get(&self.key).and_then(Value::as_str);
        let number = || value.and_then(|v| v.parse::<i64>().ok());
        match &self.operator {
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::In(values) => value.is_some_and(|v| values.iter().any(|x| x == v)),
            Operator::NotIn(values) => value.is_none_or(|v| values.iter().all(|x| x != v)),
            Operator::GreaterThan(bound) => number().is_some_and(|n| n > *bound),
            Operator::LessThan(bound) => number().is_some_and(|n| n < *bound),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Sign(&'static str),
}

const SIGNS: [&str; 9] = ["==", "!=", "=", "!", ",", "(", ")", ">", "<"];

fn tokens(mut text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    loop {
        text = text.trim_start();
        if text.is_empty() {
            return tokens;
        }
        if let Some(sign) = SIGNS.iter().find(|sign| text.starts_with(**sign)) {
            tokens.push(Token::Sign(sign));
            text = &text[sign.len()..];
            continue;
        }
        let end = text
            .find(|c: char| c.is_whitespace() || "=!,()><".contains(c))
            .unwrap_or(text.len());
        tokens.push(Token::Word(text[..end].to_owned()));
        text = &text[end..];
    }
}

struct Parser {
    tokens: Peekable<std::vec::IntoIter<Token>>,
}

impl Parser {
    fn requirements(&mut self) -> Result<Vec<Requirement>, String> {
        let mut found = Vec::new();
        while self.tokens.peek().is_some() {
            found.push(self.requirement()?);
            match self.tokens.next() {
                None => break,
                Some(Token::Sign(",")) if self.tokens.peek().is_some() => {}
                Some(Token::Sign(",")) => {
                    return Err("found '', expected: identifier after ','".to_owned());
                }
                Some(token) => return Err(unexpected(Some(&token), "',' or 'end of string'")),
            }
        }
        Ok(found)
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        if self.tokens.next_if_eq(&Token::Sign("!")).is_some() {
            let key = self.key()?;
            return Ok(Requirement {
                key,
                operator: Operator::DoesNotExist,
            });
        }
        let key = self.key()?;
        let operator = match self.tokens.peek().cloned() {
            None | Some(Token::Sign(",")) => {
                return Ok(Requirement {
                    key,
                    operator: Operator::Exists,
                });
            }
            Some(token) => {
                self.tokens.next();
                self.operator(&token)?
            }
        };
        Ok(Requirement { key, operator })
    }

    fn operator(&mut self, token: &Token) -> Result<Operator, String> {
        match token {
            Token::Sign("=" | "==") => Ok(Operator::In(vec![self.value()?])),
            Token::Sign("!=") => Ok(Operator::NotIn(vec![self.value()?])),
            Token::Sign(">") => Ok(Operator::GreaterThan(self.number()?)),
            Token::Sign("<") => Ok(Operator::LessThan(self.number()?)),
            Token::Word(word) if word == "in" => Ok(Operator::In(self.values()?)),
            Token::Word(word) if word == "notin" => Ok(Operator::NotIn(self.values()?)),
            other => Err(unexpected(Some(other), "in, notin, =, ==, !=, gt, lt")),
        }
    }

    fn key(&mut self) -> Result<String, String> {
        match self.tokens.next() {
            Some(Token::Word(word)) => match name::qualified_name_problem(&word) {
                None => Ok(word),
                Some(why) => Err(format!("<nil>: Invalid value: \"{word}\": {why}")),
            },
            other => Err(unexpected(
                other.as_ref(),
                "!, identifier, or 'end of string'",
            )),
        }
    }

    fn value(&mut self) -> Result<String, String> {
        let word = match self.tokens.peek() {
            None | Some(Token::Sign("," | ")")) => return Ok(String::new()),
            Some(Token::Word(word)) => word.clone(),
            other => return Err(unexpected(other, "identifier")),
        };
        self.tokens.next();
        match name::label_value_problem(&word) {
            None => Ok(word),
            Some(why) => Err(format!("values[0][]: Invalid value: \"{word}\": {why}")),
        }
    }

    fn number(&mut self) -> Result<i64, String> {
        let word = self.value()?;
        let refuse = |_| {
            format!(
                "values[0][]: Invalid value: \"{word}\": for 'Gt', 'Lt' operators, the value must be an integer"
            )
        };
        word.parse().map_err(refuse)
    }

    fn values(&mut self) -> Result<Vec<String>, String> {
        self.sign("(")?;
        let mut values = vec![self.value()?];
        while self.tokens.next_if_eq(&Token::Sign(",")).is_some() {
            values.push(self.value()?);
        }
        self.sign(")")?;
        Ok(values)
    }

    fn sign(&mut self, sign: &'static str) -> Result<(), String> {
        match self.tokens.next() {
            Some(Token::Sign(found)) if found == sign => Ok(()),
            other => Err(unexpected(other.as_ref(), &format!("'{sign}'"))),
        }
    }
}

fn unexpected(token: Option<&Token>, expected: &str) -> String {
    let found = match token {
        None => "",
        Some(Token::Word(word)) => word,
        Some(Token::Sign(sign)) => sign,
    };
    format!("found '{found}', expected: {expected}")
}
